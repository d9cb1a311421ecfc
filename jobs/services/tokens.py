"""API tokens: made once, shown once, kept as a hash.

A token is 256 random bits, so a plain SHA-256 of it cannot be guessed back and can be looked
up by an index. Times here are wall time: tokens are about programs, not about the domain.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection
from django.db.models import BooleanField, ExpressionWrapper, Q
from django.db.models.functions import Now

from jobs.models import ApiToken
from network.models import Branch, Contractor
from network.models.contractor import ContractorStatus

#: Begins every token, so that secret scanners and people recognise one.
PREFIX = "fct_"
#: ``last_used_at`` is this exact, so that a busy token does not write on every request.
USE_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A new token: the row, and the text that is shown this once and never again."""

    token: ApiToken
    text: str


def hash_token(text: str) -> str:
    """What is stored of a token: its SHA-256, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def issue_token(
    *, branch: Branch | None = None, contractor: Contractor | None = None, name: str = ""
) -> IssuedToken:
    """Make a token for one branch (scope ``dispatch``) or one contractor (scope ``contractor``).

    Raises ValueError unless exactly one of the two is given.
    """
    if (branch is None) == (contractor is None):
        raise ValueError("A token belongs to one branch or to one contractor.")
    text = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        name=name[:80],
        scope=ApiToken.Scope.DISPATCH if branch is not None else ApiToken.Scope.CONTRACTOR,
        branch=branch,
        contractor=contractor,
        token_hash=hash_token(text),
    )
    return IssuedToken(token=token, text=text)


def revoke_token(*, token_id: int) -> bool:
    """End a token at once. False when it was revoked already."""
    return bool(ApiToken.objects.filter(pk=token_id, revoked_at=None).update(revoked_at=Now()))


def find_token(text: str) -> ApiToken | None:
    """The live token with this text, with its branch or contractor; notes that it was used.

    None for unknown and revoked tokens and for contractors who have left. One query, and a
    second one at most once a minute per token.
    """
    if not text.startswith(PREFIX):
        return None
    token = (
        ApiToken.objects.filter(token_hash=hash_token(text), revoked_at=None)
        .exclude(contractor__status=ContractorStatus.LEFT)
        .select_related("branch", "contractor__branch")
        .annotate(
            use_is_to_be_noted=ExpressionWrapper(
                Q(last_used_at=None) | Q(last_used_at__lt=Now() - USE_NOTED_EVERY),
                output_field=BooleanField(),
            )
        )
        .first()
    )
    if token is not None and token.use_is_to_be_noted:
        _note_use(token.pk)
    return token


def _note_use(token_id: int) -> None:
    """Racing requests of one token do not wait for each other: one of them notes it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE jobs_apitoken SET last_used_at = clock_timestamp() WHERE id ="
            " (SELECT id FROM jobs_apitoken WHERE id = %s FOR UPDATE SKIP LOCKED)",
            [token_id],
        )
