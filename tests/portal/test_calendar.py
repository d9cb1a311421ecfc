"""The week and time off."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse

from jobs.models import Booking, Offer
from network.models import CalendarEntry, Contractor, ContractorUser, WorkingHours
from portal.views.profile import week_text
from portal.week import span_text
from tests.jobs.world import add_technician, make_user
from tests.portal.conftest import signed_in
from tests.portal.test_offers import page

BOSTON = ZoneInfo("America/New_York")


def off(client: Client, **data: str) -> Any:
    return client.post(reverse("portal:time_off"), data)


def only_entry() -> CalendarEntry:
    return CalendarEntry.objects.get(kind="time_off")


@pytest.mark.parametrize(
    ("data", "start", "end"),
    [
        ({"when": "rest"}, datetime(2026, 11, 2, 9), datetime(2026, 11, 3)),
        ({"when": "today"}, datetime(2026, 11, 2), datetime(2026, 11, 3)),
        ({"when": "tomorrow"}, datetime(2026, 11, 3), datetime(2026, 11, 4)),
        (
            {"when": "range", "first_day": "2026-11-10"},
            datetime(2026, 11, 10),
            datetime(2026, 11, 11),
        ),
        (
            {"when": "range", "first_day": "2026-11-10", "last_day": "2026-11-12"},
            datetime(2026, 11, 10),
            datetime(2026, 11, 13),
        ),
        (
            {
                "when": "range",
                "first_day": "2026-11-10",
                "from_time": "12:00",
                "until_time": "17:30",
            },
            datetime(2026, 11, 10, 12),
            datetime(2026, 11, 10, 17, 30),
        ),
        # the clocks change on 14 March 2027: still from midnight to midnight
        (
            {"when": "range", "first_day": "2027-03-14"},
            datetime(2027, 3, 14),
            datetime(2027, 3, 15),
        ),
    ],
)
def test_time_off_is_what_was_asked_for_in_the_branchs_time(
    harold_client: Client, data: dict[str, str], start: datetime, end: datetime
) -> None:
    answer = off(harold_client, **data)
    assert answer.status_code == 302, answer.content.decode()
    entry = only_entry()
    assert entry.period.lower == start.replace(tzinfo=BOSTON)
    assert entry.period.upper == end.replace(tzinfo=BOSTON)
    html = harold_client.get(answer.headers["Location"]).content.decode()
    assert "Nobody will call then." in html
    assert "Remove this time off" in html


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({}, "Choose when."),
        ({"when": "never"}, "Choose when."),
        ({"when": "range"}, "Give the first day."),
        ({"when": "range", "first_day": "soon"}, "Give a date."),
        (
            {"when": "range", "first_day": "2026-11-12", "last_day": "2026-11-10"},
            "The last day lies before the first.",
        ),
        (
            {
                "when": "range",
                "first_day": "2026-11-12",
                "from_time": "17:00",
                "until_time": "09:00",
            },
            "must end after it starts",
        ),
        ({"when": "range", "first_day": "2020-01-01"}, "already passed"),
        (
            {"when": "range", "first_day": "2026-11-12", "last_day": "2031-11-12"},
            "a year at most",
        ),
    ],
)
def test_what_cannot_be_taken_off_is_refused_in_words(
    harold_client: Client, data: dict[str, str], words: str
) -> None:
    answer = off(harold_client, note="Family", **data)
    assert answer.status_code == 200
    html = answer.content.decode()
    assert words in html
    assert 'value="Family"' in html
    assert not CalendarEntry.objects.filter(kind="time_off").exists()


def test_a_visit_in_the_way_is_listed_with_its_address_on_the_portal(
    harold_client: Client, booked: Booking
) -> None:
    answer = off(harold_client, when="tomorrow")
    html = answer.content.decode()
    assert answer.status_code == 200
    assert "Something is planned then." in html
    assert reverse("portal:visit", args=[booked.public_id]) in html
    assert "Tue 3 Nov 8 am" in html
    assert not CalendarEntry.objects.filter(kind="time_off").exists()


def test_an_offer_in_the_way_is_listed_without_the_customer(
    harold_client: Client, offered: Offer
) -> None:
    html = off(harold_client, when="tomorrow").content.decode()
    assert reverse("portal:offer", args=[offered.public_id]) in html
    assert "Pond" not in html


def test_taking_the_same_day_off_twice_names_the_first(harold_client: Client) -> None:
    off(harold_client, when="tomorrow", note="Family")
    html = off(harold_client, when="tomorrow").content.decode()
    assert "You have time off then already." in html
    assert "Tue 3 Nov" in html
    assert CalendarEntry.objects.filter(kind="time_off").count() == 1


def test_time_off_can_be_taken_back_and_twice_does_no_harm(harold_client: Client) -> None:
    off(harold_client, when="tomorrow")
    address = reverse("portal:remove_time_off", args=[only_entry().pk])
    assert harold_client.get(address).status_code == 405
    for _ in range(2):
        assert harold_client.post(address).status_code == 302
    assert not CalendarEntry.objects.exists()


def test_nobody_takes_back_anothers_time_off_or_a_visit(
    harold_client: Client, lisa_client: Client, booked: Booking
) -> None:
    off(harold_client, when="range", first_day="2026-11-12")
    entry = only_entry()
    visit = CalendarEntry.objects.get(source_ref=booked.public_id)
    remove = "portal:remove_time_off"
    assert lisa_client.post(reverse(remove, args=[entry.pk])).status_code == 404
    assert harold_client.post(reverse(remove, args=[visit.pk])).status_code == 404
    assert CalendarEntry.objects.filter(pk__in=[entry.pk, visit.pk]).count() == 2


def test_the_week_shows_what_is_taken_held_and_free(
    harold: Contractor, harold_client: Client, booked: Booking
) -> None:
    WorkingHours.objects.filter(weekday=6).delete()
    off(harold_client, when="range", first_day="2026-11-05")
    html = page(harold_client, "calendar")
    assert "2 Nov to 8 Nov · EST" in html
    assert "8 am  No hot water" in html
    assert "promised 8 am–noon" in html
    assert "Time off" in html
    assert "6 am–10 pm" in html
    assert "Closed" in html  # Sunday


def test_a_held_offer_stands_hatched_in_the_week(harold_client: Client, offered: Offer) -> None:
    html = page(harold_client, "calendar")
    assert "held for you" in html
    assert reverse("portal:offer", args=[offered.public_id]) in html


@pytest.mark.parametrize("text", ["", "nonsense", "0001-01-01", "9999-12-31", "2026-11-30"])
def test_any_day_can_be_asked_for(harold_client: Client, text: str) -> None:
    assert 'id="day-' in page(harold_client, "calendar", **{"from": text})
    page(harold_client, "time_off", day=text)


def test_a_firm_chooses_whose_time_it_is(
    harold: Contractor, lisa: Contractor, harold_client: Client
) -> None:
    zoe = add_technician(harold, "Zoe")
    assert "Everybody" in page(harold_client, "calendar")
    assert "Choose who is away." in off(harold_client, when="tomorrow").content.decode()
    stranger = str(lisa.technicians.get().pk)
    refused = off(harold_client, when="tomorrow", technician=stranger)
    assert "Choose who is away." in refused.content.decode()
    assert off(harold_client, when="tomorrow", technician=str(zoe.pk)).status_code == 302
    assert only_entry().technician == zoe
    html = page(harold_client, "calendar", technician=str(zoe.pk))
    assert "Zoe · nobody will call" in html
    other = harold.technicians.exclude(pk=zoe.pk).get()
    assert "nobody will call" not in page(harold_client, "calendar", technician=str(other.pk))


def test_a_technicians_account_takes_only_its_own_time_off(harold: Contractor) -> None:
    zoe = add_technician(harold, "Zoe")
    user = make_user("zoe@example.com", name="Zoe")
    ContractorUser.objects.create(user=user, contractor=harold, technician=zoe)
    client = signed_in(user)
    off(client, when="tomorrow")
    assert only_entry().technician == zoe
    other = harold.technicians.exclude(pk=zoe.pk).get()
    refused = off(client, when="tomorrow", technician=str(other.pk))
    assert "Choose who is away." in refused.content.decode()


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        (datetime(2026, 11, 18), datetime(2026, 11, 19), "Wed 18 Nov"),
        (datetime(2026, 11, 18, 12), datetime(2026, 11, 18, 17), "Wed 18 Nov, noon–5 pm"),
        (datetime(2026, 11, 25), datetime(2026, 11, 28), "Wed 25 Nov to Fri 27 Nov"),
        (
            datetime(2026, 11, 25, 18),
            datetime(2026, 11, 26, 6),
            "Wed 25 Nov 6 pm to Thu 26 Nov 6 am",
        ),
    ],
)
def test_a_span_reads_as_people_say_it(start: datetime, end: datetime, words: str) -> None:
    assert (
        span_text(
            start.replace(tzinfo=BOSTON).astimezone(UTC),
            end.replace(tzinfo=BOSTON).astimezone(UTC),
            "America/New_York",
        )
        == words
    )


def test_a_made_visit_stays_in_the_week(harold_client: Client, booked: Booking, clock: Any) -> None:
    for name, data in [("start", {}), ("arrived", {}), ("complete", {"result": "fixed"})]:
        harold_client.post(reverse(f"portal:{name}", args=[booked.public_id]), data)
    html = page(harold_client, "calendar")
    assert "No hot water" in html
    assert "Fixed" in html


def test_the_hours_on_record_read_as_people_say_them() -> None:

    def row(weekday: int, starts: int, ends: int) -> WorkingHours:
        return WorkingHours(weekday=weekday, starts=time(starts), ends=time(ends))

    rows = [row(day, 8, 18) for day in range(5)] + [row(5, 9, 12), row(5, 13, 15)]
    assert week_text(rows) == [("Mon to Fri", "8 am–6 pm"), ("Sat", "9 am–noon, 1 pm–3 pm")]
    assert week_text([row(day, 0, 0) for day in range(7)]) == [("Every day", "all day")]
    assert week_text([row(0, 22, 6)]) == [("Mon", "10 pm–6 am the next day")]
