"""A contractor's calendar for another program, under a secret address."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from network.clock import AppNow
from network.ids import uuid7
from network.models.contractor import Contractor


class CalendarFeed(models.Model):
    """One address per user and contractor; it shows what that user may see, while they may.

    ``token_hash`` finds the row; ``nonce`` lets the address be shown again by whoever has the
    installation's secret key, so a copy of the database alone opens nothing.
    """

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="calendar_feeds"
    )
    contractor = models.ForeignKey(
        Contractor, on_delete=models.CASCADE, related_name="calendar_feeds"
    )
    nonce = models.CharField(max_length=64, editable=False)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    made_at = models.DateTimeField(db_default=AppNow(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "contractor"], name="network_calendarfeed_one_per_user"
            ),
        ]

    def __str__(self) -> str:
        return f"calendar of {self.contractor} for {self.user}"
