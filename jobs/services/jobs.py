"""Taking a job in, and cancelling it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db import IntegrityError, connection

from jobs.actors import Actor
from jobs.errors import InvalidInput
from jobs.models import Booking, ContractorFee, Job, JobEvent
from jobs.models.message import Message
from jobs.notices import publish_after_commit
from jobs.queue import SEARCH_JOBS, SEARCHES, hint
from jobs.services.booked import LockedBooking, end_booking, lock_booking
from jobs.services.fees import record_fee
from jobs.services.job_checks import check_facts, check_limit, check_texts, check_window, locate
from jobs.services.journal import Journal, public_offer_context
from jobs.services.locked import LockedJob, database_now, lock_job
from jobs.services.standby import release_standbys
from jobs.services.transactions import constraint_of, service
from jobs.services.withdrawal import withdraw_pending
from jobs.states import CancelBy, CancelReason, JobStatus, WithdrawReason
from network.geo import lookup_zip, site_cell
from network.models import Branch, Client, ServiceType


def create_job(
    *,
    branch: Branch,
    service_type: ServiceType,
    address: str,
    postcode: str,
    window_start: datetime,
    window_end: datetime,
    customer_name: str,
    actor: Actor,
    customer_phone: str = "",
    customer_email: str = "",
    latitude: float | None = None,
    longitude: float | None = None,
    client: Client | None = None,
    priority: str | None = None,
    duration_minutes: int | None = None,
    not_to_exceed: Decimal | None = None,
    description: str = "",
    reference: str | None = None,
    source: str = "console",
    external_ref: str = "",
    follow_up_of: Job | None = None,
) -> Job:
    """Take a job in. It is searched for at once, by the workers.

    Raises InvalidInput with one sentence per field that cannot be used; nothing is written
    then. Instants are aware; the place comes from the ZIP unless a pin is given.
    """
    wanted = (reference or "").strip()
    while True:
        try:
            return _create_job(
                branch=branch,
                service_type=service_type,
                address=address.strip(),
                postcode=postcode.strip(),
                window_start=window_start,
                window_end=window_end,
                customer_name=customer_name.strip(),
                customer_phone=customer_phone.strip(),
                customer_email=customer_email.strip(),
                latitude=latitude,
                longitude=longitude,
                client=client,
                priority=priority or service_type.default_priority,
                duration_minutes=duration_minutes or service_type.usual_duration_minutes,
                not_to_exceed=not_to_exceed,
                description=description.strip(),
                reference=wanted,
                source=source,
                external_ref=external_ref,
                follow_up_of=follow_up_of,
                actor=actor,
            )
        except IntegrityError as error:
            if constraint_of(error) != "job_reference_unique":
                raise
            if wanted:
                raise InvalidInput(
                    {"reference": f"The reference {wanted} is in use already; choose another."}
                ) from error
            # Somebody chose the very reference that came next in line: take the one after it.


@service
def _create_job(
    *,
    branch: Branch,
    service_type: ServiceType,
    address: str,
    postcode: str,
    window_start: datetime,
    window_end: datetime,
    customer_name: str,
    customer_phone: str,
    customer_email: str,
    latitude: float | None,
    longitude: float | None,
    client: Client | None,
    priority: str,
    duration_minutes: int,
    not_to_exceed: Decimal | None,
    description: str,
    reference: str,
    source: str,
    external_ref: str,
    follow_up_of: Job | None,
    actor: Actor,
) -> Job:
    now = database_now()
    place = lookup_zip(postcode)
    errors = check_window(branch, window_start, window_end, duration_minutes, now)
    errors |= check_facts(branch, service_type, client, priority, address, customer_name)
    errors |= check_texts(
        address=address,
        customer_name=customer_name,
        customer_phone=customer_phone,
        customer_email=customer_email,
        reference=reference,
        description=description,
    )
    errors |= check_limit(not_to_exceed)
    latitude, longitude, place_errors = locate(branch, postcode, place, latitude, longitude)
    errors |= place_errors
    if errors:
        raise InvalidInput(errors)
    assert place is not None
    assert latitude is not None
    assert longitude is not None
    if not_to_exceed is None:
        not_to_exceed = (client.not_to_exceed if client else None) or service_type.not_to_exceed
    job = Job.objects.create(
        branch=branch,
        service_type=service_type,
        client=client,
        reference=reference or _next_reference(branch),
        priority=priority,
        status=JobStatus.NEW,
        window_start=window_start,
        window_end=window_end,
        time_zone=place.time_zone,
        duration_minutes=duration_minutes,
        not_to_exceed=not_to_exceed,
        currency=branch.currency,
        description=description,
        address=address,
        postcode=place.zip,
        area=place.city,
        latitude=latitude,
        longitude=longitude,
        cell=site_cell(latitude, longitude),
        customer_name=customer_name,
        customer_phone=customer_phone,
        customer_email=customer_email,
        next_wake_at=now,
        last_sequence=1,
        source=source,
        external_ref=external_ref,
        follow_up_of=follow_up_of,
        created_at=now,
        updated_at=now,
    )
    JobEvent.objects.create(
        branch=branch,
        job=job,
        sequence=1,
        at=now,
        kind="created",
        actor_kind=actor.kind,
        actor_label=actor.label[:120],
        actor_user_id=actor.user_id,
        to_status=JobStatus.NEW,
        data={"source": source},
    )
    hint(SEARCHES, SEARCH_JOBS)
    publish_after_commit(jobs_by_branch={branch.pk: [str(job.public_id)]}, contractor_ids=[])
    return job


def _next_reference(branch: Branch) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('jobs_reference_seq')")
        return f"{branch.reference_prefix}-{cursor.fetchone()[0]:06d}"


@service
def cancel_job(*, job_id: int, by: str, reason: str, note: str = "", actor: Actor) -> Job:
    """Cancel a job that is not final. Withdraws its offer, ends its visit, tells everybody.

    Cancelling a cancelled job again changes nothing. Raises InvalidInput and JobIsFinal.
    """
    if by not in CancelBy.values:
        raise InvalidInput({"by": "Choose one of: " + ", ".join(CancelBy.values) + "."})
    if reason not in CancelReason.values:
        raise InvalidInput({"reason": "Choose one of: " + ", ".join(CancelReason.values) + "."})
    job = lock_job(job_id)
    if job.status != JobStatus.CANCELLED:
        job.require_move(JobStatus.CANCELLED)
        journal = Journal(at=database_now())
        withdraw_pending(job=job, reason=WithdrawReason.CANCELLED, journal=journal, actor=actor)
        release_standbys(job=job, reason="cancelled", journal=journal)
        visit = _end_live_booking(job, journal, reason)
        if visit is not None and by in (CancelBy.CUSTOMER, CancelBy.CLIENT):
            record_fee(
                job=job,
                booking_id=visit.id,
                contractor=visit.contractor_name,
                kind=ContractorFee.Kind.LATE_CANCEL,
                journal=journal,
                actor=actor,
            )
        job.cancelled_by, job.cancel_reason = by, reason
        job.closing_note = note[:2000]
        event = journal.move(
            job,
            JobStatus.CANCELLED,
            actor,
            kind="cancelled",
            data={"by": by, "reason": reason, "note": note[:2000]},
        )
        journal.settle(job, resolution="The job was cancelled", user_id=actor.user_id)
        if visit is not None:
            journal.message_contractor(
                event,
                contractor_id=visit.contractor_id,
                address=visit.contractor_email,
                template=Message.Template.VISIT_CANCELLED,
                context={
                    **public_offer_context(job),
                    "name": visit.contractor_name,
                    "reason": CancelReason(reason).label,
                },
            )
        journal.message_customer(
            event,
            template=Message.Template.APPOINTMENT_CANCELLED,
            context={
                **public_offer_context(job),
                "name": job.customer_name,
                "reason": CancelReason(reason).label,
            },
        )
        journal.flush()
    return Job.objects.select_related("branch", "service_type", "client").get(pk=job_id)


def _end_live_booking(job: LockedJob, journal: Journal, reason: str) -> LockedBooking | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM jobs_booking WHERE live_job_id = %s", [job.id])
        row = cursor.fetchone()
    if row is None:
        return None
    _, booking = lock_booking(row[0])
    end_booking(booking, journal=journal, end_kind=Booking.End.CANCELLED, reason=reason)
    return booking
