"""Races by real processes, in an order that the test decides, with or without the guards."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from network.clock import install_test_clock
from tests.jobs.world import START

ROOT = Path(__file__).resolve().parents[2]
#: A racer that waits longer waits for a lock that the test holds: it would wait for ever.
PATIENCE_SECONDS = 60.0


class Racers:
    """Processes that are ready; ``go`` lets them run, ``result`` waits for one of them."""

    def __init__(self, process: subprocess.Popen[str], count: int) -> None:
        self._process = process
        self._results: dict[int, tuple[str, Any]] = {}
        ready = 0
        while ready < count:
            ready += self._read()[0] == "ready"

    def _read(self) -> list[Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "a racer died"
        said = json.loads(line)
        if said[0] != "ready":
            self._results[said[1]] = (said[0], said[2])
        return said

    def go(self, *numbers: int) -> None:
        assert self._process.stdin is not None
        for number in numbers:
            self._process.stdin.write(f"{number}\n")
        self._process.stdin.flush()

    def result(self, number: int) -> tuple[str, Any]:
        """``("done", value)``, ``("refused", code)`` or ``("error", text)``."""
        while number not in self._results:
            self._read()
        return self._results[number]


@contextmanager
def racers(environment: dict[str, str], *pieces: str) -> Iterator[Racers]:
    """Real processes, one for each piece of code, with Django set up and a connection."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.jobs.racer", *pieces],
        env=environment,
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    # The processes that race are its children: its whole group goes.
    patience = threading.Timer(PATIENCE_SECONDS, os.killpg, [process.pid, signal.SIGKILL])
    patience.start()
    try:
        yield Racers(process, len(pieces))
    finally:
        patience.cancel()
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()


def execute(text: str, *parameters: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(text, parameters or None)


def wait_for_waiting(count: int) -> None:
    """Until so many connections wait for a lock."""
    began = time.monotonic()
    while _waiting() < count:
        assert time.monotonic() - began < 30, f"{_waiting()} of {count} wait: no race"
        time.sleep(0.01)


def _waiting() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return int(cursor.fetchone()[0])


class SharedClock:
    """Domain time that every process sees change at the same moment."""

    def set(self, moment: datetime) -> None:
        execute("UPDATE race_clock SET at = %s", moment)


@pytest.fixture
def shared_clock(transactional_db: None) -> Iterator[SharedClock]:
    execute("CREATE TABLE race_clock (at timestamptz)")
    execute("INSERT INTO race_clock VALUES (%s)", START)
    execute(
        "CREATE OR REPLACE FUNCTION app_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS"
        " 'SELECT at FROM race_clock'"
    )
    yield SharedClock()
    with connection.cursor() as cursor:
        install_test_clock(cursor)
        cursor.execute("DROP TABLE race_clock")


@contextmanager
def changed_function(name: str, change: Callable[[str], str]) -> Iterator[None]:
    """Replace a function of the database for a while."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef(%s::regproc)", [name])
        before = cursor.fetchone()[0]
        after = change(before)
        assert after != before
        cursor.execute(after)
    try:
        yield
    finally:
        execute(before)


def only_stamps(definition: str) -> str:
    """The offers' trigger without any refusal: it notes the time of the answer, nothing else."""
    head = definition[: definition.index("AS $")]
    return head + (
        "AS $body$ BEGIN NEW.answered_at := app_now(); NEW.closed_at := app_now();"
        " RETURN NEW; END $body$"
    )


@contextmanager
def without(*, constraints: list[str], indexes: list[str], triggers: list[str]) -> Iterator[None]:
    """Take guards off for a while. Whatever was written meanwhile is thrown away afterwards.

    Constraints and triggers are written ``table.name``; order the constraints so that none
    depends on one before it.
    """
    restore: list[str] = []
    with connection.cursor() as cursor:
        for table, name in (one.split(".") for one in constraints):
            cursor.execute(
                "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
                " WHERE conrelid = %s::regclass AND conname = %s",
                [table, name],
            )
            definition = cursor.fetchone()[0]
            restore.insert(0, f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        for name in indexes:
            cursor.execute("SELECT pg_get_indexdef(%s::regclass)", [name])
            restore.append(cursor.fetchone()[0])
            cursor.execute(f"DROP INDEX {name}")
        for table, name in (one.split(".") for one in triggers):
            restore.append(f"ALTER TABLE {table} ENABLE TRIGGER {name}")
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {name}")
    try:
        yield
    finally:
        execute("TRUNCATE jobs_job, network_calendarentry, ranking_decision CASCADE")
        for statement in restore:
            execute(statement)
