"""The one way tasks reach RQ, for every app.

A task is enqueued after the commit, and a Redis that is down never turns a committed
change into an error: whatever was not handed over is found again in PostgreSQL.
"""

from __future__ import annotations

from functools import lru_cache, partial

import django_rq
import structlog
from django.conf import settings
from django.db import transaction
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue
from rq.timeouts import BaseTimeoutException

log = structlog.get_logger(__name__)

TIMEOUTS = "timeouts"
SEARCHES = "searches"
DEFAULT = "default"

#: RQ raises this inside a task that ran too long. It is an ordinary ``Exception``, so whoever
#: catches those must let it pass first.
TaskTimeout = BaseTimeoutException

#: Within this many milliseconds a second hint adds nothing, unless the task has begun meanwhile.
HINT_MS = 50


def connection() -> Redis:
    """The Redis that RQ uses, through one pool per process.

    It gives up within seconds: a Redis that hangs must not hold up whoever has just committed.
    """
    return _client(settings.RQ_QUEUES[DEFAULT]["URL"])


@lru_cache(maxsize=4)
def _client(url: str) -> Redis:
    return Redis.from_url(
        url, socket_connect_timeout=1, socket_timeout=2, retry=Retry(NoBackoff(), 1)
    )


def queue_of(name: str) -> Queue:
    """An RQ queue over that connection."""
    return django_rq.get_queue(name, connection=connection())


def enqueue(queue: str, task: str, *ids: int, timeout_seconds: int | None = None) -> None:
    """Enqueue ``task`` (a dotted name) with ids only, once this transaction has committed.

    ``timeout_seconds`` is for a task that may take longer than the queue's own limit.
    """
    transaction.on_commit(partial(_enqueue, queue, task, ids, timeout_seconds), robust=True)


def hint(queue: str, task: str) -> None:
    """After commit, wake a worker for ``task``, unless one was woken a moment ago.

    A lost hint costs at most one look of the clock (about 200 ms).
    """
    transaction.on_commit(partial(_hint, queue, task), robust=True)


def begun(task: str) -> None:
    """A worker begins with ``task``: whoever commits from now on may come too late for it, so the
    next hint wakes a worker again."""
    try:
        connection().delete(_hint_key(task))
    except RedisError as error:
        log.warning("the beginning of a task was not noted", task=task, error=str(error))


def _hint_key(task: str) -> str:
    return f"{settings.CACHES['default'].get('KEY_PREFIX', '')}hint:{task}"


def _enqueue(
    queue: str, task: str, ids: tuple[int, ...], timeout_seconds: int | None = None
) -> None:
    try:
        queue_of(queue).enqueue(
            task, *ids, job_timeout=timeout_seconds, result_ttl=0, failure_ttl=3600
        )
    except RedisError as error:
        log.warning("task not handed over", task=task, error=str(error))


def _hint(queue: str, task: str) -> None:
    try:
        first = connection().set(_hint_key(task), 1, nx=True, px=HINT_MS)
    except RedisError as error:
        log.warning("hint not handed over", task=task, error=str(error))
        return
    if first:
        _enqueue(queue, task, ())
