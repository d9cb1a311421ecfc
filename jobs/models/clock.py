"""Signs of life of the clock, shown to staff and to the health check."""

from __future__ import annotations

from django.db import models


class ClockBeat(models.Model):
    """One row per running clock process.

    ``beat_at`` is wall time (it is about the process, not about the domain);
    ``rescues`` counts how often the clock did due work itself because no worker took it.
    """

    name = models.CharField(max_length=80, unique=True)
    beat_at = models.DateTimeField()
    rescues = models.PositiveIntegerField(default=0)
    handed_over = models.PositiveBigIntegerField(default=0)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
