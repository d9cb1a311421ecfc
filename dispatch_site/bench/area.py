"""Saving an area and asking again who can come, in a branch of 2,000 technicians."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from datetime import timedelta

from dispatch_site.bench.coverage import branch_with_demand
from dispatch_site.bench.world import START
from jobs.actors import Actor
from jobs.services.standing import change_profile
from network.areas import preview_area, radius_area
from network.availability import WorkOrder
from network.eligibility import find_eligible
from network.geo import offset_point, site_cell, zips_around
from network.kinds_of_work import kinds_of_work_of
from network.models import Branch, Contractor, ServiceType
from network.services.territory import (
    branch_area,
    set_polygon_territory,
    set_radius_territory,
    set_zip_territory,
)
from portal.area_says import area_says

CORNERS = 60
RADIUS_KM = 25.0


def area_figures(*, technicians: int, requests: int, runs: int) -> dict[str, float]:
    """Milliseconds: medians of ``runs``, and the slowest of all savings.

    A saving is what the portal's page does: the area is checked, its cells are written, accepted
    visits that it would strand are looked for; then a search of work in it must find the firm.
    The preview is the sentence that follows the finger on the map.
    """
    branch = branch_with_demand(slug="area", technicians=technicians, requests=requests)
    firm, work = _somebody_and_work(branch)
    centre = (branch.latitude, branch.longitude)
    outline = [
        offset_point(
            *centre,
            RADIUS_KM * math.cos(turn * 2 * math.pi / CORNERS),
            RADIUS_KM * math.sin(turn * 2 * math.pi / CORNERS),
        )
        for turn in range(CORNERS)
    ]
    zips = [place.zip for place in zips_around(*centre, 12)][:40]
    ways: dict[str, Callable[[], object]] = {
        "radius": lambda: set_radius_territory(
            contractor_id=firm.pk, latitude=centre[0], longitude=centre[1], radius_km=RADIUS_KM
        ),
        "outline": lambda: set_polygon_territory(contractor_id=firm.pk, outline=outline),
        "zips": lambda: set_zip_territory(contractor_id=firm.pk, zips=zips),
    }
    figures: dict[str, float] = {"area_firms": float(branch.contractors.count())}
    slowest = 0.0
    for name, way in ways.items():
        taken = [_saved_and_asked(firm, way, work) for _ in range(runs)]
        figures[f"area_{name}_ms"] = _median(taken)
        slowest = max(slowest, *taken)
    figures["area_slowest_ms"] = slowest * 1000
    figures["area_preview_ms"] = _median([_preview(branch, firm) for _ in range(runs)])
    return figures


def _median(taken: list[float]) -> float:
    return sorted(taken)[len(taken) // 2] * 1000


def _saved_and_asked(firm: Contractor, way: Callable[[], object], work: WorkOrder) -> float:
    started = time.perf_counter()
    change_profile(
        contractor_id=firm.pk,
        change=way,
        actor=Actor.system("bench"),
        decision="",
        shown=frozenset(),
    )
    slots = find_eligible(work, at=START).slots
    taken = time.perf_counter() - started
    if all(slot.contractor_id != firm.pk for slot in slots):
        raise RuntimeError("the search does not find whoever just moved here")
    return taken


def _preview(branch: Branch, firm: Contractor) -> float:
    started = time.perf_counter()
    area = radius_area(branch.latitude, branch.longitude, RADIUS_KM)
    said = area_says(
        branch=branch,
        contractor_id=firm.pk,
        area=area,
        preview=preview_area(area, branch_area(branch)),
        left_out=(),
        now=START,
    )
    taken = time.perf_counter() - started
    if not said.jobs or not said.zips:
        raise RuntimeError("the preview counts nothing")
    return taken


def _somebody_and_work(branch: Branch) -> tuple[Contractor, WorkOrder]:
    """A firm that is found for work at the branch's centre once it works there."""
    start = START + timedelta(days=1)
    for firm in Contractor.objects.filter(branch=branch, status="active").order_by("pk")[:100]:
        for kind in ServiceType.objects.filter(pk__in=kinds_of_work_of(firm.pk)):
            work = WorkOrder(
                branch_id=branch.pk,
                service_type_id=kind.pk,
                client_id=None,
                latitude=branch.latitude,
                longitude=branch.longitude,
                window_start=start,
                window_end=start + timedelta(hours=4),
                duration_minutes=kind.usual_duration_minutes,
                cell=site_cell(branch.latitude, branch.longitude),
            )
            set_radius_territory(
                contractor_id=firm.pk,
                latitude=branch.latitude,
                longitude=branch.longitude,
                radius_km=RADIUS_KM,
            )
            if any(slot.contractor_id == firm.pk for slot in find_eligible(work, at=START).slots):
                return firm, work
    raise RuntimeError("nobody of the network can do any work at the branch's centre")
