"""One search for a contractor, with its order frozen."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from jobs.states import RoundCause


class Round(models.Model):
    """The frozen order of one search and how far the cascade has come in it.

    The arrays run in the order of asking; ``ranks`` keeps each candidate's rank in the
    decision, so that a dispatcher's "offer to this one next" moves a candidate forward
    without rewriting what the ranking said. ``next_index`` points at who is asked next.
    """

    job = models.ForeignKey("jobs.Job", on_delete=models.CASCADE, related_name="rounds")
    number = models.PositiveSmallIntegerField()
    cause = models.CharField(max_length=20, choices=RoundCause.choices)
    decision = models.ForeignKey(
        "ranking.Decision", on_delete=models.PROTECT, null=True, related_name="+"
    )
    contractor_ids = ArrayField(models.BigIntegerField(), default=list)
    ranks = ArrayField(models.SmallIntegerField(), default=list)
    next_index = models.PositiveSmallIntegerField(default=0)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["job_id", "number"]
        constraints = [
            models.UniqueConstraint(fields=["job", "number"], name="round_number_unique"),
        ]

    def __str__(self) -> str:
        return f"round {self.number} of job {self.job_id}"

    @property
    def remaining(self) -> int:
        """How many candidates have not been asked or passed over yet."""
        return max(0, len(self.contractor_ids) - self.next_index)
