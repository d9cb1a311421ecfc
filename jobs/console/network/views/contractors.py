"""The list of contractors: figures, filter, pages, CSV."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from jobs.console.access import BranchRequest, branch_page
from jobs.console.filters import chips
from jobs.console.network.export import csv_response
from jobs.console.network.figures import NetworkFigures, network_figures, waiting_for_review
from jobs.console.network.filters import CHOOSING, NAMES, ContractorFilter, address_of
from jobs.console.network.rows import load_rows
from network.clock import app_now
from network.context import shell

#: Contractors on one page.
PAGE = 50


@require_safe
@branch_page
def contractors(request: BranchRequest) -> HttpResponse:
    """The list; for htmx only the part that changes. A fixed number of queries."""
    at = shell(request)["shell"].now
    branch = request.branch
    chosen = ContractorFilter(request.GET, branch=branch, at=at)
    ids = chosen.ordered_ids()
    page, pages = page_of(request.GET.get("page"), len(ids))
    shown = ids[(page - 1) * PAGE : page * PAGE]
    figures = network_figures(branch, at=at)
    context: dict[str, Any] = {
        "nav": "contractors",
        "branch": branch,
        "at": at,
        "figures": figures,
        "waiting": waiting_for_review(branch),
        "views": tabs(request, figures),
        "filter": chosen,
        "chips": chips(chosen, request.GET),
        "without_q": address_of(request.GET, q=None),
        "kept_filters": [
            (name, values)
            for name, values in request.GET.lists()
            if name in NAMES and name not in ("q", "page")
        ],
        "rows": load_rows(shown, branch=branch, at=at),
        "total": len(ids),
        "first": (page - 1) * PAGE + 1,
        "last": (page - 1) * PAGE + len(shown),
        "previous_url": address_of(request.GET, page=page - 1) if page > 1 else "",
        "next_url": address_of(request.GET, page=page + 1) if page < pages else "",
        "address": address_of(request.GET),
        "chosen_filters": [
            (name, values) for name, values in request.GET.lists() if name in CHOOSING
        ],
        "everybody_url": address_of(request.GET, status="all"),
        "csv_url": reverse("console:contractors_csv", kwargs={"branch": branch.slug})
        + address_of(request.GET),
    }
    is_part = request.htmx and request.htmx.target == "contractors-live"
    template = "_contractors.html" if is_part else "contractors.html"
    return render(request, f"console/network/{template}", context)


def page_of(text: str | None, total: int) -> tuple[int, int]:
    """The page asked for, within those there are, and how many there are."""
    pages = max(1, -(-total // PAGE))
    try:
        return min(max(int(text or 1), 1), pages), pages
    except ValueError:
        return 1, pages


def tabs(request: BranchRequest, figures: NetworkFigures) -> list[dict[str, object]]:
    """The tabs over the list, with how many each holds."""
    data = {
        key: value for key, value in request.GET.items() if value and key not in ("page", "sort")
    }
    found = []
    for title, wanted, count in (
        ("In the network", {}, figures.here),
        ("Active", {"status": "active"}, figures.active),
        ("Papers ending", {"ends": "14"}, figures.ending),
        ("Paused", {"status": "paused"}, figures.paused),
        ("Suspended", {"status": "suspended"}, figures.suspended),
        ("Left", {"status": "left"}, figures.left),
    ):
        url = "?" + "&".join(f"{key}={value}" for key, value in wanted.items())
        found.append({"title": title, "url": url, "count": count, "current": data == wanted})
    return found


@require_safe
@branch_page
def contractors_csv(request: BranchRequest) -> HttpResponse:
    """Exactly the contractors of the filter, in its order, as CSV for spreadsheets (UTF-8)."""
    at: datetime = app_now()
    chosen = ContractorFilter(request.GET, branch=request.branch, at=at)
    return csv_response(  # type: ignore[return-value]
        request, chosen.ordered_ids(), branch=request.branch, at=at
    )
