"""Requests of before, taken in as demand: no job, nobody asked, weekdays kept."""

from __future__ import annotations

import json
from datetime import date
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from jobs.intake.errors import IntakeError
from jobs.intake.mapping import IntakeMapping
from jobs.intake.past import import_past_requests
from jobs.intake.service import Report
from jobs.models import Job, JobEvent, PastRequest
from network.models import Branch
from tests.intake.conftest import BOSTON, csv_of, line

#: Sunday; its windows lie on one of the next five working days or, of emergencies, the same day.
LAST = date(2015, 8, 9)


def run(branch: Branch, mapping: IntakeMapping, *lines: str, **options: Any) -> Report:
    return import_past_requests(
        BytesIO(csv_of(*lines)),
        branch=branch,
        mapping=mapping,
        **{"last_day": LAST, "until_now": True, **options},
    )


def test_a_request_becomes_demand_and_no_job(branch: Branch, mapping: IntakeMapping) -> None:
    report = run(branch, mapping, line("101", opened="07/20/2015 09:15:00 AM"))
    assert (report.read, report.created) == (1, 1)
    kept = PastRequest.objects.get()
    assert (kept.service_type.slug, kept.duration_minutes) == ("leak-repair", 75)
    assert (kept.external_ref, kept.postcode) == ("boston311:101", "02118")
    assert not Job.objects.exists()
    assert not JobEvent.objects.exists()


def test_dates_move_by_whole_weeks_up_to_the_last_days(
    branch: Branch, mapping: IntakeMapping
) -> None:
    """Monday 2 November 2026: the last day, a Sunday, becomes yesterday."""
    emergency = line(
        "101", opened="08/06/2015 09:00:00 AM", target="08/06/2015 03:00:00 PM"
    )  # a Thursday, and an emergency has its window the same day
    run(branch, mapping, emergency)
    start = PastRequest.objects.get().window_start.astimezone(branch.zone)
    assert start.date() == date(2026, 10, 29)
    assert start.weekday() == date(2015, 8, 6).weekday()
    assert (date(2026, 11, 1) - LAST).days % 7 == 0


def test_what_is_still_to_come_is_left_out(branch: Branch, mapping: IntakeMapping) -> None:
    report = run(
        branch,
        mapping,
        line("101", opened="07/20/2015 09:15:00 AM"),
        *[line(str(n), opened="08/07/2015 09:15:00 AM", target="") for n in range(200, 220)],
    )
    assert report.created + report.left_out == 21
    assert report.left_out > 0


def test_the_same_file_again_adds_nothing(branch: Branch, mapping: IntakeMapping) -> None:
    lines = [line(str(n), opened="07/20/2015 09:15:00 AM") for n in range(5)]
    assert run(branch, mapping, *lines, lines[0]).already_there == 1
    again = run(branch, mapping, *lines)
    assert (again.created, again.already_there) == (0, 5)
    assert PastRequest.objects.count() == 5


def test_bad_rows_are_reported_and_stop_nobody(branch: Branch, mapping: IntakeMapping) -> None:
    report = run(
        branch,
        mapping,
        line("1", opened="not a date"),
        line("2", opened="07/20/2015 09:15:00 AM", latitude="40.7", longitude="-74.0",
             zip_code="10007"),
        line("3", opened="07/20/2015 09:15:00 AM"),
    )  # fmt: skip
    assert (report.created, report.rejected_count) == (1, 2)
    assert [one["line"] for one in report.rejected] == [2, 3]


def test_a_dry_run_writes_nothing(branch: Branch, mapping: IntakeMapping) -> None:
    lines = [line(str(n % 3), opened="07/20/2015 09:15:00 AM") for n in range(5)]
    report = run(branch, mapping, *lines, dry_run=True)
    assert (report.created, report.already_there) == (3, 2)
    assert not PastRequest.objects.exists()


def test_without_a_last_day_nothing_can_be_moved(branch: Branch, mapping: IntakeMapping) -> None:
    with pytest.raises(IntakeError, match="--to"):
        run(branch, mapping, line(), last_day=None)


class TestCommand:
    def test_it_reports_as_for_jobs(self, branch: Branch, tmp_path: Path) -> None:
        file = tmp_path / "requests.csv"
        file.write_bytes(csv_of(line("101", opened="07/20/2015 09:15:00 AM")))
        out = StringIO()
        call_command(
            "import_requests", str(file), branch="boston", mapping=BOSTON, as_history=True,
            until_now=True, last_day=LAST, as_json=True, stdout=out,
        )  # fmt: skip
        assert json.loads(out.getvalue())["created"] == 1
        assert PastRequest.objects.count() == 1

    def test_jobs_are_not_moved_up_to_now(self, branch: Branch, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="--as-history"):
            call_command("import_requests", "-", branch="boston", mapping=BOSTON, until_now=True)
