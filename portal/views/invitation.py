"""An invitation's link: it shows who invites. Only going on, by a POST, changes anything."""

from __future__ import annotations

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from network.errors import NetworkError
from network.models import Invitation, User
from network.services.invitations import find_invitation, open_invitation
from portal.invited import keep_invitation


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invited(request: HttpRequest, token: str) -> HttpResponse:
    """Who invites, to which branch; ``go`` = on (register or sign in), or out (sign out first)."""
    try:
        invitation = find_invitation(token=token)
        if request.method == "POST":
            return _go_on(request, token)
    except NetworkError as error:
        return render(
            request,
            "portal/join/invitation_over.html",
            {"code": error.code, "said": error.detail},
            status=404 if error.code == "unknown" else 410,
        )
    return render(request, "portal/join/invitation.html", _context(request, invitation))


def _go_on(request: HttpRequest, token: str) -> HttpResponse:
    invitation = open_invitation(token=token)
    if request.POST.get("go") == "out":
        logout(request)
    keep_invitation(request, token)
    if request.user.is_authenticated:
        return redirect("portal:join_start")
    has_account = User.objects.filter(email=invitation.email).exists()
    # Only the holder of the mailed link learns whether the invited address has an account.
    name = "account_login" if has_account else "account_signup"
    return redirect(f"{reverse(name)}?next={reverse('portal:join_start')}")


def _context(request: HttpRequest, invitation: Invitation) -> dict[str, object]:
    user = request.user
    inviter = invitation.invited_by
    return {
        "invitation": invitation,
        "branch": invitation.branch,
        "inviter": inviter.get_full_name() if inviter is not None and inviter.name else "",
        "is_other": user.is_authenticated and user.email != invitation.email,
    }
