"""How contractors come in: invitations by staff, and applications that staff look at."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from network.clock import AppNow
from network.ids import uuid7
from network.models.branch import Branch
from network.models.contractor import Contractor
from network.querysets import ApplicationQuerySet, InvitationQuerySet


class Invitation(models.Model):
    """A link by which somebody may register; only the hash of its secret is kept.

    Whether it has expired is told from ``expires_at`` when asked, so nothing has to run for it.
    """

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    branch = models.ForeignKey(Branch, on_delete=models.PROTECT, related_name="invitations")
    email = models.EmailField()
    name = models.CharField(max_length=120, blank=True, help_text="Of the firm or the person.")
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    sent_count = models.PositiveSmallIntegerField(default=1, editable=False)
    sent_at = models.DateTimeField(db_default=AppNow(), editable=False)
    expires_at = models.DateTimeField(editable=False)
    opened_at = models.DateTimeField(null=True, blank=True, editable=False)
    registered_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    contractor = models.OneToOneField(
        Contractor,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="invitation",
        editable=False,
    )
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        editable=False,
    )

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["-sent_at", "-id"]
        constraints = [
            # One link that works per address and branch: another is sent again, not beside it.
            models.UniqueConstraint(
                "branch",
                Lower("email"),
                condition=Q(registered_at__isnull=True, revoked_at__isnull=True),
                name="network_invitation_one_open_per_email",
            ),
            models.CheckConstraint(
                name="network_invitation_ends_one_way",
                condition=Q(registered_at__isnull=True) | Q(revoked_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} to {self.branch}"

    def state(self, *, at: datetime) -> str:
        """``registered``, ``revoked``, ``expired``, ``opened`` or ``sent``, as of ``at``."""
        if self.registered_at is not None:
            return "registered"
        if self.revoked_at is not None:
            return "revoked"
        if at >= self.expires_at:
            return "expired"
        return "sent" if self.opened_at is None else "opened"


class ApplicationState(models.TextChoices):
    DRAFT = "draft", "being filled in"
    SUBMITTED = "submitted", "waiting for review"
    SENT_BACK = "sent_back", "sent back to be mended"
    APPROVED = "approved", "approved"
    REJECTED = "rejected", "rejected"


class Application(models.Model):
    """A contractor's way in. What was typed lies in the contractor's own rows; ``step`` is the page
    of the wizard to go on from, and ``data`` what has no row yet.
    """

    contractor = models.OneToOneField(
        Contractor, on_delete=models.CASCADE, related_name="application"
    )
    state = models.CharField(
        max_length=10, choices=ApplicationState.choices, default=ApplicationState.DRAFT
    )
    step = models.PositiveSmallIntegerField(default=1)
    data = models.JSONField(default=dict, blank=True)
    reason = models.CharField(max_length=1000, blank=True)
    started_at = models.DateTimeField(db_default=AppNow(), editable=False)
    submitted_at = models.DateTimeField(null=True, blank=True, editable=False)
    reviewed_at = models.DateTimeField(null=True, blank=True, editable=False)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        editable=False,
    )

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        ordering = ["-started_at", "-id"]
        indexes = [
            models.Index(
                fields=["submitted_at"],
                condition=Q(state="submitted"),
                name="network_application_to_review",
            )
        ]
        constraints = [
            models.CheckConstraint(
                name="network_application_state_fits_its_review",
                condition=Q(state="draft", reviewed_at__isnull=True, reason="")
                | Q(state="submitted", submitted_at__isnull=False)
                | Q(state="approved", reviewed_at__isnull=False)
                | (
                    Q(state__in=["sent_back", "rejected"], reviewed_at__isnull=False)
                    & ~Q(reason="")
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contractor}, {self.get_state_display()}"
