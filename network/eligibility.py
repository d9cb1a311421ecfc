"""The hard rules: who can do a job, and why the others cannot.

``find_eligible`` is the hot path. It asks a fixed number of queries, and what it reads does not
grow with the network: one index gives the contractors whose territory holds the site, another those
who have the skills, and only the few in both are read. The counts of those who are left out before
that (``not_active``, ``not_cleared``, ``outside_territory``) come from figures per service type
that are counted at most once in ``COUNTS_LIVE_SECONDS`` and may be that old; everything else is
exact.

The people considered are the contractors of the branch, not ``left``, with a technician who has at
least one of the skills that the work needs at any level: "every boiler firm of the branch".
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection

from network.availability import RULES, Availability, Refusal, Slot, WorkOrder
from network.geo import cells_within

COUNTS_LIVE_SECONDS = 300

_NEEDED = """
SELECT ((%s::timestamptz - interval '1 minute') AT TIME ZONE branch.time_zone)::date,
       array(SELECT skill_id FROM network_servicetypeskill WHERE service_type_id = service_type.id)
FROM network_servicetype AS service_type
JOIN network_branch AS branch ON branch.id = service_type.branch_id
WHERE service_type.id = %s AND service_type.branch_id = %s
"""

_SKILLED = """
    AND contractor.id IN (
        SELECT contractor_id FROM network_technicianskill WHERE skill_id = ANY(%(skills)s)
    )
"""

_COVERING = """
SELECT contractor.id
FROM network_contractor AS contractor
WHERE contractor.id IN (
        SELECT contractor_id FROM network_territorycell
        WHERE branch_id = %(branch)s AND cell = ANY(%(cells)s)
    )
    AND contractor.status = 'active' AND contractor.cleared_until >= %(day)s
    AND (contractor.paused_until IS NULL OR contractor.paused_until <= %(at)s)
"""

_POPULATION = """
SELECT contractor.status = 'active'
           AND (contractor.paused_until IS NULL OR contractor.paused_until <= %(at)s),
       contractor.cleared_until, count(*)
FROM network_contractor AS contractor
WHERE contractor.branch_id = %(branch)s AND contractor.status <> 'left'
"""

_EVERYBODY = """
SELECT contractor.id
FROM network_contractor AS contractor
WHERE contractor.branch_id = %(branch)s AND contractor.status <> 'left'
"""


@dataclass(frozen=True, slots=True)
class Eligibility:
    """Who can do the job, one slot per contractor by contractor id, and how many cannot, by rule.

    ``availability`` knows every contractor in ``slots``, and can be asked for other slots of them.
    """

    slots: list[Slot]
    availability: Availability
    not_eligible: dict[str, int]


@dataclass(frozen=True, slots=True)
class NotEligible:
    """A contractor who cannot do the job, and why, with figures."""

    contractor_id: int
    name: str
    rule: str
    sentence: str


@dataclass(frozen=True, slots=True)
class _Population:
    """How many contractors of a trade there are, by whether they could be asked at all."""

    not_active: int
    active_by_clearance: tuple[tuple[date | None, int], ...]

    def not_cleared(self, day: date) -> int:
        return sum(n for until, n in self.active_by_clearance if until is None or until < day)

    def cleared(self, day: date) -> int:
        return sum(n for until, n in self.active_by_clearance if until is not None and until >= day)


_populations: dict[tuple[str, int, int], tuple[float, _Population]] = {}


def find_eligible(work: WorkOrder, *, at: datetime) -> Eligibility:
    """Everybody who can do the work, each with their best slot; nobody sets off before ``at``.

    Nine queries, ten when the counts are stale. Raises LookupError for a service type that is not
    of the branch.
    """
    skills, day = _needed(work)
    parameters: dict[str, Any] = {
        "branch": work.branch_id,
        "cells": cells_within(work.cell, work.extra_km),
        "skills": skills,
        "day": day,
        "at": at,
    }
    with connection.cursor() as cursor:
        cursor.execute(_COVERING + (_SKILLED if skills else ""), parameters)
        contractor_ids = sorted(row[0] for row in cursor.fetchall())
    availability = _load(work, contractor_ids, at)
    population = _population(work, skills, at)
    refused: Counter[str] = Counter()
    refused["not_active"] = population.not_active
    refused["not_cleared"] = population.not_cleared(day)
    refused["outside_territory"] = max(0, population.cleared(day) - len(contractor_ids))
    slots: list[Slot] = []
    for contractor_id in contractor_ids:
        # The index has just said that the territory holds the site; wider it says so roughly.
        answer = availability.best_slot(
            work,
            contractor_id,
            not_before=at,
            check_territory=work.extra_km > 0,
            check_wishes=True,
        )
        if isinstance(answer, Refusal):
            refused[answer.rule] += 1
        else:
            slots.append(answer)
    return Eligibility(
        slots=slots,
        availability=availability,
        not_eligible={rule: refused[rule] for rule in RULES if refused[rule]},
    )


def explain_not_eligible(work: WorkOrder, *, at: datetime) -> list[NotEligible]:
    """Everybody who cannot do the work as of ``at``, with the reason: by rule, then by name.

    Reads every contractor of the trade, so it belongs behind a click, not into the hot path.
    Raises LookupError for a service type that is not of the branch.
    """
    skills, _ = _needed(work)
    with connection.cursor() as cursor:
        cursor.execute(
            _EVERYBODY + (_SKILLED if skills else ""), {"branch": work.branch_id, "skills": skills}
        )
        contractor_ids = [row[0] for row in cursor.fetchall()]
    availability = _load(work, contractor_ids, at)
    found: list[NotEligible] = []
    for contractor_id in contractor_ids:
        answer = availability.best_slot(work, contractor_id, not_before=at)
        if isinstance(answer, Refusal):
            name = availability.contractor(contractor_id).name
            found.append(NotEligible(contractor_id, name, answer.rule, answer.sentence))
    order = {rule: index for index, rule in enumerate(RULES)}
    found.sort(key=lambda entry: (order[entry.rule], entry.name, entry.contractor_id))
    return found


def forget_counts() -> None:
    """Count afresh at the next ``find_eligible`` of this process (after a bulk load, in tests)."""
    _populations.clear()


def _load(work: WorkOrder, contractor_ids: list[int], at: datetime) -> Availability:
    return Availability.load(
        branch_id=work.branch_id,
        contractor_ids=contractor_ids,
        span=(work.window_start, work.window_end + timedelta(minutes=work.duration_minutes)),
        service_type_ids=[work.service_type_id],
        client_ids=[work.client_id],
        at=at,
    )


def _needed(work: WorkOrder) -> tuple[list[int], date]:
    """The skills that the work needs, and the local day through which clearance must hold."""
    earliest_end = work.window_start + timedelta(minutes=work.duration_minutes)
    with connection.cursor() as cursor:
        cursor.execute(_NEEDED, [earliest_end, work.service_type_id, work.branch_id])
        row = cursor.fetchone()
    if row is None:
        raise LookupError(
            f"Service type {work.service_type_id} is not one of branch {work.branch_id}."
        )
    return row[1], row[0]


def _population(work: WorkOrder, skills: list[int], at: datetime) -> _Population:
    key = (str(connection.settings_dict["NAME"]), work.branch_id, work.service_type_id)
    known = _populations.get(key)
    if known is not None and known[0] > time.monotonic():
        return known[1]
    with connection.cursor() as cursor:
        cursor.execute(
            _POPULATION + (_SKILLED if skills else "") + "GROUP BY 1, 2",
            {"branch": work.branch_id, "skills": skills, "at": at},
        )
        rows = cursor.fetchall()
    population = _Population(
        not_active=sum(count for is_active, _, count in rows if not is_active),
        active_by_clearance=tuple((until, count) for is_active, until, count in rows if is_active),
    )
    _populations[key] = (time.monotonic() + COUNTS_LIVE_SECONDS, population)
    return population
