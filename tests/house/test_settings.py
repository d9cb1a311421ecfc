"""Production has no unsafe default; a local start needs none set."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dispatch_site.secret import local_secret_key
from tests.house.servers import MANAGE, clean_environment

PRODUCTION = {
    "DATABASE_URL": "postgres://first:secret@db.example/first",
    "REDIS_URL": "redis://redis.example:6379/0",
    "SECRET_KEY": "k7w-" + "pU3x9Lq0ZbT1" * 5,
    "BASE_URL": "https://dispatch.example",
    "EMAIL_HOST": "mail.example",
}


def manage(*arguments: str, var: Path, **extra: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(MANAGE), *arguments],
        env=clean_environment(var, **extra),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_the_deploy_check_is_clean_with_production_variables(tmp_path: Path) -> None:
    done = manage("check", "--deploy", "--fail-level", "WARNING", var=tmp_path, **PRODUCTION)
    assert done.returncode == 0, done.stderr
    assert "no issues (0 silenced)" in done.stdout


@pytest.mark.parametrize("missing", ["SECRET_KEY", "BASE_URL", "REDIS_URL", "EMAIL_HOST"])
def test_production_names_what_is_missing(missing: str, tmp_path: Path) -> None:
    given = {name: value for name, value in PRODUCTION.items() if name != missing}
    done = manage("check", var=tmp_path, **given)
    assert done.returncode != 0
    assert missing in done.stderr
    assert not (tmp_path / "secret-key").exists()


def test_static_files_can_be_collected_with_every_reference_in_them(tmp_path: Path) -> None:
    """Production names files by their contents and refuses a sheet with a dangling reference."""
    place = tmp_path / "static"
    done = manage("collectstatic", "--noinput", var=tmp_path, STATIC_ROOT=str(place), **PRODUCTION)
    assert done.returncode == 0, done.stderr
    assert (place / "staticfiles.json").exists()


def test_a_scaled_clock_is_refused_in_production(tmp_path: Path) -> None:
    done = manage("set_clock", "--scale", "60", var=tmp_path, **PRODUCTION)
    assert done.returncode != 0
    assert "real customers' deadlines" in done.stderr
    done = manage("run", "--time-scale", "60", "--port", "0", var=tmp_path, **PRODUCTION)
    assert done.returncode != 0
    assert "refused in production" in done.stderr


def test_a_local_key_is_made_once_and_kept_private(tmp_path: Path) -> None:
    key = local_secret_key(tmp_path / "var")
    assert len(key) >= 50
    assert local_secret_key(tmp_path / "var") == key
    assert (tmp_path / "var" / "secret-key").stat().st_mode & 0o077 == 0
    assert os.listdir(tmp_path / "var") == ["secret-key"]


def test_a_strange_database_is_refused_by_name(tmp_path: Path) -> None:
    done = manage("check", var=tmp_path, **{**PRODUCTION, "DATABASE_URL": "sqlite:///x.db"})
    assert done.returncode != 0
    assert "only PostgreSQL" in done.stderr
