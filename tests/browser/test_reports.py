"""Reports in a real browser: from a number to its list to the job; axe on four screens."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from jobs.services.jobs import cancel_job
from jobs.services.visits import arrive, complete_visit, release_visit
from network.models import Branch, Contractor
from network.services.contractors import set_status
from tests.browser.conftest import DESK_LIGHT, OpenedPages, Screen, assert_axe_clean, overflow
from tests.browser.test_console import SignIn, boston, take_in  # noqa: F401
from tests.jobs.steps import SYSTEM, accept, decline, offered

pytestmark = pytest.mark.django_db(transaction=True)

REPORTS = "/console/boston/reports/"


@pytest.fixture
def busy(boston: Branch) -> Branch:  # noqa: F811
    """Six jobs of today in different states, and a firm that left."""
    for number in range(6):
        job = take_in(boston, reference=f"R-{number}", description=f"Leak {number}")
        if number == 5:
            cancel_job(job_id=job.pk, by="customer", reason="found_another", actor=SYSTEM)
            continue
        offer = offered(job)
        if number % 2:
            decline(offer)
            offer = offered(job)
        booking = accept(offer)
        if number == 4:
            release_visit(booking_id=booking.pk, reason="vehicle", actor=SYSTEM)
            continue
        arrive(booking_id=booking.pk, actor=SYSTEM)
        result = "fixed" if number < 3 else "needs_another_visit"
        complete_visit(booking_id=booking.pk, result=result, actor=SYSTEM)
    james = Contractor.objects.get(name="James")
    set_status(contractor_id=james.pk, status="left", note="Moved to Maine")
    return boston


def test_from_a_number_to_its_list_to_the_job(
    busy: Branch, open_page: OpenedPages, live_server, sign_in: SignIn
) -> None:
    page = open_page(DESK_LIGHT)
    sign_in(page, "nora@example.com", "secret")
    page.get_by_role("link", name="Reports").click()
    card = page.get_by_role("region", name="Fixed at the first visit")
    expect(card).to_contain_text("75.0 %")
    card.get_by_role("link", name="3 fixed").click()
    expect(page.get_by_role("row")).to_have_count(4)
    page.get_by_role("link", name="Needed another visit").click()
    expect(page.get_by_role("row")).to_have_count(2)
    page.get_by_role("link", name="Leak 3").click()
    expect(page).to_have_url(re.compile("/jobs/"))
    page.goto(live_server.url + REPORTS)
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    assert download.value.suggested_filename.startswith("boston-report-")


def test_reports_on_every_screen(
    busy: Branch, open_page: OpenedPages, live_server, sign_in: SignIn, screen: Screen
) -> None:
    page = open_page(screen)
    sign_in(page, "nora@example.com", "secret")
    for address in (
        REPORTS,
        REPORTS + "?first=2026-11-09&last=2026-11-02",
        REPORTS + "on-time/?period=7",
        REPORTS + "cancelled/",
        REPORTS + "offers-per-job/?period=90",
        REPORTS + "share-of-work/",
        REPORTS + "churn/",
    ):
        page.goto(live_server.url + address)
        expect(page.locator("h1")).to_be_visible()
        assert overflow(page) == 0, address
        assert_axe_clean(page)
