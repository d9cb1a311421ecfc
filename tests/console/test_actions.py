"""The dispatcher's actions: done once, said in words, refused without an error page."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from jobs.actors import Actor
from jobs.models import Escalation, JobEvent, Message, Offer
from jobs.services.answers import accept_offer, decline_offer
from tests.console.conftest import text_of, url
from tests.jobs.world import add_technician, make_contractor, pending_offer, run_due, settle

HTMX = {"HX-Request": "true", "HX-Target": "act-body"}
SILENT = {"HX-Request": "true"}


@pytest.fixture
def job(trio, make_job):
    made = make_job()
    run_due()
    return made


@pytest.fixture
def booked(job, trio):
    accept_offer(offer_id=pending_offer(job).pk, actor=Actor.contractor(trio[0]), via="portal")
    job.refresh_from_db()
    return job


def said(response) -> str:
    return json.loads(response["HX-Trigger"]).get("fc:say", {}).get("text", "")


def booking_of(job):
    return job.bookings.get(live=True)


GETS = ["assign", "phone_answer", "rebook", "visit_step", "release", "cancel"]


@pytest.mark.parametrize("name", GETS)
def test_opening_a_form_changes_nothing(nora, booked, make_job, name):
    asked = make_job()
    run_due()
    target = asked if name == "phone_answer" else booked
    before = list(JobEvent.objects.values_list("pk", flat=True))
    page = nora.get(url(name, job=target))
    part = nora.get(url(name, job=target), headers=HTMX)
    assert page.status_code == part.status_code == 200
    assert "<html" in page.content.decode()
    assert "<html" not in part.content.decode()
    assert list(JobEvent.objects.values_list("pk", flat=True)) == before


@pytest.mark.parametrize("name", ["search_again"])
def test_acts_without_a_form_are_posts_only(nora, job, name):
    assert nora.get(url(name, job=job)).status_code == 405


def test_a_yes_by_phone_books(nora, dispatcher, job):
    offer = pending_offer(job)
    data = {"offer": str(offer.public_id), "answer": "yes", "reason": "", "note": ""}
    answer = nora.post(url("phone_answer", job=job), data, headers=HTMX)
    assert answer.status_code == 204
    assert said(answer) == f"Harold has {job.reference}, planned for 08:00."
    settle()
    offer.refresh_from_db()
    assert (offer.status, offer.via) == ("accepted", "phone")
    event = JobEvent.objects.get(job=job, kind="offer_accepted")
    assert (event.actor_kind, event.actor_user) == ("staff", dispatcher)
    again = nora.post(url("phone_answer", job=job), data, headers=HTMX)
    assert again.status_code == 204
    assert job.bookings.count() == 1
    assert "Recorded by phone." in text_of(nora.get(url("job", job=job)))


def test_a_no_by_phone_needs_a_reason_and_passes_the_job_on(nora, job):
    data = {"offer": str(pending_offer(job).public_id), "answer": "no", "reason": "", "note": "x"}
    refused = nora.post(url("phone_answer", job=job), data, headers=HTMX)
    assert refused.status_code == 422
    assert "Choose why the answer is no." in text_of(refused)
    assert 'value="no"' in refused.content.decode()
    done = nora.post(url("phone_answer", job=job), data | {"reason": "too_far"}, headers=HTMX)
    assert done.status_code == 204
    run_due()
    settle()
    assert pending_offer(job).contractor.name == "Lisa"


def test_an_answer_that_comes_too_late_is_a_sentence(nora, clock, job):
    offer = pending_offer(job)
    clock.set(offer.expires_at)
    data = {"offer": str(offer.public_id), "answer": "yes", "reason": "", "note": ""}
    late = nora.post(url("phone_answer", job=job), data, headers=HTMX)
    assert late.status_code == 409
    assert "The time to answer ran out before this answer arrived." in text_of(late)
    page = nora.post(url("phone_answer", job=job), data, follow=True)
    assert page.status_code == 200
    assert "The time to answer ran out" in text_of(page)
    run_due()
    data["offer"] = "not-a-uuid"
    assert nora.post(url("phone_answer", job=job), data, headers=HTMX).status_code == 409


def test_assigning_waits_for_whoever_is_asked(nora, job, trio):
    data = {"contractor": trio[2].pk, "reason": "other", "note": "", "starts_at": ""}
    refused = nora.post(url("assign", job=job), data, headers=HTMX)
    assert refused.status_code == 409
    assert "Harold is being asked" in text_of(refused)


def test_assigning_by_hand_books_at_once(nora, clock, job, trio):
    harold, lisa, james = trio
    for person in (harold, lisa, james):
        decline_offer(
            offer_id=pending_offer(job).pk,
            reason="other",
            actor=Actor.contractor(person),
            via="api",
        )
        run_due()
    form = nora.get(url("assign", job=job), headers=HTMX)
    assert "1. Harold" in text_of(form)
    data = {"contractor": james.pk, "note": "promised", "starts_at": "2026-11-03T09:30"}
    done = nora.post(url("assign", job=job), data, headers=HTMX)
    assert done.status_code == 204, done.content
    assert said(done) == f"{job.reference} goes to James, planned for 09:30."
    settle()
    booking = booking_of(job)
    assert (booking.contractor, booking.starts_at.hour) == (james, 14)
    assert not Escalation.objects.filter(job=job, closed_at=None).exists()


def test_a_start_outside_the_window_is_refused_at_its_field(nora, make_job, trio):
    job = make_job()
    data = {"contractor": trio[1].pk, "note": "keep me", "starts_at": "2026-11-03T13:00"}
    refused = nora.post(url("assign", job=job), data, headers=HTMX)
    assert refused.status_code == 422
    assert "The start must lie inside the arrival window" in text_of(refused)
    assert "keep me" in text_of(refused)
    assert 'value="2026-11-03T13:00"' in refused.content.decode()


def test_anybody_of_the_branch_can_be_found_by_name(nora, branch, make_job, trio):
    job = make_job()
    far = make_contractor(branch, "Faraway", kilometres_north=60, radius_km=5)
    run_due()
    found = nora.get(url("assign", job=job) + "?find=farAW", headers=HTMX)
    assert "Faraway" in text_of(found)
    add_technician(far, "Zoe")
    chosen = nora.get(url("assign", job=job) + f"?contractor={far.pk}", headers=HTMX)
    assert "Zoe" in text_of(chosen)
    for odd in ("x", "-1", str(10**30)):
        assert nora.get(url("assign", job=job) + f"?contractor={odd}").status_code == 200


def test_a_contractor_is_put_next(nora, clock, job, trio):
    data = {"contractor": trio[2].pk, "reason": "other", "note": ""}
    done = nora.post(url("offer_next", job=job), data, headers=HTMX)
    assert said(done) == f"James is asked next for {job.reference}."
    clock.set(pending_offer(job).expires_at)
    run_due()
    assert pending_offer(job).contractor == trio[2]
    refused = nora.post(url("offer_next", job=job), data, headers=HTMX)
    assert refused.status_code == 409
    assert "James is being asked right now." in text_of(refused)
    for odd in ("", "x", str(10**30)):
        answer = nora.post(url("offer_next", job=job), {"contractor": odd}, headers=SILENT)
        assert answer.status_code == 409


def test_searching_again_begins_a_round(nora, harold, make_job):
    job = make_job()
    run_due()
    decline_offer(
        offer_id=pending_offer(job).pk, reason="other", actor=Actor.contractor(harold), via="api"
    )
    run_due()
    done = nora.post(url("search_again", job=job), follow=True)
    assert "is being searched for again" in text_of(done)
    run_due()
    job.refresh_from_db()
    assert job.round_number == 2
    assert not Escalation.objects.filter(closed_at=None).exists()


def test_rebooking_keeps_the_promise_and_tells_the_contractor(nora, booked):
    window = booked.window_start
    done = nora.post(url("rebook", job=booked), {"note": "customer asked"}, headers=HTMX)
    assert done.status_code == 204
    run_due()
    settle()
    booked.refresh_from_db()
    assert (booked.status, booked.round_number, booked.window_start) == ("offering", 2, window)
    assert Message.objects.filter(template="visit_cancelled").exists()
    words = text_of(nora.get(url("job", job=booked)))
    assert "The visit was taken from Harold" in words
    again = nora.post(url("rebook", job=booked), {"note": ""}, headers=HTMX)
    assert again.status_code == 409


def test_a_visit_given_back_by_phone(nora, booked):
    form = {"booking": str(booking_of(booked).public_id), "reason": "sick", "note": ""}
    done = nora.post(url("release", job=booked), form, headers=HTMX)
    assert done.status_code == 204
    run_due()
    settle()
    assert pending_offer(booked).contractor.name == "Lisa"
    assert nora.post(url("release", job=booked), form, headers=HTMX).status_code == 409


def test_a_form_about_an_earlier_booking_changes_nothing(nora, booked, trio):
    form = {"booking": str(booking_of(booked).public_id), "reason": "sick", "note": ""}
    assert nora.post(url("rebook", job=booked), {"note": ""}, headers=HTMX).status_code == 204
    run_due()
    offer = pending_offer(booked)
    accept_offer(offer_id=offer.pk, actor=Actor.contractor(offer.contractor), via="portal")
    stale = nora.post(url("release", job=booked), form, headers=HTMX)
    assert stale.status_code == 409
    assert f"Meanwhile the job went to {offer.contractor.name}" in text_of(stale)
    assert booking_of(booked).contractor == offer.contractor


def test_a_visit_is_reported_by_phone_step_by_step(nora, clock, booked):
    base = {"booking": str(booking_of(booked).public_id), "note": "", "result": ""}
    step = url("visit_step", job=booked)
    missing = nora.post(step, base | {"step": "eta", "eta": ""}, headers=HTMX)
    assert missing.status_code == 422
    assert "Give the expected time of arrival." in text_of(missing)
    early = nora.post(step, base | {"step": "eta", "eta": "2026-11-03T06:00"}, headers=HTMX)
    assert early.status_code == 422
    assert "must lie inside the arrival window" in text_of(early)
    eta = nora.post(step, base | {"step": "eta", "eta": "2026-11-03T08:40"}, headers=HTMX)
    assert said(eta) == "Harold is expected at 08:40."
    clock.set(booked.window_start + timedelta(minutes=20))
    assert nora.post(step, base | {"step": "en_route"}, headers=HTMX).status_code == 204
    assert nora.post(step, base | {"step": "arrived"}, headers=HTMX).status_code == 204
    nothing = nora.post(step, base | {"step": "done"}, headers=HTMX)
    assert "Choose how the visit ended." in text_of(nothing)
    done = nora.post(step, base | {"step": "done", "result": "no_access"}, headers=HTMX)
    assert said(done) == f"{booked.reference} is done: no access."
    settle()
    assert Escalation.objects.get(job=booked, closed_at=None).kind == "no_access"
    assert nora.get(step, headers=HTMX).status_code == 409


def test_cancelling_tells_everybody_and_is_final(nora, job):
    assert nora.post(url("cancel", job=job), {"by": "customer"}, headers=HTMX).status_code == 422
    data = {"by": "customer", "reason": "price", "note": ""}
    assert nora.post(url("cancel", job=job), data, headers=HTMX).status_code == 204
    settle()
    assert Offer.objects.get(job=job).status == "withdrawn"
    assert {"offer_withdrawn", "appointment_cancelled"} <= set(
        Message.objects.values_list("template", flat=True)
    )
    late = nora.post(url("search_again", job=job), headers=SILENT)
    assert late.status_code == 409
    assert "nothing changes any more" in said(late)


def test_a_question_is_settled_with_a_word(nora, dispatcher, branch, job):
    asked = Escalation.objects.create(
        branch=branch, job=job, kind="dispatch_failed", opened_at=job.created_at
    )
    address = url("settle", question=asked.pk)
    assert nora.post(address, {"resolution": "  "}, headers=HTMX).status_code == 422
    done = nora.post(address, {"resolution": "Called the customer"}, headers=HTMX)
    assert said(done) == "Settled: Called the customer"
    asked.refresh_from_db()
    assert (asked.resolution, asked.closed_by) == ("Called the customer", dispatcher)
    assert "Settled: Called the customer" in text_of(nora.get(url("job", job=job)))


def test_questions_of_other_branches_are_not_there(client, other_dispatcher, branch, job):
    asked = Escalation.objects.create(
        branch=branch, job=job, kind="dispatch_failed", opened_at=job.created_at
    )
    client.force_login(other_dispatcher)
    answer = client.post(f"/console/worcester/questions/{asked.pk}/settle/", {"resolution": "x"})
    assert answer.status_code == 404
    asked.refresh_from_db()
    assert asked.closed_at is None
