"""The customer's pages: they show what is true, looking decides nothing, and they stay cheap."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from PIL import Image

from jobs.customer.forms import window_value
from jobs.models import (
    ChangePolicy,
    CustomerNote,
    Escalation,
    Job,
    JobEvent,
    VisitRating,
    WindowOffer,
)
from jobs.services.customer_changes import offer_windows
from jobs.services.customer_links import customer_url
from jobs.services.openings import usual_windows
from jobs.services.visits import arrive, complete_visit, release_visit, start_travel
from network.services.calendar import add_time_off
from ranking.models import Outcome
from tests.jobs.steps import SYSTEM, booked, decline, events_of, offered, status_of
from tests.jobs.world import run_due

pytestmark = pytest.mark.usefixtures("trio")


@pytest.fixture
def see(client):
    """Open or send one of a job's pages; answers with the response and its text."""

    class Looking:
        def url(self, job: Job, name: str = "") -> str:
            return customer_url(job).removeprefix(settings.BASE_URL) + name

        def get(self, job: Job, name: str = "", **data):
            return client.get(self.url(job, name), data)

        def text(self, job: Job, name: str = "") -> str:
            answer = self.get(job, name)
            assert answer.status_code == 200
            return answer.content.decode()

        def post(self, job: Job, name: str, **data):
            return client.post(self.url(job, name), data)

    return Looking()


def other_windows(job: Job, clock):
    return usual_windows(job, ChangePolicy(branch=job.branch), at=clock.now)


def values_of(answer) -> list[str]:
    return [choice.value for day in answer.context["days"] for choice in day.choices if choice.free]


def picture(**exif: str) -> SimpleUploadedFile:
    image = Image.new("RGB", (40, 30), "red")
    data = Image.Exif()
    data[0x010F] = "A phone of somebody"
    out = BytesIO()
    image.save(out, "JPEG", exif=data)
    return SimpleUploadedFile("door.jpg", out.getvalue(), "image/jpeg")


def finished(job: Job, clock, result: str = "fixed"):
    booking = booked(job)
    clock.set(job.window_start + timedelta(minutes=30))
    start_travel(booking_id=booking.pk, actor=SYSTEM)
    arrive(booking_id=booking.pk, actor=SYSTEM)
    complete_visit(booking_id=booking.pk, result=result, note="A valve", actor=SYSTEM)
    job.refresh_from_db()
    return booking


# -- what stands there ---------------------------------------------------------------------------
def test_the_page_tells_each_state_in_calm_words(see, make_job, clock):
    job = make_job()
    assert "Your time is reserved" in see.text(job)
    booking = booked(job)
    text = see.text(job)
    assert "Harold comes between these times" in text
    assert "Reschedule" in text
    release_visit(booking_id=booking.pk, reason="vehicle", actor=SYSTEM)
    text = see.text(job)
    assert "Your appointment stands" in text
    assert "the next contractor for the same time" in text
    again = booked(job)
    clock.set(again.starts_at - timedelta(minutes=10))
    start_travel(booking_id=again.pk, actor=SYSTEM)
    text = see.text(job)
    assert "Lisa is on the way and expects to be with you about" in text
    assert "Reschedule" not in text
    assert "Ask to cancel" in text
    arrive(booking_id=again.pk, actor=SYSTEM)
    text = see.text(job)
    assert "Lisa is with you" in text
    assert "cancel" not in text.lower().split("progress")[1]
    complete_visit(booking_id=again.pk, result="fixed", actor=SYSTEM)
    assert "How was the visit?" in see.text(job)


def test_when_nobody_is_left_to_ask_the_page_does_not_say_that_we_ask_somebody(see, make_job, trio):
    job = make_job()
    for _ in trio:
        decline(offered(job))
    run_due()
    text = see.text(job)
    assert "we are still looking" in text
    assert "the next contractor" not in text


def test_nobody_elses_street_phone_or_price_is_on_the_page(see, make_job, harold):
    job = make_job(not_to_exceed=Decimal(300))
    booked(job)
    text = see.text(job)
    assert harold.phone not in text
    assert "140" not in text, "what the contractor is paid is not the customer's business"
    assert "$300" in text


@pytest.mark.parametrize("name", ["", "move/", "cancel/", "notes/", "appointment.ics"])
def test_every_page_costs_fewer_than_ten_queries(see, make_job, name):
    job = make_job()
    booked(job)
    address = see.url(job, name)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert see.get(job, name).status_code == 200
    queries = [q["sql"] for q in captured if "SAVEPOINT" not in q["sql"]]
    # Naming the link in this test costs one that a visitor does not.
    assert len(queries) - 1 < 10, (address, queries)


def test_a_page_with_everything_on_it_costs_fewer_than_ten_queries(see, make_job, clock):
    job = make_job()
    booking = booked(job)
    see.post(job, "notes/", text="Side door", file=picture())
    release_visit(booking_id=booking.pk, reason="vehicle", actor=SYSTEM)
    offer_windows(job_id=job.pk, windows=other_windows(job, clock)[:3], actor=SYSTEM)
    address = see.url(job)
    with CaptureQueriesContext(connection) as captured:
        see.get(job)
    assert len(captured) - 1 < 10, address
    finished_job = make_job()
    finished(finished_job, clock)
    see.url(finished_job)
    with CaptureQueriesContext(connection) as captured:
        see.get(finished_job)
    assert len(captured) - 1 < 10


# -- moving --------------------------------------------------------------------------------------
def test_a_window_that_is_offered_can_be_taken_and_the_same_person_comes(see, make_job, clock):
    job = make_job()
    booking = booked(job)
    answer = see.get(job, "move/")
    assert "The same person can come" in answer.content.decode()
    value = values_of(answer)[0]
    answer = see.post(job, "move/", window=value, seen=job.window_start.isoformat())
    assert answer.status_code == 302
    job.refresh_from_db()
    booking.refresh_from_db()
    assert booking.live
    assert job.window_start <= booking.starts_at <= job.window_end
    assert events_of(job).count("moved") == 1
    assert JobEvent.objects.get(job=job, kind="moved").actor_kind == "customer"


def test_only_windows_in_which_somebody_can_come_are_offered(see, make_job, clock, trio):
    job = make_job()
    booked(job)
    day = job.window_start + timedelta(days=1)
    for contractor in trio:
        for technician in contractor.technicians.all():
            add_time_off(
                technician_id=technician.pk,
                start=day - timedelta(hours=12),
                end=day + timedelta(hours=14),
            )
    answer = see.get(job, "move/")
    free = values_of(answer)
    taken = [w for w in other_windows(job, clock) if w[0].date() == day.date()]
    assert taken
    assert free
    assert not {window_value(*w) for w in taken} & set(free)
    answer = see.post(job, "move/", window=window_value(*taken[0]))
    assert answer.status_code == 409
    assert "taken by now" in answer.content.decode()
    assert "moved" not in events_of(job)


@pytest.mark.parametrize(
    "window", ["", "nonsense", "2026-11-05/2026-11-06", "2030-01-01T00:00:00Z/2030-01-01T04:00:00Z"]
)
def test_a_window_that_was_not_offered_moves_nothing(see, make_job, window):
    job = make_job()
    booked(job)
    assert see.post(job, "move/", window=window).status_code in (409, 422)
    assert "moved" not in events_of(job)


def test_after_the_cut_off_it_is_a_question_and_the_page_says_so(see, make_job, clock):
    job = make_job()
    booked(job)
    clock.set(job.window_start - timedelta(hours=1, minutes=59))
    answer = see.get(job, "move/")
    assert "Ask for this time" in answer.content.decode()
    see.post(job, "move/", window=values_of(answer)[-1], note="A wedding")
    assert Escalation.objects.get(closed_at=None).kind == "move_asked"
    assert "You asked us to move the visit" in see.text(job)
    see.post(job, "cancel/", reason="other")
    assert "You asked us to cancel the visit" in see.text(job)
    assert status_of(job) == "booked"


# -- cancelling, notes, rating -------------------------------------------------------------------
def test_cancelling_asks_once_and_then_nobody_comes(see, make_job):
    job = make_job()
    booked(job)
    assert see.post(job, "cancel/", note="Sorry").status_code == 422
    assert "Sorry" in see.post(job, "cancel/", note="Sorry").content.decode()
    assert see.post(job, "cancel/", reason="no_longer_needed").status_code == 302
    assert status_of(job) == "cancelled"
    assert "Nobody comes" in see.text(job)
    assert see.post(job, "cancel/", reason="price").status_code == 302, "once more: the same page"
    assert see.get(job, "move/").status_code == 302


def test_a_picture_loses_what_the_phone_wrote_into_it(see, make_job):
    job = make_job()
    answer = see.post(job, "notes/", text="Side door", file=picture())
    assert answer.status_code == 302
    photo = CustomerNote.objects.get(text="")
    answer = see.get(job, f"photos/{photo.public_id}/")
    content = b"".join(answer.streaming_content)
    assert b"A phone of somebody" not in content
    assert Image.open(BytesIO(content)).size == (40, 30)
    assert answer["Content-Disposition"].startswith("attachment")
    assert "Side door" in see.text(job)
    other = make_job()
    assert see.get(other, f"photos/{photo.public_id}/").status_code == 404


def test_what_is_no_picture_is_refused_and_the_words_stay(see, make_job):
    job = make_job()
    file = SimpleUploadedFile("door.jpg", b"not a picture", "image/jpeg")
    answer = see.post(job, "notes/", text="Side door", file=file)
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "This is not such a file" in text
    assert "Side door" in text
    assert not CustomerNote.objects.exists()
    assert see.post(job, "notes/").status_code == 422


def test_a_visit_is_rated_once_and_can_be_changed_for_a_day(see, make_job, clock):
    job = make_job()
    finished(job, clock)
    answer = see.post(job, "rate/", words="Fine")
    assert answer.status_code == 422
    assert "Fine" in answer.content.decode()
    assert see.post(job, "rate/", stars="4", words="Fine").status_code == 302
    assert see.post(job, "rate/", stars="5", words="Very fine").status_code == 302
    assert VisitRating.objects.get().stars == 5
    outcome = Outcome.objects.get(kind="rating")
    assert outcome.value == 5
    clock.advance(days=1)
    answer = see.post(job, "rate/", stars="1")
    assert answer.status_code == 409
    assert "cannot be changed any more" in answer.content.decode()
    assert VisitRating.objects.get().stars == 5
    assert "Very fine" in see.text(job)


@pytest.mark.parametrize("stars", ["0", "6", "five", ""])
def test_stars_that_are_none_are_refused(see, make_job, clock, stars):
    job = make_job()
    finished(job, clock)
    assert see.post(job, "rate/", stars=stars).status_code == 422
    assert not VisitRating.objects.exists()


def test_a_visit_without_access_cannot_be_rated(see, make_job, clock):
    job = make_job()
    finished(job, clock, "no_access")
    assert "How was the visit" not in see.text(job)
    assert see.post(job, "rate/", stars="1").status_code == 409


# -- other times, when the promise is in danger --------------------------------------------------
def test_other_times_are_chosen_on_the_page_and_the_job_moves_without_a_fee(see, make_job, clock):
    job = make_job()
    run_due()
    windows = other_windows(job, clock)[:2]
    offer_windows(job_id=job.pk, windows=windows, actor=SYSTEM)
    offer = WindowOffer.objects.get()
    text = see.text(job)
    assert "Would one of these suit you too?" in text
    answer = see.post(job, "choose/", offer=str(offer.public_id), window="1")
    assert answer.status_code == 302
    job.refresh_from_db()
    assert (job.window_start, job.window_end) == windows[1]
    assert see.post(job, "choose/", offer=str(offer.public_id), window="1").status_code == 302
    assert see.post(job, "choose/", offer=str(offer.public_id), window="0").status_code == 409
    job.refresh_from_db()
    assert job.window_start == windows[1][0]


def test_the_present_time_can_be_kept(see, make_job, clock):
    job = make_job()
    run_due()
    offer_windows(job_id=job.pk, windows=other_windows(job, clock)[:2], actor=SYSTEM)
    offer = WindowOffer.objects.get()
    see.post(job, "choose/", offer=str(offer.public_id), window="keep")
    assert "Would one of these" not in see.text(job)
    assert see.post(job, "choose/", offer=str(offer.public_id), window="0").status_code == 409
    assert see.post(job, "choose/", offer="nonsense", window="x").status_code == 409
    assert "moved" not in events_of(job)


def test_the_appointment_goes_into_a_calendar(see, make_job):
    job = make_job()
    text = see.text(job, "appointment.ics")
    assert "BEGIN:VEVENT" in text
    assert "DTSTART;TZID=America/New_York:20261103T080000" in text
    assert customer_url(job) in text.replace("\r\n ", "")
