"""A dispatcher passed over somebody whom the ranking put earlier, and why."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q


class OverrideReason(models.TextChoices):
    """Why; the label finishes "because …"."""

    KNOWS_THE_PLACE = "knows_the_place", "They know the customer or the place"
    WANTED = "wanted", "The customer or the client asked for them"
    CLOSER = "closer", "They are closer, or nearby anyway"
    BETTER_AT_IT = "better_at_it", "They are better at this kind of work"
    PRICE = "price", "The price"
    FAIRER = "fairer", "The others have had enough work lately"
    MORE_RELIABLE = "more_reliable", "Trouble with whoever was first lately"
    QUICKER = "quicker", "They answer sooner"
    AGREED_ALREADY = "agreed_already", "They had agreed already, or were on the phone"
    FIRST_CANNOT = "first_cannot", "Whoever was first cannot, as I happen to know"
    OTHER = "other", "Something else"


class OverrideHow(models.TextChoices):
    ASSIGNED = "assigned", "Assigned by hand"
    ASKED_NEXT = "asked_next", "Asked next"


class Override(models.Model):
    """One choice of a person against the order of one decision, once per contractor chosen.

    ``passed_over`` are the candidates who were ranked before the chosen one and had not been asked
    yet, best first. The facts of all of them stand in the decision.
    """

    branch = models.ForeignKey(
        "network.Branch", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    decision = models.ForeignKey(
        "ranking.Decision", on_delete=models.PROTECT, related_name="overrides", db_index=False
    )
    job_ref = models.UUIDField(help_text="The job's public id; opaque to ranking.")
    chosen = models.ForeignKey("network.Contractor", on_delete=models.PROTECT, related_name="+")
    chosen_rank = models.PositiveSmallIntegerField(help_text="0: was no candidate.")
    passed_over = ArrayField(models.BigIntegerField())
    how = models.CharField(max_length=12, choices=OverrideHow.choices)
    reason = models.CharField(max_length=20, choices=OverrideReason.choices)
    note = models.CharField(max_length=500, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
    )
    at = models.DateTimeField(help_text="Domain time.")

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["decision", "chosen"], name="ranking_override_once"),
            models.CheckConstraint(
                condition=Q(reason__in=OverrideReason.values), name="ranking_override_reason_known"
            ),
            models.CheckConstraint(
                condition=Q(passed_over__len__gt=0), name="ranking_override_passes_somebody_over"
            ),
        ]
        indexes = [models.Index(fields=["branch", "at"], name="ranking_override_by_time")]

    def __str__(self) -> str:
        return f"Override of decision {self.decision_id}"
