"""The page of one job."""

from __future__ import annotations

from itertools import groupby
from uuid import UUID

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from jobs.console import words
from jobs.console.access import BranchRequest, branch_page, find_job
from jobs.console.fixes import tel
from jobs.console.needs import load_cards
from jobs.console.promise import promise_of
from jobs.console.ranked import first_reasons, left_out_by_policy, load_ranking
from jobs.console.story import tell
from jobs.console.timeline import timeline
from jobs.models import Escalation, Job, Round, Standby, VisitRating
from jobs.services.customer_links import link_of
from jobs.services.moves import MOVABLE
from jobs.states import LIVE, SEARCHING, JobStatus, OfferStatus
from jobs.work import work_of
from network.context import shell
from network.downloads import file_response
from network.eligibility import explain_not_eligible
from ranking.explain import explain
from ranking.models import Decision
from ranking.services.decisions import LEFT_OUT

#: Timeline entries shown at first.
ENTRIES = 14


@require_safe
@branch_page
def job_page(request: BranchRequest, job: str) -> HttpResponse:
    """One job; for htmx only the part that changes. A fixed number of queries."""
    found = find_job(request, job)
    at = shell(request)["shell"].now
    rounds = list(found.rounds.order_by("-number"))
    offers = list(found.offers.select_related("contractor", "technician").order_by("made_at", "pk"))
    bookings = list(found.bookings.select_related("contractor", "technician").order_by("-pk"))
    booking = next((one for one in bookings if one.live or one.end_kind == "completed"), None)
    events = list(found.events.order_by("sequence"))
    decisions = {one.round_number: one for one in Decision.objects.for_job(found.public_id)}
    chosen = _chosen_round(request, rounds, decisions)
    decision = decisions.get(chosen.number) if chosen else None
    entries = timeline(found, events)
    pending = next((offer for offer in offers if offer.status == OfferStatus.PENDING), None)
    reasons: dict[tuple[int, int], str] = {}
    explained = {number: explain(one) for number, one in decisions.items()}
    for one in rounds:
        reasons |= first_reasons(one.pk, explained.get(one.number, []))
    context = {
        "nav": "board",
        "nav_needs": Escalation.objects.filter(
            branch=request.branch, closed_at__isnull=True
        ).count(),
        "branch": request.branch,
        "job": found,
        "at": at,
        "promise": promise_of(found, booking, at=at),
        "booking": booking,
        "standby": _standby(found),
        "cards": load_cards(request.branch, at=at, limit=None, job=found),
        "told": tell(
            found, rounds=rounds, offers=offers, events=events, first_reasons=reasons, at=at
        ),
        "ranking": load_ranking(
            found, chosen, decision, explained[chosen.number] if chosen else [], offers
        ),
        "ranked_rounds": [one.number for one in rounds if one.number in decisions],
        "entries": entries[:ENTRIES],
        "older_entries": entries[ENTRIES:],
        "messages_sent": found.messages.select_related("contractor").order_by("-pk")[:20],
        "customer_notes": found.customer_notes.all(),
        "customer_link": link_of(found),
        "rating": VisitRating.objects.filter(booking__job=found).first(),
        "follow_ups": found.follow_ups.all(),
        "pending": pending,
        "may": _may(found, pending is not None),
        "customer_tel": tel(found.customer_phone) if found.customer_phone else "",
        "contractor_tel": tel(booking.contractor.phone)
        if booking and booking.contractor.phone
        else "",
    }
    is_part = request.htmx and request.htmx.target == "job-live"
    return render(request, "console/_job.html" if is_part else "console/job.html", context)


def _chosen_round(
    request: BranchRequest, rounds: list[Round], decisions: dict[int, Decision]
) -> Round | None:
    """The round asked for, else the newest that is ranked."""
    wanted = request.GET.get("round", "")
    ranked = [one for one in rounds if one.number in decisions]
    return next((one for one in ranked if str(one.number) == wanted), ranked[0] if ranked else None)


def _standby(job: Job) -> Standby | None:
    """Who is asked to stand by, or does, for the visit that is booked."""
    return job.standbys.filter(closed_at=None).select_related("contractor", "technician").first()


def _may(job: Job, asked: bool) -> dict[str, bool]:
    """Which actions make sense in this state; the services decide once more, under locks."""
    searching = job.status in SEARCHING
    return {
        "assign": (searching and not asked) or job.status in (JobStatus.BOOKED, JobStatus.EN_ROUTE),
        "phone_answer": asked,
        "search": job.status == JobStatus.OFFERING and not asked,
        "rebook": job.status in (JobStatus.BOOKED, JobStatus.EN_ROUTE),
        "visit": job.status in LIVE,
        "release": job.status in LIVE,
        "cancel": not job.is_final,
        "move": job.status in MOVABLE,
        "follow_up": job.status == JobStatus.COMPLETED,
    }


@require_safe
@branch_page
def photo(request: BranchRequest, job: str, photo: UUID) -> HttpResponseBase:
    """A picture that the customer added, as an attachment."""
    note = find_job(request, job).customer_notes.filter(public_id=photo).first()
    if note is None or not note.is_photo:
        raise Http404("There is no such picture.")
    return file_response(note.file_name, note.original_name, note.content_type)


@require_safe
@branch_page
def not_eligible(request: BranchRequest, job: str) -> HttpResponse:
    """Everybody of the trade who cannot do the job, as of now, by rule and with figures."""
    found = find_job(request, job)
    at = shell(request)["shell"].now
    entries = explain_not_eligible(work_of(found), at=at)
    groups = [
        {"rule": words.rule(code), "people": list(people)}
        for code, people in groupby(entries, key=lambda entry: entry.rule)
    ]
    decision = Decision.objects.for_job(found.public_id).order_by("-round_number").first()
    if by_policy := left_out_by_policy(decision):
        groups.append({"rule": words.rule(LEFT_OUT), "people": by_policy})
    context = {
        "job": found,
        "branch": request.branch,
        "groups": groups,
        "at": at,
        "decision": decision if by_policy else None,
    }
    part = "console/_not_eligible.html"
    return render(request, part if request.htmx else "console/not_eligible.html", context)
