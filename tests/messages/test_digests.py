"""Summaries for staff: due rows, each written once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from jobs.models import Message, StaffDigest
from jobs.services.digests import next_moment, set_digest, write_due_digests
from network.models import BranchStaff
from tests.jobs.steps import booked
from tests.messages.conftest import send_all
from tests.portal.conftest import signed_in

pytestmark = pytest.mark.django_db
ZONES = ["America/New_York", "UTC", "Europe/Berlin", "Asia/Kolkata"]


@given(
    after=st.datetimes(
        min_value=datetime(2026, 1, 1), max_value=datetime(2027, 12, 31), timezones=st.just(UTC)
    ),
    hour=st.integers(0, 23),
    tz=st.sampled_from(ZONES),
    every=st.sampled_from(["hour", "day"]),
)
def test_the_next_one_is_always_ahead_and_never_far(after, hour, tz, every):
    due = next_moment(every=every, hour=hour, after=after, time_zone=tz)
    assert after < due <= after + timedelta(hours=1 if every == "hour" else 25)


def test_a_day_is_told_in_the_morning_once(clock, branch, dispatcher, trio, make_job):
    set_digest(user=dispatcher, branch=branch, every="day", hour=17)
    booked(make_job())
    assert write_due_digests() == 0
    clock.advance(hours=8)
    assert write_due_digests() == 1
    assert write_due_digests() == 0
    send_all()
    (told,) = [m for m in mail.outbox if m.to == [dispatcher.email]]
    assert told.subject == "Greater Boston: nothing waits for you"
    assert "- 1 job came in\n- 1 visit was booked\n" in told.body
    clock.advance(days=1)
    assert write_due_digests() == 1
    assert "Nothing happened." not in told.body
    send_all()
    assert "- Nothing happened." in mail.outbox[-1].body, "each stretch is told once"


def test_an_hour_in_which_nothing_happened_is_not_told(clock, branch, dispatcher, trio, make_job):
    set_digest(user=dispatcher, branch=branch, every="hour")
    clock.advance(hours=1)
    assert write_due_digests() == 1
    assert not Message.objects.exists()
    make_job()
    clock.advance(hours=1)
    write_due_digests()
    assert Message.objects.filter(template="staff_digest").count() == 1


def test_a_look_that_comes_late_tells_all_of_it_in_one(clock, branch, dispatcher, make_job, trio):
    set_digest(user=dispatcher, branch=branch, every="hour")
    make_job()
    clock.advance(hours=5, minutes=20)
    assert write_due_digests() == 1
    assert Message.objects.count() == 1
    assert StaffDigest.objects.get().next_at == clock.now.replace(minute=0) + timedelta(hours=1)


def test_whoever_works_there_no_more_hears_no_more(clock, branch, dispatcher, make_job, trio):
    set_digest(user=dispatcher, branch=branch, every="day", hour=17)
    make_job()
    BranchStaff.objects.all().delete()
    clock.advance(hours=8)
    write_due_digests()
    assert not Message.objects.exists()
    assert not StaffDigest.objects.exists()


def test_a_dispatcher_sets_and_ends_it(branch, dispatcher):
    client = signed_in(dispatcher)
    page = reverse("console:digest", args=[branch.slug])
    assert client.post(page, {"every": "day", "hour": "6"}).status_code == 302
    row = StaffDigest.objects.get()
    assert (row.user, row.every, row.hour) == (dispatcher, "day", 6)
    assert "Tomorrow, 06:00 EST" in client.get(page).content.decode()
    assert client.post(page, {"every": "minute", "hour": "6"}).status_code == 200
    client.post(page, {"every": "", "hour": "6"})
    assert not StaffDigest.objects.exists()
