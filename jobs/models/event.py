"""The append-only history of a job."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q


class JobEvent(models.Model):
    """One thing that happened. Never updated, never deleted: a trigger refuses both.

    Serves the timeline, the statistics and the outbox alike. ``from_status`` and
    ``to_status`` are set on transitions: of the job, or of ``offer`` when that is set.
    """

    branch = models.ForeignKey(
        "network.Branch",
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,  # the job's own; the audit compares them
    )
    job = models.ForeignKey(
        "jobs.Job", on_delete=models.PROTECT, related_name="events", db_index=False
    )
    sequence = models.PositiveIntegerField()
    at = models.DateTimeField()
    kind = models.CharField(max_length=40)
    actor_kind = models.CharField(max_length=12)
    actor_label = models.CharField(max_length=120)
    actor_user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
    )
    offer = models.ForeignKey(
        "jobs.Offer", on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    from_status = models.CharField(max_length=12, blank=True)
    to_status = models.CharField(max_length=12, blank=True)
    data = models.JSONField(default=dict)

    class Meta:
        ordering = ["job_id", "sequence"]
        constraints = [
            models.UniqueConstraint(fields=["job", "sequence"], name="event_sequence_unique"),
            models.UniqueConstraint(
                fields=["offer", "to_status"],
                condition=Q(offer__isnull=False) & ~Q(to_status=""),
                name="one_event_per_offer_transition",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} ({self.sequence})"
