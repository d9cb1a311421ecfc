"""Papers handed in, looked at, and warned about before they expire."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import connection, transaction

from network.clock import app_now
from network.errors import NetworkError
from network.models import (
    Contractor,
    Document,
    DocumentKind,
    DocumentState,
    ExpiryWarning,
    Requirement,
    TechnicianSkill,
)
from network.services.clearance import refresh_clearance, today_of
from network.services.history import note_event
from network.uploads import check_upload, keep_file

WARNING_DAYS = (45, 30, 7)
ENDED = 0
"""The last thing said of a paper, on the day after it ended."""


def submit_document(
    *,
    contractor_id: int,
    file: File[Any],
    requirement_id: int | None = None,
    technician_id: int | None = None,
    skill_id: int | None = None,
    number: str = "",
    expires_on: date | None = None,
    actor_id: int | None = None,
) -> Document:
    """Take in a paper for a requirement, or for a technician's skill, to be looked at by staff.

    What waits already for the same thing is replaced; what is approved counts on until this is
    approved too. Raises NetworkError naming the field at fault: a file that
    ``network.uploads.check_upload`` refuses, a paper that has expired, a requirement, technician or
    skill that is not the contractor's.
    """
    checked = check_upload(file)
    file_name = keep_file(checked)
    try:
        with transaction.atomic():
            contractor = _locked(contractor_id)
            kind = _kind(contractor, requirement_id, technician_id, skill_id)
            if expires_on is not None and expires_on < today_of(contractor):
                raise NetworkError(
                    "expired",
                    f"This expired on {expires_on.day} {expires_on:%B %Y}. Send the new one.",
                    "expires_on",
                )
            subject: dict[str, Any] = {
                "requirement_id": requirement_id,
                "technician_id": technician_id,
                "skill_id": skill_id,
            }
            Document.objects.filter(
                contractor=contractor, state=DocumentState.SUBMITTED, **subject
            ).update(state=DocumentState.REPLACED)
            document = Document.objects.create(
                contractor=contractor,
                **subject,
                kind=kind,
                number=number.strip()[:60],
                expires_on=expires_on,
                file_name=file_name,
                original_name=checked.name,
                content_type=checked.content_type,
                size_bytes=len(checked.content),
                sha256=checked.sha256,
                submitted_by_id=actor_id,
            )
            note_event(
                contractor_id=contractor_id,
                action="document-submitted",
                actor_id=actor_id,
                note=str(document.requirement or document.skill),
                data={"document": str(document.public_id)},
            )
            return document
    except BaseException:
        default_storage.delete(file_name)
        raise


@transaction.atomic
def approve_document(
    *,
    document_id: int,
    actor_id: int | None,
    expires_on: date | None = None,
    without_end: bool = False,
) -> Document:
    """Let the paper count; clearance is worked out anew. Approving again changes nothing.

    ``expires_on`` corrects the date that the contractor typed, ``without_end`` takes it away.
    Raises NetworkError for a paper that was rejected or replaced, or has expired.
    """
    document = _locked_document(document_id)
    if document.state == DocumentState.APPROVED:
        return document
    if document.state != DocumentState.SUBMITTED:
        raise NetworkError(
            "not-waiting", f"This paper is {document.get_state_display()}; ask for a new one."
        )
    today = today_of(document.contractor)
    if expires_on is not None or without_end:
        document.expires_on = expires_on
    if document.expires_on is not None and document.expires_on < today:
        raise NetworkError("expired", "This paper has expired; reject it.", "expires_on")
    document.state = DocumentState.APPROVED
    document.reviewed_at = app_now()
    document.reviewed_by_id = actor_id
    document.save(update_fields=["state", "expires_on", "reviewed_at", "reviewed_by"])
    if document.skill_id is not None and document.technician_id is not None:
        TechnicianSkill.objects.filter(
            technician_id=document.technician_id, skill_id=document.skill_id
        ).update(certificate_number=document.number, expires_on=document.expires_on)
    ExpiryWarning.objects.bulk_create(_warnings(document, today))
    refresh_clearance(
        branch_id=document.contractor.branch_id, contractor_ids=[document.contractor_id]
    )
    _note(document, "document-approved", actor_id)
    return document


@transaction.atomic
def reject_document(*, document_id: int, reason: str, actor_id: int | None) -> Document:
    """Send the paper back with a reason, also one that was approved by mistake.

    Raises NetworkError without a reason or for a paper that was replaced.
    """
    if not reason.strip():
        raise NetworkError("no-reason", "Say what is wrong, so that it can be mended.", "reason")
    document = _locked_document(document_id)
    if document.state == DocumentState.REPLACED:
        raise NetworkError("not-waiting", "A newer paper has taken its place; look at that one.")
    document.state = DocumentState.REJECTED
    document.reason = reason.strip()[:500]
    document.reviewed_at = app_now()
    document.reviewed_by_id = actor_id
    document.save(update_fields=["state", "reason", "reviewed_at", "reviewed_by"])
    refresh_clearance(
        branch_id=document.contractor.branch_id, contractor_ids=[document.contractor_id]
    )
    _note(document, "document-rejected", actor_id, document.reason)
    return document


@transaction.atomic
def withdraw_document(*, document_id: int, actor_id: int | None) -> Document:
    """Take back a paper that nobody has looked at. Raises NetworkError for any other."""
    document = _locked_document(document_id)
    if document.state == DocumentState.REPLACED:
        return document
    if document.state != DocumentState.SUBMITTED:
        raise NetworkError("reviewed", "This paper was looked at already; send a newer one.")
    document.state = DocumentState.REPLACED
    document.save(update_fields=["state"])
    _note(document, "document-withdrawn", actor_id)
    return document


# -- warnings --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ExpiryNotice:
    """Something to be said to the contractor and to staff: a paper expires in ``days_left``.

    −1 and less: it has ended. ``work`` is the skill or the kind of work that it is for; without one
    it is for all work of the branch. ``still_cleared`` tells whether the contractor is cleared for
    the branch's work all the same.
    """

    document_id: int
    document_public_id: UUID
    branch_id: int
    contractor_id: int
    contractor_name: str
    contractor_email: str
    paper: str
    expires_on: date
    days_left: int
    work: str
    still_cleared: bool


_DUE = """
SELECT warning.id, warning.document_id, document.public_id, contractor.branch_id, contractor.id,
       contractor.name, contractor.email, coalesce(requirement.name, skill.name),
       document.expires_on,
       document.expires_on - (%(at)s::timestamptz AT TIME ZONE branch.time_zone)::date,
       coalesce(skill.name, (SELECT name FROM network_skill WHERE id = requirement.skill_id),
                (SELECT name FROM network_servicetype WHERE id = requirement.service_type_id), ''),
       coalesce(contractor.cleared_until
                >= (%(at)s::timestamptz AT TIME ZONE branch.time_zone)::date, false)
FROM network_expirywarning AS warning
JOIN network_document AS document ON document.id = warning.document_id
JOIN network_contractor AS contractor ON contractor.id = document.contractor_id
JOIN network_branch AS branch ON branch.id = contractor.branch_id
LEFT JOIN network_requirement AS requirement ON requirement.id = document.requirement_id
LEFT JOIN network_skill AS skill ON skill.id = document.skill_id
WHERE warning.id = ANY(%(ids)s)
ORDER BY warning.due_on, warning.id
FOR NO KEY UPDATE OF warning SKIP LOCKED
"""


@transaction.atomic
def take_due_warnings(*, at: datetime, limit: int = 500) -> list[ExpiryNotice]:
    """The expiries to be told now, at most one per paper; they count as told when this commits.

    Call it in the transaction that writes the messages, so that both happen or neither. Safe to
    call from several processes at once.
    """
    ids = list(ExpiryWarning.objects.due(at=at).values_list("pk", flat=True)[:limit])
    if not ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_DUE, {"at": at, "ids": ids})
        rows = cursor.fetchall()
    ExpiryWarning.objects.filter(pk__in=[row[0] for row in rows]).update(sent_at=at)
    # After a standstill several thresholds of one paper are due together: it is said once.
    return list({row[1]: ExpiryNotice(*row[1:]) for row in rows}.values())


def _warnings(document: Document, today: date) -> list[ExpiryWarning]:
    """Those to come, and that it ended; of those passed already only the last, due at once."""
    if document.expires_on is None:
        return []
    warnings = [
        ExpiryWarning(
            document=document, days=days, due_on=document.expires_on - timedelta(days=days)
        )
        for days in WARNING_DAYS
    ]
    warnings.append(
        ExpiryWarning(document=document, days=ENDED, due_on=document.expires_on + timedelta(days=1))
    )
    passed = [warning for warning in warnings if warning.due_on <= today]
    return [warning for warning in warnings if warning.due_on > today] + passed[-1:]


# -- shared ----------------------------------------------------------------------------------


def _kind(
    contractor: Contractor,
    requirement_id: int | None,
    technician_id: int | None,
    skill_id: int | None,
) -> str:
    if technician_id is not None and not contractor.technicians.filter(pk=technician_id).exists():
        raise NetworkError(
            "unknown-technician", "Choose one of the firm's own people.", "technician"
        )
    if requirement_id is not None:
        requirement = Requirement.objects.filter(
            pk=requirement_id, branch_id=contractor.branch_id
        ).first()
        if requirement is None:
            raise NetworkError(
                "unknown-requirement", "Choose one of the papers in the list.", "requirement"
            )
        return requirement.kind
    if (
        technician_id is None
        or skill_id is None
        or not TechnicianSkill.objects.filter(
            technician_id=technician_id, skill_id=skill_id
        ).exists()
    ):
        raise NetworkError("unknown-skill", "Choose a skill that this person has.", "skill")
    return DocumentKind.CERTIFICATE


def _locked(contractor_id: int) -> Contractor:
    return (
        Contractor.objects.select_for_update(no_key=True, of=("self",))
        .select_related("branch")
        .get(pk=contractor_id)
    )


def _locked_document(document_id: int) -> Document:
    """Contractor first, as everywhere; raises Document.DoesNotExist."""
    contractor_id = Document.objects.values_list("contractor_id", flat=True).get(pk=document_id)
    contractor = _locked(contractor_id)
    document = Document.objects.select_for_update(no_key=True).get(pk=document_id)
    document.contractor = contractor
    return document


def _note(document: Document, action: str, actor_id: int | None, reason: str = "") -> None:
    paper = str(document.requirement or document.skill)
    note_event(
        contractor_id=document.contractor_id,
        action=action,
        actor_id=actor_id,
        note=f"{paper}: {reason}" if reason else paper,
        data={"document": str(document.public_id)},
    )
