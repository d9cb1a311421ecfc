"""A question the machine puts to the dispatcher."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from jobs.states import EscalationKind


class Escalation(models.Model):
    """Open until a person or a later event settles it; at most one of a kind per job."""

    branch = models.ForeignKey(
        "network.Branch",
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,  # the job's own; the audit compares them
    )
    job = models.ForeignKey("jobs.Job", on_delete=models.PROTECT, related_name="escalations")
    kind = models.CharField(max_length=24, choices=EscalationKind.choices)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    resolution = models.CharField(max_length=200, blank=True)
    data = models.JSONField(default=dict)

    class Meta:
        ordering = ["opened_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["job", "kind"],
                condition=Q(closed_at__isnull=True),
                name="one_open_escalation_of_a_kind",
            ),
        ]
        indexes = [
            models.Index(
                fields=["branch", "opened_at"],
                condition=Q(closed_at__isnull=True),
                name="escalation_open",
            ),
            models.Index(fields=["branch", "-closed_at"], name="escalation_closed"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of job {self.job_id}"
