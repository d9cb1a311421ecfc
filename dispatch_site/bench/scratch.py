"""Scratch databases on the configured server: made, copied, dropped."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from urllib.parse import quote

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from dispatch_site.env import redis_url_with_db
from network.clock import install_test_clock

BASE = "firstcall_bench_base"
WORK = "firstcall_bench_work"
#: Redis database for the benchmark's own queues.
REDIS_DB = 13


def _server() -> psycopg.Connection[tuple[object, ...]]:
    values = connection.settings_dict
    return psycopg.connect(
        dbname="postgres",
        user=values["USER"] or None,
        password=values["PASSWORD"] or None,
        host=values["HOST"] or None,
        port=values["PORT"] or None,
        autocommit=True,
    )


def connect_to(name: str) -> None:
    """Point Django's connection at another database of the same server."""
    connection.close()
    connection.settings_dict["NAME"] = name


def database_url() -> str:
    """DATABASE_URL of the database in use, for child processes."""
    values = connection.settings_dict
    password = f":{quote(values['PASSWORD'], safe='')}" if values["PASSWORD"] else ""
    port = f"&port={values['PORT']}" if values["PORT"] else ""
    return (
        f"postgres://{quote(values['USER'], safe='')}{password}@/"
        f"{values['NAME']}?host={quote(values['HOST'], safe='/')}{port}"
    )


def environment() -> dict[str, str]:
    """Environment for child processes that work on the scratch database."""
    return {
        **os.environ,
        "DATABASE_URL": database_url(),
        "REDIS_URL": redis_url(),
        "DEBUG": "1",
    }


def redis_url() -> str:
    return redis_url_with_db(settings.REDIS_URL, REDIS_DB)


@contextmanager
def base_database() -> Iterator[None]:
    """An empty, migrated database in which domain time can be stopped; dropped at the end."""
    original = connection.settings_dict["NAME"]
    with _server() as server:
        _drop(server)
        server.execute(f'CREATE DATABASE "{BASE}"')
    try:
        connect_to(BASE)
        call_command("migrate", verbosity=0)
        with connection.cursor() as cursor:
            install_test_clock(cursor)
        yield
    finally:
        connect_to(original)
        with _server() as server:
            _drop(server)


@contextmanager
def copy_of_base(*, now: datetime | None = None) -> Iterator[None]:
    """A fresh copy of the base, domain time stopped at ``now`` in every process (or running)."""
    connect_to("postgres")
    with _server() as server:
        server.execute(f'DROP DATABASE IF EXISTS "{WORK}" WITH (FORCE)')
        server.execute(f'CREATE DATABASE "{WORK}" TEMPLATE "{BASE}"')
        if now is not None:
            server.execute(f"ALTER DATABASE \"{WORK}\" SET firstcall.now = '{now.isoformat()}'")
    connect_to(WORK)
    try:
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        yield
    finally:
        connect_to("postgres")
        with _server() as server:
            server.execute(f'DROP DATABASE IF EXISTS "{WORK}" WITH (FORCE)')
        connect_to(BASE)


def _drop(server: psycopg.Connection[tuple[object, ...]]) -> None:
    for name in (WORK, BASE):
        server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def manage(*arguments: str) -> subprocess.Popen[bytes]:
    """A ``manage.py`` process on the scratch database."""
    import sys

    return subprocess.Popen(
        [sys.executable, str(settings.BASE_DIR / "manage.py"), *arguments],
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
