"""The locked job: what a service may read and change while it holds the job's row."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from jobs.errors import JobIsFinal, MoveNotAllowed, NotFound
from jobs.states import FINAL, JobStatus, Priority, may_move
from network.availability import WorkOrder
from network.services.calendar import lock_technicians


@dataclass(slots=True)
class LockedJob:
    """The columns of a job that decisions need, read under its row lock."""

    id: int
    public_id: UUID
    branch_id: int
    reference: str
    client_id: int | None
    service_type_id: int
    priority: str
    status: str
    round_number: int
    window_start: datetime
    window_end: datetime
    time_zone: str
    duration_minutes: int
    not_to_exceed: Decimal | None
    currency: str
    address: str
    postcode: str
    area: str
    latitude: float
    longitude: float
    cell: int
    customer_name: str
    customer_email: str
    next_wake_at: datetime | None
    last_sequence: int
    attempts: int
    follow_up_of_id: int | None
    extra_km: float
    skill_relief: int
    extra_pay: Decimal
    # joined, for messages and windows
    service_name: str
    branch_name: str
    branch_phone: str
    branch_zone: str
    distance_unit: str
    offer_minutes: int | None
    protects: bool  # the branch lets the machine protect appointments by itself
    rescue_lead_minutes: int
    standby_fee: Decimal
    wants_standby: bool
    # set by a move, written by the journal
    closed_at: datetime | None = None
    cancelled_by: str = ""
    cancel_reason: str = ""
    result: str = ""
    closing_note: str = ""
    was_final: bool = False  # as loaded: then only the history may grow

    def __post_init__(self) -> None:
        self.was_final = self.status in FINAL

    @property
    def work(self) -> WorkOrder:
        return WorkOrder(
            branch_id=self.branch_id,
            service_type_id=self.service_type_id,
            client_id=self.client_id,
            latitude=self.latitude,
            longitude=self.longitude,
            window_start=self.window_start,
            window_end=self.window_end,
            duration_minutes=self.duration_minutes,
            cell=self.cell,
            is_emergency=self.is_emergency,
            extra_km=self.extra_km,
            skill_relief=self.skill_relief,
        )

    @property
    def is_emergency(self) -> bool:
        return self.priority == Priority.EMERGENCY

    def require_open(self) -> None:
        """Raise JobIsFinal when nothing changes any more."""
        if self.status in FINAL:
            raise JobIsFinal(
                f"Job {self.reference} is {JobStatus(self.status).label.lower()}; "
                "nothing changes any more."
            )

    def require_move(self, wanted: str) -> None:
        """Raise JobIsFinal or MoveNotAllowed unless the job may move to ``wanted``."""
        self.require_open()
        if not may_move(self.status, wanted):
            raise MoveNotAllowed(
                f"Job {self.reference} is {JobStatus(self.status).label.lower()}; "
                f"it cannot become {JobStatus(wanted).label.lower()} from there."
            )


_JOINED = {
    "service_name",
    "branch_name",
    "branch_phone",
    "branch_zone",
    "distance_unit",
    "offer_minutes",
    "protects",
    "rescue_lead_minutes",
    "standby_fee",
    "wants_standby",
}
_WRITTEN = {"closed_at", "cancelled_by", "cancel_reason", "result", "closing_note", "was_final"}
_OWN = [f.name for f in fields(LockedJob) if f.name not in _JOINED | _WRITTEN]

COLUMNS = ", ".join(f"j.{name}" for name in _OWN) + (
    ", s.name, b.name, b.phone, b.time_zone, b.distance_unit, w.minutes"
    ", coalesce(p.acts, true), coalesce(p.rescue_lead_minutes, 75), coalesce(p.standby_fee, 0)"
    ", coalesce(j.priority = ANY(p.standby_priorities), false)"
    " OR EXISTS (SELECT 1 FROM jobs_protection_standby_service_types k"
    " WHERE k.protection_id = p.id AND k.servicetype_id = j.service_type_id)"
)
JOINS = """jobs_job j
  JOIN network_servicetype s ON s.id = j.service_type_id
  JOIN network_branch b ON b.id = j.branch_id
  LEFT JOIN jobs_offerwindow w ON w.branch_id = j.branch_id AND w.priority = j.priority
  LEFT JOIN jobs_protection p ON p.branch_id = j.branch_id"""


def lock_job(job_id: int) -> LockedJob:
    """Lock one job, waiting for it. Raises NotFound."""
    jobs = fetch_locked(f"SELECT {COLUMNS} FROM {JOINS} WHERE j.id = %s FOR UPDATE OF j", [job_id])
    if not jobs:
        raise NotFound("There is no such job.")
    return jobs[0]


def lock_job_of_offer(offer_id: int) -> LockedJob:
    """Lock the job that an offer belongs to. Raises NotFound."""
    jobs = fetch_locked(
        f"SELECT {COLUMNS} FROM {JOINS}"
        " WHERE j.id = (SELECT job_id FROM jobs_offer WHERE id = %s) FOR UPDATE OF j",
        [offer_id],
    )
    if not jobs:
        raise NotFound("There is no such offer.")
    return jobs[0]


def lock_job_of_booking(booking_id: int) -> LockedJob:
    """Lock the job that a booking belongs to. Raises NotFound."""
    jobs = fetch_locked(
        f"SELECT {COLUMNS} FROM {JOINS}"
        " WHERE j.id = (SELECT job_id FROM jobs_booking WHERE id = %s) FOR UPDATE OF j",
        [booking_id],
    )
    if not jobs:
        raise NotFound("There is no such visit.")
    return jobs[0]


def lock_contractors(ids: Collection[int], *, to_change: bool = False) -> None:
    """Lock contractors against changes, before their technicians (lock order).

    The offers' triggers take these locks too, but one by one and only after the technicians:
    somebody who edits a contractor and then his technicians would deadlock with us.
    ``to_change``: the caller will change one of them, and nobody else may look meanwhile.
    """
    strength = "NO KEY UPDATE" if to_change else "SHARE"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT 1 FROM network_contractor WHERE id = ANY(%s) ORDER BY id FOR {strength}",
            [sorted(set(ids))],
        )


_CONCERNED = """
SELECT contractor_id, technician_id, true FROM jobs_standby
 WHERE job_id = ANY(%(jobs)s) AND closed_at IS NULL
UNION ALL
SELECT contractor_id, technician_id, false FROM jobs_booking WHERE live_job_id = ANY(%(jobs)s)
"""


def lock_people(
    job_ids: Collection[int],
    *,
    contractors: Collection[int] = (),
    technicians: Collection[int] = (),
    to_change: bool = False,
) -> None:
    """Lock everybody concerned when the visits of these locked jobs end: once, in the lock order.

    Those are the technicians of the visits and whoever stands by; ``contractors`` and
    ``technicians`` are further ones that the caller needs. It comes before the first write to the
    calendar: whoever is about to write to the same calendar holds its technician and waits for
    that write, so that locking another technician after it could wait for him in turn.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CONCERNED, {"jobs": sorted(set(job_ids))})
        rows = cursor.fetchall()
    lock_contractors(
        {contractor for contractor, _, stands_by in rows if stands_by} | set(contractors),
        to_change=to_change,
    )
    lock_technicians({technician for _, technician, _ in rows} | set(technicians))


def fetch_locked(sql: str, parameters: Sequence[Any]) -> list[LockedJob]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return [LockedJob(*row) for row in cursor.fetchall()]


def database_now() -> datetime:
    """Domain time, read now: after the locks this transaction holds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT app_now()")
        return cursor.fetchone()[0]
