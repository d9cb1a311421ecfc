"""What is usual in a branch: the prior that few observations are pulled towards."""

from __future__ import annotations

from django.db import models


class BranchMeans(models.Model):
    """The branch's usual acceptance, answer time and rating, kept beside the scorecards.

    One row per branch, so that a decision reads it instead of averaging the whole network.
    """

    branch = models.OneToOneField(
        "network.Branch", on_delete=models.CASCADE, related_name="ranking_means"
    )
    accept_rate = models.FloatField()
    response_minutes = models.FloatField()
    rating_mean = models.FloatField()
    offers_count = models.PositiveIntegerField(default=0)
    answers_count = models.PositiveIntegerField(default=0)
    rating_count = models.PositiveIntegerField(default=0)
    updated_at = models.DateTimeField(help_text="Domain time.")

    class Meta:
        verbose_name = "branch means"
        verbose_name_plural = "branch means"

    def __str__(self) -> str:
        return f"Means of branch {self.branch_id}"
