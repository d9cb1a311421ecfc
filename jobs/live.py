"""The event stream behind live pages, shared by console and portal.

It carries ids only: a page that shows one of them fetches its fragment again, under its own
permissions. Streams live in the event loop, hold no database connection, and may be cut at any
moment; a page without a stream polls.
"""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import structlog
from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.db import connections
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

#: Seconds of silence after which a comment proves to proxies that the stream lives.
HEARTBEAT = 15.0
#: Seconds after which a stream ends; the page opens the next one, with its rights checked anew.
LONGEST = 900.0
#: Milliseconds a browser waits before it opens a cut stream again.
RETRY_MS = 2000
#: Ids told in one message at most; beyond that the page is told to look at everything.
MOST_IDS = 200


async def event_stream(
    request: HttpRequest, *channels: str, missed: Callable[[], bool] | None = None
) -> HttpResponseBase:
    """Answer with a stream of what is published on ``channels``; the caller checked the rights.

    ``missed`` is asked once, after subscribing: whether something changed since the page was
    rendered. 204 where no stream can be had (WSGI, Redis down): the page polls then.
    """
    if not isinstance(request, ASGIRequest):
        # A server of threads would send no header before the stream's end, and lose a thread.
        return HttpResponse(status=204)
    client: Redis = Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2)
    pubsub = client.pubsub(ignore_subscribe_messages=True)
    try:
        await pubsub.subscribe(*channels)
        late = missed is not None and await sync_to_async(missed)()
    except (RedisError, OSError) as error:
        log.warning("no event stream", error=str(error))
        await _close(pubsub, client)
        return HttpResponse(status=204)
    except BaseException:
        await _close(pubsub, client)
        raise
    return StreamingHttpResponse(
        _events(pubsub, client, late=late),
        content_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _events(pubsub: PubSub, client: Redis, *, late: bool) -> AsyncIterator[bytes]:
    # Django would keep the connection that checked the rights until the stream ends.
    await sync_to_async(connections.close_all)()
    ends = time.monotonic() + LONGEST
    try:
        yield f"retry: {RETRY_MS}\n\n".encode()
        if late:
            yield _event({"*"})
        while time.monotonic() < ends:
            message = await pubsub.get_message(timeout=HEARTBEAT)
            if message is None:
                yield b": beat\n\n"
                continue
            yield _event(await _with_what_waits(pubsub, message))
    except (RedisError, OSError) as error:
        log.info("event stream ended", error=str(error))
    finally:
        await _close(pubsub, client)


async def _with_what_waits(pubsub: PubSub, message: dict[str, Any] | None) -> set[str]:
    """The ids of this message and of all that have come with it: one event for a burst."""
    ids: set[str] = set()
    while message is not None:
        ids |= _ids(message["data"])
        message = await pubsub.get_message(timeout=0.0)
        if len(ids) > MOST_IDS:
            return {"*"}
    return ids


def _ids(data: bytes) -> set[str]:
    found: set[str] = set()
    for value in json.loads(data).values():
        found |= {str(one) for one in (value if isinstance(value, list) else [value])}
    return found


def _event(ids: set[str]) -> bytes:
    return f"data: {json.dumps({'ids': sorted(ids)})}\n\n".encode()


async def _close(pubsub: PubSub, client: Redis) -> None:
    try:
        await pubsub.aclose()
        await client.aclose()
    except (RedisError, OSError) as error:
        log.info("event stream not closed cleanly", error=str(error))
