"""Papers that staff ask contractors for, one or many at once."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from django.db import transaction

from network.clock import app_now
from network.errors import NetworkError
from network.models import (
    Contractor,
    ContractorEvent,
    ContractorStatus,
    DocumentRequest,
    Requirement,
)

_NOTE = 500


@transaction.atomic
def ask_for_document(
    *,
    branch_id: int,
    contractor_ids: Collection[int],
    requirement_id: int,
    note: str = "",
    due_on: date | None = None,
    actor_id: int | None = None,
) -> list[DocumentRequest]:
    """Ask these contractors of the branch for a paper; asking again replaces what stood.

    A fixed number of queries for any number of them. Those who have left, and ids of another
    branch, are passed over, so what is returned says who was asked. Raises NetworkError for a
    requirement of another branch and for a day that has passed.
    """
    requirement = (
        Requirement.objects.for_branch(branch_id)
        .filter(pk=requirement_id)
        .select_related("branch")
        .first()
    )
    if requirement is None:
        raise NetworkError("unknown-requirement", "Choose one of the papers.", "requirement")
    now = app_now()
    if due_on is not None and due_on < now.astimezone(requirement.branch.zone).date():
        raise NetworkError("in-the-past", "Choose a day that is still to come.", "due_on")
    contractors = list(
        Contractor.objects.for_branch(branch_id)
        .filter(pk__in=contractor_ids)
        .exclude(status=ContractorStatus.LEFT)
        .select_for_update(no_key=True, of=("self",))
        .order_by("pk")
    )
    ids = [contractor.pk for contractor in contractors]
    DocumentRequest.objects.filter(
        contractor_id__in=ids, requirement=requirement, closed_at__isnull=True
    ).update(closed_at=now)
    asked = DocumentRequest.objects.bulk_create(
        DocumentRequest(
            contractor=contractor,
            requirement=requirement,
            note=note.strip()[:_NOTE],
            due_on=due_on,
            asked_at=now,
            asked_by_id=actor_id,
        )
        for contractor in contractors
    )
    ContractorEvent.objects.bulk_create(
        ContractorEvent(
            contractor=contractor,
            at=now,
            actor_id=actor_id,
            action="document-asked-for",
            note=f"{requirement.name}: {note.strip()}"[:500] if note.strip() else requirement.name,
            data={"due": due_on.isoformat()} if due_on else {},
        )
        for contractor in contractors
    )
    return asked


@transaction.atomic
def take_request_back(*, request_id: int, actor_id: int | None = None) -> DocumentRequest:
    """The paper is no longer wanted; taking it back again changes nothing.

    Raises DocumentRequest.DoesNotExist.
    """
    request = (
        DocumentRequest.objects.select_for_update(no_key=True, of=("self",))
        .select_related("requirement")
        .get(pk=request_id)
    )
    if request.closed_at is None:
        request.closed_at = app_now()
        request.save(update_fields=["closed_at"])
        ContractorEvent.objects.create(
            contractor_id=request.contractor_id,
            actor_id=actor_id,
            action="document-no-longer-asked",
            note=request.requirement.name,
        )
    return request
