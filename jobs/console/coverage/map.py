"""The map beside the grid, as SVG: neighbourhoods in the tone of a half-day, towns as dots."""

from __future__ import annotations

from collections.abc import Mapping
from math import cos, radians

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from jobs.console.coverage.demand import TradeDemand
from network.area_names import neighbourhoods
from network.geo import cell_centre
from network.outlines import KM_PER_DEGREE, Frame, closed_path

WIDTH, HEIGHT = 380.0, 416.0
#: Kilometres left free around the outermost area.
MARGIN_KM = 3.0
#: Below this scale names would lie on each other; only areas that lack something are named then.
NAMES_FROM = 9.0
#: A neighbourhood narrower than this many pixels has no room for its name.
NARROWEST = 34.0

Place = tuple[float, float]


def area_places(demand: TradeDemand) -> dict[str, Place]:
    """Where an area's demand lies: its middle, by weight, as latitude and longitude."""
    sums = {name: [0.0, 0.0, 0.0] for name in demand.areas}
    for cell, (area, share) in demand.cells.items():
        latitude, longitude = cell_centre(cell)
        found = sums[demand.areas[area]]
        found[0] += share * latitude
        found[1] += share * longitude
        found[2] += share
    return {name: (a / w, b / w) for name, (a, b, w) in sums.items() if w}


def coverage_map(places: Mapping[str, Place], tones: Mapping[str, str], title: str) -> SafeString:
    """The picture; ``tones`` are is-bad, is-warn, is-good or '' by area. Nothing without areas."""
    if not places:
        return mark_safe("")
    frame = _frame(places)
    drawn = [(f"{css}", path) for css, path in frame.ground()]
    names: list[tuple[str, str, str]] = []
    toned: list[tuple[str, str, str]] = []
    known = set()
    for outline in neighbourhoods():
        if outline.name not in places:
            continue
        known.add(outline.name)
        ring = frame.clipped([frame.place(x, y) for x, y in outline.ring])
        if len(ring) < 3:
            continue
        tone = tones.get(outline.name, "")
        toned.append((tone, closed_path(ring), outline.name))
        xs = [x for x, _ in ring]
        wide = max(xs) - min(xs) > NARROWEST
        if (frame.pixels_per_km >= NAMES_FROM or tone == "is-bad") and wide:
            latitude, longitude = outline.middle
            names.append((*_at(frame.place(longitude, latitude)), outline.name))
    dots = []
    for name, (latitude, longitude) in places.items():
        if name in known:
            continue
        x, y = _at(frame.place(longitude, latitude))
        tone = tones.get(name, "")
        dots.append((tone or "is-quiet", x, y, name))
        if tone == "is-bad" or frame.pixels_per_km >= NAMES_FROM:
            names.append((x, f"{float(y) - 8:.0f}", name))
    return format_html(
        '<svg class="geo" viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}{}{}</svg>',
        f"{WIDTH:.0f}",
        f"{HEIGHT:.0f}",
        title,
        format_html_join("", '<path class="{}" d="{}"/>', drawn),
        format_html_join("", '<path class="m-hood {}" d="{}"><title>{}</title></path>', toned),
        format_html_join(
            "",
            '<circle class="m-town {}" cx="{}" cy="{}" r="5"><title>{}</title></circle>',
            dots,
        ),
        format_html_join("", '<text class="m-lab" x="{}" y="{}">{}</text>', _apart(names)),
    )


def _frame(places: Mapping[str, Place]) -> Frame:
    latitudes = sorted(place[0] for place in places.values())
    longitudes = sorted(place[1] for place in places.values())
    middle = (latitudes[0] + latitudes[-1]) / 2, (longitudes[0] + longitudes[-1]) / 2
    tall = (latitudes[-1] - latitudes[0]) * KM_PER_DEGREE + 2 * MARGIN_KM
    wide = (longitudes[-1] - longitudes[0]) * KM_PER_DEGREE * cos(radians(middle[0]))
    scale = min(WIDTH / (wide + 2 * MARGIN_KM), HEIGHT / tall)
    return Frame(*middle, WIDTH, HEIGHT, scale)


def _at(point: tuple[float, float]) -> tuple[str, str]:
    return f"{point[0]:.0f}", f"{point[1]:.0f}"


def _apart(names: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Those names that do not lie on one that stands already."""
    kept: list[tuple[str, str, str]] = []
    for x, y, name in names:
        half = 2.9 * len(name)
        if not half < float(x) < WIDTH - half or not 10 < float(y) < HEIGHT - 6:
            continue
        if all(
            abs(float(x) - float(other_x)) > half + 2.9 * len(other)
            or abs(float(y) - float(other_y)) > 12
            for other_x, other_y, other in kept
        ):
            kept.append((x, y, name))
    return kept
