"""The network in figures, and how much waits for staff: one statement each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Exists, OuterRef, Q

from jobs.console.network.filters import IDLE_DAYS
from jobs.models import Offer
from network.models import Application, Branch, Contractor, Document

#: The figure on top of the list: papers that end within so many days.
ENDING_DAYS = 14


@dataclass(frozen=True, slots=True)
class NetworkFigures:
    """Contractors of a branch now; the tabs count the same."""

    here: int
    active: int
    cleared: int
    ending: int
    paused: int
    paused_by_themselves: int
    suspended: int
    left: int
    idle: int


def network_figures(branch: Branch, *, at: datetime) -> NetworkFigures:
    """Count them, in one query."""
    today = at.astimezone(branch.zone).date()
    until = Q(status="active", paused_until__gt=at)
    here = Q(status__in=["active", "paused", "suspended"])
    active = Q(status="active") & ~until
    asked = Offer.objects.filter(
        contractor=OuterRef("pk"), made_at__gt=at - timedelta(days=IDLE_DAYS)
    )
    counts = Contractor.objects.for_branch(branch).aggregate(
        here=Count("pk", filter=here),
        active=Count("pk", filter=active),
        cleared=Count("pk", filter=here & Q(cleared_until__gte=today)),
        ending=Count("pk", filter=here & ending_within(today, ENDING_DAYS)),
        paused=Count("pk", filter=until | Q(status="paused")),
        paused_by_themselves=Count("pk", filter=until),
        suspended=Count("pk", filter=Q(status="suspended")),
        left=Count("pk", filter=Q(status="left")),
        idle=Count("pk", filter=active & Q(~Exists(asked))),
    )
    return NetworkFigures(**counts)


def ending_within(today: date, days: int) -> Q:
    return Q(cleared_until__gte=today, cleared_until__lte=today + timedelta(days=days))


@dataclass(frozen=True, slots=True)
class Waiting:
    """What staff has to look at: applications and papers."""

    applications: int
    papers: int

    @property
    def total(self) -> int:
        return self.applications + self.papers


def waiting_for_review(branch: Branch) -> Waiting:
    """Two queries over partial indexes that hold only what waits."""
    return Waiting(
        applications=Application.objects.for_branch(branch).to_review().count(),
        papers=Document.objects.for_branch(branch).to_review().of_members().count(),
    )
