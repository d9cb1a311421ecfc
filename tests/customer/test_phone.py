"""A person of the branch is one tap away, for customers and contractors, where it has a number."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.urls import reverse

from jobs.services.customer_links import OPEN_AFTER_CLOSING, customer_url, revoke_link
from jobs.services.jobs import cancel_job
from network.models import Branch
from tests.jobs.steps import SYSTEM, booked, offered

pytestmark = pytest.mark.usefixtures("trio")

DIALS = 'href="tel:+16175550100"'
PAGES = ("", "move/", "cancel/", "notes/")


@pytest.fixture
def with_phone(branch) -> Branch:
    Branch.objects.filter(pk=branch.pk).update(phone="(617) 555-0100")
    return branch


def see(client, url: str, status: int = 200) -> str:
    answer = client.get(url.removeprefix(settings.BASE_URL))
    assert answer.status_code == status
    return answer.content.decode()


@pytest.mark.parametrize("text", ["617-555", "call us", "(617) 555-0100 ext. 7", "+0123456789"])
def test_a_number_that_cannot_be_dialled_is_refused(branch, text):
    branch.phone = text
    with pytest.raises(ValidationError) as refused:
        branch.full_clean()
    assert "can be dialled" in str(refused.value.message_dict["phone"])
    assert branch.phone_url == ""


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("(617) 555-0100", "tel:+16175550100"),
        ("+44 20 7946 0100", "tel:+442079460100"),
        ("", ""),
    ],
)
def test_a_number_is_written_as_people_read_it_and_dialled_in_full(branch, text, url):
    branch.phone = text
    branch.full_clean()
    assert branch.phone_url == url


@pytest.mark.parametrize("name", PAGES)
def test_every_page_of_the_customer_has_a_person_to_talk_to(client, with_phone, make_job, name):
    page = see(client, customer_url(make_job()) + name)
    assert DIALS in page
    assert "Talk to a person: (617) 555-0100" in page


@pytest.mark.parametrize("name", PAGES)
def test_without_a_number_nothing_is_dialled(client, make_job, name):
    page = see(client, customer_url(make_job()) + name)
    assert "tel:" not in page
    assert "Talk to a person" not in page


def test_a_link_that_is_closed_still_leads_to_a_person(client, with_phone, make_job, clock):
    job = make_job()
    revoked = make_job()
    url, dead = customer_url(job), customer_url(revoked)
    revoke_link(job_id=revoked.pk)
    cancel_job(job_id=job.pk, by="customer", reason="price", actor=SYSTEM)
    clock.set(clock.now + OPEN_AFTER_CLOSING)
    for closed in (url, dead):
        page = see(client, closed, 410)
        assert DIALS in page
        assert "call the office" not in page
    page = see(client, "/c/nothing/", 404)
    assert "tel:" not in page, "whose it was is not known"
    assert "call the office you booked with" in page


def test_a_closed_link_without_a_number_keeps_its_words(client, make_job):
    job = make_job()
    url = customer_url(job)
    revoke_link(job_id=job.pk)
    assert "call the office you booked with" in see(client, url, 410)


def test_contractors_can_call_their_branch_where_they_may_need_it(
    client, with_phone, make_job, harold_user
):
    client.force_login(harold_user)
    visit = booked(make_job())
    waiting = offered(make_job())
    pages = [
        reverse("portal:visit", args=[visit.public_id]),
        reverse("portal:sick"),
        reverse("portal:offers"),
    ]
    for url in pages:
        page = see(client, url)
        assert DIALS in page, url
        assert "Call your branch" in page
    assert waiting.contractor_id
    Branch.objects.update(phone="")
    for url in pages:
        assert "Call your branch" not in see(client, url), url


def test_a_suspended_contractor_is_told_whom_to_call(client, with_phone, harold, harold_user):
    client.force_login(harold_user)
    type(harold).objects.filter(pk=harold.pk).update(status="suspended")
    page = see(client, reverse("portal:today"))
    assert "Please call them" in page
    assert DIALS in page
