"""Correcting, undoing, pausing, sharing: what contractors change, and what stays as it is."""

from __future__ import annotations

import asyncio
from datetime import date, time
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from icalendar import Calendar

from dispatch_site.bodies import bounded_bodies
from jobs.models import Booking, Offer
from network.models import (
    CalendarFeed,
    Contractor,
    Document,
    Requirement,
    ServiceLeftOut,
    Territory,
    TerritoryCell,
    WorkingHours,
)
from network.services.feeds import token_of
from network.services.snapshots import skills_snapshot, territory_snapshot
from network.shifts import Shift, ShiftError, check_shifts, clock_change_notes


def decline(client: Client, offer: Offer, reason: str) -> str:
    address = reverse("portal:decline", args=[offer.public_id])
    location: str = client.post(address, {"reason": reason}).headers["Location"]
    assert location == reverse("portal:correct", args=[offer.public_id])
    return location


def test_a_kind_of_work_is_left_out_and_taken_back_exactly(
    harold_client: Client, harold: Contractor, lisa: Contractor, offered: Offer
) -> None:
    page = decline(harold_client, offered, "not_my_kind_of_work")
    others = skills_snapshot(lisa.pk)
    assert "No more water heater repair" in harold_client.get(page).content.decode()
    done = harold_client.post(page, {"choice": "service"}).headers["Location"]
    assert ServiceLeftOut.objects.filter(contractor=harold).count() == 1
    assert "Undo" in harold_client.get(done).content.decode()
    harold_client.post(done)
    assert not ServiceLeftOut.objects.exists()
    assert skills_snapshot(lisa.pk) == others


def test_a_skill_comes_back_with_its_certificate(
    harold_client: Client, harold: Contractor, offered: Offer
) -> None:
    row = harold.technicians.get().skills.get()
    row.certificate_number, row.expires_on = "PL-7", date(2027, 5, 1)
    row.save()
    before = skills_snapshot(harold.pk)
    page = decline(harold_client, offered, "not_my_kind_of_work")
    done = harold_client.post(page, {"choice": f"skill-{row.skill_id}"}).headers["Location"]
    assert skills_snapshot(harold.pk) == {}
    harold_client.post(done)
    assert skills_snapshot(harold.pk) == before


def test_a_zip_is_left_out_and_put_back_and_nobody_elses_area_is_written(
    harold_client: Client, harold: Contractor, lisa: Contractor, offered: Offer
) -> None:
    def cells(contractor: Contractor) -> set[int]:
        mine = TerritoryCell.objects.filter(contractor=contractor)
        return set(mine.values_list("cell", flat=True))

    before, shape, foreign = cells(harold), territory_snapshot(harold.pk), cells(lisa)
    page = decline(harold_client, offered, "too_far")
    done = harold_client.post(page, {"choice": "zip-02215"}).headers["Location"]
    assert Territory.objects.get(contractor=harold).left_out == ["02215"]
    assert cells(harold) != before
    harold_client.post(done)
    assert (cells(harold), territory_snapshot(harold.pk)) == (before, shape)
    assert cells(lisa) == foreign


def test_an_undo_after_another_change_touches_nothing(
    harold_client: Client, harold: Contractor, offered: Offer
) -> None:
    skill = harold.technicians.get().skills.get().skill
    page = decline(harold_client, offered, "not_my_kind_of_work")
    done = harold_client.post(page, {"choice": f"skill-{skill.pk}"}).headers["Location"]
    harold.technicians.get().skills.create(skill=skill, level=1)
    since = skills_snapshot(harold.pk)
    assert "changed again since" in harold_client.post(done).content.decode()
    assert skills_snapshot(harold.pk) == since


def hours_form(harold: Contractor, begin: str, end: str) -> dict[str, str]:
    person = harold.technicians.get().pk
    form = {f"hours-{person}-shown": "1", "hours-notice": "0", "hours-holidays": "yes"}
    form["hours-emergencies"] = "no"
    for day in range(7):
        form |= {f"hours-{person}-{day}-0-from": begin, f"hours-{person}-{day}-0-until": end}
    return form


@pytest.mark.parametrize(("decision", "stays"), [("keep", True), ("give-back", False)])
def test_hours_that_strand_a_visit_ask_first(
    harold_client: Client, harold: Contractor, booked: Booking, decision: str, stays: bool
) -> None:
    address = reverse("portal:section", args=["hours"])
    form = hours_form(harold, "18:00", "22:00")
    html = harold_client.post(address, form).content.decode()
    assert "One visit you have accepted" in html
    assert WorkingHours.objects.filter(starts=time(6)).count() >= 7, "nothing is saved yet"
    answer = {**form, "visits": decision, "stranded": str(booked.public_id)}
    assert harold_client.post(address, answer).status_code == 302
    assert {row.starts for row in harold.technicians.get().working_hours.all()} == {time(18)}
    booked.refresh_from_db()
    assert booked.live is stays


def test_a_pause_begins_and_ends_by_a_tap(harold_client: Client, harold: Contractor) -> None:
    harold_client.post(reverse("portal:pause"), {"until": "tomorrow"})
    assert "No offers until" in harold_client.get(reverse("portal:today")).content.decode()
    harold_client.post(reverse("portal:resume"))
    harold.refresh_from_db()
    assert harold.paused_until is None


def test_the_feed_parses_back_without_the_customer_and_stops_when_revoked(
    harold_client: Client, booked: Booking
) -> None:
    settings = reverse("portal:calendar_feed")
    harold_client.post(settings, {"do": "make"})
    address = reverse("portal:feed", args=[token_of(CalendarFeed.objects.get())])
    text = Client().get(address).content
    [event] = Calendar.from_ical(text).walk("VEVENT")
    assert event["DTSTART"].dt == booked.starts_at
    assert all(secret not in text.decode() for secret in ("Dana", "555-0142", "Pond"))
    harold_client.post(settings, {"do": "revoke"})
    assert Client().get(address).status_code == 404


def test_a_web_page_called_pdf_is_refused_and_what_was_typed_stays(
    harold_client: Client, harold: Contractor
) -> None:
    paper = Requirement.objects.create(
        branch=harold.branch, name="Insurance", kind="insurance", required_from=date(2026, 1, 1)
    )
    fake = SimpleUploadedFile("policy.pdf", b"<html>hello</html>", "application/pdf")
    form = {f"documents-{paper.pk}-number": "POL-9", f"documents-{paper.pk}-file": fake}
    html = harold_client.post(reverse("portal:section", args=["documents"]), form).content.decode()
    assert "This is not such a file" in html
    assert "POL-9" in html
    assert not Document.objects.exists()


def test_nights_may_touch_but_not_overlap_also_from_sunday_to_monday(branch: Any) -> None:
    night = Shift(6, time(22), time(6))
    assert check_shifts([night, Shift(0, time(6), time(10))])
    with pytest.raises(ShiftError, match="runs past midnight"):
        check_shifts([night, Shift(0, time(5), time(10))])
    [note] = clock_change_notes([Shift(5, time(22), time(6))], branch.zone, date(2027, 3, 1), 60)
    assert "7 h long then, not 8 h" in note


def test_four_gigabytes_are_refused_before_anything_is_read() -> None:
    sent: list[Any] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError("must not be reached")

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "headers": [(b"content-length", str(4 * 1024**3).encode())]}
    asyncio.run(bounded_bodies(application)(scope, None, send))  # type: ignore[arg-type]
    assert sent[0]["status"] == 413
