"""Reports about contractors: who does the work, who came and who left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from math import ceil

from django.db import connection

from jobs.console.reports.figures import Figure, over, parameters, share
from jobs.console.reports.measures import WORK
from jobs.console.reports.period import Period
from network.models import Branch

# Suspended and paused firms belong to the network as well: they may come back.
_IN_THE_NETWORK = "c.status <> 'applicant'"
_OF_TRADE = """
(%(trade)s::text IS NULL OR EXISTS (
   SELECT 1 FROM network_technicianskill ts
     JOIN network_technician p ON p.id = ts.technician_id AND p.contractor_id = c.id
     JOIN network_servicetypeskill need ON need.skill_id = ts.skill_id
     JOIN network_servicetype s ON s.id = need.service_type_id AND s.trade = %(trade)s))
"""

_WORK = f"""
, done AS (SELECT contractor_id, count(*) FILTER (WHERE at >= %(start)s) AS now,
                count(*) FILTER (WHERE at < %(start)s) AS before
           FROM r WHERE at >= %(before)s AND at < %(end)s GROUP BY contractor_id)
SELECT c.id, c.public_id, c.name, coalesce(d.now, 0), coalesce(d.before, 0)
  FROM network_contractor c LEFT JOIN done d ON d.contractor_id = c.id
 WHERE c.branch_id = %(branch)s AND (d.now > 0 OR d.before > 0
       OR (c.status = 'active' AND {_OF_TRADE}))
 ORDER BY 4 DESC, 5 DESC, c.name, c.id
"""

# Who left without a trace in the history (by SQL, say) has no day and counts from none.
_CHURN = f"""
SELECT c.id, c.public_id, c.name, c.joined_on, gone.at, coalesce(gone.note, '')
  FROM network_contractor c LEFT JOIN LATERAL (
       SELECT e.at, e.note FROM network_contractorevent e
        WHERE e.contractor_id = c.id AND e.action = 'status-left' AND c.status = 'left'
          AND e.data ->> 'from' <> 'applicant'
        ORDER BY e.at DESC LIMIT 1) gone ON true
 WHERE c.branch_id = %(branch)s AND {_IN_THE_NETWORK}
   AND (c.status <> 'left' OR gone.at IS NOT NULL) AND {_OF_TRADE}
 ORDER BY c.name, c.id
"""


@dataclass(frozen=True, slots=True)
class Worker:
    """A firm with its visits made in the period and in the days before."""

    contractor_id: int
    public_id: object
    name: str
    now: int
    before: int


@dataclass(frozen=True, slots=True)
class Work:
    """How the visits are spread over the firms that worked or were ready to."""

    firms: list[Worker]
    now: Figure
    before: Figure
    gini: float | None

    @property
    def total(self) -> int:
        return sum(firm.now for firm in self.firms)

    @property
    def without(self) -> int:
        """Firms that are ready and had no visit in the period."""
        return sum(firm.now == 0 for firm in self.firms)


def load_work(*, branch: Branch, period: Period, trade: str | None) -> Work:
    """Visits by firm, the busiest first. One query."""
    with connection.cursor() as cursor:
        cursor.execute(over(WORK, _WORK), parameters(branch, period, trade))
        firms = [Worker(*row) for row in cursor.fetchall()]
    counts = [firm.now for firm in firms]
    return Work(
        firms=firms,
        now=_busiest(counts),
        before=_busiest([firm.before for firm in firms]),
        gini=gini(counts),
    )


def _busiest(counts: list[int]) -> Figure:
    tenth = ceil(len(counts) / 10)
    return share(sum(sorted(counts, reverse=True)[:tenth]), sum(counts))


def gini(counts: list[int]) -> float | None:
    """0: all the same; towards 1: one has everything. None without any work."""
    ordered, total = sorted(counts), sum(counts)
    if not total:
        return None
    n = len(ordered)
    weighted = sum(place * count for place, count in enumerate(ordered, start=1))
    return 2 * weighted / (n * total) - (n + 1) / n


@dataclass(frozen=True, slots=True)
class Member:
    """A firm of the network: since when, and when it left (None: still there)."""

    contractor_id: int
    public_id: object
    name: str
    joined_on: date
    left_at: datetime | None
    note: str


@dataclass(frozen=True, slots=True)
class Churn:
    """Who left and who joined in the period; ``now`` is left ÷ there at its beginning, in %."""

    now: Figure
    before: Figure
    left: list[Member]
    joined: list[Member]


def load_churn(*, branch: Branch, period: Period, trade: str | None) -> Churn:
    """Comings and goings of the branch's contractors. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_CHURN, {"branch": branch.pk, "trade": trade})
        members = [Member(*row) for row in cursor.fetchall()]
    left = [one for one in members if one.left_at and period.start <= one.left_at < period.end]
    return Churn(
        now=_left_share(members, period),
        before=_left_share(members, period.before),
        left=sorted(left, key=lambda one: (one.left_at, one.contractor_id), reverse=True),
        joined=sorted(
            (one for one in members if period.first <= one.joined_on <= period.last),
            key=lambda one: (one.joined_on, one.contractor_id),
            reverse=True,
        ),
    )


def _left_share(members: list[Member], period: Period) -> Figure:
    there = [
        one
        for one in members
        if one.joined_on < period.first and (one.left_at is None or one.left_at >= period.start)
    ]
    return share(
        sum(one.left_at is not None and one.left_at < period.end for one in there), len(there)
    )
