"""The empty database of the tests: migrated once, and copied for every worker and every run.

Migrating takes longer than most test files. So the first who needs a database migrates a template
(in a process of its own), and PostgreSQL copies that for each worker. A dump of it stays in the
data folder under the sum of everything a migration reads; as long as that does not change, later
runs restore it and migrate nothing.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from dispatch_site.embedded.paths import BASE_DIR, Layout, var_dir
from dispatch_site.embedded.postgres import programs_for

APPS = ("network", "ranking", "jobs", "portal", "dispatch_site")
KEPT_DUMPS = 3


def schema_sum() -> str:
    """Changes with every file that decides what the migrated database is."""
    files = [BASE_DIR / "requirements-dev.txt", BASE_DIR / "network" / "clock.py"]
    for app in APPS:
        files += sorted((BASE_DIR / app).rglob("migrations/*.py"))
        files += sorted((BASE_DIR / app).rglob("*_sql.py"))
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.relative_to(BASE_DIR).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


def template_database(layout: Layout, *, url: str) -> str:
    """The name of a migrated, empty database on the embedded server behind ``url``; made if needed.

    Workers that ask at once wait for the first. Raises RuntimeError with the output of the command
    that failed.
    """
    name = f"migrated_{schema_sum()}"
    draft = f"draft_{schema_sum()}"
    dump = var_dir() / "test-schemas" / f"{name}.dump"
    with (
        _alone(layout.var / "schema.lock"),
        psycopg.connect(url, autocommit=True) as server,
    ):
        if not _is_there(server, name):
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(draft)))
            server.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(draft))
            )
            _fill(dump, url=_named(url, draft), programs=programs_for(layout))
            server.execute(
                sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                    sql.Identifier(draft), sql.Identifier(name)
                )
            )
    return name


def _fill(dump: Path, *, url: str, programs: Path) -> None:
    if dump.exists():
        _run([str(programs / "pg_restore"), "--exit-on-error", "-d", url, str(dump)])
        return
    _run([sys.executable, str(BASE_DIR / "manage.py"), "migrate", "-v", "0"], DATABASE_URL=url)
    dump.parent.mkdir(parents=True, exist_ok=True)
    written = dump.with_suffix(f".{os.getpid()}")
    _run([str(programs / "pg_dump"), "-Fc", "-f", str(written), url])
    written.rename(dump)
    older = sorted(dump.parent.glob("*.dump"), key=lambda file: file.stat().st_mtime, reverse=True)
    for file in older[KEPT_DUMPS:]:
        file.unlink(missing_ok=True)


def _run(command: list[str], **environment: str) -> None:
    done = subprocess.run(
        command,
        env={**os.environ, **environment, "DJANGO_SETTINGS_MODULE": "dispatch_site.settings"},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed while making the test database:\n{done.stderr}")


def _named(url: str, database: str) -> str:
    """The same server's URL with another database."""
    address, _, query = url.partition("?")
    return f"{address.rpartition('/')[0]}/{database}?{query}"


def _is_there(server: psycopg.Connection, name: str) -> bool:
    found = server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
    return found.fetchone() is not None


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
