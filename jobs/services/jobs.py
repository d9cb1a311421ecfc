"""Taking a job in, and cancelling it."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import IntegrityError, connection

from jobs.actors import Actor
from jobs.errors import InvalidInput
from jobs.models import Booking, Job, JobEvent
from jobs.models.message import Message
from jobs.notices import publish_after_commit
from jobs.queue import DEFAULT, SEARCH_JOBS, hint
from jobs.services.journal import Journal, public_offer_context
from jobs.services.locked import LockedJob, database_now, lock_job
from jobs.services.transactions import constraint_of, service
from jobs.services.visits import LockedBooking, end_booking, lock_booking
from jobs.services.withdrawal import withdraw_pending
from jobs.states import CancelBy, CancelReason, JobStatus, Priority, WithdrawReason
from network.geo import ZipPlace, distance_km, lookup_zip, site_cell
from network.models import Branch, Client, ServiceType

#: Longest arrival window that still is a promise (ours).
LONGEST_WINDOW = timedelta(days=14)


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
) -> Job:
    """Take a job in. It is searched for at once, by the workers.

    Raises InvalidInput with one sentence per field that cannot be used; nothing is written
    then. Instants are aware; the place comes from the ZIP unless a pin is given.
    """
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
            reference=(reference or "").strip(),
            source=source,
            external_ref=external_ref,
            actor=actor,
        )
    except IntegrityError as error:
        if constraint_of(error) == "job_reference_unique":
            raise InvalidInput(
                {"reference": f"The reference {reference} is in use already; choose another."}
            ) from error
        raise


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
    actor: Actor,
) -> Job:
    now = database_now()
    place = lookup_zip(postcode)
    errors = _check_window(branch, window_start, window_end, duration_minutes, now)
    errors |= _check_facts(branch, service_type, client, priority, address, customer_name)
    if not_to_exceed is not None and not_to_exceed <= 0:
        errors["not_to_exceed"] = "The limit must be above zero, or left empty."
    latitude, longitude, place_errors = _locate(branch, postcode, place, latitude, longitude)
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
    hint(DEFAULT, SEARCH_JOBS)
    publish_after_commit(jobs_by_branch={branch.pk: [str(job.public_id)]}, contractor_ids=[])
    return job


def _check_window(
    branch: Branch, start: datetime, end: datetime, duration_minutes: int, now: datetime
) -> dict[str, str]:
    if start.tzinfo is None or end.tzinfo is None:
        return {"window": "Give both ends of the window with their time zone."}
    if not 0 < duration_minutes <= 24 * 60:
        return {"duration_minutes": "The duration must be between 1 minute and 24 hours."}
    if end <= start:
        return {"window": "The window ends before it starts; swap or correct the two times."}
    if end <= now:
        return {"window": "The window lies in the past; choose a later one."}
    if end - start > LONGEST_WINDOW:
        return {"window": "The window is longer than two weeks; promise a shorter one."}
    if end - start < timedelta(minutes=duration_minutes):
        minutes = int((end - start).total_seconds() // 60)
        return {
            "window": f"The window ({minutes} min) is shorter than the work "
            f"({duration_minutes} min); make it longer or the work shorter."
        }
    if not _somebody_works(branch, max(start, now), end):
        zone = ZoneInfo(branch.time_zone)
        return {
            "window": "Nobody in this branch works between "
            f"{start.astimezone(zone):%a %H:%M} and {end.astimezone(zone):%a %H:%M}; "
            "choose a window inside working hours."
        }
    return {}


def _somebody_works(branch: Branch, start: datetime, end: datetime) -> bool:
    """Whether any active technician has working hours that touch the window (local times)."""
    zone = ZoneInfo(branch.time_zone)
    local_start, local_end = start.astimezone(zone), end.astimezone(zone)
    day = local_start.date() - timedelta(days=1)
    pieces: list[tuple[int, time, time]] = []
    while day <= local_end.date() and len(pieces) < 9:
        low = local_start.time() if day == local_start.date() else time(0)
        high = local_end.time() if day == local_end.date() else time.max
        if day >= local_start.date():
            pieces.append((day.weekday(), low, high))
        day += timedelta(days=1)
    previous = (local_start.date() - timedelta(days=1)).weekday()
    with connection.cursor() as cursor:
        for weekday, low, high in pieces:
            cursor.execute(
                "SELECT EXISTS (SELECT 1 FROM network_workinghours h"
                " JOIN network_technician t ON t.id = h.technician_id AND t.active"
                " JOIN network_contractor c ON c.id = t.contractor_id AND c.status = 'active'"
                " WHERE c.branch_id = %s AND ("
                "  (h.weekday = %s AND h.starts < %s::time"
                "   AND (h.ends > %s::time OR h.ends <= h.starts))"
                "  OR (h.weekday = %s AND h.ends <= h.starts AND h.ends > %s::time)))",
                [branch.pk, weekday, str(high), str(low), previous, str(low)],
            )
            if cursor.fetchone()[0]:
                return True
            previous = weekday
    return False


def _check_facts(
    branch: Branch,
    service_type: ServiceType,
    client: Client | None,
    priority: str,
    address: str,
    customer_name: str,
) -> dict[str, str]:
    errors = {}
    if service_type.branch_id != branch.pk:
        errors["service_type"] = "Choose a service type of this branch."
    elif not service_type.active:
        errors["service_type"] = f"{service_type.name} is no longer offered; choose another."
    if client is not None and client.branch_id != branch.pk:
        errors["client"] = "Choose a client of this branch."
    if priority not in Priority.values:
        errors["priority"] = "Choose one of: " + ", ".join(Priority.values) + "."
    if not address:
        errors["address"] = "Enter the street and house number."
    elif len(address) > 200:
        errors["address"] = "The address is longer than 200 characters; shorten it."
    if not customer_name:
        errors["customer_name"] = "Enter the customer's name."
    elif len(customer_name) > 120:
        errors["customer_name"] = "The name is longer than 120 characters; shorten it."
    return errors


def _locate(
    branch: Branch,
    postcode: str,
    place: ZipPlace | None,
    latitude: float | None,
    longitude: float | None,
) -> tuple[float | None, float | None, dict[str, str]]:
    if place is None:
        return (
            None,
            None,
            {
                "postcode": f"The ZIP code {postcode or '(empty)'} is not known; "
                "check its five digits."
            },
        )
    if (latitude is None) != (longitude is None):
        return None, None, {"postcode": "Give both latitude and longitude, or neither."}
    if latitude is None or longitude is None:
        latitude, longitude = place.latitude, place.longitude
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return None, None, {"postcode": "Latitude or longitude is out of range; move the pin."}
    away = distance_km(branch.latitude, branch.longitude, latitude, longitude)
    if away > branch.service_radius_km:
        return (
            None,
            None,
            {
                "postcode": f"The site is {away:.0f} km from {branch.name}, which serves "
                f"{branch.service_radius_km:.0f} km around it; check the ZIP and the pin."
            },
        )
    return latitude, longitude, {}


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
        visit = _end_live_booking(job, journal, reason)
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
