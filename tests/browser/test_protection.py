"""The appointment holds: given back late, a no-show, a rescue undone; and every page of it."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, expect

from jobs.models import Booking, Job, Message, Offer, Protection, Standby
from jobs.services.visits import set_eta
from network.models import Contractor, User
from tests.browser.conftest import (
    DESK_LIGHT,
    PHONE_LIGHT,
    OpenedPages,
    Screen,
    assert_axe_clean,
    overflow,
)
from tests.jobs.steps import SYSTEM, accept
from tests.jobs.world import *  # noqa: F403
from tests.jobs.world import START, pending_offer, run_due

HOUR = timedelta(hours=1)


class Stage:
    """Domain time that the server shares, and people with a page of their own each."""

    def __init__(self, url: str, clock: Any, open_page: OpenedPages) -> None:
        self.url, self.clock, self.open_page = url, clock, open_page

    def at(self, moment: datetime) -> None:
        """It is so late, and the machine has done what is due."""
        self.set(moment)
        run_due()
        run_due()

    def set(self, moment: datetime) -> None:
        """It is so late, for the pages and for the test."""
        self.clock.everywhere(moment)
        self.clock.set(moment)

    def page_of(self, user: User, screen: Screen) -> Page:
        client = Client()
        client.force_login(user)
        page = self.open_page(screen)
        cookie = client.cookies["sessionid"].value
        page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": self.url}])
        return page

    def go(self, page: Page, name: str, *args: Any, **named: Any) -> None:
        page.goto(self.url + reverse(name, args=args or None, kwargs=named or None))
        page.wait_for_load_state("networkidle")

    def go_to_job(self, page: Page, job: Job) -> None:
        self.go(page, "console:job", branch=job.branch.slug, job=job.public_id)


@pytest.fixture
def stage(transactional_db: None, live_server: Any, clock: Any, open_page: OpenedPages) -> Stage:
    stage = Stage(live_server.url, clock, open_page)
    stage.set(START)
    return stage


@pytest.fixture
def job(stage: Stage, trio: list[Contractor], make_job: Callable[..., Job]) -> Job:
    """Tomorrow, 8 to noon."""
    return make_job()


@pytest.fixture
def visit(job: Job) -> Booking:
    """Harold has it."""
    run_due()
    return accept(pending_offer(job))


@pytest.fixture
def lisa_stands_by(branch: Any) -> None:
    Protection.objects.create(branch=branch, standby_priorities=["standard"], standby_fee="35")


def customer_heard(job: Job) -> list[str]:
    heard = Message.objects.filter(job=job, recipient_kind="customer").order_by("pk")
    return list(heard.values_list("template", flat=True))


def picture(page: Page, name: str) -> None:
    if folder := os.environ.get("FIRSTCALL_SHOTS"):
        page.screenshot(path=str(Path(folder) / f"protection-{name}.png"), full_page=True)


def silent(stage: Stage, visit: Booking) -> datetime:
    """Harold named a time and is not heard of again; returns when the rescue began."""
    eta = visit.job.window_start + HOUR / 2
    set_eta(booking_id=visit.pk, eta=eta, actor=SYSTEM)
    stage.at(eta + HOUR / 4)
    stage.at(eta + HOUR / 2)
    return eta + HOUR / 2


# -- journeys ------------------------------------------------------------------------------------


def test_given_back_three_hours_before_the_appointment_holds_and_the_customer_hears_nothing(
    stage: Stage,
    job: Job,
    visit: Booking,
    harold_user: User,
    lisa_user: User,
    dispatcher: User,
) -> None:
    before = customer_heard(job)
    stage.at(job.window_start - 3 * HOUR)
    harold = stage.page_of(harold_user, PHONE_LIGHT)
    stage.go(harold, "portal:visit", visit.public_id)
    harold.get_by_role("link", name="Can’t").click()
    harold.get_by_text("Vehicle trouble").click()
    harold.get_by_role("button", name="Give it back").click()
    expect(harold.get_by_text("This visit is no longer yours.")).to_be_visible()
    stage.at(job.window_start - 3 * HOUR)

    lisa = stage.page_of(lisa_user, PHONE_LIGHT)
    stage.go(lisa, "portal:offers")
    lisa.locator("a[href*='/portal/offers/']").first.click()
    lisa.get_by_role("button", name="Accept for").click()
    expect(lisa.get_by_text("It’s yours")).to_be_visible()

    nora = stage.page_of(dispatcher, DESK_LIGHT)
    stage.go_to_job(nora, job)
    expect(nora.get_by_text("How it found Lisa")).to_be_visible()
    expect(nora.get_by_text("Harold gave the visit back: vehicle trouble").first).to_be_visible()
    kept = Job.objects.get(pk=job.pk)
    assert (kept.window_start, kept.window_end) == (job.window_start, job.window_end)
    assert Booking.objects.get(job=job, live=True).contractor.name == "Lisa"
    assert customer_heard(job) == before == ["appointment_booked"]


def test_a_no_show_is_rescued_by_the_standby(
    stage: Stage,
    lisa_stands_by: None,
    job: Job,
    visit: Booking,
    lisa_user: User,
    dispatcher: User,
) -> None:
    run_due()
    lisa = stage.page_of(lisa_user, PHONE_LIGHT)
    stage.go(lisa, "portal:today")
    lisa.get_by_role("link", name="Will you stand by?").click()
    lisa.get_by_role("button", name="Stand by for $35").click()
    expect(lisa.get_by_text("The time is held for you.", exact=False).first).to_be_visible()
    nora = stage.page_of(dispatcher, DESK_LIGHT)
    stage.go_to_job(nora, job)
    expect(nora.get_by_text("Standby", exact=True)).to_be_visible()
    picture(nora, "job-standby")

    silent(stage, visit)
    stage.go_to_job(nora, job)
    expect(nora.get_by_text("Lisa stood by and steps in").first).to_be_visible()
    picture(nora, "job-stepped-in")
    stage.go(lisa, "portal:today")
    lisa.get_by_role("button", name="I’m on my way").click()
    lisa.get_by_role("button", name="I’ve arrived").click()
    expect(lisa.get_by_text("You are on site.")).to_be_visible()
    job.refresh_from_db()
    assert job.status == "on_site"
    assert customer_heard(job) == ["appointment_booked", "appointment_changed"]


def test_a_late_check_in_undoes_the_rescue(
    stage: Stage,
    job: Job,
    visit: Booking,
    harold_user: User,
    lisa_user: User,
    dispatcher: User,
) -> None:
    began = silent(stage, visit)
    nora = stage.page_of(dispatcher, DESK_LIGHT)
    stage.go_to_job(nora, job)
    expect(nora.get_by_text("Asking Lisa")).to_be_visible()
    picture(nora, "job-rescue")
    assert_axe_clean(nora)
    lisa = stage.page_of(lisa_user, PHONE_LIGHT)
    offer = Offer.objects.get(job=job, status="pending")
    stage.go(lisa, "portal:offer", offer.public_id)
    expect(lisa.get_by_role("button", name="Accept for")).to_be_visible()

    stage.set(began + timedelta(minutes=5))
    harold = stage.page_of(harold_user, PHONE_LIGHT)
    stage.go(harold, "portal:visit", visit.public_id)
    expect(harold.get_by_text("others are being asked", exact=False).first).to_be_visible()
    picture(harold, "visit-come-back")
    assert_axe_clean(harold)
    harold.get_by_role("button", name="I’ve arrived").click()
    expect(harold.get_by_text("You are on site.")).to_be_visible()

    stage.go(lisa, "portal:offer", offer.public_id)
    expect(lisa.get_by_role("heading", name="No longer needed")).to_be_visible()
    stage.go_to_job(nora, job)
    expect(nora.get_by_text("Harold reported in: theirs again").first).to_be_visible()
    job.refresh_from_db()
    assert job.status == "on_site"
    assert Booking.objects.get(job=job, live=True).pk == visit.pk


# -- every page, on every screen -----------------------------------------------------------------


def test_every_page_of_protection_is_accessible_and_fits_every_screen(
    stage: Stage,
    lisa_stands_by: None,
    job: Job,
    visit: Booking,
    trio: list[Contractor],
    make_job: Callable[..., Job],
    harold_user: User,
    lisa_user: User,
    screen: Screen,
) -> None:
    run_due()
    lisa, harold = stage.page_of(lisa_user, screen), stage.page_of(harold_user, screen)

    def check(page: Page, shot: str) -> None:
        picture(page, f"{shot}-{screen.name}")
        assert overflow(page) == 0, shot
        assert_axe_clean(page)

    standby = Standby.objects.get()
    stage.go(lisa, "portal:standby", standby.public_id)
    check(lisa, "standby-asked")
    lisa.get_by_role("button", name="Stand by for $35").click()
    lisa.wait_for_load_state("networkidle")
    check(lisa, "standby-standing")
    stage.go(lisa, "portal:today")
    check(lisa, "today-standby")
    stage.go(lisa, "portal:calendar")
    check(lisa, "calendar-standby")
    stage.go(harold, "portal:sick")
    check(harold, "sick")
    stage.at(visit.starts_at - 4 * HOUR)
    stage.go(harold, "portal:visit", visit.public_id)
    expect(harold.get_by_text("Please confirm this visit.")).to_be_visible()
    check(harold, "visit-confirm")
    harold.get_by_role("button", name="I’ll be there about").click()
    expect(harold.get_by_text("Please confirm this visit.")).to_have_count(0)
    visit.refresh_from_db()
    assert visit.eta == visit.starts_at, "one tap"
    early = visit.starts_at - HOUR * 3 / 2
    stage.at(early)
    hurried = make_job(
        window_start=early, window_end=early + timedelta(minutes=28), duration_minutes=25
    )
    run_due()
    shared = Offer.objects.filter(job=hurried, status="pending", contractor=trio[0]).get()
    assert shared.seat.upper is not None
    stage.go(harold, "portal:offer", shared.public_id)
    expect(harold.get_by_text("First to accept: a few are asked at once")).to_be_visible()
    check(harold, "offer-first-to-accept")
