"""Notices that something changed: ids only, published after commit, allowed to be lost."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import partial

import structlog
from django.db import transaction
from redis.exceptions import RedisError

from jobs.queue import connection

log = structlog.get_logger(__name__)


def branch_channel(branch_id: int) -> str:
    return f"firstcall:branch:{branch_id}"


def contractor_channel(contractor_id: int) -> str:
    return f"firstcall:contractor:{contractor_id}"


def publish_after_commit(
    *, jobs_by_branch: Mapping[int, Iterable[str]], contractor_ids: Iterable[int]
) -> None:
    """Tell open pages which jobs (public ids) and which contractors' lists changed."""
    messages = [
        (branch_channel(branch_id), json.dumps({"jobs": sorted(set(ids))}))
        for branch_id, ids in jobs_by_branch.items()
    ]
    messages += [
        (contractor_channel(contractor_id), json.dumps({"contractor": contractor_id}))
        for contractor_id in sorted(set(contractor_ids))
    ]
    if messages:
        transaction.on_commit(partial(_publish, messages), robust=True)


def _publish(messages: list[tuple[str, str]]) -> None:
    try:
        pipeline = connection().pipeline(transaction=False)
        for channel, text in messages:
            pipeline.publish(channel, text)
        pipeline.execute()
    except RedisError as error:
        log.warning("notice not published", error=str(error))
