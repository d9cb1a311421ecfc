"""What is usual in a branch: the prior that few observations are pulled towards."""

from __future__ import annotations

from django.db import models

from ranking.smoothing import DEFAULT_FIX_RATE, DEFAULT_ON_TIME_RATE, DEFAULT_STRIKES_RATE


class BranchMeans(models.Model):
    """The branch's usual figures, kept beside the scorecards.

    One row per branch, so that a decision reads it instead of averaging the whole network.
    """

    branch = models.OneToOneField(
        "network.Branch", on_delete=models.CASCADE, related_name="ranking_means"
    )
    accept_rate = models.FloatField()
    response_minutes = models.FloatField()
    rating_mean = models.FloatField()
    fix_rate = models.FloatField(default=DEFAULT_FIX_RATE)
    on_time_rate = models.FloatField(default=DEFAULT_ON_TIME_RATE)
    strikes_rate = models.FloatField(default=DEFAULT_STRIKES_RATE)
    recent_accepted = models.PositiveIntegerField(
        default=0, help_text="Jobs accepted in the whole branch in the last 14 days."
    )
    offers_count = models.PositiveIntegerField(default=0)
    answers_count = models.PositiveIntegerField(default=0)
    rating_count = models.PositiveIntegerField(default=0)
    visits_count = models.PositiveIntegerField(default=0)
    arrivals_count = models.PositiveIntegerField(default=0)
    commitments_count = models.PositiveIntegerField(default=0)
    updated_at = models.DateTimeField(help_text="Domain time.")

    class Meta:
        verbose_name = "branch means"
        verbose_name_plural = "branch means"

    def __str__(self) -> str:
        return f"Means of branch {self.branch_id}"
