"""What customers may change by themselves, what it costs, and how far remedies may go."""

from __future__ import annotations

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q


class ChangePolicy(models.Model):
    """One branch's answers to changes. A branch without a row uses the defaults here."""

    branch = models.OneToOneField(
        "network.Branch", on_delete=models.CASCADE, related_name="change_policy"
    )
    cutoff_minutes = models.PositiveIntegerField(
        default=120,
        validators=[MaxValueValidator(10_080)],
        help_text="So long before the window begins, customers may still move or cancel by "
        "themselves once somebody is booked; later it is a question to the dispatcher.",
    )
    first_hour = models.PositiveSmallIntegerField(
        default=8, validators=[MaxValueValidator(23)], help_text="Windows offered begin here."
    )
    last_hour = models.PositiveSmallIntegerField(
        default=20,
        validators=[MinValueValidator(1), MaxValueValidator(24)],
        help_text="And end by this hour.",
    )
    window_hours = models.PositiveSmallIntegerField(
        default=4, validators=[MinValueValidator(1), MaxValueValidator(12)]
    )
    days_ahead = models.PositiveSmallIntegerField(
        default=7,
        validators=[MinValueValidator(1), MaxValueValidator(14)],
        help_text="How many days ahead other windows are offered.",
    )
    late_minutes = models.PositiveIntegerField(
        default=1440,
        validators=[MaxValueValidator(10_080)],
        help_text="A change by the customer is late from this long before the window on.",
    )
    late_cancel_fee = models.DecimalField(
        max_digits=8,
        decimal_places=2,
        default=Decimal(0),
        help_text="What the booked contractor is paid when the customer cancels late.",
    )
    late_move_fee = models.DecimalField(
        max_digits=8,
        decimal_places=2,
        default=Decimal(0),
        help_text="What the booked contractor is paid when the customer moves late.",
    )
    widest_km = models.FloatField(
        default=25.0,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        help_text="How far beyond their territories contractors may be asked for a job in danger.",
    )
    highest_raise = models.DecimalField(
        max_digits=8,
        decimal_places=2,
        default=Decimal(150),
        help_text="By how much a dispatcher may raise a job's limit in one click.",
    )
    relaxable = models.ManyToManyField(
        "network.ServiceType",
        blank=True,
        related_name="+",
        verbose_name="skill may be relaxed for",
        help_text="Kinds of work that somebody one skill level below may do when it is urgent.",
    )
    accepts_within_limit = models.BooleanField(
        default=True,
        help_text="A contractor's own price within the job's limit is accepted by rule.",
    )

    class Meta:
        verbose_name = "changes and remedies"
        verbose_name_plural = "changes and remedies"
        constraints = [
            models.CheckConstraint(
                condition=Q(late_cancel_fee__gte=0, late_move_fee__gte=0, highest_raise__gte=0),
                name="change_money_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(first_hour__lt=F("last_hour"), last_hour__lte=24, window_hours__gte=1),
                name="change_hours_ordered",
            ),
            models.CheckConstraint(
                condition=Q(widest_km__gte=0, widest_km__lte=100), name="change_reach_sane"
            ),
        ]

    def __str__(self) -> str:
        return f"Changes in {self.branch}"


class ContractorFee(models.Model):
    """What a contractor is paid because the customer changed a booked visit late."""

    class Kind(models.TextChoices):
        LATE_CANCEL = "late_cancel", "Cancelled late by the customer"
        LATE_MOVE = "late_move", "Moved late by the customer"

    booking = models.ForeignKey("jobs.Booking", on_delete=models.PROTECT, related_name="fees")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    amount = models.DecimalField(max_digits=8, decimal_places=2)
    currency = models.CharField(max_length=3)
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["booking", "kind"], name="one_fee_of_a_kind_per_visit"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="fee_above_zero"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.amount} {self.currency}"
