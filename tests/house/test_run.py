"""`make run` for real: it comes up whole, and leaves nothing behind however it is stopped."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from dispatch_site.embedded.paths import BASE_DIR
from tests.house.servers import MANAGE, clean_environment, data_folder, eventually, processes_of

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("run")]
START_SECONDS = 120.0
STOP_SECONDS = 40.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Site:
    """A running site, its output in a file."""

    def __init__(self, var: Path, command: list[str], **environment: str) -> None:
        self.var = var
        self.port = free_port()
        self.log = var.parent / "log"
        with self.log.open("a") as output:
            self.process = subprocess.Popen(
                command,
                cwd=BASE_DIR,
                env=clean_environment(var, PORT=str(self.port), **environment),
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def text(self) -> str:
        return self.log.read_text()

    def wait_until_up(self) -> None:
        def up() -> bool:
            assert self.process.poll() is None, self.text()
            return f"Firstcall runs at http://localhost:{self.port}/" in self.text()

        eventually(up, seconds=START_SECONDS, what=f"the site is up\n{self.text()}")

    def get(self, path: str) -> tuple[int, bytes]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}") as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def is_ready(self) -> bool:
        status, body = self.get("/readyz")
        return status == 200 and all(part["ok"] for part in json.loads(body)["checks"].values())

    def wait_until_gone(self) -> None:
        self.process.wait(timeout=STOP_SECONDS)
        # The process that gave the exit code is reaped by us; the others must already be gone.
        eventually(lambda: not processes_of(self.var), seconds=2, what="nothing left behind")


@pytest.fixture(scope="module")
def var() -> Iterator[Path]:
    """One data folder for the module: later starts find the sample already there."""
    with data_folder() as folder:
        yield folder


def make_run(var: Path, **variables: str) -> Site:
    return Site(var, ["make", "run", *(f"{k}={v}" for k, v in variables.items())])


def test_make_run_comes_up_whole_and_ctrl_c_ends_all_of_it(var: Path) -> None:
    site = make_run(var)
    site.wait_until_up()
    eventually(site.is_ready, seconds=15, what="ready")
    assert site.get("/accounts/login/")[0] == 200
    assert "Demo accounts" in site.text()
    commands = [" ".join(process.cmdline()) for process in processes_of(var)]
    workers = [f"rqworker {queue}" for queue in ("timeouts", "searches", "default")]
    for part in ("uvicorn", *workers, "manage.py clock"):
        assert sum(part in command for command in commands) == 1, (part, commands)
    # A terminal sends Ctrl-C to make and to the supervisor alike.
    os.killpg(site.process.pid, signal.SIGINT)
    site.wait_until_gone()


def test_a_second_start_finds_everything_in_place_and_sigterm_to_make_ends_it(var: Path) -> None:
    site = make_run(var, TIME_SCALE="60")
    site.wait_until_up()
    assert "60 times as fast" in site.text()
    site.process.terminate()
    site.wait_until_gone()


def test_a_killed_worker_comes_back_and_other_commands_share_the_servers(var: Path) -> None:
    site = Site(var, [sys.executable, str(MANAGE), "run"])
    site.wait_until_up()

    def worker() -> list[int]:
        return [p.pid for p in processes_of(var) if "rqworker timeouts" in " ".join(p.cmdline())]

    [first] = worker()
    os.kill(first, signal.SIGKILL)
    eventually(lambda: worker() not in ([], [first]), seconds=15, what="another worker")
    assert "timeouts ended (killed by SIGKILL)" in site.text()
    done = subprocess.run(
        [sys.executable, str(MANAGE), "showmigrations", "--plan"],
        env=clean_environment(var),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "[ ]" not in done.stdout
    assert site.get("/healthz")[0] == 200
    site.process.send_signal(signal.SIGINT)
    site.wait_until_gone()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs parent death signals")
def test_killing_the_supervisor_outright_leaves_nothing(var: Path) -> None:
    site = Site(var, [sys.executable, str(MANAGE), "run"])
    site.wait_until_up()
    site.process.kill()
    site.process.wait()
    eventually(lambda: not processes_of(var), seconds=20, what="nothing left after kill -9")


def test_a_taken_port_is_said_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = subprocess.run(
            [sys.executable, str(MANAGE), "run", "--port", str(port)],
            env=clean_environment(tmp_path / "var"),
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert f"Port {port} is taken" in done.stderr
    assert not (tmp_path / "var" / "log").exists()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PORT", "99999", "no port 99999"),
        ("PORT", "http", "invalid int value"),
        ("TIME_SCALE", "fast", "invalid float value"),
        ("TIME_SCALE", "0", "above 0"),
    ],
)
def test_nonsense_is_refused_by_name(tmp_path: Path, name: str, value: str, said: str) -> None:
    done = subprocess.run(
        [sys.executable, str(MANAGE), "run"],
        env=clean_environment(tmp_path / "var", **{"PORT": str(free_port()), name: value}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert said in done.stderr
    assert "Traceback" not in done.stderr
