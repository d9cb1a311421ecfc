"""One of a firm's people opens the link to a login of their own. Looking decides nothing."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django import forms
from django.contrib import messages
from django.contrib.auth import login as sign_in
from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import add_never_cache_headers
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from network.errors import NetworkError
from network.models import TechnicianInvitation, User
from network.services.logins import accept_login_invitation, find_login_invitation
from portal.access import SESSION_CONTRACTOR


class PasswordForm(forms.Form):
    password = forms.CharField(
        label="Choose a password",
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        error_messages={"required": "Choose a password."},
    )

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password)
        return password


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def accept_login(request: HttpRequest, token: str) -> HttpResponse:
    """Show who invites; a POST makes the login, or joins it to the account that is signed in."""
    try:
        invitation = find_login_invitation(token=token)
    except NetworkError as error:
        return _page(request, refusal=error.detail, status=410)
    known = User.objects.filter(email=invitation.email).first()
    form = PasswordForm(request.POST if request.method == "POST" else None)
    user = request.user if request.user.is_authenticated else None
    if request.method == "POST":
        try:
            if user is not None:
                return _join(request, token, user)
            if known is None and form.is_valid():
                return _begin(request, token, invitation, form.cleaned_data["password"])
        except NetworkError as error:
            return _page(request, invitation=invitation, user=user, refusal=error.detail)
    return _page(
        request,
        invitation=invitation,
        user=user,
        form=form if known is None and user is None else None,
    )


def _join(request: HttpRequest, token: str, user: User) -> HttpResponse:
    link = accept_login_invitation(token=token, user=user)
    request.session[SESSION_CONTRACTOR] = link.contractor_id
    messages.success(request, "These are your visits.")
    return redirect("portal:today")


def _begin(
    request: HttpRequest, token: str, invitation: TechnicianInvitation, password: str
) -> HttpResponse:
    """The link has reached the address, so the address counts as verified."""
    with transaction.atomic():
        user = User.objects.create_user(
            email=invitation.email, password=password, name=invitation.technician.name
        )
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        accept_login_invitation(token=token, user=user)
    sign_in(request, user, backend="django.contrib.auth.backends.ModelBackend")
    messages.success(request, "Welcome. These are your visits.")
    return redirect("portal:today")


def _page(
    request: HttpRequest,
    *,
    invitation: TechnicianInvitation | None = None,
    user: object = None,
    form: PasswordForm | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {
        "invitation": invitation,
        "signed_in": user,
        "is_other": user is not None
        and invitation is not None
        and getattr(user, "email", "") != invitation.email,
        "form": form,
        "refusal": refusal,
    }
    answer = render(request, "portal/accept_login.html", context, status=status)
    add_never_cache_headers(answer)
    # Not "no-referrer": browsers would then send "Origin: null" with the form, which is refused.
    answer["Referrer-Policy"] = "same-origin"
    return answer
