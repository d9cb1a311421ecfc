"""Where the embedded servers of a checkout keep their data, sockets and locks."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent.parent

# A socket's path may have 107 bytes on Linux and 103 on macOS, and a checkout may lie deep, so
# sockets go here. Not the TMPDIR of whoever asks: two commands of one checkout must agree.
SOCKET_ROOT = Path("/tmp")
# Where PostgreSQL's files go when root's checkout lies where "nobody" cannot follow.
ROOT_FALLBACK = Path("/var/lib/firstcall")


class EmbeddedError(RuntimeError):
    """The embedded servers cannot run here; the message says what to do."""


def var_dir() -> Path:
    """The folder for this installation's data: ``FIRSTCALL_VAR``, else ``var`` in the checkout."""
    chosen = os.environ.get("FIRSTCALL_VAR")
    return (BASE_DIR / Path(chosen).expanduser()).resolve() if chosen else BASE_DIR / "var"


@dataclass(frozen=True)
class Layout:
    """Every path the embedded servers use, derived from the data folder alone."""

    var: Path
    sockets: Path
    server_home: Path

    @classmethod
    def of(cls, var: Path) -> Layout:
        """The layout for a data folder; two checkouts, or two users, never share one."""
        digest = hashlib.sha256(os.fsencode(os.path.realpath(var))).hexdigest()[:12]
        home = var / "embedded"
        if os.geteuid() == 0 and not home.exists() and not _others_may_enter(var):
            home = ROOT_FALLBACK / digest
        return cls(
            var=var,
            sockets=SOCKET_ROOT / f"firstcall-{os.geteuid()}-{digest}",
            server_home=home,
        )

    @property
    def postgres_data(self) -> Path:
        return self.server_home / "postgres"

    @property
    def postgres_programs(self) -> Path:
        """Root's copy of the PostgreSQL programs, where "nobody" may run them."""
        return self.server_home / "programs"

    @property
    def postgres_sockets(self) -> Path:
        return self.sockets / "pg"

    @property
    def valkey_socket(self) -> Path:
        return self.sockets / "valkey.sock"

    @property
    def logs(self) -> Path:
        return self.var / "log"

    def lock(self, name: str) -> Path:
        return self.var / f"embedded.{name}"

    @property
    def database_url(self) -> str:
        return f"postgres://firstcall@/firstcall?host={self.postgres_sockets}"

    @property
    def redis_url(self) -> str:
        return f"unix://{self.valkey_socket}?db=0"

    def make_socket_folder(self) -> None:
        """Make the sockets' folder, refusing one that somebody else put there first.

        Raises EmbeddedError when the name is taken by another user or by a link.
        """
        self.sockets.mkdir(mode=0o700, exist_ok=True)
        found = self.sockets.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
            raise EmbeddedError(
                f"{self.sockets} exists and is not a folder of this user. Remove it and try again."
            )
        # Root's PostgreSQL runs as another user, who must be able to pass through.
        self.sockets.chmod(0o711 if os.geteuid() == 0 else 0o700)


def _others_may_enter(folder: Path) -> bool:
    """Whether a user without any group of ours could walk down to ``folder``."""
    for step in [folder, *folder.parents]:
        if step.exists() and not step.stat().st_mode & stat.S_IXOTH:
            return False
    return True
