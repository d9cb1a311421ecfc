"""Importing: rows become jobs once, bad ones are reported, nothing stops the rest."""

from __future__ import annotations

import json
from datetime import date
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from jobs.actors import Actor
from jobs.intake import service
from jobs.intake.errors import IntakeError
from jobs.intake.mapping import IntakeMapping
from jobs.intake.service import Report, import_requests
from jobs.models import Job
from network.models import Branch, ServiceType
from tests.conftest import DomainClock
from tests.intake.conftest import BOSTON, csv_of, line

ACTOR = Actor("import", "test")


def run(branch: Branch, mapping: IntakeMapping, *lines: str, **options: Any) -> Report:
    stream = BytesIO(csv_of(*lines))
    return import_requests(stream, branch=branch, mapping=mapping, actor=ACTOR, **options)


def test_a_request_becomes_a_job_with_a_promise(branch: Branch, mapping: IntakeMapping) -> None:
    report = run(branch, mapping, line("101", target="08/05/2015 08:30:00 AM"))
    assert (report.read, report.created) == (1, 1)
    job = Job.objects.get()
    assert job.service_type.slug == "leak-repair"
    assert (job.priority, job.duration_minutes, job.postcode) == ("urgent", 75, "02118")
    assert (job.source, job.external_ref) == ("import", "boston311:101")
    assert job.window_start.astimezone(branch.zone).hour in (8, 12, 16)


def test_importing_the_same_file_twice_adds_nothing(
    branch: Branch, mapping: IntakeMapping, clock: DomainClock
) -> None:
    lines = [line(str(number)) for number in range(5)]
    assert run(branch, mapping, *lines).created == 5
    clock.advance(days=3)  # "tomorrow" is another day by now
    again = run(branch, mapping, *lines, line("6"))
    assert (again.created, again.already_there) == (1, 5)
    assert Job.objects.count() == 6


def test_a_request_that_stands_twice_in_a_file_is_one_job(
    branch: Branch, mapping: IntakeMapping, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "BATCH", 2)
    report = run(branch, mapping, line("1"), line("1"), line("2"), line("1"))
    assert (report.created, report.already_there) == (2, 2)


def test_two_imports_at_once_make_each_job_once(
    branch: Branch, mapping: IntakeMapping, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(branch, mapping, line("1"))
    # The other import committed its job after this one had looked.
    monkeypatch.setattr(service._Seen, "among", lambda self, references: set())
    report = run(branch, mapping, line("1"), line("2"))
    assert (report.created, report.already_there) == (1, 1)


def test_a_dry_run_makes_every_check_and_writes_nothing(
    branch: Branch, mapping: IntakeMapping
) -> None:
    run(branch, mapping, line("1"))
    report = run(
        branch,
        mapping,
        line("1"),
        line("2"),
        line("2"),
        line("3", latitude="40.7", longitude="-74.0"),
        dry_run=True,
    )
    assert report.as_json() | {"rejected": None} == {
        "read": 4,
        "created": 1,
        "already_there": 2,
        "left_out": 0,
        "rejected": None,
        "rejected_count": 1,
        "dry_run": True,
    }
    assert Job.objects.count() == 1
    assert run(branch, mapping, line("2")).created == 1


def test_what_the_domain_refuses_is_a_rejected_row_with_its_column(
    branch: Branch, mapping: IntakeMapping
) -> None:
    report = run(
        branch,
        mapping,
        line("1", latitude="40.7", longitude="-74.0", zip_code="10001"),
        line("2", opened="08/01/2014 09:00:00 AM", target="08/02/2014 09:00:00 AM"),
        line("3"),
    )
    assert report.created == 1
    assert [(row["line"], row["column"]) for row in report.rejected] == [
        (2, "LOCATION_ZIPCODE"),
        (3, "OPEN_DT"),
    ]
    assert "which serves 37 mi around it" in report.rejected[0]["reason"]
    assert "lies in the past" in report.rejected[1]["reason"]


def test_only_the_days_asked_for_come_in(branch: Branch, mapping: IntakeMapping) -> None:
    days = ["08/02", "08/03", "08/04", "08/05"]
    lines = [line(day, opened=f"{day}/2015 11:59:59 PM", target="") for day in days]
    lines.append(line("late", opened="08/05/2015 12:00:00 AM", target=""))
    report = run(branch, mapping, *lines, first_day=date(2015, 8, 3), last_day=date(2015, 8, 4))
    assert (report.read, report.created, report.left_out) == (5, 2, 3)


def test_only_the_first_hundred_rejected_rows_are_told_apart(
    branch: Branch, mapping: IntakeMapping
) -> None:
    report = run(branch, mapping, *[line(str(n), kind="?") for n in range(150)])
    assert report.rejected_count == 150
    assert len(report.rejected) == 100


def test_a_mapping_to_unknown_work_is_refused_before_anything_is_written(
    branch: Branch, mapping: IntakeMapping
) -> None:
    ServiceType.objects.filter(branch=branch, slug="leak-repair").update(slug="leaks")
    with pytest.raises(IntakeError, match="no service type “leak-repair”"):
        run(branch, mapping, line("1"))
    assert not Job.objects.exists()


def test_queries_per_row_do_not_grow_with_the_rows(
    branch: Branch, mapping: IntakeMapping, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(400) as captured:
        run(branch, mapping, *[line(str(n)) for n in range(20)])
    first = len(captured)
    with django_assert_max_num_queries(800) as captured:
        run(branch, mapping, *[line(str(n)) for n in range(20, 60)])
    assert len(captured) / 40 <= first / 20


def command(*arguments: object) -> dict[str, Any]:
    out = StringIO()
    call_command("import_requests", *map(str, arguments), "--json", stdout=out)
    return json.loads(out.getvalue())


def test_the_command_prints_one_json_report(branch: Branch, boston_file: Path) -> None:
    asked = (boston_file, "--branch", "boston", "--mapping", BOSTON)
    report = command(*asked, "--dry-run")
    assert (report["created"], report["dry_run"]) == (2, True)
    report = command(*asked)
    assert report == {
        "read": 2,
        "created": 2,
        "already_there": 0,
        "left_out": 0,
        "rejected": [],
        "rejected_count": 0,
        "dry_run": False,
    }
    assert command(*asked)["already_there"] == 2


def test_rejected_rows_end_the_command_with_1(branch: Branch, tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(csv_of(line("1", kind="Unicorns"), line("2")))
    with pytest.raises(SystemExit) as ended:
        command(path, "--branch", "boston", "--mapping", BOSTON)
    assert ended.value.code == 1
    assert Job.objects.count() == 1


def test_wrong_arguments_are_clear_messages(branch: Branch, boston_file: Path) -> None:
    with pytest.raises(CommandError, match=r"no branch “bston”\. Branches: boston"):
        command(boston_file, "--branch", "bston", "--mapping", BOSTON)
    with pytest.raises(CommandError, match="cannot be read: No such file"):
        command("none.csv", "--branch", "boston", "--mapping", BOSTON)
    with pytest.raises(CommandError, match="There is no mapping file"):
        command(boston_file, "--branch", "boston", "--mapping", "none.toml")
    with pytest.raises(CommandError, match="is not a date"):
        command(boston_file, "--branch", "boston", "--mapping", BOSTON, "--from", "yesterday")


def test_a_dry_run_leaves_no_table_behind(branch: Branch, mapping: IntakeMapping) -> None:
    with pytest.raises(IntakeError):
        import_requests(
            BytesIO(b"nothing"), branch=branch, mapping=mapping, actor=ACTOR, dry_run=True
        )
    run(branch, mapping, line("1"), dry_run=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('intake_seen')")
        assert cursor.fetchone() == (None,)
