"""A ranking policy is a numbered revision of weights; the revisions are the history."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from ranking.querysets import PolicyQuerySet


class PolicyStatus(models.TextChoices):
    """Where a revision is in its life; it only ever moves downwards in this list."""

    DRAFT = "draft", "Draft"  # may still be edited; no decision uses it
    PUBLISHED = "published", "Live"  # every new decision of the branch uses it
    SUPERSEDED = "superseded", "Superseded"  # was live once; kept for the decisions it made


class RankingPolicy(models.Model):
    """One revision of a branch's weights, 0–100 per criterion, and rules (``ranking.rules``).

    Its scope is the whole branch, or only one service type, one client, or one of both; the most
    specific published policy ranks a job, where a client is more specific than a service type.

    A trigger refuses every change of a published or superseded row except published → superseded,
    and refuses to delete it: old decisions are explained with the weights they were made with.
    """

    branch = models.ForeignKey(
        "network.Branch", on_delete=models.PROTECT, related_name="ranking_policies"
    )
    service_type = models.ForeignKey(
        "network.ServiceType",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Only for this kind of work; empty: for every one.",
    )
    client = models.ForeignKey(
        "network.Client",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Only for this client; empty: for every one.",
    )
    revision = models.PositiveIntegerField(help_text="Counts up within the branch.")
    status = models.CharField(
        max_length=10, choices=PolicyStatus.choices, default=PolicyStatus.DRAFT
    )
    weights = models.JSONField(help_text="Criterion key → weight, 0 to 100.")
    rules = models.JSONField(
        default=list, db_default=[], help_text="See ranking.rules: must, prefer, never and others."
    )
    note = models.CharField(
        "what changes, and why", max_length=300, blank=True, help_text="Kept in the history."
    )
    copy_of = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="copies",
        help_text="The revision this one was started from.",
    )
    replay_seen = models.ForeignKey(
        "ranking.Replay",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="The replay that was looked at before publishing.",
    )
    # PROTECT: who changed the order of calls stays on record; people who leave are deactivated.
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    created_at = models.DateTimeField()
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    published_at = models.DateTimeField(null=True, blank=True)

    objects = PolicyQuerySet.as_manager()

    class Meta:
        verbose_name = "ranking policy"
        verbose_name_plural = "ranking policies"
        ordering = ["branch", "-revision"]
        constraints = [
            models.UniqueConstraint(
                fields=["branch", "revision"], name="ranking_policy_revision_unique"
            ),
            models.UniqueConstraint(
                fields=["branch", "service_type", "client"],
                condition=Q(status="published"),
                nulls_distinct=False,
                name="ranking_policy_one_live_per_scope",
            ),
            models.CheckConstraint(
                condition=Q(status="draft", published_at__isnull=True)
                | Q(status__in=["published", "superseded"], published_at__isnull=False),
                name="ranking_policy_published_at_matches_status",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.branch.name}, revision {self.revision}"

    @property
    def scope(self) -> tuple[int | None, int | None]:
        """Service type and client it is for; None stands for every one."""
        return (self.service_type_id, self.client_id)

    @property
    def scope_name(self) -> str:
        """'every job', 'Leak repair', 'Leak repair for Acme', 'Acme, every kind of work'."""
        if self.client is None:
            return self.service_type.name if self.service_type else "every job"
        if self.service_type is None:
            return f"{self.client.name}, every kind of work"
        return f"{self.service_type.name} for {self.client.name}"

    @property
    def is_draft(self) -> bool:
        return self.status == PolicyStatus.DRAFT
