"""A replay: the decisions of a period under a draft, against the policy in force."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q


class ReplayStatus(models.TextChoices):
    QUEUED = "queued", "Waiting"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class Replay(models.Model):
    """One run, with what it was run on: ``digest`` stands for the draft's weights and rules then.

    ``result`` is the report of ``ranking.replay.figures``.
    """

    branch = models.ForeignKey("network.Branch", on_delete=models.CASCADE, related_name="+")
    policy = models.ForeignKey(
        "ranking.RankingPolicy", on_delete=models.CASCADE, related_name="replays"
    )
    against = models.ForeignKey("ranking.RankingPolicy", on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=40)
    period_start = models.DateTimeField(help_text="Domain time; included.")
    period_end = models.DateTimeField(help_text="Domain time; not included.")
    trade = models.SlugField(max_length=40, blank=True, help_text="Empty: every trade.")
    status = models.CharField(
        max_length=8, choices=ReplayStatus.choices, default=ReplayStatus.QUEUED
    )
    done = models.PositiveIntegerField(default=0, help_text="Decisions replayed so far.")
    total = models.PositiveIntegerField(default=0)
    result = models.JSONField(null=True)
    error = models.CharField(max_length=400, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField(help_text="Domain time.")
    finished_at = models.DateTimeField(null=True, help_text="Domain time.")
    milliseconds = models.PositiveIntegerField(null=True, help_text="How long it took.")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(period_end__gt=F("period_start")), name="ranking_replay_period_ordered"
            ),
            models.CheckConstraint(
                condition=Q(status="done", result__isnull=False) | ~Q(status="done"),
                name="ranking_replay_done_has_result",
            ),
        ]

    def __str__(self) -> str:
        return f"Replay {self.pk} of {self.policy_id}"

    @property
    def is_open(self) -> bool:
        return self.status in {ReplayStatus.QUEUED, ReplayStatus.RUNNING}

    @property
    def percent(self) -> int:
        return 100 * self.done // self.total if self.total else 0
