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

    def in_scope(self, service_type_id: int | None, client_id: int | None) -> PolicyQuerySet:
        """Revisions of exactly this scope; None stands for every one."""
        return self.filter(service_type_id=service_type_id, client_id=client_id)

    def for_job(
        self, branch_id: int, service_type_id: int | None, client_id: int | None
    ) -> PolicyQuerySet:
        """The live policies that fit such a job, the most specific one (which ranks it) first.

        A client is more specific than a service type, both together are the most.
        """
        return (
            self.filter(branch_id=branch_id, status="published")
            .filter(models.Q(service_type=None) | models.Q(service_type_id=service_type_id))
            .filter(models.Q(client=None) | models.Q(client_id=client_id))
            .order_by(
                models.F("client").asc(nulls_last=True),
                models.F("service_type").asc(nulls_last=True),
            )
        )

    def published(self) -> PolicyQuerySet:
        """The live revision of each scope."""
        return self.filter(status="published")

    def drafts(self) -> PolicyQuerySet:
        return self.filter(status="draft")

    def live_at(self, at: datetime) -> PolicyQuerySet:
        """Of each scope, the revision that was live at ``at`` (aware UTC)."""
        scope = ("branch_id", "service_type_id", "client_id")
        return (
            self.filter(published_at__lte=at)
            .order_by(*scope, "-published_at", "-id")
            .distinct(*scope)
        )


class DecisionQuerySet(models.QuerySet["Decision"]):
    def for_branch(self, branch_id: int) -> DecisionQuerySet:
        return self.filter(branch_id=branch_id)

    def for_job(self, job_ref: UUID) -> DecisionQuerySet:
        """Newest round first, ready for ``explain`` without further queries."""
        return (
            self.filter(job_ref=job_ref)
            .select_related("policy__service_type", "policy__client")
            .order_by("-round_number")
        )

    def in_scope(self, service_type_id: int | None, client_id: int | None) -> DecisionQuerySet:
        """Decisions on jobs of this kind and client; None stands for every one."""
        found = self
        if service_type_id is not None:
            found = found.filter(service_type_id=service_type_id)
        if client_id is not None:
            found = found.filter(client_id=client_id)
        return found

    def ranked_by(self, policy: RankingPolicy) -> DecisionQuerySet:
        """Decisions on jobs that this policy would rank if it were live.

        That is: in its scope, and not in a more specific one that has a live policy of its own.
        """
        found = self.for_branch(policy.branch_id).in_scope(*policy.scope)
        others = type(policy).objects.for_branch(policy.branch_id).published()
        for service_type_id, client_id in others.values_list("service_type_id", "client_id"):
            if (service_type_id, client_id) == policy.scope:
                continue
            if (client_id is not None, service_type_id is not None) <= (
                policy.client_id is not None,
                policy.service_type_id is not None,
            ):
                continue
            covered = models.Q()
            if service_type_id is not None:
                covered &= models.Q(service_type_id=service_type_id)
            if client_id is not None:
                covered &= models.Q(client_id=client_id)
            found = found.exclude(covered)
        return found

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
