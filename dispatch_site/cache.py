"""A Redis cache that is allowed to be gone.

Redis may be lost whole at any moment, and nothing that a person does may fail because of it. The
cache holds only rate limits and short-lived renderings, so a lost one counts as an empty one.
"""

from __future__ import annotations

from typing import Any

import structlog
from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

log = structlog.get_logger(__name__)
GONE = (RedisConnectionError, RedisTimeoutError)


class ForgivingRedisCache(RedisCache):
    """Answers like an empty cache while Redis is unreachable."""

    def add(
        self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None
    ) -> bool:
        try:
            return super().add(key, value, timeout, version)
        except GONE as error:
            self._warn("add", error)
            return True

    def get(self, key: str, default: Any = None, version: Any = None) -> Any:
        try:
            return super().get(key, default, version)
        except GONE as error:
            self._warn("get", error)
            return default

    def set(
        self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None
    ) -> None:
        try:
            super().set(key, value, timeout, version)
        except GONE as error:
            self._warn("set", error)

    def delete(self, key: str, version: Any = None) -> bool:
        try:
            return super().delete(key, version)
        except GONE as error:
            self._warn("delete", error)
            return False

    def get_many(self, keys: Any, version: Any = None) -> dict[Any, Any]:
        try:
            return super().get_many(keys, version)
        except GONE as error:
            self._warn("get_many", error)
            return {}

    @staticmethod
    def _warn(operation: str, error: Exception) -> None:
        log.warning("cache unreachable", operation=operation, error=str(error))
