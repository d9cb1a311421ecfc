"""What a change of a contractor's profile does to the visits that were accepted before it.

The change is made, looked at, and taken back unless somebody has said what shall become of the
visits that it strands. Some stay if the contractor keeps them (an area or hours bind new work
only); others may not stay, whatever anybody says (a skill or a paper is gone), and what
``jobs.services.lost`` finds decides which, so that this can never promise what is not kept.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from jobs.actors import Actor
from jobs.services.booked import lock_booking
from jobs.services.journal import Journal
from jobs.services.locked import database_now, lock_people
from jobs.services.lost import find_lost_offers, find_lost_visits
from jobs.services.transactions import service
from jobs.services.visits import release
from jobs.states import ReleaseReason, RoundCause
from network.geo import cell_and_ancestors
from network.local_calendar import LocalCalendar
from network.models import Technician
from ranking.models.outcome import DueTo

KEEP, GIVE_BACK = "keep", "give-back"

#: Why a visit no longer fits, in words for its contractor.
WORDS = {
    "not_active": "you would no longer be active",
    "technician_gone": "nobody would be there to make it",
    "not_cleared": "a paper that it needs would be missing",
    "skill_missing": "a skill that it needs would be missing",
    "outside_area": "it lies outside the new area",
    "outside_hours": "it lies outside the new hours",
    "service_left_out": "you would no longer take this kind of work",
}


@dataclass(frozen=True, slots=True)
class Stranded:
    """A visit that a change leaves without its ground. ``must_go``: it is released in any case."""

    booking_id: int
    public_id: UUID
    why: str
    must_go: bool

    @property
    def words(self) -> str:
        return WORDS[self.why]


class VisitsStranded(Exception):
    """The change was taken back: these visits need a decision first, and these offers would go."""

    def __init__(self, visits: list[Stranded], offers: int) -> None:
        super().__init__(f"{len(visits)} visits need a decision")
        self.visits = visits
        self.offers = offers


_LIVE = """
SELECT k.id, k.public_id, k.technician_id, k.starts_at, k.ends_at, j.cell, j.service_type_id,
       j.priority = 'emergency', t.active AND t.contractor_id = k.contractor_id
  FROM jobs_booking k JOIN jobs_job j ON j.id = k.job_id AND j.status IN ('booked', 'en_route')
  JOIN network_technician t ON t.id = k.technician_id
 WHERE k.live AND k.contractor_id = %s ORDER BY j.id
"""

_GROUND = """
SELECT b.time_zone, c.after_hours_emergencies,
       array(SELECT service_type_id FROM network_serviceleftout WHERE contractor_id = c.id),
       (SELECT array_agg(cell) FROM network_territorycell cells
          JOIN network_territory area ON area.id = cells.territory_id
         WHERE area.contractor_id = c.id)
  FROM network_contractor c JOIN network_branch b ON b.id = c.branch_id WHERE c.id = %s
"""

_HOURS = """
SELECT technician_id, string_agg(weekday || ' ' || (extract(epoch FROM starts) / 60)::int
                 || ' ' || (extract(epoch FROM ends) / 60)::int, ',' ORDER BY weekday, starts)
  FROM network_workinghours WHERE technician_id = ANY(%s) GROUP BY 1
"""


def misfits(contractor_id: int) -> dict[tuple[int, UUID], set[str]]:
    """Visits still to be made that the profile, as it stands, would not have got; four queries."""
    with connection.cursor() as cursor:
        cursor.execute(_LIVE, [contractor_id])
        visits = cursor.fetchall()
        if not visits:
            return {}
        cursor.execute(_GROUND, [contractor_id])
        time_zone, all_hours, left_out, cells = cursor.fetchone()
        cursor.execute(_HOURS, [sorted({visit[2] for visit in visits})])
        patterns = dict(cursor.fetchall())
    area = frozenset(cells or ())
    lost = dict(find_lost_visits(contractor_id=contractor_id))
    span = (min(visit[3] for visit in visits), max(visit[4] for visit in visits))
    calendar = LocalCalendar(ZoneInfo(time_zone), span)
    found: dict[tuple[int, UUID], set[str]] = {}
    for booking, public_id, technician, starts, ends, cell, work, is_emergency, is_there in visits:
        why: set[str] = set()
        if booking in lost:
            why.add(lost[booking])
        if area.isdisjoint(cell_and_ancestors(cell)):
            why.add("outside_area")
        if work in left_out:
            why.add("service_left_out")
        in_hours = _within(calendar.shifts(patterns.get(technician, "")), starts, ends)
        if is_there and not in_hours and not (all_hours and is_emergency):
            why.add("outside_hours")
        if why:
            found[booking, public_id] = why
    return found


@service
def change_profile(
    *,
    contractor_id: int,
    change: Callable[[], object],
    actor: Actor,
    decision: str = "",
    shown: Collection[UUID] = (),
) -> list[Stranded]:
    """Make the change; returns the visits that it strands, which the ``decision`` is about.

    ``decision`` is ``KEEP`` or ``GIVE_BACK`` and counts for the visits in ``shown`` only. Given
    back are those that may stay; what must go is released by the machine within seconds. Raises
    VisitsStranded, with nothing changed, while a stranded visit has no decision, and whatever the
    change raises. Lock order: the jobs of the visits, whoever they concern, what the change locks.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT j.id FROM jobs_job j WHERE j.id IN (SELECT job_id FROM jobs_booking"
            " WHERE live AND contractor_id = %s) ORDER BY j.id FOR UPDATE",
            [contractor_id],
        )
        job_ids = [row[0] for row in cursor.fetchall()]
    lock_people(
        job_ids,
        contractors=[contractor_id],
        technicians=set(
            Technician.objects.of_contractor(contractor_id).values_list("pk", flat=True)
        ),
        to_change=True,
    )
    before = misfits(contractor_id)
    offers_before = len(find_lost_offers(contractor_id=contractor_id))
    change()
    after = misfits(contractor_id)
    must_go = {booking for booking, _ in find_lost_visits(contractor_id=contractor_id)}
    stranded = [
        Stranded(booking, public_id, _first(why - before.get((booking, public_id), set())), goes)
        for (booking, public_id), why in after.items()
        if why - before.get((booking, public_id), set())
        for goes in [booking in must_go]
    ]
    undecided = {visit.public_id for visit in stranded} - set(shown)
    if stranded and (undecided or decision not in (KEEP, GIVE_BACK)):
        offers = len(find_lost_offers(contractor_id=contractor_id)) - offers_before
        raise VisitsStranded(stranded, offers)
    if decision == GIVE_BACK:
        _give_back([visit for visit in stranded if not visit.must_go], actor)
    return stranded


def _give_back(visits: list[Stranded], actor: Actor) -> None:
    for visit in visits:
        job, booking = lock_booking(visit.booking_id)
        journal = Journal(at=database_now())
        release(
            job=job,
            booking=booking,
            reason=ReleaseReason.OTHER,
            note=f"The profile was changed: {visit.words.replace('you would', 'would')}.",
            cause=RoundCause.RELEASED,
            due_to=DueTo.CONTRACTOR,
            journal=journal,
            actor=actor,
        )
        journal.flush()


def _first(why: set[str]) -> str:
    """The weightiest reason, in the order of ``WORDS``."""
    return next(reason for reason in WORDS if reason in why)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _within(shifts: list[tuple[int, int]], starts: datetime, ends: datetime) -> bool:
    begin = (starts - _EPOCH) / timedelta(minutes=1)
    end = (ends - _EPOCH) / timedelta(minutes=1)
    return any(first <= begin and end <= last for first, last in shifts)
