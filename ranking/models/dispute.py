"""A contractor's objection to one outcome, and what staff decided."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from ranking.models.outcome import DueTo


class DisputeStatus(models.TextChoices):
    OPEN = "open", "Open"  # the outcome counts neither for nor against
    UPHELD = "upheld", "Upheld"  # due to somebody else: it does not count
    REJECTED = "rejected", "Rejected"  # it counts as before


class Dispute(models.Model):
    """One outcome is disputed once. A trigger keeps a decided dispute as it is: it is history.

    The row itself is the history that contractor and staff see: who said what, when, and to whom
    the outcome was due before and after.
    """

    outcome = models.OneToOneField(
        "ranking.Outcome", on_delete=models.PROTECT, related_name="dispute"
    )
    branch = models.ForeignKey(
        "network.Branch", on_delete=models.PROTECT, related_name="+", db_constraint=False
    )
    status = models.CharField(
        max_length=8, choices=DisputeStatus.choices, default=DisputeStatus.OPEN
    )
    text = models.CharField(max_length=1000, help_text="What the contractor says.")
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    opened_at = models.DateTimeField(help_text="Domain time.")
    due_to_before = models.CharField(max_length=10, choices=DueTo.choices)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, help_text="Domain time.")
    decision_note = models.CharField(max_length=1000, blank=True)
    due_to_after = models.CharField(max_length=10, choices=DueTo.choices, blank=True)

    class Meta:
        ordering = ["-opened_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status="open", decided_at__isnull=True, due_to_after="")
                | (
                    Q(status__in=["upheld", "rejected"], decided_at__isnull=False)
                    & ~Q(due_to_after="")
                    & ~Q(decision_note="")
                ),
                name="ranking_dispute_decided_with_note",
            ),
        ]
        indexes = [
            models.Index(
                fields=["branch", "opened_at"],
                condition=Q(status="open"),
                name="ranking_dispute_open",
            ),
        ]

    def __str__(self) -> str:
        return f"Dispute of outcome {self.outcome_id}"
