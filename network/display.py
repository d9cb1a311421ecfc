"""How times, distances and money are worded. Pure text; docs/look.md shows the wordings.

The console speaks of 16:00–20:00 EST, pages for contractors and customers of 4–8 pm EST: a time
outside the office is never written without its zone unless the zone stands beside it already.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

KM_PER_MILE = 1.609344
EN_DASH = "–"
_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "CAD": "CA$", "AUD": "A$", "NZD": "NZ$"}


@lru_cache(maxsize=256)
def zone(name: str) -> ZoneInfo:
    """The time zone of that IANA name; UTC for an unknown one, so that a page still renders."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def in_zone(moment: datetime, tz: str) -> datetime:
    """The aware ``moment`` in the zone ``tz`` (IANA name)."""
    return moment.astimezone(zone(tz))


def money(amount: Decimal | float | str | None, currency: str = "USD") -> str:
    """``$246``, ``$246.50``, ``CHF 120``: no cents unless there are some. Empty for None."""
    if amount is None or amount == "":
        return ""
    value = Decimal(str(amount)).quantize(Decimal("0.01"))
    figure = f"{abs(value):,.0f}" if value == value.to_integral_value() else f"{abs(value):,.2f}"
    symbol = _SYMBOLS.get(currency)
    sign = "−" if value < 0 else ""
    return f"{sign}{symbol}{figure}" if symbol else f"{sign}{currency} {figure}"


def trade_name(trade: str) -> str:
    """A trade's slug in words: ``HVAC``, ``Masonry paving``."""
    if trade == "hvac":
        return "HVAC"
    return trade.replace("_", " ").replace("-", " ").capitalize()


def distance(km: float | None, unit: str) -> str:
    """``2.4 mi`` or ``3.8 km``; whole numbers from 20 on. Empty for None."""
    if km is None:
        return ""
    value = km / KM_PER_MILE if unit == "mi" else km
    return f"{value:.0f} {unit}" if value >= 20 else f"{value:.1f} {unit}"


def duration(minutes: float | None) -> str:
    """``45 min``, ``1 h 30 min``, ``2 days``. Empty for None."""
    if minutes is None:
        return ""
    whole = round(minutes)
    if whole < 60:
        return f"{whole} min"
    hours, rest = divmod(whole, 60)
    if hours < 48:
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    return f"{hours // 24} days"


def age(seconds: float) -> str:
    """How long something has waited; the same wording as ``age`` in static/js/clock.js."""
    return "under 1 min" if seconds < 60 else duration(seconds // 60)


def countdown(seconds: float) -> str:
    """``2:49``, ``1:05:09``; the same wording as ``countdown`` in static/js/clock.js."""
    whole = max(0, int(seconds))
    if whole >= 3600:
        return f"{whole // 3600}:{whole % 3600 // 60:02d}:{whole % 60:02d}"
    return f"{whole // 60}:{whole % 60:02d}"


def clock(moment: datetime, tz: str, *, seconds: bool = False) -> str:
    """``16:05`` or ``16:05:09`` in the zone ``tz``."""
    return in_zone(moment, tz).strftime("%H:%M:%S" if seconds else "%H:%M")


def phone_clock(moment: datetime, tz: str) -> str:
    """``4:05 pm``, ``4 pm``, ``noon``, ``midnight`` in the zone ``tz``."""
    local = in_zone(moment, tz)
    if local.minute == 0 and local.hour in (0, 12):
        return "noon" if local.hour else "midnight"
    hour = local.hour % 12 or 12
    minutes = f":{local.minute:02d}" if local.minute else ""
    return f"{hour}{minutes} {'pm' if local.hour >= 12 else 'am'}"


def zone_name(moment: datetime, tz: str) -> str:
    """``EST``, ``EDT``, ``CET``: the zone's abbreviation at that moment."""
    return in_zone(moment, tz).strftime("%Z")


def day(moment: datetime, tz: str, now: datetime | None = None) -> str:
    """``Today``, ``Tomorrow`` or ``Wed 18 Nov`` (with the year when it is another one)."""
    local = in_zone(moment, tz)
    if now is not None:
        today = in_zone(now, tz).date()
        if local.date() == today:
            return "Today"
        if local.date() == today + timedelta(days=1):
            return "Tomorrow"
        if local.year != today.year:
            return f"{local:%a} {local.day} {local:%b %Y}"
    return f"{local:%a} {local.day} {local:%b}"


def window_long(start: datetime, end: datetime, tz: str, now: datetime | None = None) -> str:
    """``Today, Tue 17 Nov, 16:00–20:00 EST``, for the console's headings."""
    first, last = in_zone(start, tz), in_zone(end, tz)
    date = day(start, tz)
    word = day(start, tz, now)
    date = f"{word}, {date}" if word in ("Today", "Tomorrow") else word
    ends = f"{last:%H:%M}"
    if last.date() != first.date() and not _ends_at_midnight(first, last):
        ends = f"{day(end, tz)}, {last:%H:%M}"
    elif _ends_at_midnight(first, last):
        ends = "24:00"
    return f"{date}, {first:%H:%M}{EN_DASH}{ends} {first:%Z}"


def window_short(start: datetime, end: datetime, tz: str, now: datetime | None = None) -> str:
    """``16–20``, ``Wed 08–12``, ``18:30–20``: for rows whose column names the zone.

    Today's windows carry no day; other days within a week are named by weekday alone.
    """
    first, last = in_zone(start, tz), in_zone(end, tz)
    to = "24" if _ends_at_midnight(first, last) else _hour(last)
    text = f"{_hour(first)}{EN_DASH}{to}"
    if now is not None:
        days = (first.date() - in_zone(now, tz).date()).days
        if days == 0:
            return text
        if 0 < days < 7:
            return f"{first:%a} {text}"
    return f"{day(start, tz, now)} {text}"


def mid_sentence(text: str) -> str:
    """A day or window as it stands within a sentence: ``today``, ``tomorrow 8 am–noon``."""
    return text[0].lower() + text[1:] if text.startswith(("Today", "Tomorrow")) else text


def window_phone(
    start: datetime, end: datetime, tz: str, now: datetime | None = None, *, with_zone: bool = False
) -> str:
    """``Today 4–8 pm``, ``Today 10 pm – tomorrow 2 am``, ``Wed 18 Nov 8 am–noon``."""
    opening, closing = phone_clock(start, tz), phone_clock(end, tz)
    if ends_another_day(start, end, tz):
        opening, closing = f"{opening} ", f" {mid_sentence(day(end, tz, now))} {closing}"
    elif opening[-3:] == closing[-3:] and opening[-3:] in (" am", " pm"):
        opening = opening[:-3]
    suffix = f" {zone_name(start, tz)}" if with_zone else ""
    return f"{day(start, tz, now)} {opening}{EN_DASH}{closing}{suffix}"


def ends_another_day(start: datetime, end: datetime, tz: str) -> bool:
    """Whether the window ends after the midnight that ends its first day."""
    first, last = in_zone(start, tz), in_zone(end, tz)
    return last.date() != first.date() and not _ends_at_midnight(first, last)


def initials(name: str) -> str:
    """``JA`` for James, ``DW`` for Dana W.: two letters for an avatar."""
    words = [word for word in name.split() if word[0].isalnum()]
    if not words:
        return "?"
    return (words[0][0] + words[-1][0] if len(words) > 1 else words[0][:2]).upper()


def milliseconds(moment: datetime) -> int:
    """The moment in ms since 1970, as the scripts count."""
    return round(moment.astimezone(UTC).timestamp() * 1000)


def _hour(local: datetime) -> str:
    return f"{local:%H:%M}" if local.minute else f"{local:%H}"


def _ends_at_midnight(first: datetime, last: datetime) -> bool:
    """Whether the window ends with the day it began on, so that 24 says it better than 00."""
    return (last.hour, last.minute) == (0, 0) and last.date() - first.date() == timedelta(days=1)
