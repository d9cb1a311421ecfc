"""What work costs: a contractor's prices by service type, and a client's fixed prices."""

from __future__ import annotations

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models

from network.models.client import Client
from network.models.contractor import Contractor
from network.models.skill import ServiceType


class RateCard(models.Model):
    """A contractor's price for one kind of work from a day on, until a later one follows.

    Either a fixed price for the visit, or a call-out fee and an hourly rate. Without a card the
    contractor's own call-out fee and rate count. Amounts: branch's currency.
    """

    contractor = models.ForeignKey(Contractor, on_delete=models.CASCADE, related_name="rate_cards")
    service_type = models.ForeignKey(ServiceType, on_delete=models.PROTECT, related_name="+")
    valid_from = models.DateField(help_text="Counts for visits from this local day on.")
    fixed_price = models.DecimalField(
        max_digits=10,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.01"))],
    )
    call_out_fee = models.DecimalField(
        max_digits=10, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    hourly_rate = models.DecimalField(
        max_digits=10, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )

    class Meta:
        ordering = ["contractor", "service_type", "-valid_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["contractor", "service_type", "valid_from"],
                name="network_ratecard_once_per_day",
            ),
            models.CheckConstraint(
                name="network_ratecard_fixed_or_by_the_hour",
                condition=models.Q(
                    fixed_price__isnull=False,
                    fixed_price__gt=0,
                    call_out_fee__isnull=True,
                    hourly_rate__isnull=True,
                )
                | models.Q(
                    fixed_price__isnull=True,
                    call_out_fee__isnull=False,
                    call_out_fee__gte=0,
                    hourly_rate__isnull=False,
                    hourly_rate__gte=0,
                ),
                violation_error_message=(
                    "Give either a fixed price, or a call-out fee and an hourly rate."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contractor}: {self.service_type} from {self.valid_from}"

    def clean(self) -> None:
        super().clean()
        if (
            self.contractor_id is not None
            and self.service_type_id is not None
            and self.contractor.branch_id != self.service_type.branch_id
        ):
            raise ValidationError({"service_type": "This is not a service of the firm's branch."})


class ClientPrice(models.Model):
    """What a client pays for one kind of work, whoever does it, from a day on."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="prices")
    service_type = models.ForeignKey(ServiceType, on_delete=models.PROTECT, related_name="+")
    valid_from = models.DateField(help_text="Counts for visits from this local day on.")
    amount = models.DecimalField(
        max_digits=10, decimal_places=2, validators=[MinValueValidator(Decimal("0.01"))]
    )

    class Meta:
        ordering = ["client", "service_type", "-valid_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["client", "service_type", "valid_from"],
                name="network_clientprice_once_per_day",
            ),
            models.CheckConstraint(
                name="network_clientprice_is_positive", condition=models.Q(amount__gt=0)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.client}: {self.service_type} at {self.amount} from {self.valid_from}"

    def clean(self) -> None:
        super().clean()
        if (
            self.client_id is not None
            and self.service_type_id is not None
            and self.client.branch_id != self.service_type.branch_id
        ):
            raise ValidationError({"service_type": "This is not a service of the client's branch."})
