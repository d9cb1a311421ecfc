"""The page of one appointment. Looking never decides anything."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from jobs.customer.access import customer_page
from jobs.customer.status import limit_text, load_facts, standing
from jobs.customer.visitor import Visitor


@require_safe
@customer_page
def page(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Where things stand; for a refresh only the part that changes."""
    job = visitor.job
    facts = load_facts(job)
    context = {
        "visitor": visitor,
        "job": job,
        "brand": job.client.name if job.client else job.branch.name,
        "standing": standing(job, facts, now=visitor.now),
        "limit_text": limit_text(job.not_to_exceed, job.currency),
    }
    refresh = request.headers.get("HX-Request") and not request.headers.get("HX-Boosted")
    return render(request, "customer/_page.html" if refresh else "customer/page.html", context)
