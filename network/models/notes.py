"""What staff write down about a contractor, and which papers they have asked for."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from network.clock import AppNow
from network.models.clearance import Requirement
from network.models.contractor import Contractor
from network.querysets import DocumentRequestQuerySet


class ContractorNote(models.Model):
    """A note of staff for staff. Written once: a trigger refuses changing and deleting it."""

    contractor = models.ForeignKey(Contractor, on_delete=models.PROTECT, related_name="notes")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    at = models.DateTimeField(db_default=AppNow(), editable=False)
    text = models.TextField(max_length=4000)

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["contractor", "-at"], name="network_contractornote_newest")]
        constraints = [
            models.CheckConstraint(
                name="network_contractornote_says_something", condition=~Q(text="")
            )
        ]

    def __str__(self) -> str:
        return f"{self.text[:60]} ({self.author})"


class DocumentRequest(models.Model):
    """A paper that staff asked one contractor for.

    It is open until it is closed or the paper has been handed in since, which is told from the
    documents when asked (``DocumentRequest.objects.open``), so nothing has to run for it.
    """

    contractor = models.ForeignKey(
        Contractor, on_delete=models.CASCADE, related_name="document_requests"
    )
    requirement = models.ForeignKey(
        Requirement, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    note = models.CharField(max_length=500, blank=True, help_text="The contractor reads it.")
    due_on = models.DateField(null=True, blank=True, help_text="Wanted by this local day.")
    asked_at = models.DateTimeField(db_default=AppNow(), editable=False)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        editable=False,
    )
    closed_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Taken back, or asked anew."
    )

    objects = DocumentRequestQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["contractor", "requirement"],
                condition=Q(closed_at__isnull=True),
                name="network_documentrequest_one_standing",
            )
        ]

    def __str__(self) -> str:
        return f"{self.requirement} of {self.contractor}"
