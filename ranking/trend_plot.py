"""A figure's trend as SVG coordinates: points that are links, the usual as a line. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

WIDTH, LEFT, RIGHT = 334, 12.0, 272.0
TOP, BOTTOM = 12.0, 84.0
#: At most so many: a finger needs 24 pixels for each.
POINTS = 11


@dataclass(frozen=True, slots=True)
class Dot:
    """One point; coordinates are text, so that no locale puts a comma into them."""

    x: str
    y: str
    url: str
    label: str
    tone: str


@dataclass(frozen=True, slots=True)
class Plot:
    """What ``ranking/_trend.html`` draws."""

    dots: list[Dot]
    line: str
    usual_y: str
    high: str
    low: str
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class Reading:
    """One value with the words and the link of the outcome it came from."""

    value: float
    url: str
    label: str
    when: str
    tone: str = ""


def plot(readings: Sequence[Reading], *, usual: float, says: Callable[[float], str]) -> Plot | None:
    """The last ``POINTS`` readings, oldest first, on a scale that holds the usual too."""
    shown = list(readings)[-POINTS:]
    if not shown:
        return None
    values = [reading.value for reading in shown]
    low, high = min(*values, usual), max(*values, usual)
    if high - low < 1e-9:
        low, high = low - abs(low) * 0.1 - 0.01, high + abs(high) * 0.1 + 0.01
    step = (RIGHT - LEFT) / max(1, len(shown) - 1)

    def y(value: float) -> float:
        return BOTTOM - (value - low) / (high - low) * (BOTTOM - TOP)

    places = [(RIGHT - step * (len(shown) - 1 - n), y(one.value)) for n, one in enumerate(shown)]
    return Plot(
        dots=[
            Dot(f"{x:.1f}", f"{height:.1f}", one.url, one.label, one.tone)
            for (x, height), one in zip(places, shown, strict=True)
        ],
        line=" ".join(f"{x:.1f},{height:.1f}" for x, height in places),
        usual_y=f"{y(usual):.1f}",
        high=says(high),
        low=says(low),
        first=shown[0].when,
        last=shown[-1].when,
    )
