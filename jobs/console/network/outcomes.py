"""What happened of late on a contractor's offers and visits, and to whom it is due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from jobs.console.network.rows import minutes_words
from jobs.console.network.states import State
from jobs.models import Job
from network.models import Branch, Contractor
from ranking.models import Dispute, DisputeStatus, Outcome

SHOWN = 12

_LOOK = {
    "accepted": ("good", "check"),
    "declined": ("bad", "x"),
    "expired": ("quiet", "bell-off"),
    "fixed": ("good", "circle-check"),
    "needs_another_visit": ("warn", "repeat"),
    "no_access": ("warn", "door-off"),
    "released_early": ("warn", "arrow-back-up"),
    "released_late": ("bad", "arrow-back-up"),
    "no_show": ("bad", "user-question"),
    "on_time": ("good", "clock"),
    "late": ("warn", "clock-off"),
    "rating": ("quiet", "star"),
}
_COUNTS = {
    "accepted": "answers",
    "declined": "answers",
    "expired": "answers",
    "fixed": "first-time fix",
    "needs_another_visit": "first-time fix",
    "on_time": "on time",
    "late": "on time",
    "released_early": "reliability",
    "released_late": "reliability",
    "no_show": "reliability",
    "rating": "rating",
}


@dataclass(frozen=True, slots=True)
class OutcomeLine:
    """One outcome as people read it; ``url`` is empty where the job is not this branch's.

    ``dispute`` is what the contractor objects and what became of it, where there is one.
    """

    pk: int
    title: str
    reference: str
    url: str
    state: State
    due_to: str
    counts_for: str
    at: datetime
    dispute: Dispute | None = None

    @property
    def anchor(self) -> str:
        """Where on the page it stands."""
        return f"outcome-{self.pk}"


def recent_outcomes(contractor: Contractor, *, branch: Branch) -> list[OutcomeLine]:
    """The newest, newest first; two queries."""
    rows = list(
        Outcome.objects.filter(contractor=contractor)
        .select_related("dispute__decided_by")
        .order_by("-at", "-pk")[:SHOWN]
    )
    return lines_of(rows, contractor=contractor, branch=branch)


def lines_of(
    rows: Sequence[Outcome], *, contractor: Contractor, branch: Branch
) -> list[OutcomeLine]:
    """Outcomes as people read them, in their order; one query. Needs their disputes loaded."""
    jobs = {
        job.public_id: job
        for job in Job.objects.filter(
            branch=branch, public_id__in={row.job_ref for row in rows}
        ).select_related("service_type")
    }
    lines = []
    for row in rows:
        job = jobs.get(row.job_ref)
        tone, icon = _LOOK.get(row.kind, ("quiet", "info-circle"))
        is_own = row.due_to == "contractor"
        dispute: Dispute | None = getattr(row, "dispute", None)
        counts_for = _COUNTS.get(row.kind, "nothing") if is_own else "nothing"
        if dispute is not None and dispute.status == DisputeStatus.OPEN:
            counts_for = "nothing while disputed"
        lines.append(
            OutcomeLine(
                pk=row.pk,
                title=job.service_type.name if job else "An earlier job",
                reference=job.reference if job else "",
                url=reverse("console:job", kwargs={"branch": branch.slug, "job": job.public_id})
                if job
                else "",
                state=State(tone, icon, _words(row)),
                due_to=contractor.name if is_own else row.get_due_to_display(),
                counts_for=counts_for,
                at=row.at,
                dispute=dispute,
            )
        )
    return lines


def _words(row: Outcome) -> str:
    label = row.get_kind_display()
    if row.kind == "rating" and row.value is not None:
        return f"{row.value:g} of 5"
    if row.kind in ("accepted", "declined") and row.value is not None:
        return f"{label} in {minutes_words(row.value)}"
    return label
