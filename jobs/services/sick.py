"""A technician calls in sick: the time is off, and every visit in it is kept by somebody.

First another technician of the same firm takes it, at the same start if possible; else it is
released and the next round begins for the same promise. All of it is one transaction.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import connection

from jobs.actors import Actor
from jobs.errors import InvalidInput, NotFound
from jobs.models import Offer, Standby
from jobs.models.message import Message
from jobs.services.booked import LockedBooking, lock_booking
from jobs.services.journal import Journal, public_offer_context
from jobs.services.locked import LockedJob, database_now, lock_job, lock_people
from jobs.services.standby import drop_standby
from jobs.services.transactions import service
from jobs.services.visits import release
from jobs.services.watched import next_look, watched
from jobs.services.withdrawal import next_wake_after_closing, withdraw_pending
from jobs.states import JobStatus, ReleaseReason, RoundCause, WithdrawReason
from network.availability import Availability, Refusal, Slot
from network.models import CalendarEntry, EntryKind, Technician
from ranking.models.outcome import DueTo

LONGEST_DAYS = 14


@dataclass(slots=True)
class SickReport:
    """What became of the visits and offers of somebody who called in sick."""

    until: datetime
    swapped: int = 0
    released: int = 0
    withdrawn: int = 0


_CONCERNED = """
SELECT DISTINCT j.id FROM jobs_job j JOIN network_calendarentry e
    ON e.technician_id = %(technician)s AND e.period && tstzrange(%(from)s, %(until)s)
 WHERE j.status NOT IN ('completed', 'cancelled')
   AND (EXISTS (SELECT 1 FROM jobs_booking k WHERE k.public_id = e.source_ref AND k.job_id = j.id)
     OR EXISTS (SELECT 1 FROM jobs_offer o WHERE o.public_id = e.source_ref AND o.job_id = j.id)
     OR EXISTS (SELECT 1 FROM jobs_standby s WHERE s.public_id = e.source_ref
                  AND s.job_id = j.id))
 ORDER BY j.id
"""


def sick_until(*, zone: ZoneInfo, at: datetime, days: int) -> datetime:
    """The end of the last day, as the branch counts days."""
    day = at.astimezone(zone).date() + timedelta(days=days)
    return datetime.combine(day, time(), zone)


@service
def report_sick(*, technician_id: int, days: int = 1, actor: Actor) -> SickReport:
    """Take a technician out of work from now to the end of today (``days``: or a later day).

    Whoever is on site finishes. Doing it again changes nothing more. Raises NotFound and
    InvalidInput.
    """
    if not 1 <= days <= LONGEST_DAYS:
        raise InvalidInput({"days": f"Choose from 1 to {LONGEST_DAYS} days."})
    technician = Technician.objects.select_related("branch").filter(pk=technician_id).first()
    if technician is None:
        raise NotFound("There is no such technician.")
    began = database_now()
    until = sick_until(zone=technician.branch.zone, at=began, days=days)
    with connection.cursor() as cursor:
        cursor.execute(_CONCERNED, {"technician": technician_id, "from": began, "until": until})
        job_ids = [row[0] for row in cursor.fetchall()]
    jobs = [lock_job(job_id) for job_id in job_ids]
    lock_people(
        job_ids,
        contractors=[technician.contractor_id],
        technicians=set(
            Technician.objects.of_contractor(technician.contractor_id).values_list("pk", flat=True)
        ),
    )
    journal = Journal(at=database_now())
    report = SickReport(until=until)
    for job in jobs:
        _handle(job, technician_id, until, journal, report, actor)
    _take_time_off(technician, journal.at, until)
    journal.flush()
    return report


def _handle(
    job: LockedJob,
    technician_id: int,
    until: datetime,
    journal: Journal,
    report: SickReport,
    actor: Actor,
) -> None:
    """Everything of one locked job that lies in the time off."""
    offers = list(
        Offer.objects.filter(
            job_id=job.id, technician_id=technician_id, status="pending", starts_at__lt=until
        ).values_list("pk", flat=True)
    )
    if offers:
        report.withdrawn += withdraw_pending(
            job=job,
            reason=WithdrawReason.SICK,
            journal=journal,
            actor=actor,
            only=offers,
        )
        job.next_wake_at = next_wake_after_closing(job, at=journal.at)
    for standby_id in Standby.objects.filter(
        job_id=job.id, technician_id=technician_id, closed_at=None, starts_at__lt=until
    ).values_list("pk", flat=True):
        drop_standby(job=job, standby_id=standby_id, journal=journal)
    if job.status not in (JobStatus.BOOKED, JobStatus.EN_ROUTE):
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM jobs_booking WHERE live_job_id = %s AND technician_id = %s"
            " AND starts_at < %s",
            [job.id, technician_id, until],
        )
        row = cursor.fetchone()
    if row is None:
        return
    _, booking = lock_booking(row[0])
    if job.status == JobStatus.BOOKED and _swap(job, booking, journal, actor):
        report.swapped += 1
        return
    release(
        job=job,
        booking=booking,
        reason=ReleaseReason.SICK,
        note="",
        cause=RoundCause.RELEASED,
        due_to=DueTo.CONTRACTOR,
        journal=journal,
        actor=actor,
    )
    report.released += 1


def _swap(job: LockedJob, booking: LockedBooking, journal: Journal, actor: Actor) -> bool:
    """Let another technician of the firm make the visit; False when none of them can."""
    slot = _free_colleague(job, booking, journal.at)
    if slot is None:
        return False
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM network_calendarentry WHERE source_ref = %s", [booking.public_id]
        )
        cursor.execute(
            "INSERT INTO network_calendarentry (branch_id, technician_id, kind, period, latitude,"
            " longitude, source_ref, note, created_at) VALUES (%s, %s, 'booking',"
            " tstzrange(%s, %s), %s, %s, %s, '', app_now())",
            [
                job.branch_id,
                slot.technician_id,
                slot.starts_at,
                slot.ends_at,
                job.latitude,
                job.longitude,
                booking.public_id,
            ],
        )
        moved = slot.starts_at != booking.starts_at
        cursor.execute(
            "UPDATE jobs_booking k SET technician_id = %s, starts_at = %s, ends_at = %s,"
            " eta = CASE WHEN %s THEN NULL ELSE k.eta END, nudged_at = NULL"
            " FROM network_technician before, network_technician after, jobs_offer o"
            " WHERE k.id = %s AND before.id = %s AND after.id = %s AND o.id = k.offer_id"
            " RETURNING before.name, after.name, o.pay, o.currency, k.standby_due",
            [
                slot.technician_id,
                slot.starts_at,
                slot.ends_at,
                moved,
                booking.id,
                booking.technician_id,
                slot.technician_id,
            ],
        )
        before, after, pay, currency, standby_due = cursor.fetchone()
    booking.technician_id, booking.nudged_at = slot.technician_id, None
    booking.starts_at, booking.ends_at = slot.starts_at, slot.ends_at
    if moved:
        booking.eta = None
    job.next_wake_at = next_look(job, watched(job, booking), standby_due=standby_due, at=journal.at)
    event = journal.event(
        job,
        "technician_swapped",
        actor,
        data={
            "contractor": booking.contractor_name,
            "before": before,
            "technician": after,
            "starts_at": slot.starts_at.isoformat(),
            "why": str(ReleaseReason.SICK),
        },
    )
    journal.message_contractor(
        event,
        contractor_id=booking.contractor_id,
        address=booking.contractor_email,
        template=Message.Template.VISIT_BOOKED,
        context={
            **public_offer_context(job),
            "name": booking.contractor_name,
            "technician": after,
            "starts_at": slot.starts_at.isoformat(),
            "booking": str(booking.public_id),
            "pay": str(pay),
            "currency": currency,
        },
    )
    return True


def _free_colleague(job: LockedJob, booking: LockedBooking, at: datetime) -> Slot | None:
    """A colleague's slot: at the same start if somebody can, else the earliest in the window."""
    colleagues = Technician.objects.filter(
        contractor_id=booking.contractor_id, active=True
    ).exclude(pk=booking.technician_id)
    ids = list(colleagues.order_by("pk").values_list("pk", flat=True))
    if not ids:
        return None
    availability = Availability.load(
        branch_id=job.branch_id,
        contractor_ids={booking.contractor_id},
        span=(job.window_start, job.window_end + timedelta(minutes=job.duration_minutes)),
        service_type_ids={job.service_type_id},
        client_ids={job.client_id} if job.client_id is not None else set(),
        at=at,
    )
    same = replace(job.work, window_start=booking.starts_at, window_end=booking.starts_at)
    for work in (same, job.work):
        found = [
            slot
            for technician_id in ids
            for slot in [
                availability.best_slot(
                    work,
                    booking.contractor_id,
                    not_before=at,
                    technician_id=technician_id,
                    check_territory=False,
                )
            ]
            if not isinstance(slot, Refusal)
        ]
        if found:
            return min(found, key=lambda slot: (slot.starts_at, slot.travel_minutes))
    return None


def _take_time_off(technician: Technician, start: datetime, until: datetime) -> None:
    """Time off in whatever is still free: a visit on site, or earlier time off, stays."""
    begins = start
    kept = CalendarEntry.objects.for_technicians([technician.pk]).between(start, until)
    for entry in [*kept.order_by("period"), None]:
        ends = until if entry is None else min(entry.period.lower, until)
        if ends > begins:
            CalendarEntry.objects.create(
                branch_id=technician.branch_id,
                technician_id=technician.pk,
                kind=EntryKind.TIME_OFF,
                period=(begins, ends),
                note="Sick",
            )
        if entry is not None:
            begins = max(begins, entry.period.upper)
