"""The rolling figures about a contractor that ranking reads."""

from __future__ import annotations

from django.db import models

from ranking.querysets import ScorecardQuerySet


class Scorecard(models.Model):
    """What a contractor's newest outcomes add up to (see ``evidence.py`` for which they are).

    Counts are plain, for the sentences. The figures that ranking uses (``accept_rate``,
    ``response_minutes``, ``rating_mean``, ``fix_rate``, ``on_time_rate``, ``strikes_rate``) are
    smoothed towards the branch's usual figure (see ``smoothing.py``): each is a ``…_total`` of
    outcomes that weigh less with age, over their ``…_evidence``, the sum of those weights. Only
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
    response_p80 = models.FloatField(
        null=True, help_text="Minutes within which 80 % of the answers came, as measured."
    )
    response_minutes = models.FloatField(null=True, help_text="Median minutes, smoothed.")
    rating_count = models.PositiveIntegerField(default=0)
    rating_average = models.FloatField(null=True, help_text="1 to 5, as given.")
    rating_mean = models.FloatField(null=True, help_text="1 to 5, smoothed.")
    accept_total = models.FloatField(default=0)
    accept_evidence = models.FloatField(default=0)
    response_evidence = models.FloatField(default=0)
    rating_total = models.FloatField(default=0)
    rating_evidence = models.FloatField(default=0)
    visits_count = models.PositiveIntegerField(
        default=0, help_text="Visits fixed, or needing another one because of the contractor."
    )
    fixed_count = models.PositiveIntegerField(default=0)
    fix_total = models.FloatField(default=0)
    fix_evidence = models.FloatField(default=0)
    fix_rate = models.FloatField(null=True, help_text="0 to 1, smoothed.")
    on_time_count = models.PositiveIntegerField(default=0)
    late_count = models.PositiveIntegerField(default=0)
    on_time_total = models.FloatField(default=0)
    on_time_evidence = models.FloatField(default=0)
    on_time_rate = models.FloatField(null=True, help_text="0 to 1, smoothed.")
    commitments_count = models.PositiveIntegerField(
        default=0, help_text="Accepted jobs that came to an end of the contractor's doing."
    )
    released_early_count = models.PositiveIntegerField(default=0)
    released_late_count = models.PositiveIntegerField(default=0)
    strikes_total = models.FloatField(default=0)
    strikes_evidence = models.FloatField(default=0)
    strikes_rate = models.FloatField(null=True, help_text="Strikes per accepted job, smoothed.")
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
