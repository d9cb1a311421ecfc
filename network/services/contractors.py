"""Changes to contractors."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction

from network.clock import app_now
from network.errors import NetworkError
from network.models import Contractor, ContractorEvent, ContractorStatus
from network.models.contractor import LONGEST_NOTICE_MINUTES
from network.services.history import note_event

ALLOWED_STATUS: dict[str, set[str]] = {
    ContractorStatus.APPLICANT: {ContractorStatus.ACTIVE, ContractorStatus.LEFT},
    ContractorStatus.ACTIVE: {
        ContractorStatus.PAUSED,
        ContractorStatus.SUSPENDED,
        ContractorStatus.LEFT,
    },
    ContractorStatus.PAUSED: {
        ContractorStatus.ACTIVE,
        ContractorStatus.SUSPENDED,
        ContractorStatus.LEFT,
    },
    ContractorStatus.SUSPENDED: {ContractorStatus.ACTIVE, ContractorStatus.LEFT},
    # Somebody who comes back applies again, so that their papers are looked at.
    ContractorStatus.LEFT: {ContractorStatus.APPLICANT},
}


@transaction.atomic
def set_status(
    *, contractor_id: int, status: str, actor_id: int | None = None, note: str = ""
) -> Contractor:
    """Move the contractor to another status; the one they already have changes nothing.

    What this does to their offers and visits is found by query and settled by the jobs app within
    seconds. Raises NetworkError for an unknown status or a move that is not in ``ALLOWED_STATUS``,
    and Contractor.DoesNotExist.
    """
    if status not in ContractorStatus.values:
        raise NetworkError("unknown-status", f"There is no status “{status}”.", "status")
    contractor = Contractor.objects.select_for_update(no_key=True).get(pk=contractor_id)
    if contractor.status == status:
        return contractor
    if status not in ALLOWED_STATUS[contractor.status]:
        raise NetworkError(
            "move-not-allowed",
            f"{contractor.name} is {contractor.get_status_display()} and cannot become "
            f"{ContractorStatus(status).label} directly.",
            "status",
        )
    note_event(
        contractor_id=contractor_id,
        action=f"status-{status}",
        actor_id=actor_id,
        note=note,
        data={"from": contractor.status},
    )
    contractor.status = status
    contractor.save(update_fields=["status"])
    return contractor


LONGEST_PAUSE = timedelta(days=366)


@transaction.atomic
def pause_offers(
    *, contractor_id: int, until: datetime, actor_id: int | None = None, note: str = ""
) -> Contractor:
    """Make no new offers to the contractor before ``until`` (aware); then again by itself.

    Offers and visits that stand are not touched. Raises NetworkError for a moment that has passed
    or lies more than a year ahead, and for a contractor who is not active.
    """
    contractor = Contractor.objects.select_for_update(no_key=True).get(pk=contractor_id)
    _check_pause(until)
    if contractor.status != ContractorStatus.ACTIVE:
        raise NetworkError(
            "not-active",
            f"{contractor.name} is {contractor.get_status_display()}: no offers come anyway.",
        )
    contractor.paused_until = until
    contractor.save(update_fields=["paused_until"])
    note_event(
        contractor_id=contractor_id,
        action="offers-paused",
        actor_id=actor_id,
        note=note,
        data={"until": until.isoformat()},
    )
    return contractor


@transaction.atomic
def resume_offers(*, contractor_id: int, actor_id: int | None = None, note: str = "") -> Contractor:
    """End a pause now; without one nothing changes."""
    contractor = Contractor.objects.select_for_update(no_key=True).get(pk=contractor_id)
    if contractor.paused_until is not None:
        contractor.paused_until = None
        contractor.save(update_fields=["paused_until"])
        note_event(
            contractor_id=contractor_id, action="offers-resumed", actor_id=actor_id, note=note
        )
    return contractor


@transaction.atomic
def set_wishes(
    *,
    contractor_id: int,
    notice_minutes: int,
    most_jobs_a_day: int | None,
    after_hours_emergencies: bool,
    works_on_holidays: bool,
    actor_id: int | None = None,
) -> Contractor:
    """Set what the contractor asks for before being asked; see ``network.wishes``.

    Raises NetworkError for a notice of more than two weeks or a limit that is not 1 to 200.
    """
    if not 0 <= notice_minutes <= LONGEST_NOTICE_MINUTES:
        raise NetworkError("bad-notice", "The notice can be two weeks at most.", "notice_minutes")
    if most_jobs_a_day is not None and not 1 <= most_jobs_a_day <= 200:
        raise NetworkError(
            "bad-limit", "Give 1 to 200 visits a day, or none for no limit.", "most_jobs_a_day"
        )
    contractor = Contractor.objects.select_for_update(no_key=True).get(pk=contractor_id)
    after: dict[str, int | bool | None] = {
        "notice_minutes": notice_minutes,
        "most_jobs_a_day": most_jobs_a_day,
        "after_hours_emergencies": after_hours_emergencies,
        "works_on_holidays": works_on_holidays,
    }
    before = {name: getattr(contractor, name) for name in after}
    if before == after:
        return contractor
    for name, value in after.items():
        setattr(contractor, name, value)
    contractor.save(update_fields=list(after))
    note_event(
        contractor_id=contractor_id,
        action="wishes-changed",
        actor_id=actor_id,
        data={"before": before, "after": after},
    )
    return contractor


@transaction.atomic
def pause_many(
    *,
    branch_id: int,
    contractor_ids: Collection[int],
    until: datetime,
    actor_id: int | None = None,
    note: str = "",
) -> dict[int, str]:
    """Pause those of the branch who are active; contractor → nothing, or why it was not paused.

    A fixed number of queries for any number of them. Raises NetworkError as ``pause_offers`` does
    for the moment.
    """
    _check_pause(until)
    rows = list(
        Contractor.objects.for_branch(branch_id)
        .filter(pk__in=contractor_ids)
        .select_for_update(no_key=True, of=("self",))
        .order_by("pk")
    )
    active = [row for row in rows if row.status == ContractorStatus.ACTIVE]
    Contractor.objects.filter(pk__in=[row.pk for row in active]).update(paused_until=until)
    ContractorEvent.objects.bulk_create(
        ContractorEvent(
            contractor=row,
            actor_id=actor_id,
            action="offers-paused",
            note=note[:500],
            data={"until": until.isoformat()},
        )
        for row in active
    )
    return {
        row.pk: ""
        if row.status == ContractorStatus.ACTIVE
        else f"{row.get_status_display()}: no offers come anyway"
        for row in rows
    }


def _check_pause(until: datetime) -> None:
    if until.tzinfo is None:
        raise NetworkError("no-time-zone", "The moment needs a time zone.", "until")
    now = app_now()
    if until <= now:
        raise NetworkError("in-the-past", "Choose a moment that is still to come.", "until")
    if until - now > LONGEST_PAUSE:
        raise NetworkError("too-long", "A pause can last a year at most.", "until")
