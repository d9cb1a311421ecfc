"""Test servers, the test clock, and the rules every test lives under."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from urllib.parse import quote

import pytest
import redis
from django.conf import settings
from django.db import connection

from dispatch_site.embedded.lease import Lease
from tests import settings as test_settings
from tests.schema import template_database

LEASE = pytest.StashKey[Lease]()
LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0")


def pytest_configure(config: pytest.Config) -> None:
    """The controller (or a plain run) has the servers started and holds them to the end."""
    if test_settings.OWN_SERVERS and not hasattr(config, "workerinput"):
        lease = Lease(test_settings.TEST_LAYOUT, disposable=True)
        lease.acquire()
        config.stash[LEASE] = lease


def pytest_unconfigure(config: pytest.Config) -> None:
    if lease := config.stash.get(LEASE, None):
        lease.release()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that wait for servers come first: at the end one worker would wait alone."""
    waiting = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in waiting)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """Test databases are copies of one that was migrated once."""
    if test_settings.OWN_SERVERS:
        template = template_database(test_settings.TEST_LAYOUT, url=os.environ["DATABASE_URL"])
        connection.settings_dict["TEST"]["TEMPLATE"] = template


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: object) -> None:
    """After the migrations, let app_now() obey the setting that the ``clock`` fixture writes."""
    from network.clock import install_test_clock

    # pytest-django makes the test database only when it sees beforehand that a test wants it; a
    # fixture that asks for it in passing would otherwise work on the real one.
    if not connection.settings_dict["NAME"].startswith("test_"):
        pytest.exit("There is no test database: mark the test or name the `db` fixture.", 3)
    with django_db_blocker.unblock(), connection.cursor() as cursor:  # type: ignore[attr-defined]
        install_test_clock(cursor)


class DomainClock:
    """Fixes what ``app_now()`` says on this connection, to the microsecond."""

    def __init__(self) -> None:
        self.now: datetime | None = None

    def set(self, moment: datetime) -> datetime:
        """Stop domain time at ``moment`` (aware) until it is set or advanced again."""
        if moment.tzinfo is None:
            raise ValueError("The moment needs a time zone.")
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('firstcall.now', %s, false)", [moment.isoformat()])
        self.now = moment
        return moment

    def advance(self, **delta: float) -> datetime:
        """Move a stopped clock by a timedelta's keywords: ``clock.advance(minutes=5)``."""
        if self.now is None:
            raise RuntimeError("Set the clock before advancing it.")
        return self.set(self.now + timedelta(**delta))

    def release(self) -> None:
        """Let domain time be wall time again."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('firstcall.now', '', false)")
        self.now = None

    def everywhere(self, moment: datetime | None) -> None:
        """Stop domain time for connections opened from now on, in any process; None releases.

        For tests outside a transaction that start real processes.
        """
        with connection.cursor() as cursor:
            name = connection.ops.quote_name(connection.settings_dict["NAME"])
            if moment is None:
                cursor.execute(f"ALTER DATABASE {name} RESET firstcall.now")
            else:
                # ALTER DATABASE takes no parameters, so the instant is quoted by the server first.
                cursor.execute("SELECT quote_literal(%s)", [moment.isoformat()])
                literal = cursor.fetchone()[0]
                cursor.execute(f"ALTER DATABASE {name} SET firstcall.now = {literal}")


@pytest.fixture
def clock(db: None) -> Iterator[DomainClock]:
    """Domain time in a test's hands. Wall time until it is set.

    Works inside a test's transaction and, with ``django_db(transaction=True)``, outside.
    """
    held = DomainClock()
    yield held
    # Inside a transaction its rollback takes the setting back.
    if not connection.in_atomic_block:
        held.release()
        held.everywhere(None)


@pytest.fixture
def process_environment(transactional_db: None) -> dict[str, str]:
    """Environment for real processes (``manage.py …``) that shall work on this test's database."""
    values = connection.settings_dict
    address = "postgres://{}{}@{}/{}?host={}{}".format(
        quote(values["USER"], safe=""),
        f":{quote(values['PASSWORD'], safe='')}" if values["PASSWORD"] else "",
        "",
        quote(values["NAME"], safe=""),
        values["HOST"],
        f"&port={values['PORT']}" if values["PORT"] else "",
    )
    return {
        **os.environ,
        "DATABASE_URL": address,
        "DJANGO_SETTINGS_MODULE": "dispatch_site.settings",
    }


@pytest.fixture(scope="session")
def _redis_server() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL)


@pytest.fixture(autouse=True)
def _empty_redis(_redis_server: redis.Redis) -> None:
    """No task, rate limit or cached value of one test reaches the next."""
    _redis_server.flushdb()


@pytest.fixture(autouse=True)
def _no_sockets_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that would leave this machine fails with the address it asked for."""

    def guarded(name: str) -> Callable[..., object]:
        original = getattr(socket.socket, name)

        def connect(self: socket.socket, address: object) -> object:
            if self.family in (socket.AF_INET, socket.AF_INET6):
                host = str(address[0]) if isinstance(address, tuple) else str(address)
                if not host.startswith(LOOPBACK):
                    raise RuntimeError(f"A test tried to connect to {host}.")
            return original(self, address)

        return connect

    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, guarded(name))
