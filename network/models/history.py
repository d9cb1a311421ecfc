"""What people did with a contractor, row by row; the machine's own writes have other records."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from network.clock import AppNow
from network.models.contractor import Contractor


class ContractorEvent(models.Model):
    """One thing that was done, append-only; ``action`` is for programs, ``note`` for people."""

    contractor = models.ForeignKey(Contractor, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField(db_default=AppNow(), editable=False)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Empty: nobody in particular, or a program.",
    )
    action = models.SlugField(max_length=40)
    note = models.CharField(max_length=500, blank=True)
    data = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["contractor", "-at"], name="network_contractorevent_newest")
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.note}".strip()
