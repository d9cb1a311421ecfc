"""A firm's people: added, let go, taken back, and signing in for themselves."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from jobs.models import Booking, Job
from network.models import (
    Contractor,
    ContractorEvent,
    ContractorUser,
    Technician,
    TechnicianInvitation,
    User,
)
from tests.jobs.world import START, add_technician, make_user, run_due
from tests.portal.conftest import signed_in

PEOPLE = "/portal/you/people/"
PASSWORD = "a longer secret of hers 7"


def page_of(person: Technician) -> str:
    return reverse("portal:person", args=[person.public_id])


def person_named(contractor: Contractor, name: str) -> Technician:
    return Technician.objects.get(contractor=contractor, name=name)


@pytest.fixture
def zoe(harold: Contractor) -> Technician:
    return add_technician(harold, "Zoe")


@pytest.fixture
def link(harold_client: Client, zoe: Technician) -> str:
    """The address in the message that Zoe gets."""
    answer = harold_client.post(f"{page_of(zoe)}login/", {"email": " Zoe@Example.com"})
    assert answer.status_code == 302
    [message] = mail.outbox
    assert message.to == ["zoe@example.com"]
    assert "Harold" in message.body
    found = re.search(r"http://testserver(/portal/login/\S+)", message.body)
    assert found
    return found[1]


def test_somebody_is_added_with_the_hours_of_the_first_and_no_skills_yet(
    harold_client: Client, harold: Contractor
) -> None:
    answer = harold_client.post(PEOPLE, {"name": "  Zoe   Fuller "})
    zoe = person_named(harold, "Zoe Fuller")
    assert answer.headers["Location"] == page_of(zoe)
    assert zoe.working_hours.count() == 7
    assert not zoe.skills.exists()
    assert "none yet: no offers can come" in harold_client.get(page_of(zoe)).content.decode()
    assert "Zoe Fuller" in harold_client.get("/portal/you/hours/").content.decode()
    for name, said in (("zoe fuller", "in your list already"), ("  ", "Give a name.")):
        assert said in harold_client.post(PEOPLE, {"name": name}).content.decode()
    assert harold.technicians.count() == 2


def test_the_only_one_cannot_go_and_who_went_comes_back_as_before(
    harold_client: Client, harold: Contractor, zoe: Technician
) -> None:
    harold_client.post(page_of(zoe), {"do": "deactivate"})
    assert not Technician.objects.get(pk=zoe.pk).active
    first = person_named(harold, "Harold")
    html = harold_client.post(page_of(first), {"do": "deactivate"}).content.decode()
    assert "Harold is the only one left." in html
    assert Technician.objects.get(pk=first.pk).active
    skills = list(zoe.skills.values_list("skill_id", "level"))
    harold_client.post(page_of(zoe), {"do": "reactivate"})
    zoe.refresh_from_db()
    assert zoe.active
    assert list(zoe.skills.values_list("skill_id", "level")) == skills
    actions = set(
        ContractorEvent.objects.filter(contractor=harold).values_list("action", flat=True)
    )
    assert {"person-deactivated", "person-reactivated"} <= actions


def test_who_went_gets_no_offers_and_the_firm_still_does(
    harold_client: Client, harold: Contractor, zoe: Technician, make_job: Callable[..., Job]
) -> None:
    harold_client.post(page_of(person_named(harold, "Harold")), {"do": "deactivate"})
    job = make_job()
    run_due()
    assert job.offers.get().technician == zoe


def test_a_link_makes_a_login_that_sees_its_own_rows_only(
    harold_client: Client, booked: Booking, zoe: Technician, link: str
) -> None:
    browser = Client()
    shown = browser.get(link)
    assert "zoe@example.com" in shown.content.decode()
    assert shown["Referrer-Policy"] == "same-origin", "the link is told to nobody, the form works"
    assert not User.objects.filter(email="zoe@example.com").exists(), "a look decides nothing"
    weak = browser.post(link, {"password": "zoe"}).content.decode()
    assert "too short" in weak
    assert browser.post(link, {"password": PASSWORD}).status_code == 302
    made = ContractorUser.objects.get(user__email="zoe@example.com")
    assert made.technician == zoe
    visit = reverse("portal:visit", args=[booked.public_id])
    assert harold_client.get(visit).status_code == 200
    assert browser.get(visit).status_code == 404
    assert browser.get(PEOPLE).status_code == 404
    assert browser.get("/portal/you/prices/").status_code == 404
    hours = browser.get("/portal/you/hours/").content.decode()
    assert f"hours-{zoe.pk}-shown" in hours
    assert f"hours-{booked.technician_id}-shown" not in hours
    again = Client().get(link)
    assert again.status_code == 410
    assert "used already" in again.content.decode()
    assert Client().login(username="zoe@example.com", password=PASSWORD)


def test_a_link_works_for_its_address_only(zoe: Technician, link: str) -> None:
    other = signed_in(make_user("someone@example.com"))
    html = other.post(link, {"password": PASSWORD}).content.decode()
    assert "This invitation is for zoe@example.com." in html
    assert not ContractorUser.objects.filter(technician=zoe).exists()


def test_who_has_an_account_already_joins_it_after_signing_in(zoe: Technician, link: str) -> None:
    user = make_user("zoe@example.com")
    html = Client().get(link).content.decode()
    assert "has an account already" in html
    assert Client().post(link, {"password": PASSWORD}).status_code == 200
    assert not ContractorUser.objects.filter(user=user).exists(), "a password is not asked for here"
    assert signed_in(user).post(link).headers["Location"] == "/portal/"
    assert ContractorUser.objects.get(user=user).technician == zoe


@pytest.mark.parametrize("ended", ["taken back", "expired", "person gone", "another sent"])
def test_a_link_that_has_ended_says_why_and_opens_nothing(
    harold_client: Client, zoe: Technician, link: str, clock: Any, ended: str
) -> None:
    said = "taken back"
    if ended == "taken back":
        harold_client.post(f"{page_of(zoe)}login/", {"do": "remove"})
    elif ended == "expired":
        clock.set(START + timedelta(days=14))
        said = "has expired"
    elif ended == "person gone":
        harold_client.post(page_of(zoe), {"do": "deactivate"})
    else:
        harold_client.post(f"{page_of(zoe)}login/", {"email": "zoe@example.com"})
        assert len(mail.outbox) == 2
    for answer in (Client().get(link), Client().post(link, {"password": PASSWORD})):
        assert answer.status_code == 410
        assert said in answer.content.decode()
    assert not User.objects.filter(email="zoe@example.com").exists()
    assert TechnicianInvitation.objects.filter(accepted_at__isnull=False).count() == 0


def test_a_login_taken_away_stops_at_once(
    harold_client: Client, zoe: Technician, link: str
) -> None:
    browser = Client()
    browser.post(link, {"password": PASSWORD})
    assert browser.get("/portal/calendar/").status_code == 200
    harold_client.post(f"{page_of(zoe)}login/", {"do": "remove"})
    assert browser.get("/portal/calendar/").status_code == 403


def test_a_mail_server_that_is_down_is_said_and_the_link_can_be_sent_again(
    harold_client: Client, zoe: Technician
) -> None:
    with patch("django.core.mail.EmailMessage.send", side_effect=ConnectionRefusedError):
        answer = harold_client.post(
            f"{page_of(zoe)}login/", {"email": "zoe@example.com"}, follow=True
        )
    html = answer.content.decode()
    assert "could not be sent" in html
    assert "Send another link" in html
    for typed in ("nobody", "", "harold.login@example.com"):
        html = harold_client.post(f"{page_of(zoe)}login/", {"email": typed}).content.decode()
        assert "errorlist" in html
        assert typed in html
