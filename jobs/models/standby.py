"""The runner-up who holds the time of a booked visit, in case the first does not come."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from jobs.states import HOLDING, StandbyStatus
from network.ids import uuid7


class Standby(models.Model):
    """One contractor asked to stand by for one booking, with the time held and the fee agreed.

    While ``asked`` or ``standing`` the technician's calendar holds the time (a hold whose
    ``source_ref`` is ``public_id``); at most one of a job holds at a time. ``pay`` is what the
    visit itself would bring, frozen like an offer's; ``fee`` is for holding the time, owed once
    the standby said yes.
    """

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    branch = models.ForeignKey(
        "network.Branch",
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,  # the job's own; the audit compares them
    )
    job = models.ForeignKey("jobs.Job", on_delete=models.PROTECT, related_name="standbys")
    booking = models.ForeignKey("jobs.Booking", on_delete=models.PROTECT, related_name="standbys")
    rank = models.PositiveSmallIntegerField(help_text="Rank in the decision; 0: not ranked.")
    contractor = models.ForeignKey(
        "network.Contractor", on_delete=models.PROTECT, related_name="standbys", db_index=False
    )
    technician = models.ForeignKey(
        "network.Technician", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    status = models.CharField(
        max_length=10, choices=StandbyStatus.choices, default=StandbyStatus.ASKED
    )
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField(help_text="An answer counts only before this.")
    answered_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True, help_text="The time is free again.")
    reason = models.CharField(max_length=24, blank=True)
    fee = models.DecimalField(max_digits=8, decimal_places=2)
    pay = models.DecimalField(max_digits=10, decimal_places=2)
    currency = models.CharField(max_length=3)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    travel_minutes = models.FloatField()
    travel_km = models.FloatField()

    class Meta:
        ordering = ["asked_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["job"],
                condition=Q(status__in=sorted(HOLDING)),
                name="one_standby_holds_per_job",
            ),
            models.UniqueConstraint(
                # Another time is another question: a move lets him go, and he may be asked again.
                fields=["booking", "contractor"],
                condition=~Q(reason="moved"),
                name="asked_once_to_stand_by",
            ),
            models.CheckConstraint(
                condition=Q(status__in=StandbyStatus.values), name="standby_status_known"
            ),
            models.CheckConstraint(
                condition=Q(status__in=sorted(HOLDING), closed_at__isnull=True)
                | (~Q(status__in=sorted(HOLDING)) & Q(closed_at__isnull=False)),
                name="standby_closed_iff_not_holding",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["standing", "stepped_in"])
                | Q(answered_at__isnull=False, answered_at__lt=F("expires_at")),
                name="standby_agreed_in_time",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="standby_slot_ordered"
            ),
            models.CheckConstraint(
                condition=Q(fee__gte=0, pay__gte=0), name="standby_money_not_negative"
            ),
        ]
        indexes = [
            models.Index(
                fields=["contractor", "starts_at"],
                condition=Q(status__in=sorted(HOLDING)),
                name="standby_of_contractor",
            ),
        ]

    def __str__(self) -> str:
        return f"standby {self.public_id}"
