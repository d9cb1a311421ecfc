"""API tokens and the record that makes retries harmless."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class ApiToken(models.Model):
    """A bearer token, stored as a SHA-256 hash, for one branch or one contractor."""

    class Scope(models.TextChoices):
        DISPATCH = "dispatch", "dispatch (one branch)"
        CONTRACTOR = "contractor", "contractor (one contractor)"

    name = models.CharField(max_length=80, blank=True)
    scope = models.CharField(max_length=10, choices=Scope.choices)
    branch = models.ForeignKey(
        "network.Branch", on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    contractor = models.ForeignKey(
        "network.Contractor", on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(scope="dispatch", branch__isnull=False, contractor__isnull=True)
                | Q(scope="contractor", contractor__isnull=False, branch__isnull=True),
                name="token_belongs_to_branch_or_contractor",
            ),
        ]

    def __str__(self) -> str:
        return self.name or f"{self.scope} token {self.pk}"


class IdempotencyRecord(models.Model):
    """One effect per key: ``scope`` is a token, a form, or the sender of a webhook.

    The unique constraint makes a second request with the same key wait for the first and
    then find its answer. Rows are kept at least 24 hours.
    """

    scope = models.CharField(max_length=60)
    operation = models.CharField(max_length=60)
    key = models.CharField(max_length=200)
    body_hash = models.CharField(max_length=64)
    response_status = models.PositiveSmallIntegerField(null=True)
    response_body = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["scope", "operation", "key"], name="one_effect_per_idempotency_key"
            ),
        ]
        indexes = [models.Index(fields=["created_at"], name="idempotency_age")]

    def __str__(self) -> str:
        return f"{self.operation} {self.key}"
