"""The invitation a visitor has gone on from, kept in the session until the application begins."""

from __future__ import annotations

from django.http import HttpRequest

from network.errors import NetworkError
from network.models import Invitation
from network.services.invitations import find_invitation

SESSION_INVITATION = "portal_invitation"


def keep_invitation(request: HttpRequest, token: str) -> None:
    """Remember the link's secret through signing up."""
    request.session[SESSION_INVITATION] = token


def drop_invitation(request: HttpRequest) -> None:
    request.session.pop(SESSION_INVITATION, None)


def kept_token(request: HttpRequest) -> str:
    """The secret that is remembered, or nothing."""
    return str(request.session.get(SESSION_INVITATION, ""))


def kept_invitation(request: HttpRequest) -> Invitation | None:
    """The invitation that is remembered, as long as its link still works."""
    token = kept_token(request)
    if not token:
        return None
    try:
        return find_invitation(token=token)
    except NetworkError:
        return None


def invited_email(request: HttpRequest) -> str:
    """The address that the remembered invitation was sent to, or nothing."""
    invitation = kept_invitation(request)
    return invitation.email if invitation is not None else ""
