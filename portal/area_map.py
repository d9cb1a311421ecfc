"""A small map of the area of a job: an approximate circle, never the site.

The circle's middle is the middle of the site's H3 cell of resolution 7, about five square
kilometres: all sites in it give the same picture, so the picture cannot give one away.
"""

from __future__ import annotations

from functools import lru_cache

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from network import display
from network.geo import cell_and_ancestors, cell_centre
from network.outlines import Frame

#: Kilometres; holds every point whose cell lies in the circle's own (see the tests).
CIRCLE_KM = 1.7
WIDTH, HEIGHT = 354.0, 132.0
PIXELS_PER_KM = 16.0


def middle_of_area(cell: int) -> tuple[float, float]:
    """Latitude and longitude of the middle of the wider cell around a site's cell."""
    return cell_centre(cell_and_ancestors(cell)[1])


def area_map(*, cell: int, area: str, unit: str) -> SafeString:
    """The picture as SVG, or nothing where no outline is near: a bare circle says nothing."""
    return _drawn(*middle_of_area(cell), area, unit)


@lru_cache(maxsize=256)
def _drawn(latitude: float, longitude: float, area: str, unit: str) -> SafeString:
    drawn = Frame(latitude, longitude, WIDTH, HEIGHT, PIXELS_PER_KM).ground()
    if not drawn:
        return mark_safe("")
    radius = CIRCLE_KM * PIXELS_PER_KM
    across = display.distance(2 * CIRCLE_KM, unit)
    return format_html(
        '<svg class="areamap" viewBox="0 0 {} {}" preserveAspectRatio="xMidYMid slice" role="img"'
        ' aria-label="The job is somewhere inside a circle {} wide{}">{}'
        '<circle class="m-area" cx="{}" cy="{}" r="{}"/>'
        '<text class="m-name" x="{}" y="{}" text-anchor="middle">{}</text></svg>',
        f"{WIDTH:.0f}",
        f"{HEIGHT:.0f}",
        across,
        f" in {area}" if area else "",
        format_html_join("", '<path class="{}" d="{}"/>', drawn),
        f"{WIDTH / 2:.0f}",
        f"{HEIGHT / 2:.0f}",
        f"{radius:.0f}",
        f"{WIDTH / 2:.0f}",
        f"{HEIGHT / 2 + radius + 16:.0f}",
        area,
    )
