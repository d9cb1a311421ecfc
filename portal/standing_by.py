"""A standby as its contractor sees it: no street, no name, no number, before he has the visit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse

from jobs.models import Standby
from jobs.states import StandbyStatus
from portal.access import Acting
from portal.work import PublicWork, public_work


@dataclass(frozen=True, slots=True)
class AskedStandby:
    """Money in ``currency``, times aware UTC. ``expires_at`` is when the answer must be there."""

    id: int
    public_id: UUID
    work: PublicWork
    status: str
    reason: str
    asked_at: datetime
    expires_at: datetime
    answered_at: datetime | None
    closed_at: datetime | None
    fee: Decimal
    pay: Decimal
    currency: str
    starts_at: datetime
    ends_at: datetime
    travel_minutes: float
    travel_km: float
    technician_id: int
    technician: str

    @property
    def url(self) -> str:
        return reverse("portal:standby", args=[self.public_id])

    @property
    def total_seconds(self) -> float:
        return (self.expires_at - self.asked_at).total_seconds()

    @property
    def is_standing(self) -> bool:
        return self.status == StandbyStatus.STANDING

    @property
    def fee_is_owed(self) -> bool:
        """He said yes, and kept the time free."""
        return self.answered_at is not None and self.status != StandbyStatus.DECLINED

    def is_open(self, at: datetime) -> bool:
        return self.status == StandbyStatus.ASKED and at < self.expires_at


def _own(acting: Acting) -> QuerySet[Standby]:
    mine = Standby.objects.filter(contractor=acting.contractor).select_related(
        "job__service_type", "technician"
    )
    return mine if acting.technician_id is None else mine.filter(technician=acting.technician_id)


def _shown(row: Standby) -> AskedStandby:
    return AskedStandby(
        id=row.pk,
        public_id=row.public_id,
        work=public_work(row.job),
        status=row.status,
        reason=row.reason,
        asked_at=row.asked_at,
        expires_at=row.expires_at,
        answered_at=row.answered_at,
        closed_at=row.closed_at,
        fee=row.fee,
        pay=row.pay,
        currency=row.currency,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        travel_minutes=row.travel_minutes,
        travel_km=row.travel_km,
        technician_id=row.technician_id,
        technician=row.technician.name,
    )


def standby_row(acting: Acting, public_id: UUID) -> AskedStandby | None:
    """One standby, or None when there is none of this user's."""
    row = _own(acting).filter(public_id=public_id).first()
    return None if row is None else _shown(row)


def standbys_now(acting: Acting, *, at: datetime) -> list[AskedStandby]:
    """Those that wait for an answer or hold a time, the most pressing first; one query."""
    rows = _own(acting).filter(closed_at=None).order_by("expires_at", "pk")
    shown = [_shown(row) for row in rows]
    return [standby for standby in shown if standby.is_standing or standby.is_open(at)]


def standbys_between(
    acting: Acting, technician_ids: list[int], start: datetime, end: datetime
) -> list[AskedStandby]:
    """Times held for a standby in the span."""
    rows = _own(acting).filter(
        closed_at=None, technician_id__in=technician_ids, starts_at__gte=start, starts_at__lt=end
    )
    return [_shown(row) for row in rows.order_by("starts_at")]
