"""Keeps an eye on the branch: notices, what was missed, and whether all is over."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog
from django.db import connection
from redis.exceptions import RedisError

from jobs.models import Booking
from jobs.notices import contractor_channel
from jobs.queue import connection as redis_connection

log = structlog.get_logger(__name__)

#: What was not noticed after so many wall seconds is looked up.
MISSED_AFTER = 2.0

# A job waits for a human when a question is open and the machine has nothing left to do for it.
_STANDING = """
SELECT count(*) FILTER (WHERE status = 'completed'),
       count(*) FILTER (WHERE status = 'cancelled'),
       count(*) FILTER (WHERE waits),
       count(*) FILTER (WHERE status NOT IN ('completed', 'cancelled') AND NOT waits)
  FROM (SELECT j.status, j.status NOT IN ('completed', 'cancelled', 'new')
               AND EXISTS (SELECT 1 FROM jobs_escalation e
                            WHERE e.job_id = j.id AND e.closed_at IS NULL)
               AND NOT EXISTS (SELECT 1 FROM jobs_offer o WHERE o.pending_job_id = j.id)
               AND NOT EXISTS (SELECT 1 FROM jobs_round r WHERE r.job_id = j.id
                                AND r.number = j.round_number AND r.finished_at IS NULL
                                AND j.status = 'offering')
               -- The search is made again before the window ends: see jobs.another_try.
               AND NOT (j.status = 'offering' AND j.next_wake_at < j.window_end) AS waits
          FROM jobs_job j WHERE j.branch_id = %s) AS standing
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """How many jobs stand where; the four add up to all of the branch."""

    completed: int
    cancelled: int
    escalated: int
    open: int

    @property
    def jobs(self) -> int:
        return self.completed + self.cancelled + self.escalated + self.open


def standing(branch_id: int) -> Standing:
    """Where the branch's jobs stand now; one query."""
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, [branch_id])
        return Standing(*cursor.fetchone())


def missed_offers(branch_id: int, *, older_than: timedelta) -> list[tuple[int, str]]:
    """(contractor id, offer's public id) of offers pending for a while of domain time."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT o.contractor_id, o.public_id::text FROM jobs_offer o"
            " JOIN jobs_job j ON j.id = o.job_id"
            " WHERE j.branch_id = %s AND o.status = 'pending'"
            " AND o.made_at < (SELECT app_now()) - %s * interval '1 second'",
            [branch_id, older_than.total_seconds()],
        )
        return cursor.fetchall()


def visits_ahead(branch_id: int, *, older_than: timedelta) -> list[Booking]:
    """Live bookings, made a while of domain time ago, that have not begun."""
    return list(
        Booking.objects.live()
        .filter(branch_id=branch_id, job__status="booked")
        .extra(where=["booked_at < (SELECT app_now()) - %s"], params=[older_than])
        .select_related("job", "technician", "offer")
    )


class Listener(threading.Thread):
    """Hears the notices that contractors' open pages hear, and passes the contractor's id on.

    They are allowed to be lost: whatever was missed is looked up a little later.
    """

    def __init__(self, contractor_ids: list[int], heard: Callable[[int], None]) -> None:
        super().__init__(name="listener", daemon=True)
        self._channels = {contractor_channel(one): one for one in contractor_ids}
        self._heard = heard
        self._ended = threading.Event()

    def run(self) -> None:
        while not self._ended.is_set():
            try:
                self._listen()
            except RedisError as error:
                log.warning("notices are not heard", error=str(error))
                self._ended.wait(1.0)

    def _listen(self) -> None:
        with redis_connection().pubsub(ignore_subscribe_messages=True) as subscription:
            subscription.subscribe(*self._channels)
            while not self._ended.is_set():
                message = subscription.get_message(timeout=0.5)
                if message is not None:
                    channel = message["channel"]
                    name = channel.decode() if isinstance(channel, bytes) else channel
                    self._heard(self._channels[name])

    def end(self) -> None:
        self._ended.set()
        self.join(timeout=5)
