"""What would happen if some contractors dropped out: nothing is changed, everything is asked.

Booked visits are placed anew in memory by the network's own rules: for each, those of its ranking's
order who could come, then whoever else could. What is still to come is judged by the decision log:
the first calls of the last days, asked again without them.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import numpy as np
from django.db import connection

from jobs.console.coverage.period import Period
from jobs.models import Booking
from jobs.states import JobStatus
from network.availability import Availability, Refusal, Slot, WorkOrder
from network.geo import cell_and_ancestors, distance_km
from network.models import Branch
from ranking.models import Decision
from ranking.replay.batch import LoggedDecision, build_batch

#: The decisions asked again: those of so many days before now.
BACK_DAYS = 28
#: More visits or decisions than this are not looked at one by one; the page says so.
MOST_VISITS = 400
MOST_DECISIONS = 5_000
#: So many who could take a visit are named.
NAMED = 3

_SUBSTITUTES = """
SELECT c.id, c.name, c.base_latitude, c.base_longitude FROM network_contractor c
 WHERE c.branch_id = %(branch)s AND c.status = 'active' AND c.id <> ALL (%(absent)s)
   AND (c.paused_until IS NULL OR c.paused_until <= %(at)s)
   AND c.id IN (SELECT contractor_id FROM network_territorycell
                 WHERE branch_id = %(branch)s AND cell = ANY (%(cells)s))
   AND (%(anybody)s OR c.id IN (
     SELECT h.contractor_id FROM network_technicianskill h
       JOIN network_servicetypeskill n ON n.skill_id = h.skill_id
      WHERE n.service_type_id = ANY (%(kinds)s)))
"""

_FIRST_CALLS = """
SELECT d.id, d.job_ref, d.made_at, d.asset, d.fact_names, d.contractor_ids, d.facts,
       d.context::text, count(*) OVER ()
  FROM ranking_decision d
 WHERE d.branch_id = %(branch)s AND d.made_at >= %(first)s AND d.made_at < %(last)s
   AND d.round_number = 1 AND d.contractor_ids[1] = ANY (%(absent)s)
 ORDER BY d.made_at DESC, d.id DESC LIMIT %(limit)s
"""

_GAVE_BACK = """
SELECT job_id, contractor_id FROM jobs_booking
 WHERE job_id = ANY (%s) AND end_kind = 'released'
"""


@dataclass(frozen=True, slots=True)
class Substitute:
    """Somebody who could take a visit; ``rank`` in the job's last ranking, if he stood in it."""

    contractor_id: int
    name: str
    rank: int | None
    starts_at: datetime
    travel_minutes: float


@dataclass(frozen=True, slots=True)
class LostVisit:
    """A booked visit that would need somebody else, and the first of those who could come."""

    booking: Booking
    planned_travel: float
    substitutes: list[Substitute]

    @property
    def substitute(self) -> Substitute | None:
        return self.substitutes[0] if self.substitutes else None

    @property
    def more_travel(self) -> float | None:
        """Minutes more of driving than planned now."""
        if self.substitute is None:
            return None
        return self.substitute.travel_minutes - self.planned_travel


@dataclass(frozen=True, slots=True)
class LostCall:
    """A logged first call that would have gone to somebody else: to ``next_rank``, or nobody."""

    job_ref: UUID
    made_at: datetime
    next_rank: int | None
    more_travel: float | None


@dataclass(slots=True)
class Stress:
    """The outcome. ``days`` is the length of the period.

    ``visits`` and ``calls`` are at most so many as were looked at; ``all_visits`` and
    ``all_calls`` how many there are.
    """

    days: int
    visits: list[LostVisit] = field(default_factory=list)
    all_visits: int = 0
    calls: list[LostCall] = field(default_factory=list)
    all_calls: int = 0

    @property
    def share(self) -> float:
        """Expected jobs for each logged one: the length of the period against the days back."""
        return self.days / BACK_DAYS

    @property
    def expected(self) -> float:
        """First calls lost beside those of the booked visits, by what the last days were like."""
        return max(0.0, self.all_calls * self.share - self.all_visits)

    def expected_of(self, count: int) -> float:
        """A part of ``calls`` as a part of ``expected``."""
        return self.expected * count / len(self.calls) if self.calls else 0.0

    def _booked(self, count: int) -> float:
        """A part of the visits looked at, as a part of all there are."""
        return self.all_visits * count / len(self.visits) if self.visits else 0.0

    @property
    def losing(self) -> int:
        """Jobs that lose their first call, booked and expected."""
        return self.all_visits + round(self.expected)

    @property
    def with_nobody(self) -> int:
        booked = self._booked(sum(visit.substitute is None for visit in self.visits))
        return round(booked + self.expected_of(sum(c.next_rank is None for c in self.calls)))

    @property
    def to_second(self) -> int:
        """Jobs that the second of the ranking would get."""
        second = sum(v.substitute is not None and v.substitute.rank == 2 for v in self.visits)
        calls = sum(call.next_rank == 2 for call in self.calls)
        return round(self._booked(second) + self.expected_of(calls))

    @property
    def to_later(self) -> int:
        """Jobs that go to somebody further down, or to somebody who was not ranked."""
        return max(0, self.losing - self.with_nobody - self.to_second)

    @property
    def more_travel(self) -> float | None:
        """Minutes more of driving for those that find somebody, on average."""
        found = [visit.more_travel for visit in self.visits if visit.more_travel is not None]
        calls = [call.more_travel for call in self.calls if call.more_travel is not None]
        weight = self.expected_of(len(calls))
        total = len(found) + weight
        if not total:
            return None
        return (sum(found) + (sum(calls) / len(calls) * weight if calls else 0.0)) / total


def stress_test(
    branch: Branch,
    *,
    absent: Collection[int],
    start: datetime,
    end: datetime,
    keeps_visits: bool = False,
    at: datetime,
) -> Stress:
    """Take the contractors ``absent`` (ids) out from ``start`` to ``end`` and see.

    ``keeps_visits``: they take no new work and do what is booked, as in a pause. At most fifteen
    queries, however many contractors and jobs.
    """
    days = max(1, round((end - start) / timedelta(days=1)))
    found = Stress(days=days)
    if not absent:
        return found
    if not keeps_visits:
        _booked(branch, found, sorted(absent), start, end, at)
    _expected(branch, found, sorted(absent), at)
    return found


def _booked(
    branch: Branch, found: Stress, absent: list[int], start: datetime, end: datetime, at: datetime
) -> None:
    bookings = Booking.objects.filter(
        branch=branch,
        live=True,
        contractor_id__in=absent,
        ends_at__gt=start,
        starts_at__lt=end,
        job__status__in=[JobStatus.BOOKED, JobStatus.EN_ROUTE],
    )
    listed = list(
        bookings.select_related("job__service_type", "contractor", "offer").order_by(
            "starts_at", "pk"
        )[: MOST_VISITS + 1]
    )
    found.all_visits = len(listed) if len(listed) <= MOST_VISITS else bookings.count()
    listed = listed[:MOST_VISITS]
    if not listed:
        return
    works = {booking.pk: _work(booking) for booking in listed}
    names, bases = _substitutes(branch, list(works.values()), absent, at)
    availability = Availability.load(
        branch_id=branch.pk,
        contractor_ids=list(names),
        span=(
            min(work.window_start for work in works.values()),
            max(
                work.window_end + timedelta(minutes=work.duration_minutes)
                for work in works.values()
            ),
        ),
        service_type_ids={work.service_type_id for work in works.values()},
        client_ids={work.client_id for work in works.values()},
        at=at,
    )
    orders = _orders([booking.job.public_id for booking in listed])
    given_back = _given_back([booking.job_id for booking in listed])
    for booking in listed:
        work = works[booking.pk]
        ranks = orders.get(booking.job.public_id, {})
        out = given_back.get(booking.job_id, set())
        order = sorted(
            (one for one in names if one not in out),
            key=lambda one: (
                ranks.get(one, 1 << 30),
                distance_km(work.latitude, work.longitude, *bases[one]),
            ),
        )
        slots = _who_could(availability, work, order, at)
        if slots:
            availability.take(slots[0], latitude=work.latitude, longitude=work.longitude)
        substitutes = [
            Substitute(
                contractor_id=slot.contractor_id,
                name=names[slot.contractor_id],
                rank=ranks.get(slot.contractor_id),
                starts_at=slot.starts_at,
                travel_minutes=slot.travel_minutes,
            )
            for slot in slots
        ]
        found.visits.append(LostVisit(booking, booking.offer.travel_minutes, substitutes))


def _work(booking: Booking) -> WorkOrder:
    job = booking.job
    return WorkOrder(
        branch_id=job.branch_id,
        service_type_id=job.service_type_id,
        client_id=job.client_id,
        latitude=job.latitude,
        longitude=job.longitude,
        window_start=job.window_start,
        window_end=job.window_end,
        duration_minutes=job.duration_minutes,
        cell=job.cell,
        is_emergency=job.priority == "emergency",
    )


def _substitutes(
    branch: Branch, works: Sequence[WorkOrder], absent: list[int], at: datetime
) -> tuple[dict[int, str], dict[int, tuple[float, float]]]:
    """Everybody who might take any of them: names and bases by id. Two queries."""
    kinds = sorted({work.service_type_id for work in works})
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(DISTINCT service_type_id) FROM network_servicetypeskill"
            " WHERE service_type_id = ANY (%s)",
            [kinds],
        )
        anybody = cursor.fetchone()[0] < len(kinds)  # some kind of work needs no skill
        cursor.execute(
            _SUBSTITUTES,
            {
                "branch": branch.pk,
                "absent": absent,
                "at": at,
                "anybody": anybody,
                "kinds": kinds,
                "cells": sorted({c for work in works for c in cell_and_ancestors(work.cell)}),
            },
        )
        rows = cursor.fetchall()
    return {row[0]: row[1] for row in rows}, {row[0]: (row[2], row[3]) for row in rows}


def _who_could(
    availability: Availability, work: WorkOrder, order: Sequence[int], at: datetime
) -> list[Slot]:
    """The first few, in this order, who really could."""
    slots: list[Slot] = []
    for contractor_id in order:
        slot = availability.best_slot(work, contractor_id, not_before=at)
        if not isinstance(slot, Refusal):
            slots.append(slot)
            if len(slots) == NAMED:
                break
    return slots


def _orders(job_refs: Sequence[UUID]) -> dict[UUID, dict[int, int]]:
    """Job → contractor → rank, of each job's newest decision."""
    found: dict[UUID, dict[int, int]] = {}
    for job_ref, ids in (
        Decision.objects.filter(job_ref__in=job_refs)
        .order_by("job_ref", "round_number")
        .values_list("job_ref", "contractor_ids")
    ):
        found[job_ref] = {contractor_id: rank for rank, contractor_id in enumerate(ids, 1)}
    return found


def _given_back(job_ids: Sequence[int]) -> Mapping[int, set[int]]:
    found: dict[int, set[int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_GAVE_BACK, [list(job_ids)])
        for job_id, contractor_id in cursor.fetchall():
            found.setdefault(job_id, set()).add(contractor_id)
    return found


def _expected(branch: Branch, found: Stress, absent: list[int], at: datetime) -> None:
    period = Period(at, branch.zone)
    last = period.midnight(period.today)
    with connection.cursor() as cursor:
        cursor.execute(
            _FIRST_CALLS,
            {
                "branch": branch.pk,
                "first": last - timedelta(days=BACK_DAYS),
                "last": last,
                "absent": absent,
                "limit": MOST_DECISIONS,
            },
        )
        rows = cursor.fetchall()
    if not rows:
        return
    found.all_calls = rows[0][8]
    decisions = [
        LoggedDecision(
            id=row[0],
            job_ref=row[1],
            round_number=1,
            made_at=row[2],
            asset=row[3],
            fact_names=row[4],
            contractor_ids=row[5],
            facts=bytes(row[6]),
            context=json.loads(row[7]),
            asked_first=row[5][0],
        )
        for row in rows
    ]
    batch = build_batch(decisions, draw=False)
    here = ~np.isin(batch.contractor_ids, absent)
    travel = batch.columns.get("travel_minutes", np.full(len(batch.contractor_ids), np.nan))
    ends = [*batch.starts[1:].tolist(), len(batch.contractor_ids)]
    for decision, first, end in zip(decisions, batch.starts.tolist(), ends, strict=True):
        left = np.nonzero(here[first:end])[0]
        place = int(left[0]) if len(left) else None
        more = None if place is None else float(travel[first + place] - travel[first])
        found.calls.append(
            LostCall(
                job_ref=decision.job_ref,
                made_at=decision.made_at,
                next_rank=None if place is None else place + 1,
                more_travel=None if more is None or np.isnan(more) else more,
            )
        )
