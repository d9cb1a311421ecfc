"""Coverage and the stress test in a real browser: a journey, axe, four screens."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from jobs.models import PastRequest
from jobs.services.papers import settle_papers
from jobs.services.protection import protect_appointments
from network.clock import app_now
from network.geo import site_cell
from network.models import Branch, Contractor, ServiceType, WorkingHours
from tests.browser.conftest import DESK_LIGHT, OpenedPages, Screen, assert_axe_clean, overflow
from tests.browser.test_console import SignIn, boston, take_in  # noqa: F401
from tests.jobs import world
from tests.jobs.papers import paper, requirement
from tests.jobs.steps import accept

pytestmark = pytest.mark.django_db(transaction=True)

COVERAGE = "/console/boston/coverage/"


@pytest.fixture
def thin(boston: Branch) -> Branch:  # noqa: F811
    """Nine jobs on each half-day of the last weeks; on Saturdays only Harold works."""
    today = app_now().astimezone(boston.zone).date()
    kind = ServiceType.objects.get(branch=boston)
    PastRequest.objects.bulk_create(
        PastRequest(
            branch=boston,
            service_type=kind,
            window_start=datetime.combine(today - timedelta(days=age), time(9), boston.zone),
            duration_minutes=75,
            postcode="02215",
            latitude=site[0],
            longitude=site[1],
            cell=site_cell(*site),
            external_ref=f"past:{age}:{number}:{site[0]}",
        )
        for age in range(1, 91)
        for number in range(5)
        for site in (world.SITE, (42.2551, -71.1245), (42.2529, -71.0023))
    )
    others = Contractor.objects.exclude(name="Harold")
    WorkingHours.objects.filter(technician__contractor__in=others, weekday=5).delete()
    insurance = requirement(boston)
    for days, contractor in zip((14, 20, 44), Contractor.objects.order_by("name"), strict=True):
        paper(contractor, insurance, today + timedelta(days=days))
    settle_papers()
    return boston


def test_from_a_gap_to_what_would_happen_and_what_then_does(
    thin: Branch, open_page: OpenedPages, sign_in: SignIn
) -> None:
    job = take_in(thin)
    world.run_due()
    booking = accept(world.pending_offer(job))
    assert booking.contractor.name == "Harold"
    page = open_page(DESK_LIGHT)
    sign_in(page, "nora@example.com", "secret")
    page.goto(f"{page.url.split('/accounts')[0].rsplit('/console', 1)[0]}{COVERAGE}")
    gaps = page.get_by_role("complementary", name="Map and gaps")
    first = gaps.get_by_role("link").filter(has_text="Saturday").first
    expect(first).to_contain_text("5 jobs, 1 technician")
    first.click()
    expect(page.locator("#picked")).to_contain_text("not working then")
    assert "at=" in page.url

    papers = page.locator("#papers")
    expect(papers).to_contain_text("Harold")
    papers.get_by_role("listitem").filter(has_text="Harold").get_by_role("link").last.click()
    expect(page.get_by_role("heading", level=2).filter(has_text="If Harold’s")).to_be_visible()
    page.get_by_label("If", exact=True).select_option("suspended")
    today = app_now().astimezone(thin.zone).date()
    page.get_by_label("From").fill((today + timedelta(days=1)).isoformat())
    page.get_by_role("button", name="See what happens").click()
    table = page.get_by_role("region", name="Booked visits", exact=True)
    expect(table).to_contain_text(job.reference)
    expect(table).to_contain_text("Lisa")

    # And then it happens: he is suspended, and the promise goes to the one who was named.
    Contractor.objects.filter(name="Harold").update(status="suspended")
    assert protect_appointments() == 1
    world.run_due()
    table.get_by_role("link", name=job.reference).click()
    expect(page.get_by_text("Lisa").first).to_be_visible()
    assert world.pending_offer(job).contractor.name == "Lisa"


def test_the_pages_are_clean_and_fit_on_every_screen(
    thin: Branch, open_page: OpenedPages, sign_in: SignIn, screen: Screen
) -> None:
    job = take_in(thin)
    world.run_due()
    accept(world.pending_offer(job))
    page: Any = open_page(screen)
    sign_in(page, "nora@example.com", "secret")
    origin = "/".join(page.url.split("/")[:3])
    harold = Contractor.objects.get(name="Harold").public_id
    days = (app_now().astimezone(thin.zone).date() + timedelta(days=1)).isoformat()
    for path in (
        COVERAGE,
        f"{COVERAGE}?trade=plumbing&q=nowhere",
        f"{COVERAGE}?trade=plumbing&area=fenway&at={days}-am",
        f"{COVERAGE}what-if/",
        f"{COVERAGE}what-if/?what=left&who={harold}&start={days}&days=14",
        f"{COVERAGE}what-if/?what=trade&days=90",
    ):
        page.goto(origin + path)
        page.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
        assert_axe_clean(page)
        assert overflow(page) <= 0, path
