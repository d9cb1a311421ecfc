"""Why not me, and why me first: jobs near the contractor, with own figures and bands."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from jobs.models import Offer
from portal.access import Acting, contractor_page
from portal.missed import DAYS, missed_job, missed_jobs, why_not_eligible
from portal.views.page import moment, portal_page
from portal.work import public_work
from ranking.whynot import FEWEST, Compared, left_out_because, own_reasons, why_not

#: Reasons shown under "why you were asked first".
REASONS = 5


@dataclass(frozen=True, slots=True)
class Drawn:
    """One criterion with the coordinates of its bar, 320 wide."""

    row: Compared
    x: str
    width: str
    cx: str


def _drawn(row: Compared) -> Drawn:
    return Drawn(
        row,
        x=f"{320 * row.band_from:.1f}",
        width=f"{320 * (row.band_to - row.band_from):.1f}",
        cx=f"{7 + 306 * row.at:.1f}",
    )


@require_safe
@contractor_page
def missed(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Jobs of the last two weeks in the own territory and trade that others were asked first."""
    now = moment(request)
    context = {"now": now, "jobs": missed_jobs(acting, at=now), "days": DAYS}
    return portal_page(request, acting, "missed", context, nav="you")


@require_safe
@contractor_page
def missed_one(request: HttpRequest, acting: Acting, public_id: UUID) -> HttpResponse:
    """One of them: the own figures beside the band of whoever was first, or the failed rule."""
    found = missed_job(acting, public_id)
    if found is None:
        raise Http404("There is no such job near you.")
    job, decision = found
    me = acting.contractor.pk
    compared = why_not(decision, me)
    is_first = bool(decision.contractor_ids) and decision.contractor_ids[0] == me
    is_candidate = me in decision.contractor_ids
    rule = left_out_because(decision, me)
    context = {
        "now": moment(request),
        "work": public_work(job),
        "is_first": is_first,
        "of": len(decision.contractor_ids),
        "compared": compared,
        "rows": [_drawn(row) for row in compared.rows] if compared else [],
        "bands": compared and any(row.band for row in compared.rows),
        "reasons": own_reasons(decision, me, REASONS) if is_first else [],
        "rule": rule,
        "refusal": "" if is_candidate or rule else why_not_eligible(acting, job, decision),
        "is_candidate": is_candidate,
        "asked": Offer.objects.filter(job=job, round__number=1).count(),
        "fewest": FEWEST,
    }
    return portal_page(request, acting, "missed_job", context, nav="you")
