"""What contractors keep true by themselves, in a real browser: every page, and a few journeys."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.urls import reverse
from playwright.sync_api import Page, expect
from PIL import Image

from jobs.actors import Actor
from jobs.models import Booking, Job, Offer
from jobs.services.answers import decline_offer
from jobs.states import DeclineReason
from network.models import (
    Contractor,
    ContractorUser,
    DocumentRequest,
    ServiceLeftOut,
    ServiceType,
    Skill,
    Technician,
    Territory,
    WorkingHours,
)
from network.services.logins import invite_technician
from network.services.rates import set_rate
from network.services.skills import leave_service_out
from tests.browser.conftest import (
    DESK_LIGHT,
    PHONE_LIGHT,
    OpenedPages,
    Screen,
    assert_axe_clean,
    overflow,
)
from tests.browser.test_portal import day, harold_page, now, picture  # noqa: F401
from tests.jobs.papers import paper, requirement
from tests.jobs.world import *  # noqa: F403
from tests.jobs.world import (
    START,
    add_technician,
    make_contractor,
    make_service_type,
    pending_offer,
    run_due,
)


@pytest.fixture
def zoe(harold: Contractor) -> Technician:
    return add_technician(harold, "Zoe Fuller")


@pytest.fixture
def papers(harold: Contractor) -> None:
    """One in order and soon to end, one sent back, one waiting, one missing, one asked for."""
    branch, today = harold.branch, START.date()
    me = harold.technicians.get(name="Harold")
    paper(harold, requirement(branch), today + timedelta(days=20), number="POL-1")
    licence = requirement(branch, "Plumbing licence", kind="licence")
    paper(
        harold,
        licence,
        None,
        state="rejected",
        reason="The photo is blurred. Take it again in daylight.",
    )
    check = requirement(branch, "Background check", required_from=today + timedelta(days=30))
    paper(harold, check, today + timedelta(days=365), state="submitted", reviewed_at=None)
    bond = requirement(branch, "Bond", required_from=today + timedelta(days=30))
    DocumentRequest.objects.create(
        contractor=harold,
        requirement=bond,
        note="Our client asks for it.",
        due_on=today + timedelta(days=14),
    )
    paper(
        harold,
        None,
        date(2027, 6, 30),
        technician=me,
        skill=Skill.objects.get(branch=branch, slug="plumbing"),
        state="submitted",
        reviewed_at=None,
        number="PL-9",
    )


@pytest.fixture
def declined(harold: Contractor, day: Offer, make_job: Callable[..., Job]) -> list[Offer]:  # noqa: F811
    """Two offers that Harold has said no to: the kind of work, and the way."""
    found = [day]
    make_job()
    run_due()
    found.append(Offer.objects.get(contractor=harold, status="pending", pk__gt=day.pk))
    reasons = (DeclineReason.NOT_MY_KIND_OF_WORK, DeclineReason.TOO_FAR)
    for offer, reason in zip(found, reasons, strict=True):
        decline_offer(
            offer_id=offer.pk, reason=reason, actor=Actor.contractor(harold), via="portal"
        )
    return found


def test_every_page_is_accessible_and_fits_every_screen(
    live_server: Any,
    harold: Contractor,
    lisa: Contractor,
    declined: list[Offer],
    zoe: Technician,
    papers: None,
    harold_page: Callable[[Screen], Page],  # noqa: F811
    open_page: OpenedPages,
    screen: Screen,
) -> None:
    branch = harold.branch
    drains = make_service_type(branch, "drain-cleaning")
    leave_service_out(contractor_id=harold.pk, service_type_id=drains.pk)
    set_rate(
        contractor_id=harold.pk,
        service_type_id=declined[0].job.service_type_id,
        fixed_price=199,
        call_out_fee=None,
        hourly_rate=None,
        valid_from=START.date(),
    )
    _, token = invite_technician(
        contractor_id=harold.pk, technician_id=zoe.pk, email="zoe@example.com"
    )
    page = harold_page(screen)

    def check(shot: str) -> None:
        page.wait_for_load_state("networkidle")
        picture(page, f"profile-{shot}-{screen.name}")
        assert overflow(page) == 0, shot
        assert_axe_clean(page)

    def look(name: str, *args: Any, shot: str = "") -> None:
        page.goto(live_server.url + reverse(f"portal:{name}", args=args))
        check(shot or name)

    look("you")
    for key in ("business", "skills", "hours", "prices", "documents"):
        look("section", key, shot=key)
    look("pause")
    look("leave")
    look("people")
    look("person", zoe.public_id)
    look("calendar_feed")
    page.get_by_role("button", name="Make my address").click()
    check("calendar_feed-on")
    look("correct", declined[0].public_id, shot="correct-work")
    look("correct", declined[1].public_id, shot="correct-far")

    # Questions and refusals, as they come back from the server.
    page.goto(live_server.url + reverse("portal:correct", args=[declined[0].public_id]))
    page.get_by_role("radio", name="Nothing with plumbing").check()
    page.get_by_role("button", name="Correct my profile").click()
    expect(page.get_by_role("heading", name="2 visits you have accepted")).to_be_visible()
    check("stranded-must-go")
    page.goto(live_server.url + reverse("portal:correct", args=[declined[0].public_id]))
    page.get_by_role("radio", name="No more water heater repair").check()
    page.get_by_role("button", name="Correct my profile").click()
    check("stranded-may-stay")
    page.get_by_role("radio", name="I keep them").check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    check("change")
    look("you", shot="you-changed")
    page.goto(live_server.url + reverse("portal:section", args=["hours"]))
    page.get_by_role("group", name="Monday").first.get_by_label("until").first.fill("06:00")
    page.get_by_role("button", name="Save").click()
    page.wait_for_load_state("networkidle")
    page.goto(live_server.url + reverse("portal:section", args=["prices"]))
    page.get_by_label("An hour").first.fill("a lot")
    page.get_by_role("button", name="Save").click()
    check("prices-refused")
    first = harold.technicians.get(name="Harold")
    page.goto(live_server.url + reverse("portal:person", args=[first.public_id]))
    page.get_by_role("button", name="Harold does not work here any more").click()
    check("person-stranded")
    page.goto(live_server.url + reverse("portal:pause"))
    page.get_by_role("button", name="Until tomorrow").click()
    check("you-paused")
    look("today", shot="today-paused")

    page = open_page(screen)
    look("accept_login", token)
    open_page.expected.append("410")
    look("accept_login", "nothing", shot="accept_login-over")
