"""How many requests somebody may make. Counted in Redis; without Redis everybody may pass."""

from __future__ import annotations

import structlog
from django.conf import settings
from redis.exceptions import RedisError

from jobs.queue import connection

log = structlog.get_logger(__name__)

#: Length of the window in which requests are counted, in seconds (wall time).
WINDOW = 60


def seconds_to_wait(kind: str, who: str | int, *, limit: int) -> int:
    """Count one request of ``who``; 0 while it is within ``limit`` a minute, else how long."""
    key = f"{settings.CACHES['default'].get('KEY_PREFIX', '')}:{kind}:{who}"
    try:
        pipeline = connection().pipeline(transaction=True)
        pipeline.set(key, 0, nx=True, ex=WINDOW)
        pipeline.incr(key)
        pipeline.ttl(key)
        _, count, seconds_left = pipeline.execute()
    except (RedisError, OSError) as error:
        log.warning("requests not counted", error=str(error))
        return 0
    return max(1, int(seconds_left)) if count > limit else 0
