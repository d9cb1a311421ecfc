"""How many requests a token may make. Counted in Redis; without Redis everybody may pass."""

from __future__ import annotations

import structlog
from django.conf import settings
from redis.exceptions import RedisError

from jobs.api.problems import Problem
from jobs.queue import connection

log = structlog.get_logger(__name__)

#: Length of the window in which requests are counted, in seconds (wall time).
WINDOW = 60


def require_within_limit(token_id: int) -> None:
    """Count one request of a token. Raises Problem (429) past ``API_REQUESTS_PER_MINUTE``."""
    limit = settings.API_REQUESTS_PER_MINUTE
    if not limit:
        return
    key = f"{settings.CACHES['default'].get('KEY_PREFIX', '')}:api-rate:{token_id}"
    try:
        pipeline = connection().pipeline(transaction=True)
        pipeline.set(key, 0, nx=True, ex=WINDOW)
        pipeline.incr(key)
        pipeline.ttl(key)
        _, count, seconds_left = pipeline.execute()
    except (RedisError, OSError) as error:
        log.warning("requests not counted", error=str(error))
        return
    if count > limit:
        wait = max(1, int(seconds_left))
        raise Problem(
            "too-many-requests",
            f"More than {limit} requests in a minute; try again in {wait} s.",
            headers={"Retry-After": str(wait)},
        )
