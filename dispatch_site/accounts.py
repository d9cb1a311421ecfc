"""Sign-in and sign-up rules.

Anybody may register as a contractor; what an account may see follows from the rows that name it,
and a fresh one is named nowhere. Staff accounts are made by staff.
"""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import SignupForm
from allauth.account.models import EmailAddress
from allauth.account.stages import EmailVerificationStage
from allauth.core import context
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from portal.invited import invited_email


class AccountAdapter(DefaultAccountAdapter):
    """Registration is open, or for those with an invitation only (``SIGN_UP_OPEN``)."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return settings.SIGN_UP_OPEN or bool(invited_email(request))

    def is_email_verified(self, request: HttpRequest, email: str) -> bool:
        """Whoever goes on from an invitation has read the mail it was sent in."""
        return super().is_email_verified(request, email) or (
            email.strip().lower() == invited_email(request)
        )

    def get_login_stages(self) -> list[str]:
        usual = f"{EmailVerificationStage.__module__}.{EmailVerificationStage.__name__}"
        ours = f"{VerifyOwnSignUps.__module__}.{VerifyOwnSignUps.__name__}"
        return [ours if stage == usual else stage for stage in super().get_login_stages()]

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("mfa_index")


class VerifyOwnSignUps(EmailVerificationStage):
    """Asks for the code that was mailed, of those who signed up by themselves.

    An account that staff made has no row about its address; staff knew the address.
    """

    def handle(self) -> tuple[Any, bool]:
        user = self.login.user
        if (
            user is not None
            and not self.login.signup
            and not EmailAddress.objects.filter(user=user).exists()
        ):
            EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
        answer: tuple[Any, bool] = super().handle()
        return answer


class RegisterForm(SignupForm):
    """Sign-up by password or by passkey; an invitation fixes the address."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "password1" in self.fields:
            self.fields["password1"].help_text = "Ten characters or more."
        email = invited_email(context.request)
        if email:
            self.fields["email"].initial = email
            # What the browser sends for it does not count.
            self.fields["email"].disabled = True
            self.initial["email"] = email
