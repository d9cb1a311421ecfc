"""Figures drawn on the server as SVG: no script, no style attribute, and they print."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from network import display

RING_CIRCLES = mark_safe(
    '<circle class="t" cx="18" cy="18" r="15.5"/>'
    '<circle class="f" cx="18" cy="18" r="15.5" pathLength="100"'
)

_BARS = (("1.5", "10", "4.5"), ("6.5", "6.5", "8"), ("11.5", "3", "11.5"))
_EMERGENCY = mark_safe(
    '<rect class="em" x="1" y="1" width="14" height="14" rx="3.5"/>'
    '<path class="emx" d="M7.1 3.8h1.8l-.25 5h-1.3zM7.1 10.4h1.8v1.8H7.1z"/>'
)

#: Offer status → (class, what the mark says, the mark).
_TRAIL = {
    "expired": (
        "tr-exp",
        "no answer",
        mark_safe('<circle cx="8" cy="8" r="5.6"/><path d="M4.2 11.8l7.6-7.6"/>'),
    ),
    "declined": ("tr-dec", "declined", mark_safe('<path d="M4 4l8 8M12 4l-8 8"/>')),
    "pending": (
        "tr-now",
        "being asked",
        mark_safe('<circle cx="8" cy="8" r="5.8"/><circle class="fill" cx="8" cy="8" r="2.4"/>'),
    ),
    "accepted": (
        "tr-acc",
        "accepted",
        mark_safe(
            '<circle class="fill" cx="8" cy="8" r="6.4"/>'
            '<path class="cut" d="M5.2 8.2l2 2 3.6-3.9"/>'
        ),
    ),
    "withdrawn": (
        "tr-wd",
        "withdrawn",
        mark_safe('<path d="M6.5 3.5L3 7l3.5 3.5M3 7h6.5a3.5 3.5 0 0 1 0 6H8"/>'),
    ),
    "next": ("tr-next", "waiting", mark_safe('<circle class="fill" cx="8" cy="8" r="2.1"/>')),
}
_TRAIL_MARKS = 7


def ring(*, seconds_left: float, total_seconds: float) -> SafeString:
    """The ring of a countdown, as full as the time that is left."""
    share = max(0.0, min(1.0, seconds_left / total_seconds)) if total_seconds > 0 else 0.0
    return format_html(
        '<svg viewBox="0 0 36 36" aria-hidden="true">{} stroke-dasharray="{} 100"/></svg>',
        RING_CIRCLES,
        f"{100 * share:.1f}",
    )


def priority_mark(priority: str) -> SafeString:
    """One to three bars, or the red square of an emergency."""
    if priority == "emergency":
        return format_html('<svg viewBox="0 0 16 16" aria-hidden="true">{}</svg>', _EMERGENCY)
    filled = {"low": 1, "standard": 2, "urgent": 3}.get(priority, 0)
    bars = format_html_join(
        "",
        '<rect class="{}" x="{}" y="{}" width="3.4" height="{}" rx="1"/>',
        (
            ("on" if index < filled else "off", x, y, height)
            for index, (x, y, height) in enumerate(_BARS)
        ),
    )
    return format_html('<svg viewBox="0 0 16 16" aria-hidden="true">{}</svg>', bars)


def trail(statuses: Sequence[tuple[int, str]], remaining: int) -> SafeString:
    """The cascade in one line: a mark for each (rank, offer status), a dot for each still to ask.

    ``remaining`` counts those not asked yet; of these the first few are drawn, so that the line
    keeps to its column, and a figure says the rest.
    """
    marks: list[SafeString] = []
    words: list[str] = []
    for rank, status in statuses:
        css, word, body = _TRAIL.get(status, _TRAIL["next"])
        marks.append(_trail_mark(css, body))
        words.append(f"rank {rank} {word}")
    dots = min(remaining, max(2, _TRAIL_MARKS - len(marks)))
    css, _, body = _TRAIL["next"]
    marks.extend(_trail_mark(css, body) for _ in range(dots))
    if remaining:
        words.append(f"{remaining} waiting")
    rest = (
        format_html('<small class="ink3">+{}</small>', remaining - dots)
        if remaining > dots
        else mark_safe("")
    )
    return format_html(
        '<span class="trail" role="img" aria-label="{}">{}{}</span>',
        ", ".join(words) or "nobody asked yet",
        _joined(marks),
        rest,
    )


def _trail_mark(css: str, body: SafeString) -> SafeString:
    return format_html('<svg class="{}" viewBox="0 0 16 16" aria-hidden="true">{}</svg>', css, body)


def _joined(parts: Iterable[SafeString]) -> SafeString:
    return format_html_join("", "{}", ((part,) for part in parts))


def score_bar(parts: Iterable[Any], *, small: bool = False) -> SafeString:
    """A score of 0 to 100 as one bar: a piece per part, as wide as its ``points``.

    The pieces take the colours c1 to c8 in the order given, the same as the legend's.
    """
    pieces = []
    x = 0.0
    for index, part in enumerate(parts):
        width = max(0.0, float(_of(part, "points")))
        if width >= 0.1:
            pieces.append((index % 8 + 1, f"{x:.1f}", f"{max(0.1, width - 0.9):.1f}"))
        x += width
    return format_html(
        '<svg class="fig scorebar{}" viewBox="0 0 100 10" preserveAspectRatio="none"'
        ' aria-hidden="true"><rect class="bed" width="100" height="10" rx="2"/>{}</svg>',
        " sm" if small else "",
        format_html_join("", '<rect class="c{}" x="{}" y="0" width="{}" height="10"/>', pieces),
    )


def score_legend(parts: Iterable[Any]) -> SafeString:
    """What the colours of the score bars stand for."""
    return format_html(
        '<div class="leg" aria-hidden="true">{}</div>',
        format_html_join(
            "",
            '<span><i class="c{}"></i>{}</span>',
            ((index % 8 + 1, _of(part, "label")) for index, part in enumerate(parts)),
        ),
    )


def _of(part: Any, name: str) -> Any:
    return part[name] if isinstance(part, dict) else getattr(part, name)


def window_bar(start: datetime, end: datetime, tz: str, tone: str) -> SafeString:
    """Where in its local day the window lies (it repeats in a picture what the row says)."""
    local = display.in_zone(start, tz)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    left = min(100.0, (local - midnight) / timedelta(days=1) * 100)
    width = min(100.0 - left, max(2.0, (end - start) / timedelta(days=1) * 100))
    return format_html(
        '<svg class="fig winb is-{}" viewBox="0 0 100 5" preserveAspectRatio="none"'
        ' aria-hidden="true"><rect class="bed" width="100" height="5" rx="2"/>'
        '<rect class="part" x="{}" width="{}" height="5" rx="1.5"/></svg>',
        tone,
        f"{left:.1f}",
        f"{width:.1f}",
    )


@dataclass(frozen=True, slots=True)
class Visit:
    """A planned or reported visit on the track; ``travel_minutes`` lie before the start."""

    label: str
    starts_at: datetime
    ends_at: datetime
    travel_minutes: float = 0


def promise_track(
    *, start: datetime, end: datetime, tz: str, now: datetime, visit: Visit | None = None
) -> SafeString:
    """The promised window on an axis of hours, with now, the visit and the drive before it.

    Coordinates are percentages, so that the track is as wide as its panel and its words keep
    their size.
    """
    first, last = start - timedelta(hours=1), end + timedelta(hours=1)
    if visit is not None:
        first = min(first, visit.starts_at - timedelta(minutes=visit.travel_minutes + 15))
        last = max(last, visit.ends_at + timedelta(minutes=15))
    if first - timedelta(hours=3) <= now <= last + timedelta(hours=1):
        first = min(first, now - timedelta(minutes=20))
        last = max(last, now + timedelta(minutes=20))
    span = (last - first).total_seconds()

    def at(moment: datetime) -> float:
        return max(0.0, min(100.0, (moment - first).total_seconds() / span * 100))

    def box(css: str, y: int, height: int, begin: datetime, finish: datetime) -> SafeString:
        left = at(begin)
        return format_html(
            '<rect class="{}" x="{}%" y="{}" width="{}%" height="{}" rx="6"/>',
            css,
            f"{left:.2f}",
            y,
            f"{max(0.4, at(finish) - left):.2f}",
            height,
        )

    parts = [mark_safe('<rect class="rail" x="0" y="20" width="100%" height="20" rx="6"/>')]
    parts.append(box("win", 20, 20, start, end))
    words = [
        f"Promised {display.clock(start, tz)} to {display.clock(end, tz)}",
        f"now {display.clock(now, tz)}",
    ]
    if visit is not None:
        if visit.travel_minutes > 0:
            leave = visit.starts_at - timedelta(minutes=visit.travel_minutes)
            parts.append(
                format_html(
                    '<line class="trav" x1="{}%" x2="{}%" y1="30" y2="30"/>',
                    f"{at(leave):.2f}",
                    f"{at(visit.starts_at):.2f}",
                )
            )
        parts.append(box("book", 20, 20, visit.starts_at, visit.ends_at))
        begin, finish = display.clock(visit.starts_at, tz), display.clock(visit.ends_at, tz)
        times = f"{begin}{display.EN_DASH}{finish}"
        if at(visit.ends_at) - at(visit.starts_at) > 18:
            parts.append(
                format_html(
                    '<text class="who" x="{}%" y="34" dx="8">{}'
                    '<tspan class="times"> {}</tspan></text>',
                    f"{at(visit.starts_at):.2f}",
                    visit.label,
                    times,
                )
            )
        words.append(f"{visit.label} {times}")
    if first <= now <= last:
        parts.append(
            format_html(
                '<line class="now" x1="{0}%" x2="{0}%" y1="15" y2="45"/>'
                '<text class="nowt" x="{0}%" y="11">{1}</text>',
                f"{at(now):.2f}",
                display.clock(now, tz),
            )
        )
    parts.extend(_hours(first, last, tz, at))
    return format_html(
        '<svg class="fig track" width="100%" height="62" role="img" aria-label="{}">{}</svg>',
        "; ".join(words),
        _joined(parts),
    )


def _hours(first: datetime, last: datetime, tz: str, at: Any) -> list[SafeString]:
    """Labels under the track: at most nine whole hours, none cut off at the edges."""
    local = display.in_zone(first, tz)
    hour = first + timedelta(
        seconds=(3600 - (local.minute * 60 + local.second) % 3600) % 3600,
        microseconds=-local.microsecond,
    )
    step = max(1, -(-int((last - first) / timedelta(hours=1)) // 9))
    labels = []
    while hour <= last:
        x = at(hour)
        if 2 <= x <= 98:
            labels.append(
                format_html(
                    '<text class="ax" x="{}%" y="57">{}</text>',
                    f"{x:.2f}",
                    display.clock(hour, tz),
                )
            )
        hour += timedelta(hours=step)
    return labels


def load_bar(share: float, *, is_full: bool = False) -> SafeString:
    """How much of a stretch is taken, 0 to 1 (it repeats in a picture what the row says)."""
    return format_html(
        '<svg class="fig loadbar{}" viewBox="0 0 60 8" aria-hidden="true">'
        '<rect class="bed" x=".5" y=".5" width="59" height="7" rx="3.5"/>'
        '<rect class="part" width="{}" height="8" rx="4"/></svg>',
        " is-warn" if is_full else "",
        f"{60 * max(0.0, min(1.0, share)):.1f}",
    )


def sparkline(values: Sequence[float | None], *, label: str) -> SafeString:
    """A line through the known values, oldest first, with a dot on the newest.

    Nothing for fewer than two of them. The scale is the values' own.
    """
    known = [(place, value) for place, value in enumerate(values) if value is not None]
    if len(known) < 2:
        return mark_safe("")
    low = min(value for _, value in known)
    span = max(value for _, value in known) - low
    first, last = known[0][0], known[-1][0]
    points = [
        (
            3 + 66 * (place - first) / (last - first),
            20 - (16 * (value - low) / span if span else 8),
        )
        for place, value in known
    ]
    return format_html(
        '<svg class="fig spark" viewBox="0 0 74 24" role="img" aria-label="{}">'
        '<polyline class="line" points="{}"/><circle class="tip" cx="{}" cy="{}" r="2.6"/></svg>',
        label,
        " ".join(f"{x:.1f},{y:.1f}" for x, y in points),
        f"{points[-1][0]:.1f}",
        f"{points[-1][1]:.1f}",
    )
