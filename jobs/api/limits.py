"""How many requests a token may make."""

from __future__ import annotations

from django.conf import settings

from jobs.api.problems import Problem
from jobs.limits import seconds_to_wait


def require_within_limit(token_id: int) -> None:
    """Count one request of a token. Raises Problem (429) past ``API_REQUESTS_PER_MINUTE``."""
    limit = settings.API_REQUESTS_PER_MINUTE
    if not limit:
        return
    if wait := seconds_to_wait("api-rate", token_id, limit=limit):
        raise Problem(
            "too-many-requests",
            f"More than {limit} requests in a minute; try again in {wait} s.",
            headers={"Retry-After": str(wait)},
        )
