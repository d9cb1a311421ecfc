"""Turns an accepted offer into a booking, and checks a start that a person chose."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Protocol
from uuid import UUID

from django.db import connection

from jobs.errors import InvalidInput
from jobs.models import Booking
from jobs.services.locked import LockedJob
from network.availability import Availability, Refusal
from network.ids import uuid7
from network.services.calendar import lock_technicians


class OfferTerms(Protocol):
    """What a booking takes over from its offer."""

    id: int
    public_id: UUID
    contractor_id: int
    technician_id: int
    technician_name: str
    starts_at: datetime
    ends_at: datetime


def book(
    job: LockedJob,
    offer: OfferTerms,
    *,
    at: datetime,
    technician_id: int | None,
    starts_at: datetime | None,
) -> tuple[Booking, str]:
    """Turn the hold into a booking entry and write the booking; also the technician's name."""
    technician_name = offer.technician_name
    booking = Booking(
        public_id=uuid7(),
        branch_id=job.branch_id,
        job_id=job.id,
        offer_id=offer.id,
        contractor_id=offer.contractor_id,
        technician_id=offer.technician_id,
        starts_at=offer.starts_at,
        ends_at=offer.ends_at,
        booked_at=at,
    )
    chosen = technician_id or offer.technician_id
    # Also where the plan stands: see lock_people.
    lock_technicians({chosen, offer.technician_id})
    with connection.cursor() as cursor:
        if starts_at is None:
            cursor.execute(
                "UPDATE network_calendarentry SET kind = 'booking', source_ref = %s"
                " WHERE source_ref = %s",
                [booking.public_id, offer.public_id],
            )
        else:
            cursor.execute(
                "DELETE FROM network_calendarentry WHERE source_ref = %s", [offer.public_id]
            )
            booking.starts_at, booking.ends_at, technician_name = fit_start(
                job,
                contractor_id=offer.contractor_id,
                technician_id=chosen,
                starts_at=starts_at,
                at=at,
            )
            booking.technician_id = chosen
            cursor.execute(
                "INSERT INTO network_calendarentry (branch_id, technician_id, kind, period,"
                " latitude, longitude, source_ref, note, created_at)"
                " VALUES (%s, %s, 'booking', tstzrange(%s, %s), %s, %s, %s, '', app_now())",
                [
                    job.branch_id,
                    chosen,
                    booking.starts_at,
                    booking.ends_at,
                    job.latitude,
                    job.longitude,
                    booking.public_id,
                ],
            )
        cursor.execute(
            "INSERT INTO jobs_booking (public_id, branch_id, job_id, offer_id, contractor_id,"
            " technician_id, starts_at, ends_at, live, booked_at, end_kind, result, reason, note)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, true, %s, '', '', '', '') RETURNING id",
            [
                booking.public_id,
                booking.branch_id,
                booking.job_id,
                booking.offer_id,
                booking.contractor_id,
                booking.technician_id,
                booking.starts_at,
                booking.ends_at,
                booking.booked_at,
            ],
        )
        booking.pk = cursor.fetchone()[0]
    booking._state.adding = False
    booking._state.db = connection.alias
    return booking, technician_name


def check_start(job: LockedJob, starts_at: datetime) -> datetime:
    """A chosen start in whole minutes. Raises InvalidInput when it is outside the promise."""
    if starts_at.tzinfo is None:
        raise InvalidInput({"starts_at": "Give the start with its time zone."})
    starts_at = starts_at.astimezone(UTC).replace(second=0, microsecond=0)
    if not job.window_start <= starts_at <= job.window_end:
        raise InvalidInput(
            {"starts_at": "The start must lie inside the arrival window promised to the customer."}
        )
    return starts_at


def fit_start(
    job: LockedJob,
    *,
    contractor_id: int,
    technician_id: int,
    starts_at: datetime,
    at: datetime,
) -> tuple[datetime, datetime, str]:
    """Check a start chosen by a person; returns start, end and the technician's name.

    Call it under the technician's lock. Raises InvalidInput, saying what does not fit.
    """
    starts_at = check_start(job, starts_at)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM network_technician WHERE id = %s AND contractor_id = %s AND active",
            [technician_id, contractor_id],
        )
        row = cursor.fetchone()
    if row is None:
        raise InvalidInput({"technician": "Choose one of the contractor's own technicians."})
    ends_at = starts_at + timedelta(minutes=job.duration_minutes)
    availability = Availability.load(
        branch_id=job.branch_id,
        contractor_ids={contractor_id},
        span=(starts_at, ends_at),
        service_type_ids={job.service_type_id},
        client_ids={job.client_id} if job.client_id is not None else set(),
        at=at,
    )
    slot = availability.best_slot(
        replace(job.work, window_start=starts_at, window_end=starts_at),
        contractor_id,
        not_before=at,
        technician_id=technician_id,
        check_territory=False,
    )
    if isinstance(slot, Refusal):
        raise InvalidInput({"starts_at": f"{row[0]} cannot start then: {slot.sentence}."})
    return starts_at, ends_at, row[0]
