"""What a dispatcher does with one job. GET shows a form; only POST acts."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Q
from django.http import Http404, HttpResponse
from django.views.decorators.http import require_http_methods, require_POST

from jobs.console import words
from jobs.console.access import BranchRequest, branch_page, find_job, staff_actor
from jobs.console.acting import DIALOG, Ask, act, at_once, refused
from jobs.console.action_forms import (
    AssignForm,
    CancelForm,
    PhoneAnswerForm,
    RebookForm,
    ReleaseForm,
    SettleForm,
    VisitStepForm,
    WhyForm,
)
from jobs.errors import InvalidInput, MoveNotAllowed
from jobs.models import Booking, Escalation, Job, Offer
from jobs.services import dispatch, visits
from jobs.services.answers import accept_offer, decline_offer
from jobs.services.jobs import cancel_job
from jobs.services.overrides import passed_over
from jobs.states import AnswerVia, OfferStatus
from network import display
from network.models import Contractor
from ranking.models import Decision
from ranking.services.overrides import Why

form_page = require_http_methods(["GET", "HEAD", "POST"])
#: How many contractors a name search lists.
FOUND = 30


@form_page
@branch_page
def assign(request: BranchRequest, job: str) -> HttpResponse:
    """Assign by hand: a ranked candidate, or anybody found by name."""
    found = find_job(request, job)
    values = request.POST if request.method == "POST" else request.GET
    contractor_id = _int(values.get("contractor"))
    search = values.get("find", "").replace("\0", "").strip()
    data = request.POST if request.method == "POST" else None
    form = AssignForm(
        data,
        initial={"contractor": contractor_id},
        first=_first_passed_over(found, contractor_id),
        job=found,
        choices=_assignable(found, search, contractor_id),
        contractor_id=contractor_id,
    )

    def perform(cleaned: dict[str, Any]) -> str:
        technician = cleaned.get("technician")
        booking = dispatch.assign(
            job_id=found.pk,
            contractor_id=cleaned["contractor"].pk,
            technician_id=technician.pk if technician else None,
            starts_at=cleaned.get("starts_at"),
            note=cleaned["note"],
            why=_why(cleaned),
            actor=staff_actor(request),
        )
        clock = display.clock(booking.starts_at, found.time_zone)
        return f"{found.reference} goes to {booking.contractor.name}, planned for {clock}."

    ask = Ask(
        title="Assign by hand",
        button="Assign",
        intro="For a contractor who has agreed already: the booking stands at once.",
        template="console/_assign.html",
        context={"find": search, "form_url": request.path},
    )
    return act(request, found, ask=ask, form=form, perform=perform)


def _assignable(
    job: Job, search: str, chosen: int | None
) -> list[tuple[str, list[tuple[int, str]]]]:
    """The ranked first, in their order; then those whose name matches the search."""
    decision = Decision.objects.for_job(job.public_id).first()
    ranked = list(decision.contractor_ids) if decision else []
    active = Contractor.objects.filter(branch=job.branch, status="active")
    names = dict(active.filter(pk__in=ranked).values_list("pk", "name"))
    groups: list[tuple[str, list[tuple[int, str]]]] = []
    if names:
        groups.append(
            (
                "Ranked for this job",
                [(pk, f"{rank}. {names[pk]}") for rank, pk in enumerate(ranked, 1) if pk in names],
            )
        )
    others = active.exclude(pk__in=ranked)
    found: list[tuple[int, str]] = []
    if search:
        matching = (
            Q(name__icontains=search) | Q(email__icontains=search) | Q(phone__icontains=search)
        )
        found = list(others.filter(matching).values_list("pk", "name")[:FOUND])
    if chosen is not None and chosen not in names and chosen not in dict(found):
        found += list(others.filter(pk=chosen).values_list("pk", "name"))
    if not search and not ranked:
        found = list(others.values_list("pk", "name")[:FOUND])
    if found:
        groups.append(("Found by name" if search else "Others", found))
    return groups


def _first_passed_over(job: Job, contractor_id: int | None) -> str:
    """The name of whoever would be asked before this contractor, or ''."""
    passed = passed_over(job_id=job.pk, contractor_id=contractor_id) if contractor_id else []
    if not passed:
        return ""
    name = Contractor.objects.filter(pk=passed[0]).values_list("name", flat=True).first()
    return name or "the one ranked first"


def _why(cleaned: dict[str, Any]) -> Why | None:
    reason = cleaned.get("reason")
    return Why(reason=reason, note=cleaned.get("note", "")) if reason else None


@form_page
@branch_page
def offer_next(request: BranchRequest, job: str) -> HttpResponse:
    """Let this contractor be asked next; asks why, where somebody ranked before is passed over."""
    found = find_job(request, job)
    values = request.POST if request.method == "POST" else request.GET
    contractor_id = _int(values.get("contractor"))
    chosen = Contractor.objects.filter(branch=request.branch, pk=contractor_id or 0).first()

    def ask_next(why: Why | None) -> str:
        if chosen is None:
            raise InvalidInput({"contractor": "Choose a contractor of this branch."})
        dispatch.offer_next(
            job_id=found.pk, contractor_id=chosen.pk, why=why, actor=staff_actor(request)
        )
        return f"{chosen.name} is asked next for {found.reference}."

    first = _first_passed_over(found, chosen.pk) if chosen is not None else ""
    if chosen is None or (request.method == "POST" and not first):
        return at_once(request, found, lambda: ask_next(None))
    if request.method == "POST" and request.htmx and request.htmx.target != DIALOG:
        return refused(
            request,
            found,
            MoveNotAllowed(f"{first} is ranked before {chosen.name}: say why on the job’s page."),
        )
    form = WhyForm(
        request.POST if request.method == "POST" else None,
        initial={"contractor": chosen.pk},
        first=first or "the others",
    )
    if not first:
        del form.fields["reason"]
    ask = Ask(
        title=f"Ask {chosen.name} next",
        button="Ask next",
        intro="Whoever is being asked now keeps the time to answer.",
    )
    return act(request, found, ask=ask, form=form, perform=lambda cleaned: ask_next(_why(cleaned)))


@require_POST
@branch_page
def search_again(request: BranchRequest, job: str) -> HttpResponse:
    """Begin a new round with whoever can do it by now."""
    found = find_job(request, job)

    def perform() -> str:
        dispatch.search_again(job_id=found.pk, actor=staff_actor(request))
        return f"{found.reference} is being searched for again."

    return at_once(request, found, perform)


@form_page
@branch_page
def phone_answer(request: BranchRequest, job: str) -> HttpResponse:
    """Record a pending offer's answer that the contractor gave by phone."""
    found = find_job(request, job)
    offer = _offer_meant(request, found)
    if offer is None:
        return refused(
            request, found, MoveNotAllowed("Nobody is being asked for this job at the moment.")
        )
    form = PhoneAnswerForm(
        request.POST if request.method == "POST" else None,
        initial={"offer": offer.public_id},
        job=found,
    )
    name = offer.contractor.name

    def perform(cleaned: dict[str, Any]) -> str:
        actor = staff_actor(request)
        if cleaned["answer"] == "yes":
            booking = accept_offer(
                offer_id=offer.pk,
                actor=actor,
                via=AnswerVia.PHONE,
                starts_at=cleaned.get("starts_at"),
            )
            clock = display.clock(booking.starts_at, found.time_zone)
            return f"{name} has {found.reference}, planned for {clock}."
        decline_offer(
            offer_id=offer.pk,
            reason=cleaned["reason"],
            note=cleaned["note"],
            actor=actor,
            via=AnswerVia.PHONE,
        )
        return f"{words.possessive(name)} no is recorded; the next one is being asked."

    until = display.clock(offer.expires_at, found.time_zone)
    pay = display.money(offer.pay, offer.currency)
    ask = Ask(
        title=f"{words.possessive(name)} answer by phone",
        button="Record the answer",
        intro=f"{name} was offered {pay} and has until {until}.",
    )
    return act(request, found, ask=ask, form=form, perform=perform)


def _offer_meant(request: BranchRequest, job: Job) -> Offer | None:
    """The offer the form was made for; for a fresh form the one that is out."""
    offers = Offer.objects.filter(job=job).select_related("contractor")
    if request.method == "POST":
        try:
            return offers.filter(public_id=UUID(request.POST.get("offer", ""))).first()
        except ValueError:
            return None
    return offers.filter(status=OfferStatus.PENDING).order_by("pk").first()


@form_page
@branch_page
def visit_step(request: BranchRequest, job: str) -> HttpResponse:
    """Record by phone: expected at, on the way, arrived, over."""
    found = find_job(request, job)
    booking = _live_booking(found)
    if booking is None:
        return refused(request, found, MoveNotAllowed("Nobody is booked for this job now."))
    form = VisitStepForm(
        request.POST if request.method == "POST" else None,
        initial={"booking": booking.public_id},
        job=found,
    )
    name = booking.contractor.name

    def perform(cleaned: dict[str, Any]) -> str:
        _require_same(booking, cleaned["booking"])
        actor = staff_actor(request)
        match cleaned["step"]:
            case "eta":
                visits.set_eta(booking_id=booking.pk, eta=cleaned["eta"], actor=actor)
                return f"{name} is expected at {display.clock(cleaned['eta'], found.time_zone)}."
            case "en_route":
                visits.start_travel(booking_id=booking.pk, actor=actor)
                return f"{name} is on the way."
            case "arrived":
                visits.arrive(booking_id=booking.pk, actor=actor)
                return f"{name} has arrived."
        visits.complete_visit(
            booking_id=booking.pk, result=cleaned["result"], note=cleaned["note"], actor=actor
        )
        return f"{found.reference} is done: {words.result(cleaned['result']).lower()}."

    ask = Ask(
        title=f"{words.possessive(name)} visit, by phone",
        button="Record it",
        intro=f"What {name} says about {found.reference} goes into the history under your name.",
    )
    return act(request, found, ask=ask, form=form, perform=perform)


@form_page
@branch_page
def release(request: BranchRequest, job: str) -> HttpResponse:
    """The contractor gives the visit back by phone."""
    found = find_job(request, job)
    booking = _live_booking(found)
    if booking is None:
        return refused(request, found, MoveNotAllowed("Nobody is booked for this job now."))
    form = ReleaseForm(
        request.POST if request.method == "POST" else None, initial={"booking": booking.public_id}
    )
    name = booking.contractor.name

    def perform(cleaned: dict[str, Any]) -> str:
        _require_same(booking, cleaned["booking"])
        visits.release_visit(
            booking_id=booking.pk,
            reason=cleaned["reason"],
            note=cleaned["note"],
            actor=staff_actor(request),
        )
        return f"{name} gave {found.reference} back; the next round has begun."

    ask = Ask(
        title=f"{name} gives the visit back",
        button="Give it back",
        intro="The next round begins at once, for the same promise. It counts on "
        f"{words.possessive(name)} record.",
        danger=True,
    )
    return act(request, found, ask=ask, form=form, perform=perform)


@form_page
@branch_page
def rebook(request: BranchRequest, job: str) -> HttpResponse:
    """Take the visit from its contractor; the next round begins for the same promise."""
    found = find_job(request, job)
    form = RebookForm(request.POST if request.method == "POST" else None)

    def perform(cleaned: dict[str, Any]) -> str:
        dispatch.rebook(job_id=found.pk, note=cleaned["note"], actor=staff_actor(request))
        return f"{found.reference} is being rebooked; the promised window stands."

    ask = Ask(
        title="Rebook",
        button="Rebook now",
        intro="The visit is taken from its contractor, who is told, and others are asked for the "
        "same window. The customer hears nothing unless the window is in danger.",
        danger=True,
    )
    return act(request, found, ask=ask, form=form, perform=perform)


@form_page
@branch_page
def cancel(request: BranchRequest, job: str) -> HttpResponse:
    """Cancel the job."""
    found = find_job(request, job)
    form = CancelForm(
        request.POST if request.method == "POST" else None, initial={"by": "customer"}
    )

    def perform(cleaned: dict[str, Any]) -> str:
        cancel_job(
            job_id=found.pk,
            by=cleaned["by"],
            reason=cleaned["reason"],
            note=cleaned["note"],
            actor=staff_actor(request),
        )
        return f"{found.reference} is cancelled."

    ask = Ask(
        title=f"Cancel {found.reference}",
        button="Cancel the job",
        intro="Whoever is being asked or booked is told, and so is the customer. "
        "A cancelled job cannot be taken up again.",
        danger=True,
    )
    return act(request, found, ask=ask, form=form, perform=perform)


@form_page
@branch_page
def settle(request: BranchRequest, question: int) -> HttpResponse:
    """Close a question with a word."""
    asked = (
        Escalation.objects.filter(pk=question, branch=request.branch)
        .select_related("job__service_type")
        .first()
    )
    if asked is None:
        raise Http404("There is no such question in this branch.")
    form = SettleForm(request.POST if request.method == "POST" else None)

    def perform(cleaned: dict[str, Any]) -> str:
        dispatch.resolve_escalation(
            escalation_id=asked.pk,
            resolution=cleaned["resolution"],
            actor=staff_actor(request),
        )
        return f"Settled: {cleaned['resolution']}"

    ask = Ask(
        title=f"{words.question(asked.kind)}: settled",
        button="Settle it",
        intro=f"{asked.job.reference} leaves the lane. The word is kept in its history.",
    )
    return act(request, asked.job, ask=ask, form=form, perform=perform)


def _live_booking(job: Job) -> Booking | None:
    return (
        Booking.objects.filter(job=job, live=True)
        .select_related("contractor", "technician")
        .first()
    )


def _require_same(booking: Booking, meant: Any) -> None:
    """The form must be about the booking that stands: another may have taken its place."""
    if booking.public_id != meant:
        raise MoveNotAllowed(
            f"Meanwhile the job went to {booking.contractor.name}. Nothing was changed."
        )


def _int(text: Any) -> int | None:
    """A key from the request, or None for anything that cannot be one."""
    try:
        number = int(text)
    except (TypeError, ValueError):
        return None
    return number if 0 < number < 2**63 else None
