"""Which outcomes stand behind a figure, and how much each of them weighs.

A figure rolls over the newest outcomes of its family: the last 30 jobs, the last 100 offers or
ratings, none older than ``WINDOW_DAYS``. Within them an outcome loses half its weight every
``HALF_LIFE_DAYS``. Outcomes that are not due to the contractor do not take part.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ranking.models import DisputeStatus, DueTo, Outcome, OutcomeKind

WINDOW_DAYS = 180
"""Only outcomes of this many days count; older ones are history."""

HALF_LIFE_DAYS = 90.0
"""An outcome of this age weighs half of what it did when it was new (ours)."""

LAST_JOBS = 30
LAST_OFFERS = 100
LAST_RATINGS = 100


@dataclass(frozen=True, slots=True)
class Family:
    """Outcomes that one figure is made of: the ``keep`` newest of these kinds."""

    kinds: tuple[str, ...]
    keep: int


FAMILIES: Mapping[str, Family] = {
    "offers": Family(
        (OutcomeKind.ACCEPTED, OutcomeKind.DECLINED, OutcomeKind.EXPIRED), LAST_OFFERS
    ),
    "ratings": Family((OutcomeKind.RATING,), LAST_RATINGS),
    "visits": Family((OutcomeKind.FIXED, OutcomeKind.NEEDS_ANOTHER_VISIT), LAST_JOBS),
    "arrivals": Family((OutcomeKind.ON_TIME, OutcomeKind.LATE), LAST_JOBS),
    # how accepted work ended, whoever's doing a second visit is
    "commitments": Family(
        (
            OutcomeKind.FIXED,
            OutcomeKind.NEEDS_ANOTHER_VISIT,
            OutcomeKind.RELEASED_EARLY,
            OutcomeKind.RELEASED_LATE,
            OutcomeKind.NO_SHOW,
        ),
        LAST_JOBS,
    ),
}

STRIKES: Mapping[str, float] = {
    OutcomeKind.RELEASED_EARLY: 0.5,
    OutcomeKind.RELEASED_LATE: 1.0,
    OutcomeKind.NO_SHOW: 3.0,
}
"""How bad each way of not keeping accepted work is, in late cancellations."""


@dataclass(frozen=True, slots=True)
class Counted:
    """One outcome of a family; ``weight`` is 0 where it does not count, ``why`` says why not."""

    outcome: Outcome
    weight: float
    why: str


def weight_of(*, age: timedelta) -> float:
    """1 for a new outcome, halved every ``HALF_LIFE_DAYS``; nothing weighs more than 1."""
    days = max(0.0, age.total_seconds() / 86_400)
    return float(0.5 ** (days / HALF_LIFE_DAYS))


def is_disputed(outcome: Outcome) -> bool:
    """Whether a dispute of it is open; no query when ``dispute`` was selected with it."""
    dispute = getattr(outcome, "dispute", None)
    return dispute is not None and dispute.status == DisputeStatus.OPEN


def outcomes_behind(
    *, contractor_id: int, family: str, at: datetime, most: int = 200
) -> list[Counted]:
    """The outcomes behind one figure of a contractor at ``at``, newest first; one query.

    Those that do not count are listed too, with the reason. Raises KeyError for an unknown family.
    """
    rules = FAMILIES[family]
    rows = (
        Outcome.objects.of_contractor(contractor_id)
        .filter(kind__in=rules.kinds, at__gt=at - timedelta(days=WINDOW_DAYS), at__lte=at)
        .select_related("dispute__decided_by")
        .order_by("-at", "-id")[:most]
    )
    counted: list[Counted] = []
    used = 0
    for outcome in rows:
        why = ""
        if outcome.due_to != DueTo.CONTRACTOR:
            why = f"due to the {outcome.get_due_to_display().lower()}"
        elif is_disputed(outcome):
            why = "disputed, not decided yet"
        elif used >= rules.keep:
            why = f"older than the last {rules.keep}"
        weight = 0.0 if why else weight_of(age=at - outcome.at)
        used += not why
        counted.append(Counted(outcome=outcome, weight=weight, why=why))
    return counted
