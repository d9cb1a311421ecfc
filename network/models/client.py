"""Who pays for the work, and whom they want or refuse."""

from __future__ import annotations

from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import models

from network.clock import AppNow
from network.models.branch import Branch
from network.models.contractor import Contractor
from network.querysets import InBranchQuerySet


class Client(models.Model):
    """A payer: a warranty company, a landlord, the branch itself. Amounts: branch's currency."""

    branch = models.ForeignKey(Branch, on_delete=models.PROTECT, related_name="clients")
    slug = models.SlugField(max_length=60)
    name = models.CharField(max_length=120)
    not_to_exceed = models.DecimalField(
        max_digits=10,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.01"))],
        help_text="Upper limit for one job in the branch's currency; empty: the service type's.",
    )

    objects = InBranchQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["branch", "slug"], name="network_client_slug_once_per_branch"
            ),
            models.CheckConstraint(
                name="network_client_limit_is_positive",
                condition=models.Q(not_to_exceed__isnull=True) | models.Q(not_to_exceed__gt=0),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ClientRelation(models.TextChoices):
    BLOCKED = "blocked", "blocked"
    PREFERRED = "preferred", "preferred"


class ClientContractor(models.Model):
    """A client's standing word about one contractor: never send them, or rather send them."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="contractor_links")
    contractor = models.ForeignKey(
        Contractor, on_delete=models.CASCADE, related_name="client_links"
    )
    relation = models.CharField(max_length=10, choices=ClientRelation.choices)
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["client", "contractor"], name="network_clientcontractor_once_per_pair"
            ),
            models.CheckConstraint(
                name="network_clientcontractor_relation_is_known",
                condition=models.Q(relation__in=ClientRelation.values),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contractor} is {self.relation} by {self.client}"


class ClientRefusal(models.Model):
    """The contractor's own word about a client: not for this one again.

    Set and lifted by the contractor in the portal; staff see it and can lift it. It keeps away
    new offers only; offers and visits that stand are not touched.
    """

    contractor = models.ForeignKey(
        Contractor, on_delete=models.CASCADE, related_name="refused_clients"
    )
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="refusals")
    note = models.CharField(max_length=300, blank=True, help_text="Why; staff read it.")
    created_at = models.DateTimeField(db_default=AppNow(), editable=False)

    class Meta:
        verbose_name = "client refused by a contractor"
        verbose_name_plural = "clients refused by contractors"
        constraints = [
            models.UniqueConstraint(
                fields=["contractor", "client"], name="network_clientrefusal_once_per_pair"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contractor} does not work for {self.client}"
