"""Pauses as they are chosen, the calendar for other programs, and a smaller circle."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse
from icalendar import Calendar

from jobs.actors import Actor
from jobs.models import Booking, Job, Offer
from jobs.services.answers import accept_offer
from jobs.services.jobs import cancel_job
from jobs.services.visits import release_visit
from network.geo import cell_and_ancestors, distance_km
from network.models import (
    CalendarFeed,
    Contractor,
    ContractorUser,
    Territory,
    TerritoryCell,
    User,
)
from network.services.calendar import add_time_off
from network.services.feeds import make_feed, token_of
from portal.pausing import pause_choices, until_text
from tests.jobs.world import SITE, START, add_technician, pending_offer, run_due
from tests.portal.conftest import signed_in
from tests.portal.profile.test_profile import decline

BOSTON = ZoneInfo("America/New_York")
PAUSE = "/portal/you/pause/"


def boston(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=BOSTON)  # type: ignore[misc,arg-type]


# -- pausing ---------------------------------------------------------------------------------------


def test_the_taps_are_those_that_make_sense_at_this_hour() -> None:
    def at(hour: int, minute: int = 0) -> dict[str, datetime]:
        found = pause_choices(boston(2026, 11, 2, hour, minute), BOSTON, time(7))
        return {choice.value: choice.until for choice in found}

    assert at(9) == {
        "hour": boston(2026, 11, 2, 10),
        "evening": boston(2026, 11, 2, 18),
        "tomorrow": boston(2026, 11, 3, 7),
    }
    assert "evening" in at(17, 30)
    assert "evening" not in at(17, 31)
    assert "evening" not in at(20)
    # The clocks go back in the night: tomorrow still begins at seven.
    [*_, morning] = pause_choices(boston(2026, 10, 31, 20), BOSTON, time(7))
    assert morning.until - boston(2026, 10, 31, 20).astimezone(UTC) == timedelta(hours=12)


@pytest.mark.parametrize(
    ("until", "said"),
    [
        (boston(2026, 11, 2, 18), "6 pm EST"),
        (boston(2026, 11, 3, 8), "tomorrow 8 am EST"),
        (boston(2026, 11, 9, 8), "Mon 9 Nov 8 am EST"),
    ],
)
def test_the_end_of_a_pause_in_words(until: datetime, said: str) -> None:
    assert until_text(until, START, "America/New_York") == said


@pytest.mark.parametrize(
    ("form", "until"),
    [
        ({"until": "evening"}, boston(2026, 11, 2, 18)),
        ({"until": "day", "day": "2026-11-09"}, boston(2026, 11, 9, 8)),
        # After the clocks have changed: eight o'clock there, not the hour of here.
        ({"until": "day", "day": "2027-03-15"}, boston(2027, 3, 15, 8)),
    ],
)
def test_a_pause_until_the_evening_or_a_day(
    harold_client: Client,
    harold: Contractor,
    lisa: Contractor,
    make_job: Callable[..., Job],
    clock: Any,
    form: dict[str, str],
    until: datetime,
) -> None:
    assert harold_client.post(PAUSE, form).status_code == 302
    harold.refresh_from_db()
    assert harold.paused_until == until
    job = make_job()
    run_due()
    assert pending_offer(job).contractor == lisa
    clock.set(until)
    day = until.replace(hour=9) + timedelta(days=1)
    later = make_job(window_start=day, window_end=day + timedelta(hours=4))
    run_due()
    assert pending_offer(later).contractor == harold, "it ends by itself"


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({}, "Choose until when."),
        ({"until": "always"}, "Choose until when."),
        ({"until": "day"}, "Give the day you are back."),
        ({"until": "day", "day": "soon"}, "Give the day you are back."),
        ({"until": "day", "day": "2026-11-01"}, "still to come"),
        ({"until": "day", "day": "2028-01-01"}, "a year at most"),
    ],
)
def test_a_pause_without_a_sensible_end_is_refused(
    harold_client: Client, harold: Contractor, form: dict[str, str], said: str
) -> None:
    html = harold_client.post(PAUSE, form).content.decode()
    assert said in html
    harold.refresh_from_db()
    assert harold.paused_until is None


def test_a_pause_leads_back_to_pages_of_ours_only(harold_client: Client) -> None:
    def goes_to(back: str) -> str:
        answer = harold_client.post(PAUSE, {"until": "hour", "next": back})
        return str(answer.headers["Location"])

    assert goes_to("/portal/") == "/portal/"
    assert goes_to("https://evil.example/") == "/portal/you/"


def test_one_of_the_people_does_not_pause_the_firm(harold: Contractor, harold_user: User) -> None:
    ContractorUser.objects.filter(user=harold_user).update(technician=harold.technicians.get())
    client = signed_in(harold_user)
    assert client.post(PAUSE, {"until": "hour"}).status_code == 404
    assert "Pause my offers" not in client.get("/portal/you/").content.decode()


# -- the feed --------------------------------------------------------------------------------------


def events(user: User, contractor: Contractor) -> list[Any]:
    feed = CalendarFeed.objects.filter(user=user).first()
    if feed is None:
        feed, _ = make_feed(contractor_id=contractor.pk, user_id=user.pk)
    answer = Client().get(reverse("portal:feed", args=[token_of(feed)]))
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    calendar = Calendar.from_ical(answer.content)
    assert not calendar.errors
    return sorted(calendar.walk("VEVENT"), key=lambda event: str(event["DTSTART"].dt))


def visit_at(make_job: Callable[..., Job], contractor: Contractor, start: datetime) -> Booking:
    job = make_job(window_start=start, window_end=start + timedelta(hours=4))
    run_due()
    return accept_offer(
        offer_id=pending_offer(job).pk, actor=Actor.contractor(contractor), via="portal"
    )


def test_times_in_the_feed_hold_when_the_clocks_change(
    harold_user: User, harold: Contractor, make_job: Callable[..., Job], clock: Any
) -> None:
    """Standard time ends on 14 March 2027: visits before and after it, and a night across it."""
    clock.set(boston(2027, 3, 12, 9))
    before = visit_at(make_job, harold, boston(2027, 3, 13, 8))
    after = visit_at(make_job, harold, boston(2027, 3, 15, 8))
    me = harold.technicians.get()
    add_time_off(
        technician_id=me.pk, start=boston(2027, 3, 13, 22), end=boston(2027, 3, 14, 6), note="Ill"
    )
    add_time_off(technician_id=me.pk, start=boston(2027, 3, 16), end=boston(2027, 3, 18))
    first, night, second, days = events(harold_user, harold)
    for event, booking in ((first, before), (second, after)):
        assert event["DTSTART"].dt == booking.starts_at
        assert event["DTEND"].dt == booking.ends_at
        assert event["DTSTART"].params["TZID"] == "America/New_York"
        assert event["DTSTART"].dt.hour == 8
    assert (night["DTEND"].dt.astimezone(UTC) - night["DTSTART"].dt.astimezone(UTC)) == timedelta(
        hours=7
    )
    assert night["DESCRIPTION"] == "Ill"
    # Whole days have no hours, so no zone can move them.
    assert (days["DTSTART"].dt, days["DTEND"].dt) == (date(2027, 3, 16), date(2027, 3, 18))
    assert len({str(event["UID"]) for event in (first, night, second, days)}) == 4


def test_cancelled_visits_and_those_given_back_vanish_from_the_feed(
    harold_user: User, harold: Contractor, make_job: Callable[..., Job]
) -> None:
    start = START + timedelta(days=1, hours=-1)
    kept, cancelled, returned = (
        visit_at(make_job, harold, start + timedelta(days=day)) for day in (0, 1, 2)
    )
    uids = [str(event["UID"]) for event in events(harold_user, harold)]
    assert len(uids) == 3
    cancel_job(
        job_id=cancelled.job_id, by="customer", reason="no_longer_needed", actor=Actor.system()
    )
    release_visit(booking_id=returned.pk, reason="other", note="", actor=Actor.contractor(harold))
    [left] = events(harold_user, harold)
    assert str(left["UID"]) == f"visit-{kept.public_id}@firstcall" == uids[0]


def test_a_feed_of_one_of_the_people_shows_theirs_alone(
    harold_user: User, lisa_user: User, harold: Contractor, make_job: Callable[..., Job]
) -> None:
    mine = visit_at(make_job, harold, START + timedelta(days=1))
    zoe = add_technician(harold, "Zoe")
    day = boston(2026, 11, 10)
    add_time_off(technician_id=zoe.pk, start=day, end=day + timedelta(days=1))
    names = [str(event["SUMMARY"]) for event in events(harold_user, harold)]
    assert names == [f"{mine.technician.name}: Water heater repair", "Zoe: time off"]
    ContractorUser.objects.create(user=lisa_user, contractor=harold, technician=zoe)
    assert [str(event["SUMMARY"]) for event in events(lisa_user, harold)] == ["Time off"]
    feed = CalendarFeed.objects.get(user=lisa_user)
    address = reverse("portal:feed", args=[token_of(feed)])
    ContractorUser.objects.filter(user=lisa_user, contractor=harold).delete()
    assert Client().get(address).status_code == 404, "who may not look any more"


# -- too far ---------------------------------------------------------------------------------------


def test_too_far_offers_smaller_circles_that_leave_the_job_out(
    harold_client: Client, lisa: Contractor, harold: Contractor, make_job: Callable[..., Job]
) -> None:
    """The job lies some six kilometres away, so that three miles leave it out."""
    Contractor.objects.filter(pk=lisa.pk).update(status="paused")
    job = make_job(latitude=SITE[0] - 6 / 111.2, longitude=SITE[1], postcode="02130")
    run_due()
    offer: Offer = pending_offer(job)
    area = Territory.objects.get(contractor=harold)
    away = distance_km(area.latitude, area.longitude, job.latitude, job.longitude)
    page = decline(harold_client, offer, "too_far")
    html = harold_client.get(page).content.decode()
    assert 'value="radius-3"' in html
    assert "1 of your" not in html
    assert "Your one offer of the last 90 days would not have come." in html
    done = harold_client.post(page, {"choice": "radius-3"}).headers["Location"]
    area.refresh_from_db()
    assert area.radius_km is not None
    assert area.radius_km < away
    assert not covers(harold, job)
    assert "3 mi around your base" in harold_client.get(done).content.decode()
    harold_client.post(done)
    area.refresh_from_db()
    assert area.radius_km == 25
    assert covers(harold, job)


def covers(contractor: Contractor, job: Job) -> bool:
    cells = TerritoryCell.objects.filter(contractor=contractor)
    return cells.filter(cell__in=cell_and_ancestors(job.cell)).exists()


def test_a_choice_that_was_not_offered_changes_nothing(
    harold_client: Client, harold: Contractor, offered: Offer
) -> None:
    page = decline(harold_client, offered, "too_far")
    for choice in ("radius-500", "zip-02136", ""):
        html = harold_client.post(page, {"choice": choice}).content.decode()
        assert "Choose what to correct." in html
    area = Territory.objects.get(contractor=harold)
    assert (area.radius_km, area.left_out) == (25, [])
