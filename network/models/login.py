"""Invitations to a firm's own people to sign in for themselves."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from network.clock import AppNow
from network.ids import uuid7
from network.models.contractor import Contractor
from network.models.technician import Technician


class TechnicianInvitation(models.Model):
    """A link by which one of a firm's people gets a login of their own; only its hash is kept."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    contractor = models.ForeignKey(
        Contractor, on_delete=models.CASCADE, related_name="login_invitations"
    )
    technician = models.ForeignKey(
        Technician, on_delete=models.CASCADE, related_name="login_invitations"
    )
    email = models.EmailField()
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    sent_at = models.DateTimeField(db_default=AppNow(), editable=False)
    expires_at = models.DateTimeField(editable=False)
    accepted_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        editable=False,
    )

    class Meta:
        ordering = ["-sent_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["technician"],
                condition=Q(accepted_at__isnull=True, revoked_at__isnull=True),
                name="network_technicianinvitation_one_open",
            ),
            models.CheckConstraint(
                name="network_technicianinvitation_ends_one_way",
                condition=Q(accepted_at__isnull=True) | Q(revoked_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} for {self.technician}"
