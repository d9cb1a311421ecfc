"""Times, money and places as messages write them, in the recipient's language. Pure.

English is ``network.display``, so that pages and messages say the same; other languages have their
names of days and months here and write the hours as 8:00.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings

from network import display

Context = Mapping[str, Any]

LANGUAGES = {"en": "English", "es": "Español"}

_ES_DAYS = ("lun", "mar", "mié", "jue", "vie", "sáb", "dom")
_ES_MONTHS = (
    "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre",
    "octubre", "noviembre", "diciembre",
)  # fmt: skip


def link(path: str) -> str:
    """The whole address of a page of this site."""
    return f"{settings.BASE_URL}{path}"


def lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]


@dataclass(frozen=True, slots=True)
class Words:
    """The wordings of one language: ``en`` or ``es``."""

    language: str = "en"

    @property
    def is_spanish(self) -> bool:
        return self.language == "es"

    def of(self, *, en: str, es: str) -> str:
        """The one of the two that is this language's."""
        return es if self.is_spanish else en

    def moment(self, text: str, tz: str) -> str:
        """``Tue 24 Nov, 8:05 am EST`` of an ISO moment."""
        at = datetime.fromisoformat(text)
        if not self.is_spanish:
            return (
                f"{display.day(at, tz)}, {display.phone_clock(at, tz)} {display.zone_name(at, tz)}"
            )
        return f"{self._day(at, tz)}, {self._hour(at, tz)} {display.zone_name(at, tz)}"

    def window(self, c: Context) -> str:
        """``Tue 24 Nov 8 am–noon EST``: the promise of a message's context."""
        start = datetime.fromisoformat(c["window_start"])
        end = datetime.fromisoformat(c["window_end"])
        return self.window_between(start, end, c["time_zone"])

    def window_between(self, start: datetime, end: datetime, tz: str) -> str:
        """The same of two moments."""
        if not self.is_spanish:
            return display.window_phone(start, end, tz, with_zone=True)
        to = self._hour(end, tz)
        if display.ends_another_day(start, end, tz):
            to = f" {self._day(end, tz)} {to}"
        zone = display.zone_name(start, tz)
        return f"{self._day(start, tz)} {self._hour(start, tz)}–{to} {zone}"

    def money(self, amount: str, currency: str) -> str:
        return display.money(amount, currency)

    def duration(self, minutes: float) -> str:
        text = display.duration(minutes)
        return text.replace("days", "días") if self.is_spanish else text

    def long_day(self, text: str) -> str:
        """``4 May 2027`` of an ISO date; empty for an empty one."""
        if not text:
            return ""
        day = date.fromisoformat(text)
        if self.is_spanish:
            return f"{day.day} de {_ES_MONTHS[day.month - 1]} de {day.year}"
        return f"{day.day} {day:%B %Y}"

    def days_left(self, days: int) -> str:
        """``today``, ``tomorrow``, ``in 30 days``."""
        near = {0: ("today", "hoy"), 1: ("tomorrow", "mañana")}.get(days)
        en, es = near or (f"in {days} days", f"dentro de {days} días")
        return self.of(en=en, es=es)

    def _day(self, at: datetime, tz: str) -> str:
        local = display.in_zone(at, tz)
        return f"{_ES_DAYS[local.weekday()]} {local.day} {_ES_MONTHS[local.month - 1][:3]}"

    def _hour(self, at: datetime, tz: str) -> str:
        local = display.in_zone(at, tz)
        return f"{local.hour}:{local.minute:02d}"


def where(c: Context) -> str:
    """``Brighton 02135``: as much of the place as may be said before accepting."""
    return " ".join(part for part in (c["area"], c["postcode"]) if part)
