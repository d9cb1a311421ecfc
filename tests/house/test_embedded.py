"""The embedded servers: shared by the commands of a checkout, outliving none of them."""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from dispatch_site.embedded import paths
from dispatch_site.embedded.lease import Lease
from dispatch_site.embedded.paths import EmbeddedError, Layout
from dispatch_site.embedded.session import needs_servers
from tests.house.servers import MANAGE, clean_environment, data_folder, eventually, processes_of

pytestmark = pytest.mark.slow
LINUX = sys.platform.startswith("linux")


@pytest.fixture
def var() -> Iterator[Path]:
    with data_folder() as folder:
        yield folder


def ask_postgres(layout: Layout) -> str:
    with psycopg.connect(
        host=str(layout.postgres_sockets), user="firstcall", dbname="firstcall"
    ) as connection:
        row = connection.execute("SELECT current_setting('server_version')").fetchone()
        assert row is not None
        return str(row[0])


def ask_valkey(layout: Layout) -> bool:
    return bool(redis.Redis(unix_socket_path=str(layout.valkey_socket)).ping())


def test_both_servers_answer_and_nothing_is_left_after_release(var: Path) -> None:
    lease = Lease(Layout.of(var))
    lease.acquire()
    assert ask_postgres(lease.layout).startswith("18.")
    assert ask_valkey(lease.layout)
    lease.release()
    assert processes_of(var) == []


def test_data_survives_a_stop(var: Path) -> None:
    lease = Lease(Layout.of(var))
    lease.acquire()
    address = {
        "host": str(lease.layout.postgres_sockets),
        "user": "firstcall",
        "dbname": "firstcall",
    }
    with psycopg.connect(**address) as connection:
        connection.execute("CREATE TABLE kept (n int)")
        connection.execute("INSERT INTO kept VALUES (7)")
    lease.release()
    lease.acquire()
    with psycopg.connect(**address) as connection:
        assert connection.execute("SELECT n FROM kept").fetchone() == (7,)
    lease.release()


def test_one_user_does_not_stop_them_under_another(var: Path) -> None:
    first, second = Lease(Layout.of(var)), Lease(Layout.of(var))
    first.acquire()
    second.acquire()
    first.release()
    assert ask_postgres(second.layout)
    assert ask_valkey(second.layout)
    second.release()
    assert processes_of(var) == []


def test_a_killed_user_leaves_no_server_behind(var: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path\n"
        "from dispatch_site.embedded.lease import Lease\n"
        "from dispatch_site.embedded.paths import Layout\n"
        "held = Lease(Layout.of(Path(sys.argv[1])))\n"
        "held.acquire(); print('up', flush=True)\n"
        "time.sleep(600)\n"
    )
    user = subprocess.Popen(
        [sys.executable, "-c", code, str(var)],
        stdout=subprocess.PIPE,
        cwd=paths.BASE_DIR,
        env=clean_environment(var),
    )
    assert user.stdout is not None
    assert user.stdout.readline() == b"up\n"
    user.kill()
    user.wait()
    eventually(lambda: not processes_of(var), seconds=20, what="servers gone after kill -9")


@pytest.mark.skipif(not LINUX, reason="macOS has no parent death signal")
def test_a_killed_keeper_takes_its_servers_along_and_the_next_user_starts_anew(var: Path) -> None:
    lease = Lease(Layout.of(var))
    lease.acquire()
    keepers = [p for p in processes_of(var) if "dispatch_site.embedded.keeper" in p.cmdline()]
    assert len(keepers) == 1
    keepers[0].kill()
    eventually(lambda: not processes_of(var), seconds=20, what="servers gone with their keeper")
    assert not lease.keeper_runs()
    lease.acquire()
    assert ask_postgres(lease.layout)
    lease.release()


def test_a_crashed_server_is_started_again(var: Path) -> None:
    lease = Lease(Layout.of(var))
    lease.acquire()
    for process in processes_of(var):
        if "valkey-server" in " ".join(process.cmdline()):
            process.kill()

    def answers() -> bool:
        try:
            return ask_valkey(lease.layout)
        except redis.exceptions.ConnectionError:
            return False

    eventually(answers, seconds=10, what="Valkey answers again")
    lease.release()


def test_commands_share_the_servers_and_stop_them_when_the_last_ends(var: Path) -> None:
    command = [sys.executable, str(MANAGE), "shell", "--no-imports", "-c"]
    code = (
        "from django.db import connection as c; k = c.cursor();"
        " k.execute('SELECT pg_sleep({}), 41 + 1'); print(k.fetchone()[1])"
    )
    started = [
        subprocess.Popen(
            [*command, code.format(seconds)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=clean_environment(var),
        )
        for seconds in (0, 1.5, 0.5)
    ]
    for process in started:
        out, err = process.communicate(timeout=60)
        assert out.strip() == "42", err
    assert processes_of(var) == []


def test_a_command_without_need_of_them_starts_no_server(var: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(MANAGE), "check"],
        env=clean_environment(var),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not Layout.of(var).logs.exists()


@pytest.mark.parametrize(
    ("line", "needed"),
    [
        ("manage.py", False),
        ("manage.py help", False),
        ("manage.py migrate --help", False),
        ("manage.py check --deploy", False),
        ("manage.py check --database default", True),
        ("manage.py makemigrations --check", False),
        ("manage.py run --port 8001", False),
        ("manage.py migrate", True),
        ("manage.py audit --json", True),
    ],
)
def test_which_commands_need_servers(line: str, needed: bool) -> None:
    assert needs_servers(line.split()) is needed


@pytest.mark.skipif(os.geteuid() != 0, reason="only root must change user")
def test_root_has_postgres_run_by_nobody_from_a_copy(var: Path) -> None:
    lease = Lease(Layout.of(var))
    lease.acquire()
    servers = [p for p in processes_of(var) if Path(p.cmdline()[0]).name == "postgres"]
    assert servers
    for server in servers:
        assert server.uids().real == pwd.getpwnam("nobody").pw_uid
        assert Path(server.cmdline()[0]).is_relative_to(lease.layout.server_home)
    lease.release()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has such a place")
def test_root_keeps_postgres_out_of_folders_that_nobody_may_not_enter(
    var: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(paths, "ROOT_FALLBACK", tmp_path / "elsewhere")
    var.parent.chmod(0o700)
    layout = Layout.of(var)
    assert layout.server_home.parent == tmp_path / "elsewhere"
    assert layout.sockets == Layout.of(var).sockets


def test_socket_paths_stay_short_however_deep_the_checkout_lies(tmp_path: Path) -> None:
    layout = Layout.of(tmp_path / ("deep/" * 40) / "var")
    longest = max(
        len(os.fsencode(layout.postgres_sockets / ".s.PGSQL.5432")),
        len(os.fsencode(layout.valkey_socket)),
    )
    assert longest <= 103


def test_two_checkouts_share_nothing(tmp_path: Path) -> None:
    one, other = Layout.of(tmp_path / "one" / "var"), Layout.of(tmp_path / "two" / "var")
    assert one.sockets != other.sockets
    assert one.database_url != other.database_url
    assert one.redis_url != other.redis_url


def test_a_socket_folder_of_somebody_else_is_refused(var: Path) -> None:
    layout = Layout.of(var)
    layout.sockets.symlink_to(var)
    try:
        with pytest.raises(EmbeddedError, match="Remove it"):
            layout.make_socket_folder()
    finally:
        layout.sockets.unlink()


def test_a_stale_pid_file_of_a_stranger_does_not_stop_the_start(var: Path) -> None:
    """In a container the number of a dead server is soon another program's."""
    lease = Lease(Layout.of(var))
    lease.acquire()
    lease.release()
    pidfile = lease.layout.postgres_data / "postmaster.pid"
    pidfile.write_text(f"{os.getpid()}\n{lease.layout.postgres_data}\n1\n5432\n\n\n")
    lease.acquire()
    assert ask_postgres(lease.layout)
    lease.release()
    assert psutil.pid_exists(os.getpid())


def test_an_interrupted_command_gives_the_servers_up(var: Path) -> None:
    process = subprocess.Popen(
        [
            sys.executable,
            str(MANAGE),
            "shell",
            "--no-imports",
            "-c",
            "import time; print('up', flush=True); time.sleep(600)",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=clean_environment(var),
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"up\n"
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=30)
    assert processes_of(var) == []
