"""One contractor: how he does, his week, what he stated, what was done, and what can be."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from jobs.console.access import BranchRequest, branch_page
from jobs.console.acting import Ask
from jobs.console.fixes import tel
from jobs.console.network.access import find_contractor
from jobs.console.network.acting import Place, act
from jobs.console.network.card import tiles_of
from jobs.console.network.course import course_of
from jobs.console.network.forms import NoteForm
from jobs.console.network.history import history_of
from jobs.console.network.loads import NOTHING, read_loads
from jobs.console.network.neighbours import neighbours_of
from jobs.console.network.outcomes import recent_outcomes
from jobs.console.network.places import territory_words, town_of
from jobs.console.network.rows import contractor_url, papers_that_end
from jobs.console.network.statement import papers_of, people_of, prices_of, wishes_of
from jobs.console.network.states import clearance, standing
from jobs.console.network.territory_map import territory_map
from jobs.console.network.views.reviews import application_url
from jobs.console.network.week import week_of
from jobs.models import Booking
from jobs.services.contractor_messages import can_be_written_to
from network.context import shell
from network.models import Contractor, ContractorStatus, Technician
from network.services.notes import add_note

#: Places of visits of so many days are drawn.
VISIT_DAYS = 30
MOST_DOTS = 200
NOTES = 50


@require_safe
@branch_page
def contractor(request: BranchRequest, contractor: UUID) -> HttpResponse:
    """The page; for htmx only the part that changes. A fixed number of queries."""
    at: datetime = shell(request)["shell"].now
    branch = request.branch
    found = find_contractor(request, contractor)
    applied = getattr(found, "application", None)
    if found.status == ContractorStatus.APPLICANT and applied is not None:
        return HttpResponseRedirect(application_url(request, found))
    paper = papers_that_end([found.pk]).get(found.pk, "")
    course = course_of(found, request.GET.get("figure", ""), branch=branch, at=at)
    context = {
        "nav": "contractors",
        "branch": branch,
        "at": at,
        "contractor": found,
        "tel": tel(found.phone) if found.phone else "",
        "standing": standing(found, branch=branch, at=at),
        "clearance": clearance(found, branch=branch, at=at, paper=paper),
        "town": town_of(found.base_latitude, found.base_longitude),
        "territory_words": territory_words(getattr(found, "territory", None), branch.distance_unit),
        "tiles": tiles_of(found, branch=branch, at=at),
        "load": read_loads(branch, at=at, contractor_ids=[found.pk]).get(found.pk, NOTHING),
        "week": _week(request, found, at),
        "course": course,
        "outcomes": recent_outcomes(found, branch=branch) if course is None else course.lines,
        "people": people_of(found, branch=branch, at=at),
        "map": territory_map(found, branch=branch, visits=_visited(found, at)),
        "visit_days": VISIT_DAYS,
        "prices": prices_of(found, branch=branch, at=at),
        "wishes": wishes_of(found),
        "papers": papers_of(found, branch=branch, at=at),
        "notes": found.notes.select_related("author")[:NOTES],
        "history": history_of(found),
        "around": neighbours_of(found, request.GET, branch=branch, at=at),
        "may": what_may_be_done(found, at),
    }
    is_part = request.htmx and request.htmx.target == "contractor-live"
    template = "_contractor.html" if is_part else "contractor.html"
    return render(request, f"console/network/{template}", context)


def what_may_be_done(found: Contractor, at: datetime) -> dict[str, bool]:
    """Which actions the page offers; the services have the last word."""
    status = found.status
    is_paused = status == ContractorStatus.PAUSED or (
        found.paused_until is not None and found.paused_until > at
    )
    return {
        "pause": status == ContractorStatus.ACTIVE,
        "resume": is_paused and status in (ContractorStatus.ACTIVE, ContractorStatus.PAUSED),
        "suspend": status in (ContractorStatus.ACTIVE, ContractorStatus.PAUSED),
        "reinstate": status == ContractorStatus.SUSPENDED,
        "leave": status != ContractorStatus.LEFT,
        "clear": status != ContractorStatus.LEFT,
        "papers_again": found.clearance_override_until is not None,
        "ask": status != ContractorStatus.LEFT,
        "write": can_be_written_to(found),
    }


def _week(request: BranchRequest, found: Contractor, at: datetime) -> dict[str, Any]:
    """The week asked for (``week`` = its Monday) of the technician asked for (``who``)."""
    people = list(Technician.objects.of_contractor(found.pk).active().order_by("pk"))
    if not people:
        return {}
    wanted = request.GET.get("who", "")
    chosen = next((one for one in people if str(one.public_id) == wanted), people[0])
    today = at.astimezone(request.branch.zone).date()
    first = _monday(request.GET.get("week", ""), today)
    shown = week_of(chosen, first, contractor=found, branch=request.branch, at=at)

    def url(**changes: Any) -> str:
        data = request.GET.copy()
        for name, value in changes.items():
            data[name] = str(value)
        return f"?{data.urlencode()}#week"

    return {
        "shown": shown,
        "people": [
            {
                "name": one.name,
                "url": url(who=one.public_id),
                "current": one.pk == chosen.pk,
            }
            for one in people
        ],
        "name": chosen.name,
        "previous_url": url(week=first - timedelta(days=7)),
        "next_url": url(week=first + timedelta(days=7)),
        "now_url": url(week="") if first != _monday("", today) else "",
    }


def _monday(text: str, today: date) -> date:
    """The Monday of the week of a day, the current week's for anything else."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = today
    # A page of a week long gone or far ahead is of no use, and dates end somewhere.
    day = min(max(day, today - timedelta(days=730)), today + timedelta(days=730))
    return day - timedelta(days=day.weekday())


def _visited(found: Contractor, at: datetime) -> list[tuple[float, float]]:
    visits = Booking.objects.filter(
        contractor=found,
        end_kind=Booking.End.COMPLETED,
        finished_at__gt=at - timedelta(days=VISIT_DAYS),
    )
    return list(visits.values_list("job__latitude", "job__longitude")[:MOST_DOTS])


def place_of(request: BranchRequest, found: Contractor) -> Place:
    return Place(found.name, contractor_url(request.branch, found))


@require_http_methods(["GET", "HEAD", "POST"])
@branch_page
def note(request: BranchRequest, contractor: UUID) -> HttpResponse:
    """Write a note."""
    found = find_contractor(request, contractor)

    def perform(cleaned: dict[str, Any]) -> str:
        add_note(contractor_id=found.pk, text=cleaned["text"], author_id=request.user.pk)
        return "The note is kept."

    ask = Ask(title=f"Note about {found.name}", button="Keep the note")
    return act(
        request,
        place_of(request, found),
        ask=ask,
        form=NoteForm(request.POST or None),
        perform=perform,
    )
