"""A promise in danger settled by one click; the customer moving, cancelling, rating; every page."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from jobs.models import Booking, ChangePolicy, Job
from jobs.services.customer_changes import offer_windows
from jobs.services.customer_links import customer_url, revoke_link
from jobs.services.customer_notes import add_note
from jobs.services.openings import usual_windows
from jobs.services.proposals import propose
from jobs.services.visits import arrive, complete_visit, release_visit
from network.models import Contractor, User
from tests.browser.conftest import (
    DESK_LIGHT,
    PHONE_LIGHT,
    Screen,
    assert_axe_clean,
    overflow,
)
from tests.browser.test_protection import Stage, stage  # noqa: F401
from tests.jobs.steps import SYSTEM, accept, booked, decline, offered
from tests.jobs.world import *  # noqa: F403
from tests.jobs.world import make_contractor, pending_offer, run_due

HOUR = timedelta(hours=1)


@pytest.fixture
def job(
    stage: Stage,  # noqa: F811
    trio: list[Contractor],
    make_job: Callable[..., Job],
) -> Job:
    """Tomorrow, 8 to noon, at most $300."""
    return make_job(not_to_exceed=Decimal(300))


def picture(page: Page, name: str) -> None:
    if folder := os.environ.get("FIRSTCALL_SHOTS"):
        page.screenshot(path=str(Path(folder) / f"customer-{name}.png"), full_page=True)


def open_link(stage: Stage, page: Page, job: Job, name: str = "") -> None:  # noqa: F811
    page.goto(stage.url + customer_url(job).removeprefix(settings.BASE_URL) + name)


def checked(page: Page, name: str, screen: Screen) -> None:
    picture(page, f"{name}-{screen.name}")
    assert_axe_clean(page)
    assert overflow(page) == 0, name


def finished(stage: Stage, job: Job) -> Booking:  # noqa: F811
    booking = booked(job)
    stage.at(job.window_start + HOUR / 2)
    arrive(booking_id=booking.pk, actor=SYSTEM)
    complete_visit(booking_id=booking.pk, result="fixed", note="New valve", actor=SYSTEM)
    return booking


# -- journeys ------------------------------------------------------------------------------------


def test_a_promise_in_danger_is_settled_by_one_click_on_a_remedy(
    stage: Stage,  # noqa: F811
    job: Job,
    trio: list[Contractor],
    dispatcher: User,
    branch: Any,
) -> None:
    near = make_contractor(branch, "Nadia", kilometres_north=8, radius_km=5)
    for _ in trio:
        decline(offered(job))
    run_due()
    nora = stage.page_of(dispatcher, DESK_LIGHT)
    stage.go(nora, "console:branch_board", branch=branch.slug)
    card = nora.locator(".esc").filter(has_text=job.reference)
    expect(card).to_contain_text("Nobody left to ask")
    expect(card).to_contain_text("Offer the customer other times")
    picture(nora, "danger")
    card.get_by_role("button", name="Widen by").click()
    expect(nora.get_by_text("with more to choose from")).to_be_visible()
    expect(nora.locator(".esc").filter(has_text=job.reference)).to_have_count(0)
    run_due()
    assert pending_offer(job).contractor == near
    accept(pending_offer(job))
    stage.go_to_job(nora, job)
    expect(nora.locator("#timeline")).to_contain_text("The search is widened by")
    expect(nora.locator("#job-live")).to_contain_text("Nadia")


def test_the_customer_moves_and_the_same_person_comes(
    stage: Stage,  # noqa: F811
    job: Job,
    harold_user: User,
) -> None:
    booking = booked(job)
    before = job.window_start
    dana = stage.open_page(PHONE_LIGHT)
    open_link(stage, dana, job)
    expect(dana.locator("#appointment")).to_contain_text("Harold comes between these times")
    dana.get_by_role("link", name="Reschedule").click()
    expect(dana.get_by_role("heading", name="Pick another time")).to_be_visible()
    dana.locator(".slot", has_text="The same person can come").last.click()
    dana.get_by_role("button", name="Move to this time").click()
    expect(dana.get_by_text("Your appointment is now")).to_be_visible()
    job.refresh_from_db()
    booking.refresh_from_db()
    assert job.window_start != before
    assert booking.live
    assert job.window_start <= booking.starts_at <= job.window_end
    harold = stage.page_of(harold_user, PHONE_LIGHT)
    stage.go(harold, "portal:visit", booking.public_id)
    expect(harold.locator("#visit-live")).to_contain_text("Pond Lane")


def test_the_customer_cancels_and_nobody_comes(stage: Stage, job: Job) -> None:  # noqa: F811
    booking = booked(job)
    dana = stage.open_page(PHONE_LIGHT)
    open_link(stage, dana, job)
    dana.get_by_role("link", name="Cancel visit").click()
    dana.get_by_text("No longer needed").click()
    dana.get_by_role("button", name="Cancel the visit").click()
    expect(dana.locator("#appointment")).to_contain_text("Nobody comes")
    job.refresh_from_db()
    booking.refresh_from_db()
    assert (job.status, booking.live) == ("cancelled", False)


def test_the_customer_rates_the_visit_and_changes_the_rating(
    stage: Stage,  # noqa: F811
    job: Job,
    dispatcher: User,
) -> None:
    booking = finished(stage, job)
    dana = stage.open_page(PHONE_LIGHT)
    open_link(stage, dana, job)
    expect(dana.get_by_role("heading", name="How was the visit?")).to_be_visible()
    dana.get_by_role("radio", name="4 of 5").check()
    dana.get_by_label("A word about it").fill("Quick and tidy")
    dana.get_by_role("button", name="Send").click()
    expect(dana.get_by_text("Thank you for telling us")).to_be_visible()
    dana.get_by_role("radio", name="5 of 5").check()
    dana.get_by_role("button", name="Change my rating").click()
    expect(dana.get_by_text("Thank you for telling us")).to_be_visible()
    assert booking.rating.stars == 5
    nora = stage.page_of(dispatcher, DESK_LIGHT)
    stage.go_to_job(nora, job)
    expect(nora.locator("#customer")).to_contain_text("5 of 5 “Quick and tidy”")


# -- every page, four screens --------------------------------------------------------------------


def test_the_customers_pages_are_clean(
    stage: Stage,  # noqa: F811
    job: Job,
    make_job: Callable[..., Job],
    harold_user: User,
    screen: Screen,
) -> None:
    type(job.branch).objects.update(phone="(617) 555-0100")
    page = stage.open_page(screen)
    booking = booked(job)
    harold = stage.page_of(harold_user, screen)
    for view, args in (("visit", [booking.public_id]), ("sick", []), ("offers", [])):
        stage.go(harold, f"portal:{view}", *args)
        expect(harold.get_by_role("link", name="Call your branch")).to_be_visible()
        checked(harold, f"call-{view}", screen)
    add_note(job_id=job.pk, text="Side door, the dog is friendly.", actor=SYSTEM)
    for name in ("", "move/", "cancel/", "notes/"):
        open_link(stage, page, job, name)
        expect(page.get_by_role("link", name="Talk to a person: (617) 555-0100")).to_be_visible()
        checked(page, name.strip("/") or "coming", screen)
    release_visit(booking_id=booking.pk, reason="vehicle", actor=SYSTEM)
    windows = usual_windows(job, ChangePolicy(branch=job.branch), at=stage.clock.now)
    offer_windows(job_id=job.pk, windows=windows[:3], actor=SYSTEM)
    open_link(stage, page, job)
    expect(page.locator("#other-times")).to_be_visible()
    expect(page.get_by_text("By noon tomorrow at the latest you read here")).to_be_visible()
    checked(page, "rebooking", screen)
    done = make_job()
    finished(stage, done)
    open_link(stage, page, done)
    expect(page.locator("#rating")).to_be_visible()
    checked(page, "rate", screen)
    link = customer_url(done)
    revoke_link(job_id=done.pk)
    stage.open_page.expected.extend(["404", "410"])
    page.goto(stage.url + link.removeprefix(settings.BASE_URL))
    expect(page.get_by_role("link", name="Talk to a person")).to_be_visible()
    checked(page, "revoked", screen)
    page.goto(f"{stage.url}/c/nothing/")
    checked(page, "closed", screen)


def test_the_pages_of_remedies_and_own_prices_are_clean(
    stage: Stage,  # noqa: F811
    job: Job,
    make_job: Callable[..., Job],
    trio: list[Contractor],
    dispatcher: User,
    harold_user: User,
    screen: Screen,
) -> None:
    nora = stage.page_of(dispatcher, screen)
    harold = stage.page_of(harold_user, screen)
    offer = offered(job)
    stage.go(harold, "portal:own_terms", offer.public_id)
    checked(harold, "own-terms", screen)
    propose(offer_id=offer.pk, pay=Decimal(360), note="Two floors up", actor=SYSTEM)
    stage.go(harold, "portal:offer", pending_offer(job).public_id)
    expect(harold.get_by_text("Your branch is asked.")).to_be_visible()
    expect(harold.get_by_text("The branch decides until")).to_be_visible()
    checked(harold, "own-terms-waiting", screen)
    lonely = make_job()
    for _ in trio:
        decline(offered(lonely))
    run_due()
    stage.go(nora, "console:branch_board", branch=job.branch.slug)
    expect(nora.get_by_role("button", name="Take it for $360")).to_be_visible()
    checked(nora, "board", screen)
    stage.go_to_job(nora, lonely)
    nora.get_by_role("link", name="Move", exact=False).first.click()
    expect(nora.get_by_role("heading", name="Move to another window")).to_be_visible()
    checked(nora, "console-move", screen)
