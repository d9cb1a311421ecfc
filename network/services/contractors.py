"""Changes to contractors."""

from __future__ import annotations

from django.db import transaction

from network.errors import NetworkError
from network.models import Contractor, ContractorStatus

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
def set_status(*, contractor_id: int, status: str) -> Contractor:
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
    contractor.status = status
    contractor.save(update_fields=["status"])
    return contractor
