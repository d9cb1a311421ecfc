"""What a branch may tune about its cascade."""

from __future__ import annotations

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
