"""Which clock is installed, for pages that must show it."""

from __future__ import annotations

from django.db import models


class DomainClock(models.Model):
    """The single row that says how ``app_now()`` runs; written by ``network.clock`` only."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    scale = models.FloatField(default=1.0)
    is_scaled = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(name="network_domainclock_is_one_row", condition=models.Q(id=1)),
            models.CheckConstraint(
                name="network_domainclock_scale_is_positive", condition=models.Q(scale__gt=0)
            ),
        ]

    def __str__(self) -> str:
        return f"domain time at {self.scale:g}×"
