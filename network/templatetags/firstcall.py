"""The template language of the product: icons, states, countdowns, figures, times and money.

``{% load firstcall %}``. Every tag and its look: docs/look.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.template import Context
from django.templatetags.static import static
from django.templatetags.tz import do_timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from network import display, figures

register = template.Library()

_ICON_CLASSES = {14: "i-s", 16: "", 20: "i-l", 26: "i-xl"}

#: Job status → (tone, icon, word).
JOB_STATES = {
    "new": ("quiet", "circle-dashed", "New"),
    "offering": ("wait", "phone-outgoing", "Offering"),
    "rebooking": ("guard", "shield-half", "Rebooking"),
    "booked": ("good", "calendar-check", "Booked"),
    "en_route": ("move", "truck", "On the way"),
    "on_site": ("move", "tool", "On site"),
    "completed": ("good", "circle-check", "Done"),
    "cancelled": ("quiet", "ban", "Cancelled"),
}
#: Offer status → (tone, icon, word).
OFFER_STATES = {
    "pending": ("wait", "phone-outgoing", "Being asked"),
    "accepted": ("good", "check", "Accepted"),
    "declined": ("bad", "x", "Declined"),
    "expired": ("quiet", "bell-off", "No answer"),
    "withdrawn": ("guard", "arrow-back-up", "Withdrawn"),
}
#: Escalation kind → (tone, icon, heading).
ESCALATIONS = {
    "no_candidates": ("bad", "users-minus", "Nobody can do this"),
    "everyone_asked": ("bad", "users-minus", "Nobody left to ask"),
    "no_check_in": ("warn", "user-question", "Visit not started"),
    "not_finished": ("warn", "hourglass", "Visit not finished"),
    "dispatch_failed": ("bad", "alert-triangle", "The machine could not go on"),
    "ranking_fell_back": ("warn", "list-numbers", "The ranking policy cannot be used"),
    "needs_another_visit": ("warn", "repeat", "Needs another visit"),
    "no_access": ("warn", "door-off", "No access"),
    "presumed_no_show": ("bad", "user-question", "Nobody heard from; others are being asked"),
    "late_check_in": ("warn", "users", "Two contractors for one visit"),
    "dropped": ("bad", "user-question", "Visit without a contractor"),
    "move_asked": ("warn", "calendar-repeat", "The customer asks to move"),
    "cancel_asked": ("warn", "ban", "The customer asks to cancel"),
    "counter_offer": ("warn", "coin", "A price or time of their own"),
}
PRIORITIES = {"emergency": "Emergency", "urgent": "Urgent", "standard": "Standard", "low": "Low"}


# -- marks -----------------------------------------------------------------------------------
@register.simple_tag
def icon(name: str, size: int = 16, css: str = "", label: str = "") -> SafeString:
    """An icon of static/icons.svg; silent to screen readers unless it gets a ``label``."""
    classes = " ".join(part for part in ("i", _ICON_CLASSES.get(size, ""), css) if part)
    voice = (
        format_html('role="img" aria-label="{}"', label)
        if label
        else format_html('aria-hidden="{}"', "true")
    )
    return format_html(
        '<svg class="{}" {}><use href="{}#{}"/></svg>', classes, voice, static("icons.svg"), name
    )


@register.simple_tag
def mark(css: str = "fc-mark") -> SafeString:
    """Firstcall's own mark."""
    return format_html(
        '<svg class="{}" viewBox="0 0 24 24" aria-hidden="true">'
        '<path class="arc" d="M12 3.6a8.4 8.4 0 1 0 8.4 8.4"/>'
        '<circle class="dot" cx="18.1" cy="5.9" r="3"/></svg>',
        css,
    )


def _state(spec: tuple[str, str, str], css: str) -> SafeString:
    tone, icon_name, word = spec
    classes = " ".join(part for part in ("st", f"is-{tone}", css) if part)
    return format_html('<span class="{}">{}{}</span>', classes, icon(icon_name), word)


def job_state(job: Any) -> str:
    """The key of JOB_STATES: a job that is asked about again for its promise is *rebooking*."""
    status = str(job if isinstance(job, str) else job.status)
    rounds = 1 if isinstance(job, str) else int(getattr(job, "round_number", 1) or 1)
    return "rebooking" if status == "offering" and rounds > 1 else status


@register.simple_tag
def job_status(job: Any, css: str = "") -> SafeString:
    """A job's state as icon, word and colour. ``css``: ``big``, ``line``."""
    key = job_state(job)
    return _state(JOB_STATES.get(key, ("quiet", "info-circle", key)), css)


@register.filter
def job_tone(job: Any) -> str:
    """The tone of a job's state: ``wait``, ``good``, ``move``, ``guard``, ``quiet``."""
    return JOB_STATES.get(job_state(job), ("quiet", "", ""))[0]


@register.simple_tag
def offer_status(status: Any, css: str = "line") -> SafeString:
    """An offer's answer as icon, word and colour; takes an offer or its status."""
    key = str(getattr(status, "status", status))
    return _state(OFFER_STATES.get(key, ("quiet", "info-circle", key)), css)


@register.filter
def offer_tone(status: Any) -> str:
    return OFFER_STATES.get(str(getattr(status, "status", status)), ("quiet", "", ""))[0]


@register.filter
def mid_sentence(text: str) -> str:
    """A day or window within a sentence: ``tomorrow 8 am–noon``."""
    return display.mid_sentence(text)


@register.filter
def offer_icon(status: Any) -> str:
    return OFFER_STATES.get(str(getattr(status, "status", status)), ("", "info-circle", ""))[1]


@register.filter
def escalation_tone(kind: Any) -> str:
    return ESCALATIONS.get(str(kind), ("warn", "", ""))[0]


@register.filter
def escalation_icon(kind: Any) -> str:
    return ESCALATIONS.get(str(kind), ("", "alert-triangle", ""))[1]


@register.filter
def escalation_title(kind: Any) -> str:
    return ESCALATIONS.get(str(kind), ("", "", str(kind).replace("_", " ").capitalize()))[2]


@register.simple_tag
def priority(value: Any) -> SafeString:
    """A priority as bars and word; the emergency is a red square."""
    key = str(value)
    return format_html(
        '<span class="pr">{}{}</span>', figures.priority_mark(key), PRIORITIES.get(key, key)
    )


# -- countdowns and ages ---------------------------------------------------------------------
def _now(context: Context) -> datetime:
    """The page's domain time, from the context processor ``network.context.shell``."""
    return context["shell"].now


@register.simple_tag(takes_context=True)
def ring(
    context: Context,
    expires_at: datetime,
    total_seconds: float,
    size: str = "",
    what: str = "to answer",
) -> SafeString:
    """Time left to answer, counted down by static/js/clock.js. ``size="xl"`` on the offer card.

    ``total_seconds`` is the length of the whole window to answer, in domain seconds; ``what`` the
    time is for, where it is not the reader's to answer.
    """
    now = _now(context)
    left = max(0.0, (expires_at - now).total_seconds())
    share = left / total_seconds if total_seconds else 0.0
    tone = "quiet" if left == 0 else "warn" if share <= 0.25 else "wait"
    words = (
        format_html("<span><b>{}</b><small>left {}</small></span>", display.countdown(left), what)
        if size == "xl"
        else format_html('<b>{}</b><span class="sr"> left {}</span>', display.countdown(left), what)
    )
    return format_html(
        '<span class="fc-ring is-{}{}" role="timer" data-expires-at="{}" data-total="{}"'
        ' data-now="{}">{}{}</span>',
        tone,
        f" {size}" if size else "",
        display.milliseconds(expires_at),
        f"{total_seconds:.0f}",
        display.milliseconds(now),
        figures.ring(seconds_left=left, total_seconds=total_seconds),
        words,
    )


@register.simple_tag(takes_context=True)
def ago(context: Context, moment: datetime, prefix: str = "") -> SafeString:
    """How long ago, counted up while the page stands: ``6 min``."""
    now = _now(context)
    return _counting(moment, now, (now - moment).total_seconds(), "since", prefix, "now")


@register.simple_tag(takes_context=True)
def until(context: Context, moment: datetime, prefix: str = "in", over: str = "now") -> SafeString:
    """How long until, counted down: ``in 19 min``, then ``over``."""
    now = _now(context)
    return _counting(moment, now, (moment - now).total_seconds(), "until", prefix, over)


def _counting(
    moment: datetime, now: datetime, seconds: float, kind: str, prefix: str, over: str
) -> SafeString:
    text = over if seconds < 0 else f"{prefix} {display.age(seconds)}".strip()
    return format_html(
        '<time datetime="{}" data-age="{}" data-age-prefix="{}" data-age-over="{}" data-now="{}">'
        "{}</time>",
        moment.astimezone(UTC).isoformat(timespec="seconds"),
        kind,
        prefix,
        over,
        display.milliseconds(now),
        text,
    )


# -- figures ---------------------------------------------------------------------------------
@register.simple_tag
def trail(offers: Iterable[Any] | None, remaining: int = 0) -> SafeString:
    """The cascade of one round in a line: its offers by rank, then those not asked yet."""
    marks = sorted((int(offer.rank), str(offer.status)) for offer in offers or ())
    return figures.trail(marks, max(0, int(remaining)))


@register.simple_tag
def score_bar(parts: Iterable[Any], small: bool = False) -> SafeString:
    """A score in parts (objects or dicts with ``points``, together at most 100)."""
    return figures.score_bar(parts, small=small)


@register.simple_tag
def score_legend(parts: Iterable[Any]) -> SafeString:
    """The colours of the score bar (objects or dicts with ``label``, in the bar's order)."""
    return figures.score_legend(parts)


@register.simple_tag
def window_bar(start: datetime, end: datetime, tz: str, tone: str = "quiet") -> SafeString:
    """Where in its day the window lies."""
    return figures.window_bar(start, end, tz, tone)


@register.simple_tag(takes_context=True)
def promise_track(
    context: Context,
    start: datetime,
    end: datetime,
    tz: str,
    label: str = "",
    visit_start: datetime | None = None,
    visit_end: datetime | None = None,
    travel_minutes: float | None = 0,
) -> SafeString:
    """The promised window on an axis with now and, when there is one, the visit."""
    visit = None
    if visit_start is not None and visit_end is not None:
        visit = figures.Visit(label, visit_start, visit_end, float(travel_minutes or 0))
    return figures.promise_track(start=start, end=end, tz=tz, now=_now(context), visit=visit)


@register.simple_tag
def load_bar(load: Any) -> SafeString:
    """How much of a contractor's time is taken; takes what has ``share`` and ``kind``."""
    return figures.load_bar(load.share, is_full=load.kind == "full")


# -- words -----------------------------------------------------------------------------------
@register.simple_tag(takes_context=True)
def window(context: Context, start: datetime, end: datetime, tz: str, style: str = "long") -> str:
    """The arrival window in words. ``style``: ``long``, ``short``, ``phone``, ``phone-zone``."""
    now = _now(context)
    if style == "short":
        return display.window_short(start, end, tz, now)
    if style in ("phone", "phone-zone"):
        return display.window_phone(start, end, tz, now, with_zone=style == "phone-zone")
    return display.window_long(start, end, tz, now)


@register.simple_tag(takes_context=True)
def day(context: Context, moment: datetime, tz: str) -> str:
    """``Today``, ``Tomorrow``, ``Wed 18 Nov``."""
    return display.day(moment, tz, _now(context))


@register.simple_tag
def distance(km: float | None, branch: Any) -> str:
    """A distance in the branch's unit; takes the branch or its ``distance_unit``."""
    return display.distance(km, str(getattr(branch, "distance_unit", branch)))


@register.filter
def money(amount: Decimal | float | str | None, currency: str = "USD") -> str:
    """``{{ offer.pay|money:offer.currency }}``."""
    return display.money(amount, currency)


@register.filter
def at_site(moment: datetime | None, tz: str) -> Any:
    """In the site's zone, for the ``date`` filter: ``{{ at|at_site:tz|date:"H:i" }}``."""
    return "" if moment is None else do_timezone(moment, display.zone(tz))


@register.filter
def clock(moment: datetime | None, tz: str) -> str:
    """``16:05``, the console's way."""
    return "" if moment is None else display.clock(moment, tz)


@register.filter
def clock_seconds(moment: datetime | None, tz: str) -> str:
    """``16:05:09``, for timelines."""
    return "" if moment is None else display.clock(moment, tz, seconds=True)


@register.filter
def phone_clock(moment: datetime | None, tz: str) -> str:
    """``4:05 pm``, outside the office."""
    return "" if moment is None else display.phone_clock(moment, tz)


@register.filter
def zone_name(moment: datetime | None, tz: str) -> str:
    """``EST``: the zone's short name at that moment."""
    return "" if moment is None else display.zone_name(moment, tz)


@register.filter
def duration(minutes: float | None) -> str:
    """Minutes in words: ``1 h 30 min``."""
    return display.duration(minutes)


@register.filter
def initials(name: str) -> str:
    """Two letters for an avatar."""
    return display.initials(str(name))
