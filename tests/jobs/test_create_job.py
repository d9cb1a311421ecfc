"""Taking a job in: what is filled in, and what is refused in which words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection

from jobs.errors import InvalidInput
from jobs.models import Job, JobEvent
from network.models import Client, WorkingHours
from tests.jobs.world import START, make_branch, make_service_type

WINDOW = datetime(2026, 11, 3, 13, tzinfo=UTC)  # Tuesday 8:00 in Boston


def refused(make_job, **changes) -> dict[str, str]:
    with pytest.raises(InvalidInput) as caught:
        make_job(**changes)
    assert not Job.objects.exists()
    assert caught.value.detail == " ".join(caught.value.errors.values())
    return caught.value.errors


def test_a_job_takes_what_is_missing_from_its_service_type_and_zip(harold, make_job, service_type):
    job = make_job(latitude=None, longitude=None)
    assert job.status == "new"
    assert job.next_wake_at == START
    assert (job.priority, job.duration_minutes) == ("standard", 75)
    assert job.not_to_exceed == service_type.not_to_exceed
    assert (job.currency, job.time_zone, job.area) == ("USD", "America/New_York", "Boston")
    assert job.reference.startswith("BOS-")
    event = JobEvent.objects.get(job=job)
    assert (event.sequence, event.kind, event.to_status) == (1, "created", "new")


def test_the_clients_limit_goes_before_the_service_types(harold, make_job, branch):
    client = Client.objects.create(
        branch=branch, slug="acme", name="Acme", not_to_exceed=Decimal("180.00")
    )
    assert make_job(client=client).not_to_exceed == Decimal("180.00")
    assert make_job(client=client, not_to_exceed=Decimal("90")).not_to_exceed == Decimal("90")


@pytest.mark.parametrize(
    ("start", "end", "sentence"),
    [
        (-4, -1, "The window lies in the past; choose a later one."),
        (-2, 0, "The window lies in the past; choose a later one."),
        (27, 24, "The window ends before it starts; swap or correct the two times."),
        (24, 24, "The window ends before it starts; swap or correct the two times."),
        (24, 25, "The window (60 min) is shorter than the work (75 min); make it longer or "
                 "the work shorter."),
        (24, 24 + 15 * 24, "The window is longer than two weeks; promise a shorter one."),
    ],
)  # fmt: skip
def test_an_impossible_window_is_refused_with_what_to_do(harold, make_job, start, end, sentence):
    errors = refused(
        make_job,
        window_start=START + timedelta(hours=start),
        window_end=START + timedelta(hours=end),
    )
    assert errors == {"window": sentence}


def test_a_window_that_has_begun_can_still_be_promised(harold, make_job):
    job = make_job(window_start=START - timedelta(hours=1), window_end=START + timedelta(hours=2))
    assert job.status == "new"


def test_a_window_just_as_long_as_the_work_is_accepted(harold, make_job):
    assert make_job(window_start=WINDOW, window_end=WINDOW + timedelta(minutes=75)).pk


def test_a_window_in_which_nobody_works_is_refused(harold, make_job):
    night = datetime(2026, 11, 4, 4, tzinfo=UTC)  # Tuesday 23:00 in Boston; work ends at 22:00
    errors = refused(make_job, window_start=night, window_end=night + timedelta(hours=3))
    assert errors == {
        "window": "Nobody in this branch works between Tue 23:00 and Wed 02:00; choose a window "
        "inside working hours."
    }
    WorkingHours.objects.filter(technician__contractor=harold, weekday=1).update(
        starts="21:00", ends="01:00"
    )
    assert make_job(window_start=night, window_end=night + timedelta(hours=3)).pk


def test_hours_that_run_past_midnight_count_on_the_next_day(harold, make_job):
    WorkingHours.objects.filter(technician__contractor=harold).delete()
    technician = harold.technicians.get()
    WorkingHours.objects.create(technician=technician, weekday=0, starts="20:00", ends="04:00")
    tuesday_one = datetime(2026, 11, 3, 6, tzinfo=UTC)
    assert make_job(window_start=tuesday_one, window_end=tuesday_one + timedelta(hours=2)).pk
    wednesday_one = tuesday_one + timedelta(days=1)
    with pytest.raises(InvalidInput, match="Nobody in this branch works"):
        make_job(window_start=wednesday_one, window_end=wednesday_one + timedelta(hours=2))


def test_the_hour_of_a_window_is_local_on_both_sides_of_a_change_of_the_clocks(harold, make_job):
    # Clocks go back on Sunday 7 November 2027; 21:30 EST is 02:30 UTC, past 22:00 in EDT.
    WorkingHours.objects.filter(technician__contractor=harold).update(ends="22:00")
    for day, utc_hour in ((6, 25.5), (7, 26.5)):
        local_21_30 = datetime(2027, 11, day, tzinfo=UTC) + timedelta(hours=utc_hour)
        assert make_job(window_start=local_21_30, window_end=local_21_30 + timedelta(hours=2)).pk


@pytest.mark.parametrize("code", ["00000", "", "2215", "0221X", "٠٢٢١٥", "x" * 500])
def test_an_unknown_zip_is_refused(harold, make_job, code):
    assert refused(make_job, postcode=code) == {
        "postcode": f"The ZIP code {code[:20] or '(empty)'} is not known; check its five digits."
    }


def test_a_site_outside_the_branch_is_refused_with_the_distance(harold, make_job):
    errors = refused(make_job, postcode="10001", latitude=None, longitude=None)
    assert errors["postcode"].startswith("The site is 188 mi")
    assert "serves 50 mi around it; check the ZIP and the pin." in errors["postcode"]


@pytest.mark.parametrize(
    ("pin", "sentence"),
    [
        ((42.3, None), "Give both latitude and longitude, or neither."),
        ((142.3, -71.0), "Latitude or longitude is out of range; move the pin."),
        ((float("nan"), -71.0), "Latitude or longitude is out of range; move the pin."),
    ],
)
def test_half_a_pin_or_an_impossible_one_is_refused(harold, make_job, pin, sentence):
    assert refused(make_job, latitude=pin[0], longitude=pin[1]) == {"postcode": sentence}


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("address", "  ", "Enter the street and house number."),
        ("address", "x" * 201, "The address is longer than 200 characters; shorten it."),
        ("customer_name", "", "Enter the customer's name."),
        ("customer_name", "x" * 121, "The name is longer than 120 characters; shorten it."),
        ("customer_phone", "1" * 41, "The phone number is longer than 40 characters; shorten it."),
        ("customer_email", "dana at example",
         "This is not an e-mail address; correct it or leave it empty."),
        ("reference", "R" * 41, "The reference is longer than 40 characters; shorten it."),
        ("description", "a\x00b",
         "The description holds a character that cannot be stored; type it anew."),
        ("priority", "soon", "Choose one of: emergency, urgent, standard, low."),
        ("duration_minutes", -5, "The duration must be between 1 minute and 24 hours."),
        ("duration_minutes", 1441, "The duration must be between 1 minute and 24 hours."),
        ("not_to_exceed", Decimal("0"), "The limit must be above zero, or left empty."),
        ("not_to_exceed", Decimal("NaN"), "The limit must be above zero, or left empty."),
        ("not_to_exceed", Decimal("1e20"), "The limit can be 99,999,999.99 at the most."),
        ("not_to_exceed", Decimal("9.999"), "Give the limit in whole cents."),
    ],
)  # fmt: skip
def test_what_cannot_be_stored_is_refused_by_field(harold, make_job, field, value, sentence):
    errors = refused(make_job, **{field: value})
    name = "window" if field == "duration_minutes" and "window" in errors else field
    assert errors == {name: sentence}


def test_service_type_and_client_must_be_the_branchs_own(harold, make_job):
    elsewhere = make_branch("worcester")
    errors = refused(
        make_job,
        service_type=make_service_type(elsewhere),
        client=Client.objects.create(branch=elsewhere, slug="x", name="X"),
    )
    assert errors == {
        "service_type": "Choose a service type of this branch.",
        "client": "Choose a client of this branch.",
    }


def test_a_service_type_that_is_no_longer_offered_is_refused(harold, make_job, service_type):
    service_type.active = False
    service_type.save()
    assert refused(make_job) == {
        "service_type": "Water heater repair is no longer offered; choose another."
    }


def test_a_window_without_a_time_zone_is_refused(harold, make_job):
    errors = refused(make_job, window_start=WINDOW.replace(tzinfo=None))
    assert errors == {"window": "Give both ends of the window with their time zone."}


def test_every_wrong_field_is_named_at_once(harold, make_job):
    errors = refused(make_job, postcode="", customer_name="", window_end=START)
    assert set(errors) == {"postcode", "customer_name", "window"}


def test_a_reference_in_use_is_refused_and_costs_nothing(harold, make_job):
    make_job(reference="W-1")
    with pytest.raises(InvalidInput) as caught:
        make_job(reference="W-1 ")
    assert caught.value.errors == {
        "reference": "The reference W-1 is in use already; choose another."
    }
    assert Job.objects.count() == 1


def test_a_number_somebody_chose_is_skipped_by_the_next_automatic_one(harold, make_job):
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('jobs_reference_seq')")
        number = cursor.fetchone()[0]
    for ahead in (1, 2):
        make_job(reference=f"BOS-{number + ahead:06d}")
    assert make_job().reference == f"BOS-{number + 3:06d}"


def test_a_pin_far_from_its_zip_is_refused(harold, make_job):
    errors = refused(make_job, postcode="90210")
    assert "mi from ZIP 90210 (Beverly Hills); correct the ZIP" in errors["postcode"]
