"""Taking a job in by the form: once, in the site's time, with every error at its field."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from jobs.actors import Actor
from jobs.models import Escalation, IdempotencyRecord, Job, JobEvent
from jobs.services.answers import accept_offer
from jobs.services.visits import arrive, complete_visit, start_travel
from network.models import Client as Payer
from network.models import ServiceType
from ranking.models import Decision
from tests.console.conftest import text_of, url
from tests.jobs.world import pending_offer, run_due

NEW = "branch_new_job"


def form_data(kind: ServiceType, **changes: str) -> dict[str, str]:
    return {
        "key": "k-1",
        "follows": "",
        "customer_name": "Teresa Moreau",
        "customer_phone": "(617) 555-0163",
        "customer_email": "teresa@example.com",
        "client": "",
        "address": "118 Lamartine St, 3",
        "postcode": "02130",
        "latitude": "",
        "longitude": "",
        "service_type": str(kind.pk),
        "priority": "",
        "duration_minutes": "",
        "not_to_exceed": "",
        "description": "No hot water since this morning",
        "day": "2026-11-03",
        "slot": "08-12",
        "starts": "",
        "ends": "",
        **changes,
    }


def test_the_form_begins_with_tomorrow_and_a_key(nora, trio, service_type):
    page = nora.get(url(NEW))
    body = page.content.decode()
    assert 'value="2026-11-03"' in body
    assert page.context["form"].initial["key"]
    assert 'data-duration="75"' in body
    assert 'data-priority="standard"' in body
    assert 'data-limit="250.00"' in body


def test_one_job_however_often_the_form_is_sent(nora, dispatcher, trio, service_type):
    data = form_data(service_type)
    first = nora.post(url(NEW), data)
    again = nora.post(url(NEW), data)
    job = Job.objects.get()
    assert first["Location"] == again["Location"] == url("job", job=job)
    assert job.window_start == datetime(2026, 11, 3, 13, tzinfo=UTC)
    assert job.window_end == datetime(2026, 11, 3, 17, tzinfo=UTC)
    assert (job.duration_minutes, job.priority) == (75, "standard")
    assert job.not_to_exceed == Decimal("250.00")
    assert (job.source, job.area) == ("console", "Jamaica Plain")
    event = JobEvent.objects.get(job=job, kind="created")
    assert event.actor_user == dispatcher
    record = IdempotencyRecord.objects.get()
    assert (record.scope, record.response_body) == (
        f"form:{dispatcher.pk}",
        {"id": str(job.public_id)},
    )


def test_the_same_key_with_other_words_asks_first(nora, trio, service_type):
    nora.post(url(NEW), form_data(service_type))
    changed = form_data(service_type, address="99 Other St")
    asked = nora.post(url(NEW), changed)
    assert asked.status_code == 422
    reference = Job.objects.get().reference
    assert f"This form has made {reference} already." in text_of(asked)
    assert "99 Other St" in asked.content.decode()
    key = asked.context["form"]["key"].value()
    assert key != "k-1"
    assert nora.post(url(NEW), changed | {"key": key}).status_code == 302
    assert Job.objects.count() == 2


def test_a_refused_form_may_be_corrected_with_its_key(nora, trio, service_type):
    refused = nora.post(url(NEW), form_data(service_type, day="2026-11-01"))
    assert refused.status_code == 422
    assert not Job.objects.exists()
    assert not IdempotencyRecord.objects.exists()
    assert nora.post(url(NEW), form_data(service_type)).status_code == 302


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"day": "2026-11-01"}, "day", "The window lies in the past; choose a later one."),
        (
            {"slot": "own", "starts": "12:00", "ends": "09:00"},
            "day",
            "The window ends before it starts; swap or correct the two times.",
        ),
        (
            {"slot": "own", "starts": "09:00", "ends": "09:30"},
            "day",
            "The window (30 min) is shorter than the work (75 min)",
        ),
        (
            {"slot": "own", "starts": "01:00", "ends": "04:00"},
            "day",
            "Nobody in this branch works between Tue 01:00 and Tue 04:00",
        ),
        ({"slot": "own", "starts": "09:00"}, "ends", "Give both times"),
        ({"postcode": "00000"}, "postcode", "The ZIP code 00000 is not known"),
        ({"postcode": "90210"}, "postcode", "which serves 50 mi around it"),
        ({"customer_name": " "}, "customer_name", "This field is required."),
        ({"service_type": "999999"}, "service_type", "not one of the available choices"),
        ({"not_to_exceed": "-4"}, "not_to_exceed", "The limit must be above zero"),
        ({"latitude": "91", "longitude": "-71"}, "postcode", "out of range; move the pin"),
        ({"customer_email": "nobody"}, "customer_email", "valid email"),
        ({"day": "2026-11-01", "slot": "own", "starts": "01:30", "ends": "06:00"}, "day", "clocks"),
        ({"day": "99999-01-01"}, "day", "Enter a valid date."),
        ({"duration_minutes": "0"}, "duration_minutes", "greater than or equal to 1"),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_the_rest_is_kept(
    nora, trio, service_type, changes, field, sentence
):
    answer = nora.post(url(NEW), form_data(service_type, **changes))
    assert answer.status_code == 422
    assert sentence in " ".join(answer.context["form"].errors[field])
    assert sentence in text_of(answer)
    assert "No hot water since this morning" in answer.content.decode()
    assert not Job.objects.exists()


def test_the_pin_wins_over_the_middle_of_the_zip(nora, trio, service_type):
    nora.post(url(NEW), form_data(service_type, latitude="42.31", longitude="-71.11"))
    job = Job.objects.get()
    assert (job.latitude, job.longitude) == (42.31, -71.11)


def test_client_priority_and_limit_are_taken_as_typed(nora, branch, trio, service_type):
    payer = Payer.objects.create(branch=branch, slug="bay", name="Bay Home Warranty")
    data = form_data(
        service_type,
        client=str(payer.pk),
        priority="emergency",
        not_to_exceed="480",
        duration_minutes="90",
    )
    nora.post(url(NEW), data)
    job = Job.objects.get()
    assert (job.client, job.priority) == (payer, "emergency")
    assert (job.not_to_exceed, job.duration_minutes) == (Decimal(480), 90)


def test_a_follow_up_is_prefilled_and_settles_the_question(nora, clock, harold, make_job):
    job = make_job()
    run_due()
    offer = pending_offer(job)
    actor = Actor.contractor(harold)
    booking = accept_offer(offer_id=offer.pk, actor=actor, via="portal")
    clock.set(job.window_start)
    start_travel(booking_id=booking.pk, actor=actor)
    arrive(booking_id=booking.pk, actor=actor)
    complete_visit(
        booking_id=booking.pk, result="needs_another_visit", note="Valve to order", actor=actor
    )
    board = nora.get(url("branch_board"))
    link = f"{url(NEW)}?from={job.public_id}"
    assert link in board.content.decode()
    assert "Harold could not finish the work. “Valve to order”" in text_of(board)
    page = nora.get(link)
    initial = page.context["form"].initial
    assert initial["customer_name"] == "Dana Whitfield"
    assert f"Follows {job.reference}. Valve to order" in initial["description"]
    data = form_data(job.service_type, day="2026-11-05", follows=str(job.public_id))
    assert nora.post(url(NEW), data).status_code == 302
    made = Job.objects.exclude(pk=job.pk).get()
    question = Escalation.objects.get(job=job)
    assert question.closed_at is not None
    assert question.resolution == f"Follow-up {made.reference}"


def test_a_zip_is_looked_up_for_the_pin(nora):
    found = nora.get(url("zip_lookup") + "?zip=02215").json()
    assert found["place"] == "Boston, MA"
    assert round(found["latitude"], 1) == 42.3
    unknown = nora.get(url("zip_lookup") + "?zip=00000")
    assert (unknown.status_code, unknown.json()["detail"][:8]) == (404, "This ZIP")
    outside = nora.get(url("zip_lookup") + "?zip=90210")
    assert outside.status_code == 404
    assert "Beverly Hills is" in outside.json()["detail"]
    assert "which serves 50 mi around it" in outside.json()["detail"]


def test_the_preview_says_who_could_come_and_writes_nothing(nora, trio, service_type):
    first = url("who_first")
    told = text_of(nora.post(first, form_data(service_type)))
    assert "Harold" in told
    assert "3 who could come" in told
    assert not Job.objects.exists()
    assert not Decision.objects.exists()
    assert "Choose the service" in text_of(nora.post(first, form_data(service_type, postcode="1")))
    assert "Choose the service" in text_of(nora.post(first, {}))
    nobody = form_data(service_type, slot="own", starts="23:00", ends="23:59")
    assert "Nobody could come then." in text_of(nora.post(first, nobody))
    assert nora.get(first).status_code == 405
