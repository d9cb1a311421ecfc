"""The coverage pages. They only show; nothing here changes anything."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from jobs.console.access import BranchRequest, branch_page
from jobs.console.coverage.page import CoveragePage
from jobs.console.coverage.papers import ending_papers
from jobs.console.coverage.stress_page import StressPage
from jobs.console.coverage.view import load_coverage
from network.context import shell


@require_safe
@branch_page
def coverage(request: BranchRequest) -> HttpResponse:
    """Demand against free capacity. A fixed number of queries, whatever the size of the branch."""
    at = shell(request)["shell"].now
    page = CoveragePage(load_coverage(request.branch, at=at), request.branch, request.GET)
    return render(
        request,
        "console/coverage/coverage.html",
        {
            "nav": "coverage",
            "branch": request.branch,
            "at": at,
            "papers": ending_papers(request.branch, at=at),
            **page.context(),
        },
    )


@require_safe
@branch_page
def what_if(request: BranchRequest) -> HttpResponse:
    """The stress test; what is asked stands in the address. A fixed number of queries."""
    at = shell(request)["shell"].now
    page = StressPage(request.branch, request.GET, at=at)
    return render(
        request,
        "console/coverage/what_if.html",
        {"nav": "coverage", "branch": request.branch, "at": at, **page.context()},
    )
