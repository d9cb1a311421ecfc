"""Kinds of work that a contractor does not take, though the skills are there."""

from __future__ import annotations

from django.db import models

from network.clock import AppNow
from network.models.contractor import Contractor
from network.models.skill import ServiceType


class ServiceLeftOut(models.Model):
    """The machine does not ask this contractor about this kind of work; a person still may."""

    contractor = models.ForeignKey(
        Contractor, on_delete=models.CASCADE, related_name="services_left_out"
    )
    service_type = models.ForeignKey(ServiceType, on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField(db_default=AppNow(), editable=False)

    class Meta:
        verbose_name_plural = "services left out"
        constraints = [
            models.UniqueConstraint(
                fields=["contractor", "service_type"],
                name="network_serviceleftout_once_per_pair",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contractor} does not take {self.service_type}"
