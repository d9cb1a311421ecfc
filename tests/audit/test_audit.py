"""The audit finds nothing in what the services did, and each kind of damage once it is done."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction

from jobs.audit import proposals, protection, run_audit
from jobs.audit.check import SETTLING
from jobs.audit.history import out_of_order
from jobs.audit.run import CHECKS
from tests.audit.conftest import Past, take_the_guards_off
from tests.audit.damage import DAMAGE as BASIC
from tests.audit.damage import sql
from tests.audit.damage_proposals import DAMAGE as PROPOSALS
from tests.audit.damage_protection import DAMAGE as PROTECTION

DAMAGE = [*BASIC, *PROTECTION, *PROPOSALS]


def clock_beats() -> None:
    sql(
        "INSERT INTO jobs_clockbeat (name, beat_at, rescues, handed_over)"
        " VALUES ('test', clock_timestamp(), 0, 0)"
    )


def test_what_the_services_did_holds(past: Past) -> None:
    report = run_audit()
    assert {f.check.id: f.ids for f in report.findings if f.ids} == {}
    assert report.violations == 0
    checked = {f.check.id: f.rows_checked for f in report.findings}
    # Every check looked at something, so that “nothing found” means something.
    # (Standbys, rescues and proposals have their own past, in tests/jobs.)
    elsewhere = {check.id for check in [*protection.CHECKS, *proposals.CHECKS]}
    assert [name for name, rows in checked.items() if not rows and name not in elsewhere] == [
        "10-one-effect-per-key"
    ]


def test_every_invariant_has_its_checks() -> None:
    ids = [check.id for check in CHECKS]
    assert len(set(ids)) == len(ids)
    numbers = {name.split("-")[0] for name in ids if name[0].isdigit()}
    assert numbers == {str(number) for number in range(1, 13)}
    for check in CHECKS:
        assert check.title
        assert not check.title.endswith(".")


def test_each_kind_of_damage_is_found(past: Past) -> None:
    take_the_guards_off()
    clock_beats()
    checks = {check.id: check for check in CHECKS}
    assert run_audit(wait=lambda seconds: None).violations == 0
    missed = []
    for number, (check_id, damage) in enumerate(DAMAGE):
        savepoint = transaction.savepoint()
        damage(past)
        report = run_audit(checks=[checks[check_id]], wait=lambda seconds: None)
        if not report.violations or not report.findings[0].ids:
            missed.append(f"{number}: {check_id}")
        transaction.savepoint_rollback(savepoint)
    assert missed == []
    assert run_audit(wait=lambda seconds: None).violations == 0


def test_every_check_is_shown_to_find_its_damage() -> None:
    assert {check.id for check in CHECKS} == {name for name, _ in DAMAGE}


def test_due_work_is_no_violation_until_it_was_seen_twice(past: Past) -> None:
    clock_beats()
    sql(
        "UPDATE jobs_job SET next_wake_at = app_now() - interval '6 s' WHERE id = %s",
        past.stuck.pk,
    )
    waits: list[float] = []

    def done_meanwhile(seconds: float) -> None:
        waits.append(seconds)
        sql(
            "UPDATE jobs_job SET next_wake_at = app_now() + interval '1 hour' WHERE id = %s",
            past.stuck.pk,
        )

    report = run_audit(wait=done_meanwhile)
    assert waits == [SETTLING.total_seconds()]
    assert report.violations == 0
    (finding,) = [f for f in report.findings if f.check.id == "7-nothing-is-stuck"]
    assert finding.left_out >= 1


def test_young_due_work_is_left_out_and_counted(past: Past) -> None:
    clock_beats()
    before = {f.check.id: f for f in run_audit().findings}["7-nothing-is-stuck"]
    sql(
        "UPDATE jobs_job SET next_wake_at = app_now() - interval '4 s' WHERE id = %s",
        past.stuck.pk,
    )
    after = {f.check.id: f for f in run_audit().findings}["7-nothing-is-stuck"]
    assert after.violations == 0
    assert after.left_out == before.left_out + 1
    assert after.rows_checked == before.rows_checked - 1


def test_without_a_running_clock_due_work_is_left_out(past: Past) -> None:
    sql(
        "UPDATE jobs_job SET next_wake_at = app_now() - interval '1 day' WHERE id = %s",
        past.stuck.pk,
    )
    said: list[str] = []
    report = run_audit(tell=said.append)
    assert report.violations == 0
    assert said == ["No clock is running: due work that nobody does is left out."]
    (finding,) = [f for f in report.findings if f.check.id == "7-nothing-is-stuck"]
    assert finding.left_out >= 1


def test_the_settling_time_is_wall_time(past: Past) -> None:
    """On a clock that runs 60 times as fast, five wall seconds are five domain minutes."""
    clock_beats()
    sql(
        "INSERT INTO network_domainclock (id, scale, is_scaled) VALUES (1, 60, true)"
        " ON CONFLICT (id) DO UPDATE SET scale = 60"
    )
    for seconds, violations in ((290, 0), (310, 1)):
        sql(
            "UPDATE jobs_job SET next_wake_at = app_now() - make_interval(secs => %s)"
            " WHERE id = %s",
            seconds,
            past.stuck.pk,
        )
        assert run_audit(wait=lambda _: None).violations == violations


@pytest.mark.parametrize(
    ("order", "asked", "fine"),
    [
        ([7, 8, 9], [7, 8, 9], True),
        ([7, 8, 9], [7, 9], True),
        ([7, 8, 9], [], True),
        ([7, 8, 9], [8, 7], False),
        ([7, 8, 9], [6], False),
        ([7, 8, 7], [7, 8, 7], True),
        ([7, 8, 9], [7, 7], False),
    ],
)
def test_asking_in_order_is_a_subsequence(order: list[int], asked: list[int], fine: bool) -> None:
    rank = {contractor: place for place, contractor in enumerate(order, start=1)}
    row = ("r", order, asked, [rank.get(c, 0) for c in asked], [rank[c] for c in order])
    assert out_of_order([row]) == ([] if fine else ["r"])


def test_the_command_reports_and_fails_on_a_violation(past: Past) -> None:
    out = StringIO()
    call_command("audit", "--json", stdout=out, stderr=StringIO())
    report = json.loads(out.getvalue())
    assert report["violations"] == 0
    assert len(report["checks"]) == len(CHECKS)
    for check in report["checks"]:
        assert {"id", "title", "rows_checked", "violations", "sample"} <= set(check)
    take_the_guards_off()
    sql("UPDATE jobs_job SET next_wake_at = NULL WHERE id = %s", past.booked.pk)
    out = StringIO()
    with pytest.raises(SystemExit) as stopped:
        call_command("audit", "--json", stdout=out, stderr=StringIO())
    assert stopped.value.code == 1
    report = json.loads(out.getvalue())
    (broken,) = [check for check in report["checks"] if check["violations"]]
    assert broken["id"] == "7-open-jobs-have-a-next-wake"
    assert broken["sample"] == [str(past.booked.public_id)]
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("audit", stdout=out, stderr=StringIO())
    assert "BROKEN Every open job has its next wake-up" in out.getvalue()


def test_the_audit_changes_nothing_and_costs_a_fixed_number_of_queries(
    past: Past, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(3 * len(CHECKS) + 10) as captured:
        run_audit()
    words = {query["sql"].split()[0] for query in captured.captured_queries}
    assert words <= {"SELECT", "WITH", "SAVEPOINT", "RELEASE"}
