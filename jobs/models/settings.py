"""What a branch may tune about its cascade."""

from __future__ import annotations

from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from jobs.states import Priority


class OfferWindow(models.Model):
    """How long contractors of a branch have to answer, by priority.

    A branch without a row for a priority uses ``states.DEFAULT_OFFER_MINUTES``.
    """

    branch = models.ForeignKey(
        "network.Branch", on_delete=models.CASCADE, related_name="offer_windows"
    )
    priority = models.CharField(max_length=12, choices=Priority.choices)
    minutes = models.PositiveSmallIntegerField(
        validators=[MinValueValidator(1), MaxValueValidator(2880)],
        help_text="Minutes to answer, from 1 to 2,880 (two days).",
    )

    class Meta:
        ordering = ["branch", "minutes"]
        constraints = [
            models.UniqueConstraint(fields=["branch", "priority"], name="offer_window_unique"),
            models.CheckConstraint(
                condition=Q(minutes__gte=1, minutes__lte=2880), name="offer_window_minutes_sane"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_priority_display()}: {self.minutes} min"


class Protection(models.Model):
    """How a branch protects its appointments. A branch without a row uses the defaults here.

    With ``acts`` off, the machine asks nobody to confirm and rescues nothing: a visit that loses
    its contractor is a question to the dispatcher instead of a new search.
    """

    branch = models.OneToOneField(
        "network.Branch", on_delete=models.CASCADE, related_name="protection"
    )
    acts = models.BooleanField(
        "acts by itself",
        default=True,
        db_default=True,
        help_text="Off: a dropped visit becomes a question to the dispatcher.",
    )
    rescue_lead_minutes = models.PositiveSmallIntegerField(
        default=75,
        db_default=75,
        validators=[MinValueValidator(10), MaxValueValidator(480)],
        help_text="So long before the window ends a substitute must be looked for to arrive in "
        "time: minutes to answer and to drive, from 10 to 480.",
    )
    standby_priorities = ArrayField(
        models.CharField(max_length=12, choices=Priority.choices),
        default=list,
        blank=True,
        help_text="Jobs of these priorities get a standby.",
    )
    standby_service_types = models.ManyToManyField(
        "network.ServiceType",
        blank=True,
        related_name="+",
        help_text="Jobs of these kinds of work get a standby.",
    )
    standby_fee = models.DecimalField(
        max_digits=8,
        decimal_places=2,
        default=Decimal(0),
        db_default=Decimal(0),
        help_text="What a standby is paid for holding the time, in the branch's currency.",
    )

    class Meta:
        verbose_name = "protection of appointments"
        verbose_name_plural = "protection of appointments"
        constraints = [
            models.CheckConstraint(
                condition=Q(rescue_lead_minutes__gte=10, rescue_lead_minutes__lte=480),
                name="protection_lead_sane",
            ),
            models.CheckConstraint(
                condition=Q(standby_fee__gte=0), name="protection_fee_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"Protection in {self.branch}"
