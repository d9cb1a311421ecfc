"""The event stream: ids only, heard at once, no database connection held, rights checked."""

from __future__ import annotations

import asyncio
import json
import time

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.db import connections
from django.test import AsyncClient, Client
from redis.exceptions import ConnectionError as RedisDown

from jobs import live
from jobs.notices import branch_channel
from jobs.queue import connection as redis_connection
from network.models import Branch, BranchStaff, User
from tests.jobs.world import make_branch

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def boston(transactional_db) -> Branch:
    return make_branch()


@pytest.fixture
def watcher(boston: Branch) -> User:
    user = User.objects.create_user(email="nora@example.com", password="secret", name="Nora")
    BranchStaff.objects.create(user=user, branch=boston, role="dispatcher")
    return user


def publish(branch: Branch, *ids: str) -> None:
    redis_connection().publish(branch_channel(branch.pk), json.dumps({"jobs": list(ids)}))


async def next_event(stream, *, within: float = 3.0) -> set[str]:
    async with asyncio.timeout(within):
        while True:
            chunk = (await anext(stream)).decode()
            if chunk.startswith("data:"):
                return set(json.loads(chunk[5:])["ids"])


def watch(user: User, scenario, address: str = "/console/boston/stream/"):
    """Run ``scenario(response)`` on an open stream of the user, and close it."""

    async def run():
        client = AsyncClient()
        await client.aforce_login(user)
        response = await client.get(address)
        try:
            return await scenario(response)
        finally:
            if response.streaming:
                await response.streaming_content.aclose()

    return async_to_sync(run)()


def test_a_change_is_heard_by_its_id_at_once(boston, watcher):
    async def scenario(response):
        assert response.status_code == 200
        assert response["Content-Type"] == "text/event-stream"
        assert response["X-Accel-Buffering"] == "no"
        stream = response.streaming_content
        assert (await anext(stream)).startswith(b"retry:")
        started = time.perf_counter()
        await sync_to_async(publish)(boston, "job-1", "job-2")
        heard = await next_event(stream)
        return heard, time.perf_counter() - started

    heard, seconds = watch(watcher, scenario)
    assert heard == {"job-1", "job-2"}
    assert seconds < 1.0


def test_a_burst_is_one_event(boston, watcher):
    async def scenario(response):
        stream = response.streaming_content
        await anext(stream)

        def burst() -> None:
            for number in range(50):
                publish(boston, f"job-{number}")

        await sync_to_async(burst)()
        await asyncio.sleep(0.1)
        return await next_event(stream)

    assert len(watch(watcher, scenario)) > 1


def test_other_branches_are_not_heard(boston, watcher):
    other = make_branch("worcester")

    async def scenario(response):
        stream = response.streaming_content
        await anext(stream)
        await sync_to_async(publish)(other, "theirs")
        await sync_to_async(publish)(boston, "ours")
        return await next_event(stream)

    assert watch(watcher, scenario) == {"ours"}


def test_what_changed_before_the_stream_began_is_told(boston, watcher, monkeypatch):
    monkeypatch.setattr("jobs.console.views.stream.Job.objects.filter", lambda **_: _Something())

    async def scenario(response):
        return await next_event(response.streaming_content)

    assert watch(watcher, scenario, "/console/boston/stream/?since=1") == {"*"}


class _Something:
    def exists(self) -> bool:
        return True


def test_silence_is_filled_with_heartbeats(boston, watcher, monkeypatch):
    monkeypatch.setattr(live, "HEARTBEAT", 0.05)

    async def scenario(response):
        stream = response.streaming_content
        await anext(stream)
        return [await anext(stream) for _ in range(2)]

    assert watch(watcher, scenario) == [b": beat\n\n"] * 2


def test_a_stream_ends_after_a_while_so_that_rights_are_checked_anew(boston, watcher, monkeypatch):
    monkeypatch.setattr(live, "LONGEST", 0.1)
    monkeypatch.setattr(live, "HEARTBEAT", 0.05)

    async def scenario(response):
        return [chunk async for chunk in response.streaming_content]

    assert len(watch(watcher, scenario)) < 10


def test_an_open_stream_holds_no_database_connection(boston, watcher):
    async def scenario(response):
        stream = response.streaming_content
        await anext(stream)
        return await sync_to_async(lambda: connections["default"].connection)()

    assert watch(watcher, scenario) is None


def test_without_redis_the_page_polls(boston, watcher, monkeypatch):
    async def refuse(*_: object) -> None:
        raise RedisDown("down")

    monkeypatch.setattr("redis.asyncio.client.PubSub.subscribe", refuse)

    async def scenario(response):
        return response.status_code

    assert watch(watcher, scenario) == 204


def test_a_server_of_threads_offers_no_stream(boston, watcher):
    client = Client()
    client.force_login(watcher)
    assert client.get("/console/boston/stream/").status_code == 204


def test_only_the_branch_s_staff_may_listen(boston, watcher):
    make_branch("worcester")

    async def status(response):
        return response.status_code

    assert watch(watcher, status, "/console/worcester/stream/") == 404
    stranger = User.objects.create_user(email="eve@example.com", password="secret")
    assert watch(stranger, status) == 403
    assert async_to_sync(AsyncClient().get)("/console/boston/stream/").status_code == 302
    assert async_to_sync(AsyncClient().post)("/console/boston/stream/").status_code == 405


def test_an_odd_since_is_ignored(boston, watcher):
    async def status(response):
        await anext(response.streaming_content)
        return response.status_code

    for odd in ("x", "1e9", str(10**30), "-1"):
        assert watch(watcher, status, f"/console/boston/stream/?since={odd}") == 200
