"""An accepted offer: a technician, a planned start, an ETA."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from jobs.querysets import BookingQuerySet
from jobs.states import VisitResult
from network.ids import uuid7


class Booking(models.Model):
    """The visit a contractor has agreed to. ``live`` until it ended, one way or another.

    The database holds a live booking and its booked job together by two deferred foreign
    keys over generated columns (see the migrations).
    """

    class End(models.TextChoices):
        COMPLETED = "completed", "completed"
        RELEASED = "released", "given back"
        CANCELLED = "cancelled", "cancelled"

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    branch = models.ForeignKey(
        "network.Branch",
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,  # the job's own; the audit compares them
    )
    job = models.ForeignKey("jobs.Job", on_delete=models.PROTECT, related_name="bookings")
    offer = models.OneToOneField("jobs.Offer", on_delete=models.PROTECT, related_name="booking")
    contractor = models.ForeignKey(
        "network.Contractor", on_delete=models.PROTECT, related_name="bookings", db_index=False
    )
    technician = models.ForeignKey(
        "network.Technician", on_delete=models.PROTECT, related_name="bookings", db_index=False
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    eta = models.DateTimeField(null=True, blank=True)
    asked_at = models.DateTimeField(
        null=True, blank=True, help_text="The contractor was asked to confirm."
    )
    asked_again_at = models.DateTimeField(
        null=True, blank=True, help_text="Asked once more, shortly before."
    )
    nudged_at = models.DateTimeField(
        null=True, blank=True, help_text="Asked where they are, after the expected time."
    )
    standby_due = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When somebody is asked to stand by next; none: nobody is to be asked.",
    )
    live = models.BooleanField(default=True)
    booked_at = models.DateTimeField()
    en_route_at = models.DateTimeField(null=True, blank=True)
    arrived_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    end_kind = models.CharField(max_length=10, choices=End.choices, blank=True)
    result = models.CharField(max_length=24, choices=VisitResult.choices, blank=True)
    reason = models.CharField(max_length=24, blank=True)
    note = models.TextField(blank=True)

    objects = BookingQuerySet.as_manager()

    class Meta:
        ordering = ["starts_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="booking_slot_ordered"
            ),
            models.CheckConstraint(
                condition=Q(live=True, finished_at__isnull=True, end_kind="")
                | (Q(live=False, finished_at__isnull=False) & ~Q(end_kind="")),
                name="booking_ended_iff_not_live",
            ),
        ]
        indexes = [
            models.Index(
                fields=["contractor", "starts_at"],
                condition=Q(live=True),
                name="booking_live_of_contractor",
            ),
            models.Index(fields=["contractor", "-starts_at"], name="booking_of_contractor"),
        ]

    def __str__(self) -> str:
        return f"booking {self.public_id}"
