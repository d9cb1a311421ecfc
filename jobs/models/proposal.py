"""A contractor's own price or time, in answer to an offer."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q


class Proposal(models.Model):
    """Ties the offer that was answered to the one that stands in its place.

    The first offer is withdrawn, nobody's fault. The second one holds the same time at the price
    asked, frozen like any other, and waits for the branch instead of the contractor. Whether it
    waits, was taken or not is that offer's own state, so the two can never disagree.
    """

    original = models.OneToOneField(
        "jobs.Offer", on_delete=models.PROTECT, related_name="proposal_made"
    )
    offer = models.OneToOneField("jobs.Offer", on_delete=models.PROTECT, related_name="proposal")
    starts_at = models.DateTimeField(
        null=True, blank=True, help_text="The start asked for; empty: as planned."
    )
    note = models.CharField(max_length=500, blank=True)
    made_at = models.DateTimeField()
    by_rule = models.BooleanField(default=False, help_text="Accepted by rule, within the limit.")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(original=F("offer")), name="proposal_stands_in_another_offer"
            ),
        ]

    def __str__(self) -> str:
        return f"proposal in place of offer {self.original_id}"
