"""The second factor: names of keys, and secrets that lie encrypted in the database."""

from __future__ import annotations

import base64
import hashlib

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser

from network.models import User


class SecondFactorAdapter(DefaultMFAAdapter):
    """Secrets are encrypted with a key made of ``SECRET_KEY``; its fallbacks still decrypt."""

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _cipher().decrypt(encrypted_text.encode()).decode()

    def generate_authenticator_name(self, user: AbstractBaseUser, type: Authenticator.Type) -> str:
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return "This device" if count == 0 else f"Device {count + 1}"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {**super().get_public_key_credential_rp_entity(), "name": "Firstcall"}

    def get_public_key_credential_user_entity(self, user: AbstractBaseUser) -> dict[str, object]:
        assert isinstance(user, User)
        entity: dict[str, object] = super().get_public_key_credential_user_entity(user)
        return {**entity, "display_name": user.get_full_name()}


def _cipher() -> MultiFernet:
    return MultiFernet(
        [
            Fernet(
                base64.urlsafe_b64encode(hashlib.sha256(f"second factor {key}".encode()).digest())
            )
            for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
        ]
    )
