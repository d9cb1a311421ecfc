"""The page of one appointment. Looking never decides anything."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from jobs.customer.access import customer_page
from jobs.customer.forms import RateForm
from jobs.customer.reads import load_beside
from jobs.customer.status import limit_text, load_facts, person_of, standing
from jobs.customer.visitor import Visitor
from network import display


@require_safe
@customer_page
def page(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Where things stand; for a refresh only the part that changes."""
    return appointment(request, visitor)


def appointment(
    request: HttpRequest,
    visitor: Visitor,
    *,
    rate_form: RateForm | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    """The page itself, also after something on it was refused; eight queries at most."""
    job = visitor.job
    facts = load_facts(job)
    beside = load_beside(job, facts.booking, now=visitor.now)
    if rate_form is None and beside.may_rate:
        rated = beside.rating
        rate_form = RateForm(
            initial={"stars": rated.stars, "words": rated.words} if rated is not None else None
        )
    context: dict[str, Any] = {
        "visitor": visitor,
        "job": job,
        "brand": visitor.brand,
        "standing": standing(job, facts, now=visitor.now, in_danger=beside.in_danger),
        "beside": beside,
        "rate_form": rate_form,
        "who": person_of(facts.booking) if facts.booking else "",
        "limit_text": limit_text(job.not_to_exceed, job.currency),
        "cutoff": display.duration(visitor.policy.cutoff_minutes),
        "refusal": refusal,
    }
    refresh = request.headers.get("HX-Request") and not request.headers.get("HX-Boosted")
    name = "customer/_page.html" if refresh else "customer/page.html"
    return render(request, name, context, status=status)
