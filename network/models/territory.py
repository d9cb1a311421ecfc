"""Where contractors work, stored as compacted H3 cells."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from network.models.branch import Branch
from network.models.contractor import Contractor


class TerritoryKind(models.TextChoices):
    RADIUS = "radius", "radius around a point"
    POLYGON = "polygon", "drawn area"
    ZIPS = "zips", "list of ZIP codes"


class Territory(models.Model):
    """A contractor's area. Its cells are written by ``network.services.territory`` only.

    The point is the circle's centre, or the middle of a drawn area or of the ZIP codes. ``outline``
    is a list of [latitude, longitude] corners. ``left_out`` are ZIP codes within it where the
    contractor does not go; their cells are not stored.
    """

    contractor = models.OneToOneField(
        Contractor, on_delete=models.CASCADE, related_name="territory", db_constraint=False
    )
    branch = models.ForeignKey(
        Branch, on_delete=models.PROTECT, related_name="+", db_constraint=False, editable=False
    )
    kind = models.CharField(
        max_length=10, choices=TerritoryKind.choices, default=TerritoryKind.RADIUS
    )
    latitude = models.FloatField()
    longitude = models.FloatField()
    radius_km = models.FloatField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(200)]
    )
    outline = models.JSONField(null=True, blank=True)
    zips = ArrayField(models.CharField(max_length=5), null=True, blank=True)
    left_out = ArrayField(
        models.CharField(max_length=5), default=list, blank=True, db_default=[], editable=False
    )

    class Meta:
        verbose_name_plural = "territories"
        constraints = [
            # Target of the cells' composite foreign key.
            models.UniqueConstraint(
                fields=["id", "contractor", "branch"], name="network_territory_id_with_parents"
            ),
            models.CheckConstraint(
                name="network_territory_centre_is_on_the_globe",
                condition=models.Q(latitude__range=(-90, 90), longitude__range=(-180, 180)),
            ),
            models.CheckConstraint(
                name="network_territory_radius_1_to_200_km",
                condition=models.Q(radius_km__isnull=True) | models.Q(radius_km__range=(1, 200)),
            ),
            models.CheckConstraint(
                name="network_territory_kind_fits_its_fields",
                condition=models.Q(
                    kind=TerritoryKind.RADIUS,
                    radius_km__isnull=False,
                    outline__isnull=True,
                    zips__isnull=True,
                )
                | models.Q(
                    kind=TerritoryKind.POLYGON,
                    radius_km__isnull=True,
                    outline__isnull=False,
                    zips__isnull=True,
                )
                | models.Q(
                    kind=TerritoryKind.ZIPS,
                    radius_km__isnull=True,
                    outline__isnull=True,
                    zips__isnull=False,
                ),
            ),
        ]

    def __str__(self) -> str:
        if self.kind == TerritoryKind.RADIUS:
            return f"{self.radius_km:g} km around {self.latitude:.4f}, {self.longitude:.4f}"
        if self.kind == TerritoryKind.ZIPS:
            return f"{len(self.zips or [])} ZIP codes"
        return f"drawn area with {len(self.outline or [])} corners"


class TerritoryCell(models.Model):
    """One compacted H3 cell (resolution 8 or coarser) of a territory.

    A site is inside when its own cell of resolution 8, or one of that cell's ancestors, is here.
    Contractor and branch stand beside the cell so that one index answers "who covers this site in
    this branch" without touching a table that grows with the network.
    """

    pk = models.CompositePrimaryKey("territory_id", "cell")
    territory = models.ForeignKey(
        Territory,
        on_delete=models.CASCADE,
        related_name="cells",
        db_constraint=False,
        db_index=False,
    )
    contractor = models.ForeignKey(
        Contractor,
        on_delete=models.CASCADE,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    branch = models.ForeignKey(
        Branch, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    cell = models.BigIntegerField()

    class Meta:
        indexes = [
            models.Index(
                fields=["branch", "cell"],
                include=["contractor"],
                name="network_territorycell_lookup",
            )
        ]

    def __str__(self) -> str:
        return f"{self.cell:x} of territory {self.territory_id}"
