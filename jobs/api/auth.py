"""Who is calling: a bearer token of the right scope, within its limit."""

from __future__ import annotations

from django.http import HttpRequest
from ninja.security import HttpBearer

from jobs.actors import Actor
from jobs.api.limits import require_within_limit
from jobs.api.problems import Problem
from jobs.models import ApiToken
from jobs.services.tokens import find_token
from network.models import Branch, Contractor


class _ScopedToken(HttpBearer):
    """Raises Problem for the wrong scope (403) and past the limit (429); else 401 or the token."""

    scope: ApiToken.Scope

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        found = find_token(token.strip())
        if found is None:
            return None
        require_within_limit(found.pk)
        if found.scope != self.scope:
            raise Problem(
                "wrong-scope",
                f"This operation needs a token with the scope {self.scope.value!r}; "
                f"this one has {found.scope!r}.",
            )
        return found


class DispatchToken(_ScopedToken):
    """A token of a branch. Only what belongs to that branch is there for it."""

    scope = ApiToken.Scope.DISPATCH
    openapi_description = "A branch's token (scope `dispatch`)."


class ContractorToken(_ScopedToken):
    """A token of a contractor. Only its own offers and visits are there for it."""

    scope = ApiToken.Scope.CONTRACTOR
    openapi_description = "A contractor's token (scope `contractor`)."


def token_of(request: HttpRequest) -> ApiToken:
    token: ApiToken = request.auth  # type: ignore[attr-defined]
    return token


def branch_of(request: HttpRequest) -> Branch:
    """The branch of a dispatch token."""
    branch = token_of(request).branch
    assert branch is not None
    return branch


def contractor_of(request: HttpRequest) -> Contractor:
    """The contractor of a contractor token."""
    contractor = token_of(request).contractor
    assert contractor is not None
    return contractor


def actor_of(request: HttpRequest) -> Actor:
    """Who the job's history names: the contractor, or the program by its token's name."""
    token = token_of(request)
    if token.contractor is not None:
        return Actor.contractor(token.contractor)
    return Actor.api(token.name or "the API")
