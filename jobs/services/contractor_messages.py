"""Tells contractors and applicants what the branch has decided, asked or written.

Each is part of the caller's transaction, so that a decision and its message happen both or not
at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from jobs.models.message import Message
from jobs.services.announcements import Announcement, announce
from jobs.services.locked import database_now
from jobs.services.outgoing import signed_by
from jobs.services.ways import sms_is_on
from network.models import (
    Application,
    ApplicationState,
    Branch,
    Contractor,
    ContractorStatus,
    Document,
    DocumentRequest,
    DocumentState,
    Invitation,
)
from network.phones import e164

NO_ADDRESS = "has no address to write to"
PAPERS = "/portal/you/documents/"
JOIN = "/portal/join/"

_DECIDED = {
    ApplicationState.APPROVED: Message.Template.APPLICATION_APPROVED,
    ApplicationState.SENT_BACK: Message.Template.APPLICATION_SENT_BACK,
    ApplicationState.REJECTED: Message.Template.APPLICATION_REJECTED,
}


def can_be_written_to(contractor: Contractor) -> bool:
    """Whether there is an e-mail address, or a number that texts reach."""
    return bool(contractor.email or (sms_is_on() and e164(contractor.phone)))


def tell_of_decision(application: Application) -> int:
    """The applicant hears that the application was approved, sent back or rejected, and why."""
    contractor = application.contractor
    return _tell(
        contractor.branch,
        [contractor],
        template=_DECIDED[ApplicationState(application.state)],
        # Sent back twice is told twice.
        cause=f"application:{application.pk}:{application.state}:{application.reviewed_at}",
        context={
            "reason": application.reason,
            "cleared": contractor.cleared_until is not None,
        },
    )


def tell_of_invitation(invitation: Invitation, *, secret: str, inviter: str) -> int:
    """The mail with the link. What is kept of it, once sent, has no secret."""
    branch = invitation.branch
    until = invitation.expires_at.astimezone(branch.zone).date()
    return announce(
        [
            Announcement(
                branch_id=branch.pk,
                cause=f"invitation:{invitation.public_id}:{invitation.sent_count}",
                recipient_kind=Message.Recipient.CONTRACTOR,
                address=invitation.email,
                template=Message.Template.INVITATION,
                context={
                    **signed_by(branch),
                    "name": invitation.name,
                    "inviter": inviter,
                    "until": until.isoformat(),
                    "secret": secret,
                },
            )
        ],
        at=database_now(),
    )


def tell_of_paper(document: Document) -> int:
    """The contractor hears that a paper counts, or why it cannot be used."""
    contractor = document.contractor
    approved = document.state == DocumentState.APPROVED
    return _tell(
        contractor.branch,
        [contractor],
        template=Message.Template.PAPER_APPROVED if approved else Message.Template.PAPER_REJECTED,
        cause=f"document:{document.public_id}:{document.state}",
        context={
            "paper": str(document.requirement or f"certificate for {document.skill}"),
            "day": _iso(document.expires_on),
            "reason": document.reason,
            "path": _papers_path(contractor),
        },
    )


def tell_of_requests(requests: Sequence[DocumentRequest], *, branch: Branch) -> int:
    """Everybody who was asked for a paper hears of it; one statement."""
    return announce(
        [
            _announcement(
                branch,
                request.contractor,
                template=Message.Template.PAPER_ASKED,
                cause=f"asked:{request.pk}",
                context={
                    "paper": request.requirement.name,
                    "note": request.note,
                    "day": _iso(request.due_on),
                    "path": _papers_path(request.contractor),
                },
            )
            for request in requests
        ],
        at=database_now(),
    )


def write_to_contractors(
    contractors: Sequence[Contractor], *, branch: Branch, subject: str, text: str, key: str
) -> int:
    """Write to them in free words, all in one statement; returns how many messages are new.

    ``key`` stands for this one writing: whoever has had it does not get it again. Those without an
    address get none.
    """
    return _tell(
        branch,
        contractors,
        template=Message.Template.FROM_THE_OFFICE,
        cause=f"office:{key}"[:120],
        context={"subject": subject, "text": text},
    )


def tell_of_standing(
    contractors: Sequence[Contractor],
    *,
    branch: Branch,
    change: str,
    reason: str,
    key: str,
    until: date | None = None,
) -> int:
    """Contractors hear that staff paused, resumed, suspended, reinstated or removed them.

    ``change``: ``pause``, ``resume``, ``suspend``, ``reinstate``, ``leave``. ``key`` stands for
    this one change.
    """
    return _tell(
        branch,
        contractors,
        template=Message.Template.STANDING_CHANGED,
        cause=f"standing:{change}:{key}"[:120],
        context={"change": change, "reason": reason, "day": _iso(until)},
    )


def _tell(
    branch: Branch,
    contractors: Sequence[Contractor],
    *,
    template: str,
    cause: str,
    context: dict[str, Any],
) -> int:
    return announce(
        [
            _announcement(branch, one, template=template, cause=cause, context=context)
            for one in contractors
        ],
        at=database_now(),
    )


def _announcement(
    branch: Branch, contractor: Contractor, *, template: str, cause: str, context: dict[str, Any]
) -> Announcement:
    return Announcement(
        branch_id=branch.pk,
        cause=cause,
        recipient_kind=Message.Recipient.CONTRACTOR,
        contractor_id=contractor.pk,
        address=contractor.email,
        template=template,
        context={"name": contractor.name, **signed_by(branch), **context},
    )


def _papers_path(contractor: Contractor) -> str:
    return JOIN if contractor.status == ContractorStatus.APPLICANT else PAPERS


def _iso(day: date | None) -> str:
    return day.isoformat() if day is not None else ""
