"""Sign-in rules."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class InvitedOnlyAdapter(DefaultAccountAdapter):
    """Nobody signs up by themselves: staff make accounts."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
