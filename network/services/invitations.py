"""Invitations: sent, opened, registered, or expired after 30 days; sent again; revoked.

The secret of a link is returned once, to be put into the message, and only its hash is kept.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from network.clock import app_now
from network.errors import NetworkError
from network.models import Contractor, ContractorStatus, Invitation

LIVES_FOR = timedelta(days=30)
_NOT_OPEN = {
    "registered": "This invitation was used already. Log in instead.",
    "revoked": "This invitation was taken back. Ask the office for another.",
    "expired": "This invitation has expired. Ask the office to send it again.",
}


@transaction.atomic
def invite(
    *, branch_id: int, email: str, name: str = "", actor_id: int | None = None
) -> tuple[Invitation, str]:
    """Make an invitation; returns it with the secret of its link.

    Raises NetworkError (field ``email``) for what is no address, for one that has an invitation
    waiting (send that again) and for one that is a contractor of the branch already.
    """
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise NetworkError("bad-email", "Give an e-mail address.", "email") from error
    known = (
        Contractor.objects.for_branch(branch_id)
        .filter(email__iexact=email)
        .exclude(status=ContractorStatus.LEFT)
        .first()
    )
    if known is not None:
        raise NetworkError(
            "known", f"{email} is {known.name}’s address in this branch already.", "email"
        )
    now = app_now()
    token = secrets.token_urlsafe(32)
    try:
        with transaction.atomic():
            invitation = Invitation.objects.create(
                branch_id=branch_id,
                email=email,
                name=name.strip()[:120],
                token_hash=hash_token(token),
                sent_at=now,
                expires_at=now + LIVES_FOR,
                invited_by_id=actor_id,
            )
    except IntegrityError as error:
        raise NetworkError(
            "waiting", f"{email} was invited already. Send that invitation again.", "email"
        ) from error
    return invitation, token


@transaction.atomic
def resend_invitation(*, invitation_id: int) -> tuple[Invitation, str]:
    """A new secret and another 30 days; the old link stops working. Also after it has expired.

    Raises NetworkError for one that was used or revoked.
    """
    invitation = Invitation.objects.select_for_update().get(pk=invitation_id)
    now = app_now()
    state = invitation.state(at=now)
    if state in ("registered", "revoked"):
        raise NetworkError(state, f"This invitation is {state}; make a new one.")
    token = secrets.token_urlsafe(32)
    invitation.token_hash = hash_token(token)
    invitation.sent_at, invitation.expires_at = now, now + LIVES_FOR
    invitation.opened_at = None
    invitation.sent_count += 1
    invitation.save(
        update_fields=["token_hash", "sent_at", "expires_at", "opened_at", "sent_count"]
    )
    return invitation, token


@transaction.atomic
def revoke_invitation(*, invitation_id: int) -> Invitation:
    """Let the link work no more; revoking again changes nothing. Raises NetworkError if used."""
    invitation = Invitation.objects.select_for_update().get(pk=invitation_id)
    if invitation.registered_at is not None:
        raise NetworkError("registered", "Somebody has registered with it already.")
    if invitation.revoked_at is None:
        invitation.revoked_at = app_now()
        invitation.save(update_fields=["revoked_at"])
    return invitation


def find_invitation(*, token: str) -> Invitation:
    """The invitation of a link that still works. Changes nothing, so a scanner may look.

    Raises NetworkError saying why it does not work.
    """
    invitation = (
        Invitation.objects.select_related("branch").filter(token_hash=hash_token(token)).first()
    )
    if invitation is None:
        raise NetworkError(
            "unknown", "This link does not work. Look for a newer message, or ask the office."
        )
    state = invitation.state(at=app_now())
    if state in _NOT_OPEN:
        raise NetworkError(state, _NOT_OPEN[state])
    return invitation


@transaction.atomic
def open_invitation(*, token: str) -> Invitation:
    """Note that the person has gone on from the link (by a POST). Raises as ``find_invitation``."""
    found = find_invitation(token=token)
    invitation = Invitation.objects.select_for_update(of=("self",)).get(pk=found.pk)
    if invitation.opened_at is None:
        invitation.opened_at = app_now()
        invitation.save(update_fields=["opened_at"])
    return invitation


@transaction.atomic
def use_invitation(*, token: str, contractor_id: int) -> Invitation:
    """Note who has registered with the link, which then works no more.

    Raises as ``find_invitation``, also for the second of two who try at once, and NetworkError for
    a contractor of another branch.
    """
    Invitation.objects.select_for_update().filter(token_hash=hash_token(token)).first()
    invitation = find_invitation(token=token)
    contractor = Contractor.objects.get(pk=contractor_id)
    if contractor.branch_id != invitation.branch_id:
        raise NetworkError("other-branch", "This invitation is for another branch.")
    invitation.registered_at = app_now()
    invitation.contractor = contractor
    invitation.save(update_fields=["registered_at", "contractor"])
    return invitation


def hash_token(token: str) -> str:
    """The secret has 256 bits, so a plain hash cannot be searched back."""
    return hashlib.sha256(token.encode()).hexdigest()
