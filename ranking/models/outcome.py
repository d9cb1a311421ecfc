"""What happened on one offer or visit, and to whom it is due."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from ranking.querysets import OutcomeQuerySet


class OutcomeKind(models.TextChoices):
    # on an offer (``value``: minutes until the answer)
    ACCEPTED = "accepted", "Accepted"
    DECLINED = "declined", "Declined"
    EXPIRED = "expired", "No answer"
    # on a visit
    FIXED = "fixed", "Fixed"
    NEEDS_ANOTHER_VISIT = "needs_another_visit", "Needs another visit"
    NO_ACCESS = "no_access", "No access"
    RELEASED_EARLY = "released_early", "Given back in good time"
    RELEASED_LATE = "released_late", "Given back late"
    NO_SHOW = "no_show", "No show"
    ON_TIME = "on_time", "On time"
    LATE = "late", "Late"
    RATING = "rating", "Customer rating"  # ``value``: 1 to 5


class DueTo(models.TextChoices):
    """Who caused it. Only what is due to the contractor enters the contractor's scorecard."""

    CONTRACTOR = "contractor", "Contractor"
    CUSTOMER = "customer", "Customer"
    PARTS = "parts", "Parts"
    DISPATCHER = "dispatcher", "Dispatcher"
    SYSTEM = "system", "System"


class Outcome(models.Model):
    """One thing that happened, once: (source_ref, kind) is unique, so retries add nothing."""

    # No index of their own: every read goes by contractor and time, or by "not folded". One
    # composite foreign key (contractor, branch) stands for both, so they can never disagree.
    branch = models.ForeignKey(
        "network.Branch",
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    contractor = models.ForeignKey(
        "network.Contractor",
        on_delete=models.PROTECT,
        related_name="outcomes",
        db_index=False,
        db_constraint=False,
    )
    technician = models.ForeignKey(
        "network.Technician",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    kind = models.CharField(max_length=20, choices=OutcomeKind.choices)
    due_to = models.CharField(max_length=10, choices=DueTo.choices)
    value = models.FloatField(
        null=True, blank=True, help_text="Minutes until the answer, or a rating from 1 to 5."
    )
    source_ref = models.UUIDField(help_text="Public id of the offer or booking.")
    job_ref = models.UUIDField()
    at = models.DateTimeField(help_text="Domain time.")
    folded = models.BooleanField(default=False, help_text="Already counted in the scorecard.")

    objects = OutcomeQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["source_ref", "kind"], name="ranking_outcome_once"),
            models.CheckConstraint(
                condition=Q(kind__in=OutcomeKind.values), name="ranking_outcome_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(due_to__in=DueTo.values), name="ranking_outcome_due_to_known"
            ),
            models.CheckConstraint(
                condition=(
                    Q(kind="rating", value__isnull=False, value__gte=1, value__lte=5)
                    | (~Q(kind="rating") & (Q(value__isnull=True) | Q(value__gte=0)))
                ),
                name="ranking_outcome_value_in_range",
            ),
        ]
        indexes = [
            models.Index(fields=["contractor", "at"], name="ranking_outcome_by_contractor"),
            models.Index(
                fields=["job_ref"],
                condition=Q(kind__in=["fixed", "needs_another_visit"]),
                name="ranking_outcome_visit_of_job",
            ),
            models.Index(F("id"), condition=Q(folded=False), name="ranking_outcome_not_folded"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, contractor {self.contractor_id}"
