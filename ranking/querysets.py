"""Reads of the ranking tables."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import models

if TYPE_CHECKING:
    from ranking.models import Decision, Outcome, RankingPolicy, Scorecard  # noqa: F401


class PolicyQuerySet(models.QuerySet["RankingPolicy"]):
    def for_branch(self, branch_id: int) -> PolicyQuerySet:
        return self.filter(branch_id=branch_id)

    def published(self) -> PolicyQuerySet:
        """The live revision of each branch."""
        return self.filter(status="published")

    def drafts(self) -> PolicyQuerySet:
        return self.filter(status="draft")

    def live_at(self, at: datetime) -> PolicyQuerySet:
        """Of each branch, the revision that was live at ``at`` (aware UTC)."""
        newest = (
            self.model._default_manager.filter(
                branch_id=models.OuterRef("branch_id"), published_at__lte=at
            )
            .order_by("-published_at", "-id")
            .values("id")[:1]
        )
        return self.filter(id=models.Subquery(newest))


class DecisionQuerySet(models.QuerySet["Decision"]):
    def for_branch(self, branch_id: int) -> DecisionQuerySet:
        return self.filter(branch_id=branch_id)

    def for_job(self, job_ref: UUID) -> DecisionQuerySet:
        """Newest round first, ready for ``explain`` without further queries."""
        return self.filter(job_ref=job_ref).select_related("policy").order_by("-round_number")

    def made_between(self, start: datetime, end: datetime) -> DecisionQuerySet:
        return self.filter(made_at__gte=start, made_at__lt=end)


class OutcomeQuerySet(models.QuerySet["Outcome"]):
    def not_folded(self) -> OutcomeQuerySet:
        return self.filter(folded=False)

    def of_contractor(self, contractor_id: int) -> OutcomeQuerySet:
        return self.filter(contractor_id=contractor_id)


class ScorecardQuerySet(models.QuerySet["Scorecard"]):
    def of_contractors(self, contractor_ids: Iterable[int]) -> dict[int, Any]:
        """Contractor id → scorecard; newcomers are missing from it."""
        return {card.contractor_id: card for card in self.filter(contractor_id__in=contractor_ids)}
