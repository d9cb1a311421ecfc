"""The rolling figures about a contractor that ranking reads."""

from __future__ import annotations

from django.db import models

from ranking.querysets import ScorecardQuerySet


class Scorecard(models.Model):
    """What a contractor's outcomes of the last 180 days add up to.

    Counts are plain; the three figures that ranking uses (``accept_rate``, ``response_minutes``,
    ``rating_mean``) are smoothed towards the branch's usual figure (see ``smoothing.py``). Only
    outcomes due to the contractor count. No row means a newcomer: nothing known yet.
    """

    # One composite foreign key (contractor, branch) stands for both.
    contractor = models.OneToOneField(
        "network.Contractor",
        on_delete=models.CASCADE,
        related_name="scorecard",
        db_constraint=False,
    )
    branch = models.ForeignKey(
        "network.Branch", on_delete=models.CASCADE, related_name="+", db_constraint=False
    )
    offers_count = models.PositiveIntegerField(
        default=0, help_text="Offers accepted, declined or left unanswered."
    )
    accepted_count = models.PositiveIntegerField(default=0)
    declined_count = models.PositiveIntegerField(default=0)
    expired_count = models.PositiveIntegerField(default=0)
    accept_rate = models.FloatField(null=True, help_text="0 to 1, smoothed.")
    answers_count = models.PositiveIntegerField(default=0, help_text="Answers whose time is known.")
    response_median = models.FloatField(null=True, help_text="Minutes, as measured.")
    response_minutes = models.FloatField(null=True, help_text="Median minutes, smoothed.")
    rating_count = models.PositiveIntegerField(default=0)
    rating_average = models.FloatField(null=True, help_text="1 to 5, as given.")
    rating_mean = models.FloatField(null=True, help_text="1 to 5, smoothed.")
    visits_count = models.PositiveIntegerField(
        default=0, help_text="Visits fixed, or needing another one because of the contractor."
    )
    fixed_count = models.PositiveIntegerField(default=0)
    on_time_count = models.PositiveIntegerField(default=0)
    late_count = models.PositiveIntegerField(default=0)
    released_count = models.PositiveIntegerField(default=0)
    no_show_count = models.PositiveIntegerField(default=0)
    recent_accepted = models.PositiveIntegerField(
        default=0, help_text="Accepted in the 14 days before the last update."
    )
    updated_at = models.DateTimeField(help_text="Domain time of the last recount.", db_index=True)

    objects = ScorecardQuerySet.as_manager()

    class Meta:
        ordering = ["contractor"]

    def __str__(self) -> str:
        return f"Scorecard of contractor {self.contractor_id}"
