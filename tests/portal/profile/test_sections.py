"""Skills, prices and papers as they are saved and refused, and how much a page asks."""

from __future__ import annotations

import asyncio
import re
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image
from pypdf import PdfWriter

from dispatch_site.bodies import LARGEST_BODY_BYTES, bounded_bodies
from jobs.models import Booking
from network.availability import Availability
from network.models import (
    Contractor,
    ContractorUser,
    Document,
    RateCard,
    ServiceType,
    Skill,
    TechnicianSkill,
    User,
)
from network.services.documents import submit_document
from tests.jobs.papers import paper, requirement
from tests.jobs.world import START, add_technician, make_user
from tests.portal.conftest import signed_in

TODAY = START.date()


def section(key: str) -> str:
    return reverse("portal:section", args=[key])


def sent(client: Client, key: str, form: dict[str, Any]) -> str:
    """The page that a refused form gives back; nothing when it was saved."""
    answer = client.post(section(key), form)
    return "" if answer.status_code == 302 else str(answer.content.decode())


def pdf(name: str = "policy.pdf") -> SimpleUploadedFile:
    writer, out = PdfWriter(), BytesIO()
    writer.add_blank_page(200, 200)
    writer.write(out)
    return SimpleUploadedFile(name, out.getvalue(), "application/pdf")


def photo() -> SimpleUploadedFile:
    """A picture that says where it was taken."""
    picture, out = Image.new("RGB", (40, 30), "white"), BytesIO()
    exif = picture.getexif()
    exif[0x010F] = "Harold’s phone"
    picture.save(out, "JPEG", exif=exif)
    return SimpleUploadedFile("card.jpg", out.getvalue(), "image/jpeg")


# -- skills ----------------------------------------------------------------------------------------


def skills_form(contractor: Contractor, levels: dict[int, int], shown: str = "") -> dict[str, Any]:
    person = contractor.technicians.get()
    known = shown or ",".join(str(row.skill_id) for row in person.skills.all())
    form: dict[str, Any] = {f"skills-{person.pk}-shown": known}
    for skill, level in levels.items():
        form |= {f"skills-{person.pk}-has-{skill}": "1"}
        form |= {f"skills-{person.pk}-level-{skill}": str(level)}
    return form


def skills_of(contractor: Contractor) -> dict[str, int]:
    rows = TechnicianSkill.objects.filter(contractor=contractor)
    return dict(rows.values_list("skill__name", "level"))


def test_skills_are_added_changed_and_kept_with_their_certificate(
    harold_client: Client, harold: Contractor, lisa: Contractor, heating: Skill
) -> None:
    plumbing = TechnicianSkill.objects.get(contractor=harold)
    TechnicianSkill.objects.filter(pk=plumbing.pk).update(
        certificate_number="PL-7", expires_on=date(2027, 5, 1)
    )
    others = skills_of(lisa)
    form = skills_form(harold, {plumbing.skill_id: 2, heating.pk: 3})
    assert sent(harold_client, "skills", form) == ""
    assert skills_of(harold) == {"Plumbing": 2, "Heating": 3}
    plumbing.refresh_from_db()
    assert (plumbing.certificate_number, plumbing.expires_on) == ("PL-7", date(2027, 5, 1))
    assert skills_of(lisa) == others


def test_a_skill_that_came_since_the_page_was_opened_stays(
    harold_client: Client, harold: Contractor, heating: Skill
) -> None:
    form = skills_form(harold, {})  # plumbing was shown and is unticked
    harold.technicians.get().skills.create(skill=heating, level=2)
    sent(harold_client, "skills", form)
    assert skills_of(harold) == {"Heating": 2}


def test_a_certificate_goes_with_its_skill_and_not_without_a_file(
    harold_client: Client, harold: Contractor
) -> None:
    person, skill = harold.technicians.get(), Skill.objects.get()
    form = skills_form(harold, {skill.pk: 3}) | {
        "skills-certificate-subject": f"{person.pk}:{skill.pk}",
        "skills-certificate-number": "PL-9",
        "skills-certificate-expires_on": "2027-06-30",
    }
    html = sent(harold_client, "skills", form)
    assert "Choose the file." in html
    assert "PL-9" in html
    assert sent(harold_client, "skills", {**form, "skills-certificate-file": photo()}) == ""
    document = Document.objects.get()
    assert (document.technician, document.skill, document.number) == (person, skill, "PL-9")
    assert (document.state, document.content_type) == ("submitted", "image/jpeg")
    page = harold_client.get(section("skills")).content.decode()
    assert "PL-9" in page
    download = harold_client.get(reverse("portal:document", args=[document.public_id]))
    assert download["Content-Disposition"].startswith("attachment")
    content = b"".join(download)  # type: ignore[arg-type]
    assert content.startswith(b"\xff\xd8\xff")
    assert "Harold’s phone".encode() not in content


def test_an_expired_certificate_is_refused_with_its_date_and_nothing_is_kept(
    harold_client: Client, harold: Contractor, heating: Skill, settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    person = harold.technicians.get()
    form = skills_form(harold, {heating.pk: 3}) | {
        "skills-certificate-subject": f"{person.pk}:{heating.pk}",
        "skills-certificate-expires_on": "2026-10-31",
        "skills-certificate-file": pdf(),
    }
    html = sent(harold_client, "skills", form)
    assert "This expired on 31 October 2026. Send the new one." in html
    assert "2026-10-31" in html
    assert skills_of(harold) == {"Plumbing": 3}, "all of the form or nothing of it"
    assert not Document.objects.exists()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


# -- prices ----------------------------------------------------------------------------------------


def prices_form(**row: str) -> dict[str, str]:
    service = ServiceType.objects.get(slug="water-heater-repair").pk
    form = {"prices-hourly_rate": "80", "prices-call_out_fee": "40"}
    fields = {"fixed_price": "", "call_out_fee": "", "hourly_rate": "", "valid_from": "2026-11-02"}
    for name, value in (fields | row).items():
        form[f"prices-{service}-{name}"] = value
    return form


def pay(contractor: Contractor, day: date) -> Decimal:
    at = START + (day - TODAY)
    service = ServiceType.objects.get(slug="water-heater-repair")
    found = Availability.load(
        branch_id=contractor.branch_id,
        contractor_ids={contractor.pk},
        span=(at, at + timedelta(hours=4)),
        service_type_ids={service.pk},
        client_ids=set(),
        at=START,
    )
    return found.pay_for(
        contractor.pk, 60, service_type_id=service.pk, client_id=None, starts_at=at
    )


def test_a_price_counts_from_its_day_on_and_can_be_taken_back(
    harold_client: Client, harold: Contractor, lisa: Contractor
) -> None:
    form = prices_form(fixed_price="199.50", valid_from="2026-11-10")
    assert sent(harold_client, "prices", form) == ""
    assert pay(harold, date(2026, 11, 9)) == Decimal("120.00")
    assert pay(harold, date(2026, 11, 10)) == Decimal("199.50")
    page = harold_client.get(section("prices")).content.decode()
    assert "$199.50 fixed from 10 Nov 2026" in page
    assert sent(harold_client, "prices", prices_form()) == ""
    assert pay(harold, date(2026, 11, 10)) == Decimal("120.00")
    assert not RateCard.objects.filter(contractor=lisa).exists()


def test_own_rates_count_for_the_next_offer_and_the_visit_keeps_its_pay(
    harold_client: Client, harold: Contractor, booked: Booking
) -> None:
    before = booked.offer.pay
    form = {**prices_form(), "prices-hourly_rate": "100", "prices-call_out_fee": "0"}
    assert sent(harold_client, "prices", form) == ""
    booked.offer.refresh_from_db()
    assert booked.offer.pay == before
    assert pay(harold, TODAY) == Decimal("100.00")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"fixed_price": "199", "hourly_rate": "80"}, "either a fixed price"),
        ({"fixed_price": "0"}, "must be above 0"),
        ({"hourly_rate": "80"}, "Give both, the call-out fee and the hour"),
        ({"fixed_price": "-5"}, "must be 0 or more"),
        ({"fixed_price": "12.345"}, "two digits at most"),
        ({"fixed_price": "99999999999"}, "more than anybody pays"),
        ({"fixed_price": "NaN"}, "Give an amount"),
        ({"fixed_price": "1e5000"}, "more than anybody pays"),
        ({"fixed_price": "199", "valid_from": "2026-10-01"}, "from today at the earliest"),
        ({"fixed_price": "199", "valid_from": "31.12.2026"}, "Give a date"),
    ],
)
def test_a_price_that_makes_no_sense_is_said_at_its_field_and_stays_typed(
    harold_client: Client, harold: Contractor, row: dict[str, str], said: str
) -> None:
    html = sent(harold_client, "prices", {**prices_form(**row), "prices-hourly_rate": "85.50"})
    assert said in html
    assert "85.50" in html
    assert all(f'value="{value}"' in html for value in row.values())
    assert not RateCard.objects.exists()
    harold.refresh_from_db()
    assert harold.hourly_rate == Decimal("80.00"), "all of the form or nothing of it"


# -- papers ----------------------------------------------------------------------------------------


def test_a_paper_is_sent_waits_and_can_be_fetched_by_its_firm_alone(
    harold_client: Client, lisa_client: Client, harold: Contractor
) -> None:
    insurance = requirement(harold.branch)
    form = {
        f"documents-{insurance.pk}-number": "POL-9",
        f"documents-{insurance.pk}-expires_on": "2027-10-31",
        f"documents-{insurance.pk}-file": pdf(),
    }
    assert sent(harold_client, "documents", form) == ""
    document = Document.objects.get()
    assert (document.number, document.expires_on) == ("POL-9", date(2027, 10, 31))
    assert "looked at" in harold_client.get(section("documents")).content.decode()
    address = reverse("portal:document", args=[document.public_id])
    answer = harold_client.get(address)
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert lisa_client.get(address).status_code == 404
    assert Client().get(address).status_code == 302
    stranger = signed_in(make_user("nobody@example.com"))
    assert stranger.get(address).status_code == 403


def test_one_of_the_people_fetches_their_own_certificate_and_nothing_of_the_firms(
    harold: Contractor, harold_user: User
) -> None:
    me, zoe = harold.technicians.get(), add_technician(harold, "Zoe")
    ContractorUser.objects.filter(user=harold_user).update(technician=zoe)
    client, skill = signed_in(harold_user), Skill.objects.get()
    of_zoe = submit_document(
        contractor_id=harold.pk, file=pdf(), technician_id=zoe.pk, skill_id=skill.pk
    )
    of_firm = paper(harold, requirement(harold.branch), None)
    of_me = paper(harold, None, None, technician=me, skill=skill)
    answers = {
        document: client.get(reverse("portal:document", args=[document.public_id])).status_code
        for document in (of_zoe, of_firm, of_me)
    }
    assert answers == {of_zoe: 200, of_firm: 404, of_me: 404}
    assert client.get(section("documents")).status_code == 404
    assert client.get(section("prices")).status_code == 404


def test_a_body_of_unknown_length_is_cut_off_while_it_arrives() -> None:
    """Chunked: no length is announced, so what arrives is counted."""
    chunk, read, answers = b"x" * 1024 * 1024, 0, []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass
        raise AssertionError("must not get to the end")

    async def receive() -> dict[str, Any]:
        nonlocal read
        read += len(chunk)
        return {"type": "http.request", "body": chunk, "more_body": read < 4 * 1024**3}

    async def send(message: Any) -> None:
        answers.append(message)

    asyncio.run(bounded_bodies(application)({"type": "http", "headers": []}, receive, send))
    assert answers[0]["status"] == 413
    assert b"what you typed is still there" in answers[1]["body"]
    assert read <= LARGEST_BODY_BYTES + 2 * len(chunk)


def test_a_file_of_eleven_megabytes_keeps_the_rest_of_the_form(
    harold_client: Client, harold: Contractor
) -> None:
    insurance = requirement(harold.branch)
    huge = SimpleUploadedFile("policy.pdf", b"%PDF-" + b"x" * 11 * 1024 * 1024)
    form = {
        f"documents-{insurance.pk}-number": "POL-9",
        f"documents-{insurance.pk}-expires_on": "2027-10-31",
        f"documents-{insurance.pk}-file": huge,
    }
    html = sent(harold_client, "documents", form)
    assert "larger than 10 MB" in html
    assert "POL-9" in html
    assert not Document.objects.exists()


@pytest.mark.parametrize("status", ["active", "paused", "suspended", "left"])
def test_a_sole_trader_never_reads_of_technicians(
    harold_client: Client, harold: Contractor, booked: Booking, status: str
) -> None:
    Contractor.objects.filter(pk=harold.pk).update(status=status)
    keys = ("business", "skills", "where", "hours", "prices", "documents")
    person = reverse("portal:person", args=[booked.technician.public_id])
    pages = [section(key) for key in keys]
    pages += [f"/portal/you/{name}" for name in ("", "pause/", "leave/", "people/", "calendar/")]
    for page in [*pages, person]:
        html = harold_client.get(page).content.decode()
        assert "technician" not in re.sub(r"<[^>]*>", " ", html).lower(), page
    refused = harold_client.post(person, {"do": "deactivate"}).content.decode()
    assert "technician" not in re.sub(r"<[^>]*>", " ", refused).lower()


def test_an_unknown_section_and_another_firms_people_are_not_found(
    harold_client: Client, lisa: Contractor
) -> None:
    assert harold_client.get(section("nothing")).status_code == 404
    theirs = lisa.technicians.get().public_id
    for name, form in (("person", {"do": "deactivate"}), ("person_login", {"email": "a@b.test"})):
        address = reverse(f"portal:{name}", args=[theirs])
        assert harold_client.post(address, form).status_code == 404
        assert harold_client.post(
            reverse(f"portal:{name}", args=[uuid4()]), form
        ).status_code == 404  # fmt: skip
    assert lisa.technicians.get().active
