"""Reports: what a figure counts where it would be easy to flatter, and that every number opens."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from html import unescape

import pytest

from jobs.actors import Actor
from jobs.console.reports.cards import CHURN
from jobs.console.reports.figures import Figure, Result, share
from jobs.console.reports.measures import BY_KEY, MEASURES, WORK
from jobs.services.dispatch import assign
from jobs.services.follow_ups import create_follow_up
from jobs.services.jobs import cancel_job
from jobs.services.moves import move_job
from jobs.services.visits import arrive, complete_visit, release_visit
from tests.console.conftest import text_of, url
from tests.console.test_reports import figure, rows, week
from tests.jobs.steps import SYSTEM, booked, on_site
from tests.jobs.world import make_contractor

__all__ = ["week"]

DAYS = "first=2026-11-02&last=2026-11-08"


def moved(job, *, by_customer: bool):
    start = job.window_start + timedelta(days=1)
    return move_job(
        job_id=job.pk,
        window_start=start,
        window_end=start + timedelta(hours=4),
        by_customer=by_customer,
        actor=SYSTEM,
    )


@pytest.mark.parametrize(("by_customer", "kept"), [(True, share(1, 1)), (False, share(1, 2))])
def test_a_promise_that_we_moved_is_missed_and_one_that_the_customer_moved_is_not(
    branch, clock, trio, make_job, by_customer, kept
) -> None:
    job = make_job(reference="J-1")
    booking = booked(job)
    job = moved(job, by_customer=by_customer)
    clock.set(job.window_start + timedelta(minutes=10))
    arrive(booking_id=booking.pk, actor=SYSTEM)
    clock.set(job.window_end + timedelta(hours=1))
    assert figure("appointments-kept", branch) == kept
    missed = [(row.reference, row.note) for row in rows("appointments-kept", branch, only=False)]
    assert missed == ([] if by_customer else [("J-1", "moved by us")])


@pytest.mark.parametrize(("hours", "kept"), [(-1, Figure(None, 0)), (1, share(0, 1))])
def test_a_customer_who_cancels_after_waiting_in_vain_was_let_down(
    branch, clock, trio, make_job, hours, kept
) -> None:
    job = make_job()
    clock.set(job.window_end + timedelta(hours=hours))
    cancel_job(job_id=job.pk, by="customer", reason="other", actor=SYSTEM)
    clock.set(job.window_end + timedelta(hours=2))
    assert figure("appointments-kept", branch) == kept


def test_the_visit_of_a_follow_up_is_no_first_visit(branch, clock, trio, make_job) -> None:
    job = make_job()
    booking = on_site(job, clock)
    complete_visit(booking_id=booking.pk, result="needs_another_visit", actor=SYSTEM)
    again = create_follow_up(
        job_id=job.pk,
        window_start=clock.now + timedelta(days=1),
        window_end=clock.now + timedelta(days=1, hours=4),
        actor=SYSTEM,
    )
    complete_visit(booking_id=on_site(again, clock).pk, result="fixed", actor=SYSTEM)
    assert figure("first-time-fix", branch) == share(0, 1)


def test_a_closed_door_costs_no_job(branch, clock, trio, make_job) -> None:
    job = make_job()
    complete_visit(booking_id=on_site(job, clock).pk, result="no_access", actor=SYSTEM)
    assert figure("cost", branch).n == 0


def test_one_thing_done_is_one_touch_however_much_history_it_writes(
    branch, dispatcher, clock, trio, make_job
) -> None:
    staff = Actor.staff(dispatcher)
    job = make_job()
    booking = assign(job_id=job.pk, contractor_id=trio[2].pk, actor=staff)
    written = job.events.filter(actor_kind="staff").exclude(kind="created").count()
    assert written > 1, "else this test shows nothing"
    clock.set(job.window_start)
    arrive(booking_id=booking.pk, actor=SYSTEM)
    complete_visit(booking_id=booking.pk, result="fixed", actor=SYSTEM)
    assert figure("touches", branch).value == 1


def test_too_few_are_never_called_a_change() -> None:
    measure = BY_KEY["cost"]
    alike = Result(measure, Figure(90.0, 2, margin=0.0), Figure(50.0, 2, margin=0.0))
    assert not alike.matters
    assert alike.tone == "is-quiet"
    many = Result(measure, Figure(90.0, 20, margin=1.0), Figure(50.0, 20, margin=1.0))
    assert (many.matters, many.tone) == (True, "is-bad")


def addresses(page) -> set[str]:
    main = page.content.decode().split("<main", 1)[-1]
    return {unescape(one) for one in re.findall(r'href="([^"#]+)"', main) if "report" in one}


def test_every_number_on_every_page_of_the_report_opens(nora, branch, week) -> None:
    """Causes, trades and firms too, now and before."""
    keys = [measure.key for measure in MEASURES] + [WORK.key, CHURN.key]
    found: set[str] = set()
    for key in keys:
        found |= addresses(nora.get(url("report", measure=key) + f"?{DAYS}"))
    assert any("cause=customer%3Aprice" in one for one in found)
    assert any("contractor=" in one for one in found)
    for one in sorted(found):
        if one.startswith("?"):
            continue
        assert nora.get(one).status_code == 200, one


def test_a_causes_number_is_its_list(nora, branch, week, make_job, clock) -> None:
    fifth = make_job(reference="J-5", window_start=clock.now + timedelta(days=1),
                     window_end=clock.now + timedelta(days=1, hours=4))  # fmt: skip
    booking = booked(fifth)
    release_visit(booking_id=booking.pk, reason="sick", actor=Actor.contractor(
        booking.contractor))  # fmt: skip
    page = url("report", measure="given-back") + f"?{DAYS}&only=yes&cause=vehicle"
    words = text_of(nora.get(page))
    assert "Visits given back: Vehicle trouble" in words
    assert "J-4" in words
    assert "J-5" not in words
    lines = nora.get(page.replace("given-back/", "given-back.csv")).content.decode("utf-8-sig")
    assert "J-5" not in lines


def test_a_firms_share_is_said_on_its_list(nora, branch, week) -> None:
    lisa = branch.contractors.get(name="Lisa")
    page = nora.get(url("report", measure="share-of-work") + f"?{DAYS}&contractor={lisa.public_id}")
    words = text_of(page)
    assert "Share of work: Lisa" in words
    assert "50.0 %" in words
    assert "from 2 visits" in words
    assert "J-2" in words
    assert "J-1" not in words
    stranger = make_contractor(branch, "Stranger", status="left")
    gone = url("report", measure="share-of-work") + f"?{DAYS}&contractor={stranger.public_id}"
    assert nora.get(gone).status_code == 404


def test_the_reports_csv_has_all_twelve_figures(nora, branch, week) -> None:
    answer = nora.get(url("reports_csv") + f"?{DAYS}")
    table = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    lines = {line["measure"]: line for line in table if line["trade"] == "all"}
    assert set(lines) == {*BY_KEY, WORK.key, CHURN.key}
    assert len(lines) == 12
    assert lines["share-of-work"]["value"] == "50.000"
    assert lines["churn"]["value"] == "0.000"
