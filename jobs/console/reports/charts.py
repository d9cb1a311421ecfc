"""The charts of a report, as SVG drawn on the server: they print and need no script. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

WIDTH, HEIGHT, FOOT, TOP = 640.0, 170.0, 24.0, 20.0


@dataclass(frozen=True, slots=True)
class Bar:
    """One column: ``label`` under it, ``words`` said of it, None for nothing to show.

    ``url`` leads to what the column was counted from.
    """

    label: str
    words: str
    value: float | None
    text: str
    url: str
    few: bool = False


def columns(bars: Sequence[Bar], *, top: float | None = None) -> SafeString:
    """Columns from zero up to ``top`` (else the highest value), each a link to its list."""
    known = [bar.value for bar in bars if bar.value is not None]
    most = max(top or 0.0, *known, 1e-9) if known else 1.0
    step = WIDTH / max(1, len(bars))
    room = HEIGHT - FOOT - TOP
    # A label needs about 44 units; where columns are narrower only some are labelled.
    every = max(1, round(44 / step + 0.49))
    parts = []
    for place, bar in enumerate(bars):
        height = room * bar.value / most if bar.value is not None else 0.0
        x, middle = place * step + step * 0.14, place * step + step / 2
        label = (
            format_html(
                '<text class="ax" x="{}" y="{}">{}</text>', _n(middle), _n(HEIGHT - 6), bar.label
            )
            if place % every == 0
            else ""
        )
        figure = (
            format_html(
                '<text class="val" x="{}" y="{}">{}</text>',
                _n(middle),
                _n(HEIGHT - FOOT - height - 5),
                bar.text,
            )
            if bar.value is not None and step >= 34
            else ""
        )
        column = format_html(
            '<rect class="col{}" x="{}" y="{}" width="{}" height="{}" rx="2"/>',
            " few" if bar.few else "",
            _n(x),
            _n(HEIGHT - FOOT - max(height, 1.5)),
            _n(step * 0.72),
            _n(max(height, 1.5)),
        )
        parts.append(
            format_html(
                '<a href="{}" aria-label="{}"><title>{}</title>'
                '<rect class="hit" x="{}" y="0" width="{}" height="{}"/>{}{}{}</a>',
                bar.url,
                bar.words,
                bar.words,
                _n(place * step),
                _n(step),
                _n(HEIGHT),
                column if bar.value is not None else "",
                figure,
                label,
            )
        )
    return format_html(
        '<svg class="fig columns" viewBox="0 0 {} {}" role="group" aria-label="By time">'
        '<line class="axis" x1="0" x2="{}" y1="{}" y2="{}"/>{}</svg>',
        _n(WIDTH),
        _n(HEIGHT),
        _n(WIDTH),
        _n(HEIGHT - FOOT),
        _n(HEIGHT - FOOT),
        format_html_join("", "{}", ((part,) for part in parts)),
    )


def share_bar(part: float) -> SafeString:
    """A share of 0 to 1 as a filled bar."""
    return format_html(
        '<svg class="fig sharebar" viewBox="0 0 100 8" preserveAspectRatio="none"'
        ' aria-hidden="true"><rect class="bed" width="100" height="8" rx="2"/>'
        '<rect class="part" width="{}" height="8" rx="2"/></svg>',
        _n(max(0.0, min(1.0, part)) * 100),
    )


def _n(value: float) -> str:
    return f"{value:.1f}"
