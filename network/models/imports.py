"""Imports of contractor lists, kept so that the last one can be undone."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from network.clock import AppNow
from network.ids import uuid7
from network.models.branch import Branch
from network.models.contractor import Contractor


class ContractorImport(models.Model):
    """One list that went in. ``counts`` are the report's figures."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    branch = models.ForeignKey(Branch, on_delete=models.PROTECT, related_name="contractor_imports")
    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    source = models.CharField(max_length=40)
    counts = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=AppNow(), editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"{self.file_name} into {self.branch}"


class ImportAction(models.TextChoices):
    CREATED = "created", "created"
    UPDATED = "updated", "updated"


class ImportedContractor(models.Model):
    """What an import did to one contractor; ``before`` has the old values of what it changed."""

    contractor_import = models.ForeignKey(
        ContractorImport, on_delete=models.CASCADE, related_name="rows"
    )
    contractor = models.ForeignKey(Contractor, on_delete=models.CASCADE, related_name="+")
    line = models.PositiveIntegerField()
    action = models.CharField(max_length=8, choices=ImportAction.choices)
    before = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["contractor_import", "contractor"],
                name="network_importedcontractor_once_per_import",
            ),
            models.CheckConstraint(
                name="network_importedcontractor_action_is_known",
                condition=Q(action__in=ImportAction.values),
            ),
        ]

    def __str__(self) -> str:
        return f"line {self.line}: {self.action}"
