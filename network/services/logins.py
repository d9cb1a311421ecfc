"""Logins of a firm's own people: invited by e-mail, accepted, taken away.

Such a login sees its technician's rows only. The secret of a link is returned once, to be put into
the message; only its hash is kept.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from network.clock import app_now
from network.errors import NetworkError
from network.models import Contractor, ContractorUser, Technician, TechnicianInvitation, User
from network.services.history import note_event

LIVES_FOR = timedelta(days=14)


@transaction.atomic
def invite_technician(
    *, contractor_id: int, technician_id: int, email: str, actor_id: int | None = None
) -> tuple[TechnicianInvitation, str]:
    """Make an invitation, instead of one that waits for the same person; returns its secret.

    Raises NetworkError (field ``email``) for what is no address and for one that acts for the firm
    already, and for somebody who is not an active one of the firm's people.
    """
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise NetworkError("bad-email", "Give an e-mail address.", "email") from error
    _lock(contractor_id)
    technician = (
        Technician.objects.active().filter(pk=technician_id, contractor_id=contractor_id).first()
    )
    if technician is None:
        raise NetworkError("unknown-technician", "Choose one of your own people.", "technician")
    if ContractorUser.objects.filter(contractor_id=contractor_id, user__email=email).exists():
        raise NetworkError("known", f"{email} can sign in for your firm already.", "email")
    now = app_now()
    _waiting(technician_id).update(revoked_at=now)
    token = secrets.token_urlsafe(32)
    invitation = TechnicianInvitation.objects.create(
        contractor_id=contractor_id,
        technician=technician,
        email=email,
        token_hash=hash_token(token),
        sent_at=now,
        expires_at=now + LIVES_FOR,
        invited_by_id=actor_id,
    )
    note_event(
        contractor_id=contractor_id,
        action="login-invited",
        actor_id=actor_id,
        note=f"{email} for {technician.name}",
    )
    return invitation, token


@transaction.atomic
def remove_login(*, contractor_id: int, technician_id: int, actor_id: int | None = None) -> int:
    """Take away the person's own logins and waiting invitations; returns how many there were."""
    _lock(contractor_id)
    waiting = _waiting(technician_id).filter(contractor_id=contractor_id)
    count = waiting.update(revoked_at=app_now())
    removed, _ = ContractorUser.objects.filter(
        contractor_id=contractor_id, technician_id=technician_id
    ).delete()
    if count or removed:
        note_event(
            contractor_id=contractor_id,
            action="login-removed",
            actor_id=actor_id,
            data={"technician": technician_id},
        )
    return count + removed


def find_login_invitation(*, token: str) -> TechnicianInvitation:
    """The invitation of a link that still works; nothing is changed by a look.

    Raises NetworkError saying why it does not work.
    """
    invitation = (
        TechnicianInvitation.objects.select_related("contractor__branch", "technician")
        .filter(token_hash=hash_token(token))
        .first()
    )
    if invitation is None:
        raise NetworkError(
            "unknown", "This link does not work. Look for a newer message, or ask your firm."
        )
    if invitation.accepted_at is not None:
        raise NetworkError("accepted", "This invitation was used already. Sign in instead.")
    if invitation.revoked_at is not None or not invitation.technician.active:
        raise NetworkError("revoked", "This invitation was taken back. Ask your firm for another.")
    if app_now() >= invitation.expires_at:
        raise NetworkError("expired", "This invitation has expired. Ask your firm to send another.")
    return invitation


@transaction.atomic
def accept_login_invitation(*, token: str, user: User) -> ContractorUser:
    """Let the user sign in for the technician. Raises as ``find_login_invitation``, and for a user
    with another address: a link that was passed on opens nothing.
    """
    found = find_login_invitation(token=token)
    _lock(found.contractor_id)
    invitation = TechnicianInvitation.objects.select_for_update().get(pk=found.pk)
    if invitation.accepted_at is not None or invitation.revoked_at is not None:
        raise NetworkError("accepted", "This invitation was used or taken back a moment ago.")
    if user.email != invitation.email:
        raise NetworkError(
            "other-address",
            f"This invitation is for {invitation.email}. Sign out, and open the link again.",
        )
    invitation.accepted_at = app_now()
    invitation.save(update_fields=["accepted_at"])
    link, _ = ContractorUser.objects.get_or_create(
        user=user,
        contractor_id=invitation.contractor_id,
        defaults={"technician_id": invitation.technician_id},
    )
    note_event(
        contractor_id=invitation.contractor_id,
        action="login-accepted",
        actor_id=user.pk,
        note=f"{invitation.email} for {found.technician.name}",
    )
    return link


def hash_token(token: str) -> str:
    """The secret has 256 bits, so a plain hash cannot be searched back."""
    return hashlib.sha256(token.encode()).hexdigest()


def _waiting(technician_id: int):  # type: ignore[no-untyped-def]
    return TechnicianInvitation.objects.filter(
        technician_id=technician_id, accepted_at__isnull=True, revoked_at__isnull=True
    )


def _lock(contractor_id: int) -> Contractor:
    return Contractor.objects.select_for_update(no_key=True).get(pk=contractor_id)
