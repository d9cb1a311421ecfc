"""A contractor reports in for a visit that was taken from him because he was silent.

While nobody else has it, it is his again: what was offered to others is withdrawn, and his silence
does not count. Once a substitute has it, it stays the substitute's, and all three are told that.
Once the appointment moved past his time, it is the search for the new time that goes on.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

from django.db import connection

from jobs.actors import Actor
from jobs.errors import MoveNotAllowed
from jobs.models import Round
from jobs.models.message import Message
from jobs.services.booked import LockedBooking, VisitPresumedLost, lock_booking
from jobs.services.journal import Journal, public_offer_context
from jobs.services.locked import LockedJob, database_now
from jobs.services.transactions import service
from jobs.services.watched import next_look, watched
from jobs.services.withdrawal import withdraw_pending
from jobs.states import LIVE, SILENT_REASONS, EscalationKind, JobStatus, WithdrawReason
from network.services.calendar import lock_technicians
from ranking.models.outcome import DueTo, OutcomeKind
from ranking.services.outcomes import attribute_outcomes

P = ParamSpec("P")
T = TypeVar("T")

_STAYS = (
    "The visit has gone to another contractor, because nothing was heard from you in time. "
    "Please do not go there; the branch knows that you reported in and will call you."
)

_MOVED = (
    "Nothing was heard from you in time, and meanwhile the customer's appointment moved to another "
    "day or hour. Please do not go there; call the branch if you are at the door."
)


class SubstituteStays(MoveNotAllowed):
    """He reported in too late: somebody else has the visit, and keeps it.

    Raised after everybody was told. Inside another transaction, which this undoes, ``tell`` says it
    once more, for good.
    """

    def __init__(self, *, booking_id: int, actor: Actor) -> None:
        super().__init__(_STAYS)
        self._booking_id, self._actor = booking_id, actor

    def tell(self) -> None:
        """Tell the dispatcher and the substitute, unless they know already."""
        _come_back(booking_id=self._booking_id, actor=self._actor)


def reports_in(step: Callable[P, T]) -> Callable[P, T]:
    """A step of a visit that first takes the visit back, where it was taken for silence."""

    @functools.wraps(step)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return step(*args, **kwargs)
        except VisitPresumedLost:
            come_back(
                booking_id=cast(int, kwargs["booking_id"]), actor=cast(Actor, kwargs["actor"])
            )
        return step(*args, **kwargs)

    return run


def come_back(*, booking_id: int, actor: Actor) -> None:
    """Undo the rescue of a visit.

    Raises SubstituteStays, once everybody was told, when somebody else has the visit by now;
    JobIsFinal; MoveNotAllowed when his time is taken by other work, or is outside the window, by
    then.
    """
    if not _come_back(booking_id=booking_id, actor=actor):
        raise SubstituteStays(booking_id=booking_id, actor=actor)


@service
def _come_back(*, booking_id: int, actor: Actor) -> bool:
    """Whether the visit is his again; False: a substitute has it, and everybody is told."""
    job, booking = lock_booking(booking_id)
    if booking.live or booking.reason not in SILENT_REASONS:
        return True  # another device of his was a moment faster; the step says the rest
    job.require_open()
    journal = Journal(at=database_now())
    if job.status in LIVE:
        _tell_that_the_substitute_stays(job, booking, journal, actor)
        journal.flush()
        return False
    if not job.window_start <= booking.starts_at <= job.window_end:
        raise MoveNotAllowed(_MOVED)
    lock_technicians([booking.technician_id])
    withdraw_pending(
        job=job, reason=WithdrawReason.FIRST_IS_BACK, journal=journal, actor=Actor.system()
    )
    Round.objects.filter(job_id=job.id, finished_at=None).update(finished_at=journal.at)
    _take_the_time_again(job, booking)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE jobs_booking SET live = true, finished_at = NULL, end_kind = '', reason = '',"
            " note = '', nudged_at = NULL WHERE id = %s",
            [booking.id],
        )
    booking.live, booking.nudged_at = True, None
    event = journal.move(
        job,
        JobStatus.BOOKED,
        actor,
        kind="rescue_undone",
        data={
            "contractor": booking.contractor_name,
            "starts_at": booking.starts_at.isoformat(),
            "ends_at": booking.ends_at.isoformat(),
        },
    )
    job.attempts = 0
    job.next_wake_at = next_look(job, watched(job, booking), standby_due=None, at=journal.at)
    journal.settle(job, resolution=f"{booking.contractor_name} reported in")
    journal.message_contractor(
        event,
        contractor_id=booking.contractor_id,
        address=booking.contractor_email,
        template=Message.Template.RESCUE_UNDONE,
        context={
            **public_offer_context(job),
            "name": booking.contractor_name,
            "booking": str(booking.public_id),
        },
    )
    attribute_outcomes(
        source_ref=booking.public_id,
        kinds=[OutcomeKind.NO_SHOW, OutcomeKind.RELEASED_LATE, OutcomeKind.RELEASED_EARLY],
        due_to=DueTo.SYSTEM,
    )
    journal.flush()
    return True


def _take_the_time_again(job: LockedJob, booking: LockedBooking) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO network_calendarentry (branch_id, technician_id, kind, period, latitude,"
            " longitude, source_ref, note, created_at) VALUES (%s, %s, 'booking',"
            " tstzrange(%s, %s), %s, %s, %s, '', app_now()) ON CONFLICT DO NOTHING RETURNING id",
            [
                job.branch_id,
                booking.technician_id,
                booking.starts_at,
                booking.ends_at,
                job.latitude,
                job.longitude,
                booking.public_id,
            ],
        )
        if cursor.fetchone() is None:
            raise MoveNotAllowed(
                "Your time is taken by something else in your calendar by now, so that this visit "
                "cannot come back by itself. Please call the branch."
            )


_SUBSTITUTE = """
SELECT k.contractor_id, c.name, c.email, c.phone, mine.phone
  FROM jobs_booking k JOIN network_contractor c ON c.id = k.contractor_id
  JOIN network_contractor mine ON mine.id = %s
 WHERE k.live_job_id = %s
"""


def _tell_that_the_substitute_stays(
    job: LockedJob, booking: LockedBooking, journal: Journal, actor: Actor
) -> None:
    """The dispatcher, and the substitute; said once, however often he taps."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM jobs_jobevent WHERE job_id = %s AND kind = 'late_check_in'"
            " AND data->>'booking' = %s",
            [job.id, str(booking.public_id)],
        )
        if cursor.fetchone():
            return
        cursor.execute(_SUBSTITUTE, [booking.contractor_id, job.id])
        contractor_id, name, email, phone, own_phone = cursor.fetchone()
    event = journal.event(
        job,
        "late_check_in",
        actor,
        data={
            "contractor": booking.contractor_name,
            "substitute": name,
            "booking": str(booking.public_id),
        },
    )
    journal.ask(
        job,
        EscalationKind.LATE_CHECK_IN,
        {
            "contractor": booking.contractor_name,
            "contractor_phone": own_phone,
            "substitute": name,
            "substitute_phone": phone,
        },
    )
    journal.message_contractor(
        event,
        contractor_id=contractor_id,
        address=email,
        template=Message.Template.SUBSTITUTE_STAYS,
        context={**public_offer_context(job), "name": name},
    )
