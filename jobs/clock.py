"""The clock: looks at the due list and hands what is due to the RQ workers.

One task for all that is due, never one per offer. When no worker takes the task within a
second, and none is busy with another of that queue, or it fails there, the clock does the work
itself and counts the rescue.
Several clocks may run; they never collide, since every piece of work skips locked rows.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

import structlog
from django.db import InterfaceError, OperationalError, close_old_connections, connection
from redis.exceptions import RedisError
from rq.exceptions import InvalidJobOperation
from rq.job import JobStatus

from jobs import tasks
from jobs.queue import (
    DEFAULT,
    FOLD_OUTCOMES,
    PROCESS_DUE,
    SEARCH_JOBS,
    SEARCHES,
    SEND_MESSAGES,
    TIMEOUTS,
    queue_of,
)
from jobs.services.deliveries import move_undeliverable_offers
from jobs.services.digests import write_due_digests
from jobs.services.due import Due, forget_old_idempotency_records, look
from jobs.services.papers import settle_papers
from jobs.services.protection import protect_appointments

log = structlog.get_logger(__name__)

#: Seconds between two looks at the due list.
LOOK_EVERY = 0.2
#: Seconds a worker has to take a task before the clock does the work itself.
PATIENCE = 1.0
#: Seconds after which a task said to be under way is handed over once more: its worker may
#: have been killed, and RQ goes on calling it started. A second run beside it does no harm.
LONGEST_TASK = 10.0
#: Seconds between two runs of the protection queries.
PROTECT_EVERY = 2.0
#: Seconds between two looks at papers that end.
PAPERS_EVERY = 5.0
#: Seconds between two looks for offers that nobody could be told of.
UNDELIVERABLE_EVERY = 5.0
#: Seconds between two looks for summaries that are due.
DIGESTS_EVERY = 5.0
#: Seconds between two signs of life.
BEAT_EVERY = 5.0
#: Seconds between two clean-ups.
TIDY_EVERY = 3600.0


class _State(Enum):
    """What has become of a task that was handed over."""

    WAITING = "waiting"  # in the queue, taken by nobody
    STARTED = "started"
    DONE = "done"
    LOST = "lost"  # failed, or not to be found out


_STATES = {
    JobStatus.CREATED: _State.WAITING,
    JobStatus.QUEUED: _State.WAITING,
    JobStatus.STARTED: _State.STARTED,
    JobStatus.FINISHED: _State.DONE,
}
_PATIENCE_WITH = {_State.WAITING: PATIENCE, _State.STARTED: LONGEST_TASK}


@dataclass(slots=True)
class _Lane:
    """One kind of due work: its task, and the task last handed over."""

    queue: str
    task: str
    work: Callable[[], int]
    is_due: Callable[[Due], bool]
    task_id: str = ""
    is_handed_over: bool = False
    handed_at: float = 0.0


@dataclass(slots=True)
class Clock:
    """The loop. ``run`` returns after ``stop`` was set."""

    name: str = field(default_factory=lambda: f"{socket.gethostname()}:{os.getpid()}")
    stop: threading.Event = field(default_factory=threading.Event)
    rescues: int = 0
    handed_over: int = 0
    _lanes: list[_Lane] = field(default_factory=list)
    _last: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._lanes = [
            _Lane(TIMEOUTS, PROCESS_DUE, tasks.process_due, lambda due: due.timeouts),
            _Lane(SEARCHES, SEARCH_JOBS, tasks.search_jobs, lambda due: due.searches),
            _Lane(DEFAULT, SEND_MESSAGES, tasks.send_messages, lambda due: due.messages),
            _Lane(DEFAULT, FOLD_OUTCOMES, tasks.fold_outcomes, lambda due: due.outcomes),
        ]

    def run(self) -> None:
        """Look, hand over, rescue, until stopped. Database trouble is waited out."""
        while not self.stop.is_set():
            started = time.monotonic()
            try:
                self.tick()
            except Exception:
                log.exception("the clock stumbled; it looks again in a second")
                close_old_connections()
                connection.close()
                self.stop.wait(1.0)
            self.stop.wait(max(0.0, LOOK_EVERY - (time.monotonic() - started)))
        self._goodbye()

    def tick(self) -> None:
        """One look at the due list, and what follows from it."""
        now = time.monotonic()
        due = look()
        for lane in self._lanes:
            if lane.is_due(due):
                self._attend(lane, now)
            else:
                lane.is_handed_over = False
        if self._every("papers", PAPERS_EVERY, now):
            settle_papers()
        if self._every("protect", PROTECT_EVERY, now):
            protect_appointments()
        if self._every("undeliverable", UNDELIVERABLE_EVERY, now):
            move_undeliverable_offers()
        if self._every("digests", DIGESTS_EVERY, now):
            write_due_digests()
        if self._every("beat", BEAT_EVERY, now):
            self._beat()
        if self._every("tidy", TIDY_EVERY, now):
            forget_old_idempotency_records()

    def _attend(self, lane: _Lane, now: float) -> None:
        """Hand the lane's work over; do it here when nobody takes it or when it fails there."""
        state = self._state_of(lane)
        if not lane.is_handed_over and state == _State.WAITING:
            # A task of an earlier time still waits and is as good as a new one: while nobody
            # works, tasks must not pile up.
            lane.is_handed_over, lane.handed_at = True, now
        waited = now - lane.handed_at
        patience = _PATIENCE_WITH.get(state, 0.0)
        if state == _State.WAITING and waited >= patience and _is_worked_on(lane.queue):
            patience = LONGEST_TASK  # its worker has something else in hand, and takes this next
        if lane.is_handed_over and waited < patience:
            return
        given_up = lane.is_handed_over and state in (_State.WAITING, _State.LOST)
        if not given_up and self._hand_over(lane, now):
            return
        lane.is_handed_over = False
        self.rescues += 1
        log.warning("no worker did the task; the clock does it", task=lane.task)
        self._do(lane)

    def _do(self, lane: _Lane) -> None:
        """The work itself. What fails here must not keep the other lanes from theirs."""
        try:
            lane.work()
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            log.exception("the clock could not do the task", task=lane.task)

    def _hand_over(self, lane: _Lane, now: float) -> bool:
        try:
            job = queue_of(lane.queue).enqueue(lane.task, result_ttl=0, failure_ttl=3600)
        except (RedisError, OSError) as error:
            log.warning("task not handed over", task=lane.task, error=str(error))
            lane.task_id = ""
            return False
        self.handed_over += 1
        lane.task_id, lane.is_handed_over, lane.handed_at = str(job.id), True, now
        return True

    def _state_of(self, lane: _Lane) -> _State:
        if not lane.task_id:
            return _State.LOST
        try:
            job = queue_of(lane.queue).fetch_job(lane.task_id)
            status = job.get_status(refresh=True) if job is not None else JobStatus.FINISHED
        except (RedisError, OSError, InvalidJobOperation) as error:
            log.warning("task not found out about", task=lane.task, error=str(error))
            return _State.LOST
        return _STATES.get(status, _State.LOST)

    def _every(self, what: str, seconds: float, now: float) -> bool:
        if now - self._last.get(what, float("-inf")) < seconds:
            return False
        self._last[what] = now
        return True

    def _beat(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO jobs_clockbeat (name, beat_at, rescues, handed_over)"
                " VALUES (%s, clock_timestamp(), %s, %s) ON CONFLICT (name) DO UPDATE"
                " SET beat_at = excluded.beat_at, rescues = excluded.rescues,"
                " handed_over = excluded.handed_over",
                [self.name, self.rescues, self.handed_over],
            )
            cursor.execute(
                "DELETE FROM jobs_clockbeat WHERE beat_at < clock_timestamp() - interval '1 day'"
            )

    def _goodbye(self) -> None:
        try:
            self._beat()
        except Exception:
            log.info("the clock stopped without a last sign of life")


def _is_worked_on(queue: str) -> bool:
    """Whether a worker has a task of the queue in hand, as far as RQ knows."""
    try:
        return queue_of(queue).started_job_registry.count > 0
    except (RedisError, OSError) as error:
        log.warning("the queue's workers were not found out about", queue=queue, error=str(error))
        return False
