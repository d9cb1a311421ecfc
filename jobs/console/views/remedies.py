"""Remedies and changes, each one click; and the form by which a dispatcher moves a job."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods, require_POST

from jobs.console.access import BranchRequest, branch_page, find_job, staff_actor
from jobs.console.acting import Ask, act, at_once
from jobs.console.move_form import MoveForm
from jobs.errors import InvalidInput
from jobs.models import Job
from jobs.services.customer_changes import ASKED, approve_request, decline_request, offer_windows
from jobs.services.customer_links import renew_link, revoke_link
from jobs.services.fees import policy_of
from jobs.services.follow_ups import create_follow_up
from jobs.services.moves import move_job
from jobs.services.openings import openings_for, visit_of
from jobs.services.proposals import accept_proposal, decline_proposal
from jobs.services.remedies import apply_remedy
from jobs.states import EscalationKind
from network import display
from network.clock import app_now
from network.openings import MANY, Opening

#: Windows listed in the dispatcher's form.
LISTED = 12


@require_POST
@branch_page
def remedy(request: BranchRequest, job: str) -> HttpResponse:
    """Widen, raise or relax, and search again at once."""
    found = find_job(request, job)

    def perform() -> str:
        chosen = request.POST.get("remedy", "")
        amount = _amount(request.POST.get("amount", ""))
        apply_remedy(job_id=found.pk, remedy=chosen, amount=amount, actor=staff_actor(request))
        return f"{found.reference} is being searched for again, with more to choose from."

    return at_once(request, found, perform)


@require_POST
@branch_page
def windows(request: BranchRequest, job: str) -> HttpResponse:
    """Offer the customer other windows, by message and on their page."""
    found = find_job(request, job)

    def perform() -> str:
        listed = [_window(text) for text in request.POST.get("windows", "").split(",")]
        offer_windows(job_id=found.pk, windows=listed, actor=staff_actor(request))
        return f"{found.customer_name} is asked which of the other times would do."

    return at_once(request, found, perform)


@require_http_methods(["GET", "HEAD", "POST"])
@branch_page
def move(request: BranchRequest, job: str) -> HttpResponse:
    """Promise another window: at once from a remedy, else by the form."""
    found = find_job(request, job)
    if request.method == "POST" and "window" in request.POST and "by" not in request.POST:
        return at_once(request, found, lambda: _move_at_once(request, found))
    form = MoveForm(
        request.POST if request.method == "POST" else None,
        job=found,
        choices=_choices(found),
        initial={"seen": found.window_start.isoformat(), "by": "customer"},
    )

    def perform(cleaned: dict[str, Any]) -> str:
        start, end = cleaned["chosen"]
        moved = move_job(
            job_id=found.pk,
            window_start=start,
            window_end=end,
            by_customer=cleaned["by"] == "customer",
            note=cleaned["note"],
            seen=cleaned["seen"],
            actor=staff_actor(request),
        )
        return _said(moved)

    ask = Ask(
        title="Move to another window",
        button="Move it",
        intro="Whoever is booked keeps the visit if free then; else others are asked at once. "
        "The customer and the contractor are told.",
    )
    return act(request, found, ask=ask, form=form, perform=perform)


def _move_at_once(request: BranchRequest, job: Job) -> str:
    start, end = _window(request.POST["window"])
    try:
        seen: datetime | None = datetime.fromisoformat(request.POST.get("seen", ""))
    except ValueError:
        seen = None
    moved = move_job(
        job_id=job.pk,
        window_start=start,
        window_end=end,
        by_customer=False,
        seen=seen,
        actor=staff_actor(request),
    )
    return _said(moved)


def _said(job: Job) -> str:
    when = display.window_short(job.window_start, job.window_end, job.time_zone, app_now())
    return f"{job.reference} is promised for {when} now."


def _choices(job: Job) -> list[tuple[str, str]]:
    at = app_now()
    found = openings_for(
        job,
        policy=policy_of(job.branch_id),
        taken=visit_of(job),
        at=at,
        enough=LISTED,
    )

    def label(one: Opening) -> str:
        many = f"{MANY} or more can come" if one.free >= MANY else f"{one.free} can come"
        who = "the same contractor can come" if one.keeps else many
        return f"{display.window_short(one.start, one.end, job.time_zone, at)}, {who}"

    return [(f"{one.start.isoformat()}/{one.end.isoformat()}", label(one)) for one in found]


@require_POST
@branch_page
def proposal(request: BranchRequest, job: str) -> HttpResponse:
    """A contractor's own price or time: take it, or go on to the next one."""
    found = find_job(request, job)
    offer = request.POST.get("offer") or None

    def perform() -> str:
        match request.POST.get("answer"):
            case "yes":
                booking = accept_proposal(job_id=found.pk, offer=offer, actor=staff_actor(request))
                clock = display.clock(booking.starts_at, found.time_zone)
                return f"{booking.contractor.name} has {found.reference}, planned for {clock}."
            case "no":
                decline_proposal(job_id=found.pk, offer=offer, actor=staff_actor(request))
                return "Not taken; the next one is asked."
        raise InvalidInput({"answer": "Choose yes or no."})

    return at_once(request, found, perform)


@require_POST
@branch_page
def customer_request(request: BranchRequest, job: str) -> HttpResponse:
    """What the customer asked for after the cut-off: do it, or let it stand."""
    found = find_job(request, job)

    def perform() -> str:
        kind = request.POST.get("kind", "")
        if kind not in ASKED:
            raise InvalidInput({"kind": "Choose what is answered."})
        match request.POST.get("answer"):
            case "yes":
                approve_request(job_id=found.pk, kind=kind, actor=staff_actor(request))
                done = "moved" if kind == EscalationKind.MOVE_ASKED else "cancelled"
                return f"{found.reference} is {done}, as {found.customer_name} asked."
            case "no":
                decline_request(job_id=found.pk, kind=kind, actor=staff_actor(request))
                return f"The appointment stands; {found.customer_name} is told."
        raise InvalidInput({"answer": "Choose yes or no."})

    return at_once(request, found, perform)


@require_POST
@branch_page
def follow_up(request: BranchRequest, job: str) -> HttpResponse:
    """Take in the linked next visit, at the next time at which somebody can come."""
    found = find_job(request, job)

    def perform() -> str:
        made = create_follow_up(job_id=found.pk, actor=staff_actor(request))
        when = display.window_short(made.window_start, made.window_end, made.time_zone, app_now())
        return f"{made.reference} follows {found.reference} up, {when}."

    return at_once(request, found, perform)


@require_POST
@branch_page
def link(request: BranchRequest, job: str) -> HttpResponse:
    """Revoke the customer's link, or make another one."""
    found = find_job(request, job)

    def perform() -> str:
        match request.POST.get("what"):
            case "revoke":
                revoke_link(job_id=found.pk)
                return "The customer’s link opens nothing any more."
            case "renew":
                renew_link(job_id=found.pk)
                return "There is a new link; the old one opens nothing any more."
        raise InvalidInput({"what": "Choose revoke or renew."})

    return at_once(request, found, perform)


def _amount(text: str) -> Decimal | None:
    if not text:
        return None
    try:
        amount = Decimal(text)
    except InvalidOperation as error:
        raise InvalidInput({"amount": "Give an amount such as 25."}) from error
    if not amount.is_finite():
        raise InvalidInput({"amount": "Give an amount such as 25."})
    return amount


def _window(text: str) -> tuple[datetime, datetime]:
    start, _, end = text.partition("/")
    try:
        window = datetime.fromisoformat(start), datetime.fromisoformat(end)
    except ValueError as error:
        raise InvalidInput({"window": "Choose one of the windows shown."}) from error
    if window[0].tzinfo is None or window[1].tzinfo is None:
        raise InvalidInput({"window": "Choose one of the windows shown."})
    return window
