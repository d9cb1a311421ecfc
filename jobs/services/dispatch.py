"""What a dispatcher does by hand, where the machine could not settle it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from django.db import connection

from jobs.actors import Actor
from jobs.errors import AlreadyTaken, InvalidInput, MoveNotAllowed, NotFound
from jobs.models import Booking, Escalation, Job, Round
from jobs.models.message import Message
from jobs.services.answers import accept_offer
from jobs.services.booked import lock_booking
from jobs.services.booking import check_start
from jobs.services.journal import Journal, public_offer_context
from jobs.services.locked import LockedJob, database_now, lock_job, lock_people
from jobs.services.offers import OfferDraft, make_offers
from jobs.services.overrides import keep_override
from jobs.services.rounds import begin_round
from jobs.services.transactions import service
from jobs.services.visits import release
from jobs.states import LIVE, AnswerVia, JobStatus, ReleaseReason, RoundCause
from network.availability import Availability, Refusal
from network.models import Technician
from ranking.models.outcome import DueTo
from ranking.models.override import OverrideHow
from ranking.services.overrides import Why

#: An offer made and accepted in one transaction still needs a deadline after "now"; a long
#: one, since domain time may run hundreds of times faster than the transaction.
ASSIGN_WINDOW = timedelta(days=1)


@service
def assign(
    *,
    job_id: int,
    contractor_id: int,
    technician_id: int | None = None,
    starts_at: datetime | None = None,
    note: str = "",
    why: Why | None = None,
    actor: Actor,
) -> Booking:
    """Give the job to a contractor who has agreed outside the cascade.

    ``why`` says why those ranked before them are passed over, where there are any. Works from any
    search and, as a rebooking, from a booked job (the earlier contractor is told). The territory
    is not checked, everything else is. While somebody is being asked it is refused: no offer is
    reneged. Raises AlreadyTaken, InvalidInput, MoveNotAllowed.
    """
    job = lock_job(job_id)
    lock_people(
        [job.id],
        contractors=[contractor_id],
        technicians=set(
            Technician.objects.of_contractor(contractor_id).values_list("pk", flat=True)
        ),
    )
    journal = Journal(at=database_now())
    keep_override(
        job=job,
        contractor_id=contractor_id,
        how=OverrideHow.ASSIGNED,
        why=why,
        actor=actor,
        at=journal.at,
    )
    if job.status in LIVE:
        _take_back(job, journal, actor, note, RoundCause.ASSIGNED)
    elif job.status == JobStatus.NEW:
        journal.move(job, JobStatus.OFFERING, actor, kind="search_started")
        begin_round(job=job, cause=RoundCause.ASSIGNED, journal=journal, actor=actor)
    else:
        job.require_move(JobStatus.BOOKED)
        _require_nobody_asked(job)
    current = Round.objects.select_related("decision").get(job_id=job.id, number=job.round_number)
    draft = _draft_for(job, current, contractor_id, technician_id, starts_at, journal.at)
    made = make_offers(drafts=[draft], journal=journal, actor=actor, notify=False)
    if not made:
        raise AlreadyTaken(
            f"{draft.contractor_name}'s time was taken a moment ago; choose another start."
        )
    journal.event(
        job,
        "assigned",
        actor,
        data={
            "contractor": draft.contractor_name,
            "rank": draft.rank,
            "note": note[:500],
            **({"why": why.reason} if why else {}),
        },
    )
    Round.objects.filter(pk=current.pk).update(finished_at=journal.at)
    journal.flush()
    return accept_offer(offer_id=made[draft.public_id], actor=actor, via=AnswerVia.ASSIGNED)


def _draft_for(
    job: LockedJob,
    current: Round,
    contractor_id: int,
    technician_id: int | None,
    starts_at: datetime | None,
    at: datetime,
) -> OfferDraft:
    availability = Availability.load(
        branch_id=job.branch_id,
        contractor_ids={contractor_id},
        span=(job.window_start, job.window_end + timedelta(minutes=job.duration_minutes)),
        service_type_ids={job.service_type_id},
        client_ids={job.client_id} if job.client_id is not None else set(),
        at=at,
    )
    try:
        facts = availability.contractor(contractor_id)
    except KeyError as error:
        raise InvalidInput({"contractor": "Choose a contractor of this branch."}) from error
    work = job.work
    if starts_at is not None:
        starts_at = check_start(job, starts_at)
        work = replace(work, window_start=starts_at, window_end=starts_at)
    slot = availability.best_slot(
        work, contractor_id, not_before=at, technician_id=technician_id, check_territory=False
    )
    if isinstance(slot, Refusal):
        field = "contractor" if starts_at is None else "starts_at"
        then = "" if starts_at is None else " then"
        raise InvalidInput({field: f"{facts.name} cannot take it{then}: {slot.sentence}."})
    return OfferDraft(
        job=job,
        round_id=current.pk,
        rank=_rank_of(current, contractor_id),
        slot=slot,
        pay=availability.pay_for(
            contractor_id,
            job.duration_minutes,
            service_type_id=job.service_type_id,
            client_id=job.client_id,
            starts_at=slot.starts_at,
        )
        + job.extra_pay,
        expires_at=at + ASSIGN_WINDOW,
        contractor_name=facts.name,
        contractor_email=facts.email,
    )


def _rank_of(current: Round, contractor_id: int) -> int:
    """The contractor's rank in the round's decision; 0 when he was not ranked."""
    ranked = current.decision.contractor_ids if current.decision is not None else []
    return ranked.index(contractor_id) + 1 if contractor_id in ranked else 0


def _require_nobody_asked(job: LockedJob) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.name, o.expires_at FROM jobs_offer o"
            " JOIN network_contractor c ON c.id = o.contractor_id WHERE o.pending_job_id = %s",
            [job.id],
        )
        row = cursor.fetchone()
    if row is not None:
        raise AlreadyTaken(
            f"{row[0]} is being asked and has not answered yet. Record an answer given by "
            "phone, or wait until the time to answer has run out."
        )


def _take_back(
    job: LockedJob, journal: Journal, actor: Actor, note: str, cause: RoundCause
) -> None:
    """Release the live booking on the dispatcher's account; the contractor is told."""
    if job.status == JobStatus.ON_SITE:
        raise MoveNotAllowed("The technician is on site already; this visit cannot be moved.")
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM jobs_booking WHERE live_job_id = %s", [job.id])
        booking_id = cursor.fetchone()[0]
    _, booking = lock_booking(booking_id)
    release(
        job=job,
        booking=booking,
        reason=ReleaseReason.REASSIGNED,
        note=note,
        cause=cause,
        due_to=DueTo.DISPATCHER,
        journal=journal,
        actor=actor,
    )
    event = journal.event(
        job, "contractor_told", actor, data={"contractor": booking.contractor_name}
    )
    journal.message_contractor(
        event,
        contractor_id=booking.contractor_id,
        address=booking.contractor_email,
        template=Message.Template.VISIT_CANCELLED,
        context={
            **public_offer_context(job),
            "name": booking.contractor_name,
            "reason": "The branch gave it to another contractor",
        },
    )


@service
def rebook(*, job_id: int, note: str = "", actor: Actor) -> Job:
    """Take a booked visit from its contractor and search again, for the same promise."""
    job = lock_job(job_id)
    job.require_open()
    if job.status not in LIVE:
        raise MoveNotAllowed("Only a booked job can be rebooked.")
    journal = Journal(at=database_now())
    _take_back(job, journal, actor, note, RoundCause.REASSIGNED)
    journal.settle(job, resolution="Rebooked", user_id=actor.user_id)
    journal.flush()
    return Job.objects.get(pk=job_id)


@service
def search_again(*, job_id: int, actor: Actor) -> Job:
    """Begin a new round now, with whoever is eligible by now."""
    job = lock_job(job_id)
    if job.status == JobStatus.NEW:
        return Job.objects.get(pk=job_id)
    job.require_open()
    if job.status != JobStatus.OFFERING:
        raise MoveNotAllowed("This job is booked; rebook it to search again.")
    _require_nobody_asked(job)
    journal = Journal(at=database_now())
    Round.objects.filter(job_id=job.id, finished_at=None).update(finished_at=journal.at)
    begin_round(job=job, cause=RoundCause.SEARCH_AGAIN, journal=journal, actor=actor)
    journal.settle(job, resolution="Searched again", user_id=actor.user_id)
    journal.flush()
    return Job.objects.get(pk=job_id)


@service
def offer_next(*, job_id: int, contractor_id: int, why: Why | None = None, actor: Actor) -> Job:
    """Let this contractor be asked next in the running round.

    ``why`` says why those ranked before them are passed over, where there are any.

    Whoever is being asked now keeps his time to answer. A contractor outside the ranking,
    or asked before, may be named too; the cascade checks him like anybody else.
    """
    job = lock_job(job_id)
    job.require_open()
    if job.status != JobStatus.OFFERING:
        raise MoveNotAllowed("Nobody is being asked for this job at the moment.")
    current = Round.objects.select_related("decision").get(job_id=job.id, number=job.round_number)
    if current.decision is None:
        if current.finished_at is not None:
            raise MoveNotAllowed("Nobody has been ranked; search again first, or assign by hand.")
        raise MoveNotAllowed("The candidates are being ranked; try again in a second.")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.name, EXISTS (SELECT 1 FROM jobs_offer o WHERE o.pending_job_id = %s"
            " AND o.contractor_id = c.id), EXISTS (SELECT 1 FROM jobs_offer o"
            " WHERE o.pending_job_id = %s) FROM network_contractor c"
            " WHERE c.id = %s AND c.branch_id = %s",
            [job.id, job.id, contractor_id, job.branch_id],
        )
        row = cursor.fetchone()
    if row is None:
        raise InvalidInput({"contractor": "Choose a contractor of this branch."})
    name, is_asked, somebody_asked = row
    if is_asked:
        raise AlreadyTaken(f"{name} is being asked right now.")
    journal = Journal(at=database_now())
    keep_override(
        job=job,
        contractor_id=contractor_id,
        how=OverrideHow.ASKED_NEXT,
        why=why,
        actor=actor,
        at=journal.at,
    )
    _put_next(current, contractor_id)
    journal.event(
        job,
        "put_next",
        actor,
        data={
            "contractor": name,
            "rank": _rank_of(current, contractor_id),
            **({"why": why.reason} if why else {}),
        },
    )
    if not somebody_asked:
        job.next_wake_at = journal.at
    journal.settle(job, resolution=f"{name} is asked next", user_id=actor.user_id)
    journal.flush()
    return Job.objects.get(pk=job_id)


def _put_next(current: Round, contractor_id: int) -> None:
    asked, ranks_asked = (
        current.contractor_ids[: current.next_index],
        current.ranks[: current.next_index],
    )
    waiting = [
        (other, rank)
        for other, rank in zip(
            current.contractor_ids[current.next_index :],
            current.ranks[current.next_index :],
            strict=True,
        )
        if other != contractor_id
    ]
    current.contractor_ids = [*asked, contractor_id, *(other for other, _ in waiting)]
    current.ranks = [
        *ranks_asked,
        _rank_of(current, contractor_id),
        *(rank for _, rank in waiting),
    ]
    current.finished_at = None
    current.save(update_fields=["contractor_ids", "ranks", "finished_at"])


@service
def resolve_escalation(*, escalation_id: int, resolution: str, actor: Actor) -> Escalation:
    """Close a question with what was done about it. Closing a closed one changes nothing."""
    found = Escalation.objects.filter(pk=escalation_id).values_list("job_id", "kind").first()
    if found is None:
        raise NotFound("There is no such question.")
    job_id, kind = found
    resolution = resolution.strip()
    if not resolution:
        raise InvalidInput({"resolution": "Say in a few words what was done about it."})
    job = lock_job(job_id)
    if Escalation.objects.filter(pk=escalation_id, closed_at=None).exists():
        journal = Journal(at=database_now())
        journal.event(
            job,
            "escalation_settled",
            actor,
            data={"escalation": kind, "resolution": resolution[:200]},
        )
        journal.settle(job, kind=kind, resolution=resolution[:200], user_id=actor.user_id)
        journal.flush()
    return Escalation.objects.select_related("job").get(pk=escalation_id)
