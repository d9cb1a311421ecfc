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
from PIL import Image
from playwright.sync_api import Page, expect

from jobs.actors import Actor
from jobs.models import Booking, Job, Offer
from jobs.services.answers import decline_offer
from jobs.services.protection import protect_appointments
from jobs.states import DeclineReason
from network.models import (
    Contractor,
    ContractorUser,
    DocumentRequest,
    ServiceLeftOut,
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
    for key in ("business", "skills", "where", "hours", "prices", "documents"):
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


@pytest.fixture
def offer(now: Any, harold: Contractor, lisa: Contractor, make_job: Callable[..., Job]) -> Offer:  # noqa: F811
    """Out to Harold, who has no visits."""
    job = make_job()
    run_due()
    return pending_offer(job)


def test_a_no_corrects_the_profile_and_undo_puts_it_back(
    live_server: Any,
    offer: Offer,
    harold: Contractor,
    harold_page: Callable[[Screen], Page],  # noqa: F811
) -> None:
    page = harold_page(PHONE_LIGHT)
    page.goto(live_server.url + reverse("portal:offer", args=[offer.public_id]))
    page.get_by_role("link", name="Decline").click()
    page.get_by_role("radio", name="I don't do this kind of work").check()
    page.get_by_role("button", name="Decline").click()
    expect(page.get_by_role("heading", name="Should we ask about other work?")).to_be_visible()
    page.get_by_role("radio", name="No more water heater repair").check()
    page.get_by_role("button", name="Correct my profile").click()
    expect(page.get_by_role("heading", name="Without water heater repair")).to_be_visible()
    assert ServiceLeftOut.objects.get().contractor == harold
    page.get_by_role("link", name="You", exact=True).first.click()
    page.get_by_role("link", name="Without water heater repair").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone. It is as it was before.")).to_be_visible()
    assert not ServiceLeftOut.objects.exists()
    expect(page.get_by_role("link", name="Without water heater repair")).to_have_count(0)


def test_too_far_leads_to_the_area_itself(
    live_server: Any,
    offer: Offer,
    harold: Contractor,
    harold_page: Callable[[Screen], Page],  # noqa: F811
) -> None:
    page = harold_page(PHONE_LIGHT)
    page.goto(live_server.url + reverse("portal:offer", args=[offer.public_id]))
    page.get_by_role("link", name="Decline").click()
    page.get_by_role("radio", name="Too far").check()
    page.get_by_role("button", name="Decline").click()
    expect(page.get_by_role("heading", name="Should we look nearer?")).to_be_visible()
    page.get_by_role("link", name="Draw your area anew").click()
    expect(page.get_by_role("heading", name="Where do you work?")).to_be_visible()
    page.get_by_role("textbox", name="How far").fill("4")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="4 mi around your base")).to_be_visible()
    assert 6 < (Territory.objects.get(contractor=harold).radius_km or 0) < 7
    page.get_by_role("link", name="4 mi around your base").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone. It is as it was before.")).to_be_visible()
    assert Territory.objects.get(contractor=harold).radius_km == 25


def test_offers_are_paused_and_resumed_by_taps(
    live_server: Any,
    now: Any,  # noqa: F811
    harold: Contractor,
    harold_page: Callable[[Screen], Page],  # noqa: F811
) -> None:
    page = harold_page(PHONE_LIGHT)
    page.goto(live_server.url + reverse("portal:you"))
    page.get_by_role("link", name="Pause my offers").click()
    page.get_by_role("dialog").get_by_role("button", name="For an hour").click()
    expect(page.get_by_text("No offers until 10 am EST.", exact=True)).to_be_visible()
    harold.refresh_from_db()
    assert harold.paused_until == START + timedelta(hours=1)
    page.get_by_role("link", name="Today").click()
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text("Offers can come again.")).to_be_visible()
    harold.refresh_from_db()
    assert harold.paused_until is None


def test_a_certificate_is_sent_and_can_be_fetched(
    live_server: Any,
    now: Any,  # noqa: F811
    harold: Contractor,
    harold_page: Callable[[Screen], Page],  # noqa: F811
    tmp_path: Path,
    settings: Any,
) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    picture_of_it = BytesIO()
    Image.new("RGB", (60, 40), "white").save(picture_of_it, "JPEG")
    page = harold_page(PHONE_LIGHT)
    page.goto(live_server.url + reverse("portal:section", args=["skills"]))
    page.get_by_label("For which skill").select_option(label="Plumbing")
    page.get_by_label("Number on it").fill("PL-9")
    page.get_by_label("Valid until").fill("2027-06-30")

    def send(name: str, content: bytes) -> None:
        page.locator("input[type=file]").set_input_files(
            {"name": name, "mimeType": "application/pdf", "buffer": content}
        )
        page.get_by_role("button", name="Save").click()

    send("card.pdf", b"<html>not a certificate</html>")
    expect(page.get_by_text("This is not such a file.")).to_be_visible()
    assert page.get_by_label("Number on it").input_value() == "PL-9"
    send("card.jpg", picture_of_it.getvalue())
    expect(page.get_by_text("being looked at")).to_be_visible()
    expect(page.get_by_text("PL-9 · until 30 Jun 2027")).to_be_visible()
    assert harold.documents.get().original_name == "card.jpg"


def test_hours_that_would_strand_a_visit_ask_and_then_are_saved(
    live_server: Any,
    harold: Contractor,
    day: Offer,  # noqa: F811
    harold_page: Callable[[Screen], Page],  # noqa: F811
) -> None:
    """The visits stand at noon on Monday and on Wednesday; he works no Wednesdays any more."""
    page = harold_page(DESK_LIGHT)
    page.goto(live_server.url + reverse("portal:section", args=["hours"]))
    for field in page.get_by_role("group", name="Wednesday").locator("input[type=time]").all():
        if field.is_visible():
            field.fill("")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="One visit you have accepted")).to_be_visible()
    expect(page.get_by_text("it lies outside the new hours")).to_be_visible()
    assert WorkingHours.objects.filter(technician__contractor=harold, weekday=2).exists()
    page.get_by_role("radio", name="I keep it").check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved. 1 visit kept.")).to_be_visible()
    assert not WorkingHours.objects.filter(technician__contractor=harold, weekday=2).exists()
    assert Booking.objects.filter(live=True, contractor=harold).count() == 2


def test_a_firm_adds_somebody_who_then_signs_in_for_themselves(
    live_server: Any,
    harold: Contractor,
    day: Offer,  # noqa: F811
    harold_page: Callable[[Screen], Page],  # noqa: F811
    open_page: OpenedPages,
) -> None:
    page = harold_page(DESK_LIGHT)
    page.goto(live_server.url + reverse("portal:you"))
    page.get_by_role("link", name="Your people").click()
    page.get_by_label("One more person").fill("Zoe Fuller")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_text("Zoe Fuller is in.")).to_be_visible()
    page.get_by_role("link", name="Skills and certificates").click()
    hers = page.locator("details.person", has_text="Zoe Fuller")
    hers.locator("details.trade summary").first.click()
    hers.get_by_role("checkbox", name="Plumbing").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    zoe = Technician.objects.get(contractor=harold, name="Zoe Fuller")
    assert zoe.skills.count() == 1
    page.goto(live_server.url + reverse("portal:person", args=[zoe.public_id]))
    page.get_by_label("E-mail").fill("zoe@example.com")
    page.get_by_role("button", name="Send a link").click()
    expect(page.get_by_text("zoe@example.com has a link")).to_be_visible()
    found = re.search(r"http://\S+/portal/login/\S+", str(mail.outbox[0].body))
    assert found

    theirs = open_page(PHONE_LIGHT)
    theirs.goto(found[0])
    theirs.get_by_label("Choose a password").fill("a longer secret of hers 7")
    theirs.get_by_role("button", name="Make my login").click()
    expect(theirs.get_by_role("heading", name="Zoe")).to_be_visible()
    theirs.get_by_role("link", name="Calendar").click()
    expect(theirs.get_by_text("No hot water")).to_have_count(0)
    assert ContractorUser.objects.get(user__email="zoe@example.com").technician == zoe


def test_a_contractor_leaves_and_the_visits_go_to_somebody_else(
    live_server: Any,
    harold: Contractor,
    lisa: Contractor,
    day: Offer,  # noqa: F811
    harold_page: Callable[[Screen], Page],  # noqa: F811
) -> None:
    page = harold_page(PHONE_LIGHT)
    page.goto(live_server.url + reverse("portal:you"))
    page.get_by_role("link", name="Leave the network").click()
    expect(page.get_by_role("heading", name="2 visits go to somebody else")).to_be_visible()
    page.get_by_role("checkbox", name="Yes, Harold leaves Greater Boston").check()
    page.get_by_role("button", name="Leave the network").click()
    expect(page.get_by_text("You have left this branch.")).to_be_visible()
    assert protect_appointments() > 0
    run_due()
    assert not Booking.objects.filter(live=True, contractor=harold).exists()
    assert Offer.objects.filter(contractor=lisa, status="pending").exists()
