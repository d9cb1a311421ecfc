"""The board: needs-you lane, figures, filters, rows, CSV."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs.actors import Actor
from jobs.models import Escalation, Job
from jobs.services.answers import accept_offer, decline_offer
from jobs.services.jobs import cancel_job
from jobs.services.visits import release_visit
from tests.console.conftest import text_of, url
from tests.jobs.world import START, make_contractor, pending_offer, run_due


def queries(client, address, **headers):
    with CaptureQueriesContext(
        connection,
    ) as captured:
        response = client.get(address, headers=headers)
        assert response.status_code == 200
    return len(captured)


def rows(response):
    return [r.job.reference for group in response.context["groups"] for r in group.rows]


def test_the_board_shows_who_is_asked_with_a_countdown(nora, trio, make_job):
    job = make_job()
    run_due()
    offer = pending_offer(job)
    page = nora.get(url("branch_board"))
    words = text_of(page)
    assert "Harold · rank 1 of 3" in words
    assert f'data-expires-at="{int(offer.expires_at.timestamp() * 1000)}"' in page.content.decode()
    assert "No hot water" in words
    assert "Nothing needs you" in words


def test_the_number_of_queries_does_not_grow_with_the_jobs(nora, clock, trio, make_job):
    for number in range(2):
        make_job(reference=f"J-{number}")
    run_due()
    few = queries(nora, url("branch_board"))
    for number in range(2, 12):
        job = make_job(reference=f"J-{number}")
        if number % 3 == 0:
            cancel_job(job_id=job.pk, by="customer", reason="price", actor=Actor.system())
    run_due()
    clock.advance(minutes=60)
    run_due()
    run_due()
    clock.advance(hours=2)
    run_due()
    assert Escalation.objects.filter(closed_at=None).count() >= 1
    lane = 3 + 11  # its prefetches, and its remedies, once
    assert queries(nora, url("branch_board")) <= few + lane
    many = queries(nora, url("branch_board"))
    for number in range(12, 24):
        make_job(reference=f"J-{number}")
    run_due()
    assert queries(nora, url("branch_board")) == many
    assert queries(nora, url("branch_board") + "?state=all&show=100") == many
    part = {"HX-Request": "true", "HX-Target": "board-live"}
    assert queries(nora, url("branch_board"), **part) < many


def test_the_part_that_changes_is_served_alone_to_htmx(nora, trio, make_job):
    make_job()
    part = nora.get(url("branch_board"), headers={"HX-Request": "true", "HX-Target": "board-live"})
    body = part.content.decode()
    assert "<html" not in body
    assert 'id="board-live"' in body
    assert 'hx-swap-oob="true"' in body
    assert "HX-Request" in part["Vary"]
    assert "no-store" in part["Cache-Control"]


def test_a_question_comes_with_what_is_known_and_remedies(nora, clock, harold, make_job):
    job = make_job()
    run_due()
    decline_offer(
        offer_id=pending_offer(job).pk, reason="too_busy", actor=Actor.contractor(harold), via="api"
    )
    run_due()
    page = nora.get(url("branch_board"))
    words = text_of(page)
    assert "Nobody left to ask" in words
    assert "The only one who could do it had a turn: 1 declined (too busy)." in words
    for remedy in ("Search again", "Assign by hand", "Cancel the job", "Settled otherwise"):
        assert remedy in words
    assert "Needs you 1 open" in words


def test_silent_contractors_may_be_asked_once_more(nora, clock, harold, make_job):
    job = make_job()
    run_due()
    clock.set(pending_offer(job).expires_at)
    run_due()
    words = text_of(nora.get(url("branch_board")))
    assert "1 gave no answer" in words
    assert "Ask Harold once more" in words
    assert "Whoever did not say no is asked again at" in words
    job.refresh_from_db()
    clock.set(job.next_wake_at)
    run_due()
    run_due()
    words = text_of(nora.get(url("branch_board")))
    assert "The only one who could do it had a turn: 1 gave no answer." in words, "the first search"
    assert "Whoever did not say no is being asked again." in words


def test_left_out_contractors_are_counted_by_rule(nora, branch, service_type, make_job):
    make_contractor(branch, "Faraway", kilometres_north=60, radius_km=5)
    make_job()
    run_due()
    words = text_of(nora.get(url("branch_board")))
    assert "Nobody can do this" in words
    assert "1 outside their territory" in words


def test_a_missed_visit_offers_a_call_and_a_rebooking(nora, clock, harold, make_job):
    job = make_job()
    run_due()
    accept_offer(offer_id=pending_offer(job).pk, actor=Actor.contractor(harold), via="portal")
    clock.set(job.window_end + timedelta(minutes=1))
    run_due()
    page = nora.get(url("branch_board"))
    words = text_of(page)
    assert "Visit not started" in words
    assert "Call Harold" in words
    assert 'href="tel:+16175550100"' in page.content.decode()
    assert "Rebook now" in words


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"A", "B", "N"}),
        ("?q=pond", {"A", "B", "N"}),
        ("?q=Harold", {"A"}),
        ("?q=A", {"A", "B", "N"}),
        ("?q=Boiler", {"B"}),
        ("?priority=urgent", {"B"}),
        ("?priority=urgent&priority=standard", {"A", "B", "N"}),
        ("?day=tomorrow", {"A", "N"}),
        ("?day=2026-11-04", {"B"}),
        ("?day=today", set()),
        ("?state=closed", {"C"}),
        ("?state=all", {"A", "B", "C", "N"}),
        ("?status=cancelled", {"C"}),
        ("?state=searching", {"A", "B", "N"}),
        ("?state=under_way", set()),
        ("?needs=true", {"N"}),
        ("?trade=plumbing&service=water-heater-repair", {"A", "B", "N"}),
        ("?trade=hvac", {"A", "B", "N"}),
        ("?day=nonsense", {"A", "B", "N"}),
        ("?q=%00", {"A", "B", "N"}),
    ],
)
def test_filters_live_in_the_address(nora, branch, harold, make_job, query, found):
    make_job(reference="A", client=None)
    make_job(
        reference="B",
        priority="urgent",
        description="Boiler is cold",
        window_start=START + timedelta(days=2),
        window_end=START + timedelta(days=2, hours=4),
    )
    closed = make_job(reference="C")
    cancel_job(job_id=closed.pk, by="client", reason="price", actor=Actor.system())
    run_due()
    noted = make_job(reference="N")
    Escalation.objects.create(branch=branch, job=noted, kind="dispatch_failed", opened_at=START)
    Job.objects.filter(reference="B").exists()
    if "Harold" in query:
        booked = Job.objects.get(reference="A")
        accept_offer(offer_id=pending_offer(booked).pk, actor=Actor.contractor(harold), via="api")
        for other in Job.objects.filter(reference="B"):
            cancel_job(job_id=other.pk, by="client", reason="price", actor=Actor.system())
    assert set(rows(nora.get(url("branch_board") + query))) == found


def test_show_more_shows_more(nora, make_job, trio):
    for number in range(30):
        make_job(reference=f"M-{number}")
    page = nora.get(url("branch_board"))
    assert len(rows(page)) == 25
    assert "25 of 30 shown" in text_of(page)
    assert len(rows(nora.get(url("branch_board") + "?show=50"))) == 30
    assert len(rows(nora.get(url("branch_board") + "?show=-4"))) == 25


def test_a_rebooked_job_stands_first(nora, harold, lisa, make_job):
    make_job(
        reference="PLAIN",
        window_start=START + timedelta(hours=5),
        window_end=START + timedelta(hours=9),
    )
    job = make_job(reference="AGAIN")
    run_due()
    booking = accept_offer(
        offer_id=pending_offer(job).pk, actor=Actor.contractor(harold), via="portal"
    )
    release_visit(booking_id=booking.pk, reason="sick", actor=Actor.contractor(harold))
    run_due()
    page = nora.get(url("branch_board"))
    assert rows(page)[0] == "AGAIN"
    assert "Rebooking" in text_of(page)
    assert page.context["figures"].dropped == 1
    assert page.context["figures"].rebooked == 0


def test_the_csv_is_exactly_the_filter_and_no_formula(nora, trio, make_job):
    make_job(reference="ONE", customer_name='=HYPERLINK("x")', customer_phone="+1 617 555 0142")
    make_job(reference="TWO", priority="urgent", description="other")
    run_due()
    answer = nora.get(url("jobs_csv") + "?priority=standard")
    assert answer["Content-Type"].startswith("text/csv")
    lines = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [line["reference"] for line in lines] == ["ONE"]
    assert lines[0]["customer"] == '\'=HYPERLINK("x")'
    assert lines[0]["phone"] == "'+1 617 555 0142"
    assert lines[0]["window_start"] == "2026-11-03T08:00-05:00"
    every = list(csv.DictReader(io.StringIO(nora.get(url("jobs_csv")).content.decode("utf-8-sig"))))
    assert {line["reference"] for line in every} == {"ONE", "TWO"}


def test_typed_text_is_escaped(nora, trio, make_job):
    make_job(description="<script>alert(1)</script>", customer_name="<b>Eve</b>")
    run_due()
    body = nora.get(url("branch_board") + "?q=%3Cscript%3E").content.decode()
    assert "<script>alert" not in body


def test_figures_are_counted(nora, clock, harold, lisa, make_job):
    first, second = make_job(), make_job()
    run_due()
    clock.advance(minutes=4, seconds=10)
    accept_offer(offer_id=pending_offer(first).pk, actor=Actor.contractor(harold), via="portal")
    cancel_job(job_id=second.pk, by="dispatcher", reason="duplicate", actor=Actor("staff", "Nora"))
    figures = nora.get(url("branch_board")).context["figures"]
    assert figures.taken_in == 2
    assert figures.median_yes == "4 min 10 s"
    assert figures.offers_out == 0
    assert (figures.finished, figures.touchless) == (1, 0)


def test_entries_lead_to_the_branch_chosen_last(nora, dispatcher, branch):
    from network.models import BranchStaff
    from tests.jobs.world import make_branch

    other = make_branch("worcester", name="Worcester")
    BranchStaff.objects.create(user=dispatcher, branch=other, role="dispatcher")
    assert nora.get("/console/")["Location"] == url("branch_board")
    assert (
        nora.post("/console/~branch/", {"branch": "worcester"})["Location"] == "/console/worcester/"
    )
    assert nora.get("/console/~messages/")["Location"] == "/console/worcester/messages/"
    assert "Greater Boston" in text_of(nora.get(url("branch_board")))
    assert nora.post("/console/~branch/", {"branch": "nowhere"}).status_code == 404


def test_other_branches_and_contractors_are_kept_out(
    client, other_dispatcher, harold_user, make_job
):
    job = make_job()
    client.force_login(other_dispatcher)
    assert client.get(url("branch_board")).status_code == 404
    assert client.get(url("job", job=job)).status_code == 404
    foreign = f"/console/worcester/jobs/{job.public_id}/"
    assert client.get(foreign).status_code == 404
    assert client.post(foreign + "search/").status_code == 404
    client.force_login(harold_user)
    assert client.get(url("branch_board")).status_code == 403
