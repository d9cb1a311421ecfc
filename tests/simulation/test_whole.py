"""A simulation from end to end over real HTTP, and the messages when it cannot run."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from jobs.actors import Actor
from jobs.models import ApiToken, Escalation, Job, JobEvent, Offer
from jobs.services.due import process_timeouts, search_due_jobs
from jobs.services.jobs import create_job
from jobs.simulation import stack
from jobs.simulation.demand import WORKS
from jobs.simulation.lookout import standing
from jobs.simulation.world import make_world
from network.clock import install_scaled_clock, install_test_clock
from network.models import Branch, Contractor, Technician, WorkingHours
from tests.conftest import DomainClock
from tests.intake.conftest import BOSTON, csv_of, line
from tests.jobs.world import make_branch, make_contractor, make_service_type

FIELDS = {
    "jobs", "completed", "cancelled", "escalated", "open", "offers", "offers_per_job",
    "accepted_first_offer_share", "touchless_share", "promises_kept_share",
    "expiry_lateness_p50_ms", "expiry_lateness_p99_ms", "expiry_early", "clock_rescues",
    "api_p50_ms", "api_p99_ms", "http_5xx", "audit_violations", "wall_s", "time_scale", "seed",
}  # fmt: skip


@pytest.fixture
def fast_stack(live_server: Any, settings: Any, monkeypatch: Any) -> Iterator[str]:
    """The site over HTTP, domain time an hour a second, and somebody who does what is due."""
    settings.API_REQUESTS_PER_MINUTE = 0
    monkeypatch.setattr("jobs.simulation.simulator.SETTLE", 0.1)
    # 7:00 in Boston, so that the working day is not a long time away.
    install_scaled_clock(scale=3600, start=_next_morning())
    ended, began = threading.Event(), threading.Event()

    def work() -> None:
        while not ended.wait(0.02):
            search_due_jobs()
            process_timeouts()
            beat_now()
            began.set()
        connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    assert began.wait(10)
    yield live_server.url
    ended.set()
    worker.join()
    with connection.cursor() as cursor:
        install_test_clock(cursor)


def beat_now() -> None:
    """What a running clock does every few seconds."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO jobs_clockbeat (name, beat_at, rescues, handed_over)"
            " VALUES ('test', clock_timestamp(), 0, 0) ON CONFLICT (name)"
            " DO UPDATE SET beat_at = excluded.beat_at"
        )


def _next_morning() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return (now + timedelta(days=1)).replace(hour=12, minute=0, second=0, tzinfo=UTC)


def simulate(*arguments: object) -> tuple[dict[str, Any], int]:
    """The report, and the exit code."""
    out = StringIO()
    try:
        call_command("simulate", *map(str, arguments), "--json", stdout=out)
    except SystemExit as ended:
        return json.loads(out.getvalue()), int(ended.code or 0)
    return json.loads(out.getvalue()), 0


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_day_is_played_to_its_end_and_the_report_adds_up(fast_stack: str) -> None:
    report, code = simulate(
        "--jobs", 25, "--technicians", 120, "--seed", 3, "--url", fast_stack,
        "--set", "customer_cancels=0.2", "--set", "accepted=0.9", "--set", "silent=0",
        "--set", "answer_median=2", "--set", "answer_median_emergency=0.5",
    )  # fmt: skip
    assert set(report) >= FIELDS
    assert (report["jobs"], report["not_taken_in"]) == (25, 0)
    assert (report["open"], report["http_5xx"], report["acts_failed"]) == (0, 0, 0)
    assert report["completed"] + report["cancelled"] + report["escalated"] == 25
    assert report["completed"] >= 8
    assert report["offers"] == Offer.objects.count() >= report["completed"]
    assert (report["expiry_early"], report["audit_violations"], code) == (0, 0, 0)
    branch = Branch.objects.get()
    assert branch.is_simulated
    # Both ways in were used, nobody of the staff acted, and the tokens are of no use any more.
    assert set(Offer.objects.filter(status="accepted").values_list("via", flat=True)) == {
        "api",
        "portal",
    }
    assert not JobEvent.objects.filter(actor_kind="staff").exists()
    assert not ApiToken.objects.filter(revoked_at=None).exists()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_real_requests_come_at_their_own_times(fast_stack: str, tmp_path: Path) -> None:
    path = tmp_path / "requests.csv"
    path.write_bytes(
        csv_of(
            line("1", opened="08/03/2015 08:10:00 AM", target="08/03/2015 06:00:00 PM"),
            line("2", opened="08/03/2015 11:40:00 AM", target="08/03/2015 06:00:00 PM"),
            line("3", opened="08/04/2015 09:40:00 AM"),
        )
    )
    report, _ = simulate(
        "--requests", path, "--mapping", BOSTON, "--from", "2015-08-03", "--to", "2015-08-03",
        "--technicians", 60, "--url", fast_stack, "--set", "customer_cancels=0",
    )  # fmt: skip
    assert (report["jobs"], report["open"], report["http_5xx"]) == (2, 0, 0)
    zone = Branch.objects.get().zone
    first, second = Job.objects.order_by("created_at")
    for job, hour, minute in ((first, 8, 10), (second, 11, 40)):
        created = job.created_at.astimezone(zone)
        due = created.replace(hour=hour, minute=minute, second=0, microsecond=0)
        # A wall second is an hour here.
        assert timedelta(0) <= created - due < timedelta(hours=3)
    assert first.service_type.slug == "leak-repair"


@pytest.mark.django_db
def test_the_world_is_fresh_labelled_and_works_every_day() -> None:
    first = make_world(technicians=40, seed=5, works=list(WORKS), portal_share=0.5)
    second = make_world(technicians=40, seed=5, works=list(WORKS), portal_share=0.5)
    assert (first.branch.slug, second.branch.slug) == ("simulated-1", "simulated-2")
    assert first.branch.is_simulated
    assert [one.name for one in first.contractors] == [one.name for one in second.contractors]
    assert 0 < len(first.tokens) < len(first.contractors)
    assert Technician.objects.filter(branch=first.branch).count() == 40
    assert not Contractor.objects.filter(is_simulated=False).exists()
    by_day = [
        WorkingHours.objects.filter(technician__branch=first.branch, weekday=day).count()
        for day in range(7)
    ]
    assert min(by_day[5:]) >= by_day[2]


@pytest.mark.django_db
def test_standing_tells_waiting_for_a_human_from_work_still_to_do(
    clock: DomainClock,
) -> None:
    clock.set(datetime(2026, 11, 2, 14, 0, tzinfo=UTC))
    branch = make_branch()
    service_type = make_service_type(branch)
    contractor = make_contractor(branch, "Harold")
    job = create_job(
        branch=branch,
        service_type=service_type,
        address="1 Elm St",
        postcode="02215",
        window_start=datetime(2026, 11, 2, 17, 0, tzinfo=UTC),
        window_end=datetime(2026, 11, 2, 21, 0, tzinfo=UTC),
        customer_name="Ruth",
        actor=Actor.system(),
    )
    assert (standing(branch.pk).open, standing(branch.pk).escalated) == (1, 0)
    search_due_jobs()
    assert standing(branch.pk).open == 1, "an offer is out"
    Contractor.objects.filter(pk=contractor.pk).update(status="paused")
    clock.advance(hours=2)
    process_timeouts()
    assert Escalation.objects.filter(job=job, closed_at=None).exists()
    assert standing(branch.pk).open == 1, "he is asked again in an hour"
    for _ in range(2):
        job.refresh_from_db()
        clock.set(job.next_wake_at)
        process_timeouts()
        search_due_jobs()
    job.refresh_from_db()
    assert job.next_wake_at >= job.window_end
    stands = standing(branch.pk)
    assert (stands.open, stands.escalated, stands.jobs) == (0, 1, 1)


@pytest.fixture
def beat(db: None) -> None:
    beat_now()


@pytest.mark.django_db
def test_without_a_running_stack_it_says_how_to_start_one(settings: Any, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path
    with pytest.raises(CommandError, match="make run TIME_SCALE=240"):
        call_command("simulate", "--jobs", "1", "--url", "http://localhost:1")
    (tmp_path / "site.json").write_text('{"url": "http://localhost:2"}')
    with pytest.raises(CommandError, match="No site answers at http://localhost:2"):
        call_command("simulate", "--jobs", "1")


@pytest.mark.django_db
def test_without_a_clock_it_says_so(live_server: Any) -> None:
    with pytest.raises(CommandError, match="No clock runs"):
        call_command("simulate", "--jobs", "1", "--url", live_server.url)


@pytest.mark.django_db
def test_at_the_pace_of_the_wall_it_says_how_to_start_a_faster_one(
    beat: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "jobs.management.commands.simulate.find_stack", lambda **options: "http://localhost:1"
    )
    with pytest.raises(CommandError, match="a simulated day would take a day"):
        call_command("simulate", "--jobs", "1")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "either --jobs N or --requests"),
        (["--jobs", "1", "--requests", "x"], "either --jobs N or --requests"),
        (["--requests", "x"], "belong together"),
        (["--jobs", "0"], "at least 1"),
        (["--jobs", "1", "--set", "luck=1"], "no figure “luck”"),
        (["--jobs", "1", "--url", "ftp://somewhere"], "No site answers"),
    ],
)
def test_wrong_arguments_are_clear_messages(
    arguments: list[str], words: str, beat: None, settings: Any, tmp_path: Path
) -> None:
    settings.VAR_DIR = tmp_path
    with pytest.raises(CommandError, match=words):
        call_command("simulate", *arguments)


@pytest.mark.django_db
def test_production_refuses_simulations(settings: Any) -> None:
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="refused in production"):
        call_command("simulate", "--jobs", "1")


def test_a_broken_note_of_the_address_is_no_address(tmp_path: Path) -> None:
    assert stack._written_down(tmp_path) == ""
    (tmp_path / "site.json").write_text("[]")
    assert stack._written_down(tmp_path) == ""
    (tmp_path / "site.json").write_text("{")
    assert stack._written_down(tmp_path) == ""
