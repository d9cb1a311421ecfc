"""Small charts as SVG coordinates, computed on the server: they print, and need no script. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, EDGE = 160.0, 30.0, 3.0
BAR = 62.0


@dataclass(frozen=True, slots=True)
class Lines:
    """Two lines on one scale, as the ``points`` of polylines."""

    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a column chart, with the mark of the other policy across it."""

    x: float
    y: float
    height: float
    mark: float


def two_lines(before: Sequence[float | None], after: Sequence[float | None]) -> Lines:
    """Daily values of two policies; days without a value are left out of the line."""
    known = [value for value in (*before, *after) if value is not None]
    if not known:
        return Lines("", "")
    low, high = min(known), max(known)
    return Lines(_points(before, low, high), _points(after, low, high))


def columns(after: Sequence[float], before: Sequence[float]) -> list[Column]:
    """Shares side by side, the tallest reaching the top."""
    top = max([*after, *before, 1e-9])
    step = WIDTH / max(1, len(after))
    rows = []
    for place, (value, other) in enumerate(zip(after, before, strict=True)):
        height = (HEIGHT - EDGE) * value / top
        rows.append(
            Column(
                x=round(place * step + 1, 1),
                y=round(HEIGHT - height, 1),
                height=round(height, 1),
                mark=round(HEIGHT - (HEIGHT - EDGE) * other / top, 1),
            )
        )
    return rows


def bar(change: int, most: int) -> tuple[float, float]:
    """Left edge and width of a bar that grows from the middle of a 124-wide drawing."""
    width = round((BAR - 2) * abs(change) / max(1, most), 1)
    return (BAR if change >= 0 else round(BAR - width, 1)), width


def _points(values: Sequence[float | None], low: float, high: float) -> str:
    step = WIDTH / max(1, len(values) - 1)
    span = high - low
    points = []
    for place, value in enumerate(values):
        if value is None:
            continue
        part = (value - low) / span if span else 0.5
        points.append(f"{place * step:.1f},{HEIGHT - EDGE - part * (HEIGHT - 2 * EDGE):.1f}")
    return " ".join(points)
