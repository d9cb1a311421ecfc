"""Handing replays to the RQ workers. Nothing depends on it but how soon a report is there."""

from __future__ import annotations

from functools import partial

import django_rq
import structlog
from django.db import transaction
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

RUN_REPLAY = "ranking.tasks.run_replay"
QUEUE = "default"
TIMEOUT_SECONDS = 600


def enqueue_replay(replay_id: int) -> None:
    """Have a worker run it once this transaction has committed; a Redis that is down is logged."""
    transaction.on_commit(partial(_enqueue, replay_id), robust=True)


def _enqueue(replay_id: int) -> None:
    try:
        django_rq.get_queue(QUEUE).enqueue(
            RUN_REPLAY,
            replay_id,
            job_timeout=TIMEOUT_SECONDS,
            result_ttl=0,
            failure_ttl=3600,
        )
    except RedisError as error:
        log.warning("replay not handed over", replay=replay_id, error=str(error))
