"""What cannot be, sent to the real pages: said at its place in words, and the rest stays typed."""

from __future__ import annotations

import asyncio
from datetime import time
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse

from dispatch_site.bodies import bounded_bodies
from network.models import (
    Branch,
    CalendarEntry,
    Contractor,
    Document,
    RateCard,
    Territory,
    TerritoryCell,
    WorkingHours,
)
from tests.jobs.papers import requirement
from tests.jobs.world import make_user
from tests.portal.conftest import signed_in
from tests.portal.join.test_where import AT_SEA, BOW
from tests.portal.join.test_wizard import BUSINESS
from tests.portal.profile.test_sections import pdf, sent

AREA = {
    "where-kind": "polygon",
    "where-base": "02130",
    "where-radius": "7.5",
    "where-outline": BOW,
    "where-zips": "02119 02120",
    "where-left_out": "",
}
WISHES = {"hours-notice": "240", "hours-emergencies": "no", "hours-holidays": "no"}


def written_rows() -> dict[str, list[str]]:
    """Where every row of the profile's tables physically lies: any write moves it."""
    found = {}
    with connection.cursor() as cursor:
        for model in (Territory, TerritoryCell, WorkingHours, Document, RateCard, CalendarEntry):
            table = model._meta.db_table
            cursor.execute(f"SELECT ctid::text || xmin::text FROM {table} ORDER BY 1")
            found[table] = [text for (text,) in cursor.fetchall()]
    return found


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "The outline crosses itself"),
        ({"where-outline": AT_SEA}, "it seems to lie in the sea"),
        (
            {"where-kind": "radius", "where-base": "SW1A 1AA"},
            "“SW1A 1AA” is not a US ZIP code",
        ),
        ({"where-kind": "zips", "where-zips": "02130 K1A0B1"}, "“K1A0B1” is not a US ZIP code"),
        ({"where-kind": "zips", "where-zips": "02130 10115"}, "10115 (New York, NY) lies outside"),
    ],
    ids=["crosses-itself", "in-the-sea", "british", "canadian", "german-or-new-york"],
)
def test_an_area_that_cannot_be_is_refused_and_every_way_of_giving_it_stays(
    harold_client: Client, harold: Contractor, changes: dict[str, str], said: str
) -> None:
    typed = {**AREA, **changes}
    before = written_rows()
    page = sent(harold_client, "where", typed)
    assert said in page
    assert f'value="{typed["where-base"]}"' in page
    assert 'value="7.5"' in page
    assert typed["where-zips"] in page
    assert all(corner in page for corner in typed["where-outline"].splitlines())
    assert written_rows() == before


def hours(person: int, **spans: tuple[str, str]) -> dict[str, str]:
    form = {f"hours-{person}-shown": "1", **WISHES}
    for name, (begin, end) in spans.items():
        day, number = name.removeprefix("day").split("_")
        form[f"hours-{person}-{day}-{number}-from"] = begin
        form[f"hours-{person}-{day}-{number}-until"] = end
    return form


def test_a_night_is_kept_as_typed_and_what_the_clocks_do_to_it_is_said(
    harold_client: Client, harold: Contractor
) -> None:
    person = harold.technicians.get().pk
    night = hours(person, day5_0=("22:00", "06:00"), day0_0=("08:00", "17:00"))
    assert sent(harold_client, "hours", night) == ""
    saturday = WorkingHours.objects.get(technician=person, weekday=5)
    assert (saturday.starts, saturday.ends) == (time(22), time(6))
    page = harold_client.get(reverse("portal:section", args=["hours"])).content.decode()
    assert "past midnight" in page
    assert "7 h long then, not 8 h" in page
    small_hours = hours(person, day6_0=("02:00", "03:00"))
    assert sent(harold_client, "hours", small_hours) == ""
    page = harold_client.get(reverse("portal:section", args=["hours"])).content.decode()
    assert "falls into the hour that is left out, so nobody works then." in page


@pytest.mark.parametrize(
    ("spans", "said"),
    [
        (
            {"day6_0": ("22:00", "06:00"), "day0_0": ("05:00", "10:00")},
            "Sunday runs past midnight, until 6 am, into Monday’s hours from 5 am.",
        ),
        (
            {"day2_0": ("08:00", "12:00"), "day2_1": ("11:00", "17:00")},
            "Wednesday: 8 am to noon and 11 am to 5 pm overlap.",
        ),
        ({"day3_0": ("09:00", "09:00")}, "Thursday starts and ends at 9 am."),
        ({"day4_0": ("09:00", "")}, "Give both times, or neither for a day off."),
    ],
    ids=["into-the-next-morning", "overlapping", "no-length", "half-given"],
)
def test_hours_that_cannot_be_are_said_at_their_day_and_the_week_stays(
    harold_client: Client, harold: Contractor, spans: dict[str, tuple[str, str]], said: str
) -> None:
    person = harold.technicians.get().pk
    before = written_rows()
    page = sent(harold_client, "hours", hours(person, day1_0=("07:15", "15:45"), **spans))
    assert said in page
    for begin, end in ((("07:15", "15:45")), *spans.values()):
        assert not begin or f'value="{begin}"' in page
        assert not end or f'value="{end}"' in page
    assert '<option value="240" selected>' in page
    assert written_rows() == before


def test_time_off_over_time_off_names_the_first_and_keeps_what_was_typed(
    harold_client: Client, harold: Contractor
) -> None:
    off = {"when": "range", "first_day": "2026-11-10", "last_day": "2026-11-12"}
    address = reverse("portal:time_off")
    assert harold_client.post(address, off).status_code == 302
    before = written_rows()
    over = {**off, "first_day": "2026-11-12", "last_day": "2026-11-13", "note": "At my sister’s"}
    page = harold_client.post(address, over).content.decode()
    assert "You have time off then already." in page
    assert "Tue 10 Nov" in page
    for typed in ("2026-11-12", "2026-11-13", "At my sister’s"):
        assert f'value="{typed}"' in page
    assert written_rows() == before


PAGE = b"<!doctype html><html><script>alert(1)</script></html>"


@pytest.mark.parametrize(
    ("content", "expires_on", "said"),
    [
        (PAGE, "2027-10-31", "This is not such a file"),
        (b"%PDF-1.7\n" + PAGE, "2027-10-31", "The PDF cannot be opened. Save or scan it anew."),
        (None, "2026-11-01", "This expired on 1 November 2026. Send the new one."),
    ],
    ids=["a-page-called-pdf", "a-page-that-begins-like-one", "expired"],
)
def test_a_paper_that_cannot_count_is_refused_and_its_number_stays(
    harold_client: Client,
    harold: Contractor,
    content: bytes | None,
    expires_on: str,
    said: str,
) -> None:
    insurance = requirement(harold.branch)
    file = pdf() if content is None else SimpleUploadedFile("policy.pdf", content)
    before = written_rows()
    page = sent(
        harold_client,
        "documents",
        {
            f"documents-{insurance.pk}-number": "POL-9",
            f"documents-{insurance.pk}-expires_on": expires_on,
            f"documents-{insurance.pk}-file": file,
        },
    )
    assert said in page
    assert 'value="POL-9"' in page
    assert f'value="{expires_on}"' in page
    assert written_rows() == before


def test_four_gigabytes_are_answered_before_they_are_read_with_words_and_no_lost_form() -> None:
    answers: list[Any] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError("must not be reached")

    async def receive() -> Any:
        raise AssertionError("must not be read")

    async def send(message: Any) -> None:
        answers.append(message)

    scope = {"type": "http", "headers": [(b"content-length", str(4 * 1024**3).encode())]}
    asyncio.run(bounded_bodies(application)(scope, receive, send))
    assert answers[0]["status"] == 413
    assert b"what you typed is still there" in answers[1]["body"]


def test_an_address_that_somebody_has_is_said_at_its_field_in_the_wizard_and_later(
    harold_client: Client, harold: Contractor, lisa: Contractor, branch: Branch
) -> None:
    # In the wizard it is the account's own: a list has brought the same firm in already.
    ann = signed_in(make_user("ann@example.com"))
    Contractor.objects.filter(pk=lisa.pk).update(email="Ann@example.com")
    page = ann.post(reverse("portal:join_start"), BUSINESS).content.decode()
    assert "A firm with the e-mail address ann@example.com is in the network already." in page
    assert 'value="Ann’s Pipes"' in page
    assert not Contractor.objects.filter(name="Ann’s Pipes").exists()
    taken = {**BUSINESS, "business-email": "ann@example.com"}
    page = sent(harold_client, "business", {**taken, "business-name": "Harold & Daughter"})
    assert "Another firm of the branch has this e-mail address." in page
    assert "Harold &amp; Daughter" in page
    harold.refresh_from_db()
    assert harold.email != "ann@example.com"


@pytest.mark.parametrize("postcode", ["SW1A 1AA", "K1A 0B1", "75008 Paris", "1010"])
def test_a_zip_code_of_another_country_starts_no_application(branch: Branch, postcode: str) -> None:
    ann = signed_in(make_user("ann@example.com"))
    answer = ann.post(
        reverse("portal:join_start"), {**BUSINESS, "business-postcode": postcode}
    ).content.decode()
    assert f"“{postcode}” is not a US ZIP code" in answer
    assert 'value="Ann Reyes"' in answer
    assert not Contractor.objects.filter(name="Ann’s Pipes").exists()
