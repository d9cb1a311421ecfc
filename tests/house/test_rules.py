"""Rules about the code itself: layers, migrations, whose clock is read."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

from dispatch_site.embedded.paths import BASE_DIR

DOMAIN = ("network", "ranking", "jobs", "portal")
# Calls that read the machine's clock. Durations (time.monotonic, time.perf_counter) are fine.
WALL_CLOCK = {
    "timezone.now",
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "datetime.datetime.now",
    "datetime.datetime.utcnow",
    "date.today",
    "datetime.date.today",
    "time.time",
    "timezone.localdate",
    "timezone.localtime",
}
# Wall time on purpose, each with its reason.
ALLOWED = {
    "network/clock.py": "defines domain time out of wall time",
}


def wall_clock_calls(source: str) -> list[int]:
    """Lines that call the machine's clock, or import timezone's ``now`` by name."""
    lines = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            named = ast.unparse(node.func)
            # timezone.localtime(value) converts; without a value it reads the clock.
            converts = named.endswith(("localtime", "localdate")) and node.args
            if named in WALL_CLOCK and not converts:
                lines.append(node.lineno)
        elif isinstance(node, ast.ImportFrom) and node.module == "django.utils.timezone":
            lines += [node.lineno for name in node.names if name.name == "now"]
    return lines


def domain_files() -> list[Path]:
    return sorted(
        path
        for app in DOMAIN
        for path in (BASE_DIR / app).rglob("*.py")
        if "migrations" not in path.parts
    )


def test_domain_code_asks_app_now_and_never_the_machine() -> None:
    files = domain_files()
    assert files
    found = [
        f"{path.relative_to(BASE_DIR)}:{line}"
        for path in files
        for line in wall_clock_calls(path.read_text())
        if str(path.relative_to(BASE_DIR)) not in ALLOWED
    ]
    assert found == []


@pytest.mark.parametrize(
    "source",
    [
        "from django.utils import timezone\nx = timezone.now()",
        "from django.utils.timezone import now\nx = now()",
        "from datetime import datetime\nx = datetime.now(tz=UTC)",
        "import datetime\nx = datetime.date.today()",
        "from django.utils import timezone\nx = timezone.localtime()",
        "import time\nx = time.time()",
    ],
)
def test_the_rule_sees_every_way_to_read_the_machine_clock(source: str) -> None:
    assert wall_clock_calls(source) == [2] or wall_clock_calls(source) == [1]


def test_the_rule_lets_conversions_and_durations_pass() -> None:
    assert wall_clock_calls("x = timezone.localtime(job.window_start, zone)") == []
    assert wall_clock_calls("import time\nx = time.monotonic()") == []


def test_the_import_layers_hold() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
        cwd=BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


OVER_THE_DOMAIN = (
    "jobs.console",
    "jobs.api",
    "jobs.audit",
    "jobs.customer",
    "jobs.hooks",
    "jobs.intake",
    "jobs.sample",
    "jobs.simulation",
)


def imported_modules(path: Path) -> set[str]:
    """Absolute names of what a file imports, ``from a import b`` as both ``a`` and ``a.b``."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def test_the_domain_of_jobs_never_imports_the_packages_over_it() -> None:
    over = {BASE_DIR / name.replace(".", "/") for name in OVER_THE_DOMAIN}
    # Commands are entry points like pages; they may use what lies over the domain.
    over.add(BASE_DIR / "jobs" / "management")
    domain = [
        path
        for path in (BASE_DIR / "jobs").rglob("*.py")
        if not any(path.is_relative_to(folder) for folder in over)
    ]
    assert domain
    found = {
        str(path.relative_to(BASE_DIR)): sorted(bad)
        for path in domain
        if (bad := {n for n in imported_modules(path) if n.startswith(OVER_THE_DOMAIN)})
    }
    assert found == {}


def test_no_file_of_ours_grows_far_past_four_hundred_lines() -> None:
    roots = ["dispatch_site", *DOMAIN, "tests"]
    long = {
        str(path.relative_to(BASE_DIR)): count
        for root in roots
        for path in (BASE_DIR / root).rglob("*.py")
        if "migrations" not in path.parts and (count := len(path.read_text().splitlines())) > 480
    }
    assert long == {}


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_no_fixed_path_or_secret_of_this_machine_is_in_the_lock_files() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (BASE_DIR / name).read_text()
        assert "://" not in text
        assert "--hash=sha256:" in text
        assert not any(line.startswith(("-i", "--index", "--extra")) for line in text.splitlines())
