"""Reads. Methods that depend on time take ``at`` (aware UTC domain time)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import models

from jobs.states import FINAL, LIVE, SEARCHING, OfferStatus

if TYPE_CHECKING:
    from network.models import Branch, Contractor


class JobQuerySet(models.QuerySet[Any]):
    def of_branch(self, branch: Branch) -> JobQuerySet:
        return self.filter(branch=branch)

    def open(self) -> JobQuerySet:
        """Jobs that somebody is still waiting for."""
        return self.exclude(status__in=sorted(FINAL))

    def live(self) -> JobQuerySet:
        """Jobs behind which a booking stands."""
        return self.filter(status__in=sorted(LIVE))

    def searching(self) -> JobQuerySet:
        return self.filter(status__in=sorted(SEARCHING))


class OfferQuerySet(models.QuerySet[Any]):
    def open(self, *, at: datetime) -> OfferQuerySet:
        """Offers that can still be answered at ``at``."""
        return self.filter(status=OfferStatus.PENDING, expires_at__gt=at)

    def of_contractor(self, contractor: Contractor) -> OfferQuerySet:
        return self.filter(contractor=contractor)


class BookingQuerySet(models.QuerySet[Any]):
    def live(self) -> BookingQuerySet:
        return self.filter(live=True)

    def of_contractor(self, contractor: Contractor) -> BookingQuerySet:
        return self.filter(contractor=contractor)
