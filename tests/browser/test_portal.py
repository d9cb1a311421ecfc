"""The contractor's portal in a real browser: every page on every screen, a day's work by taps."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse
from playwright.sync_api import Page, expect

from jobs.actors import Actor
from jobs.models import Booking, Job, Offer
from jobs.services.answers import accept_offer
from network.models import Contractor, User
from tests.browser.conftest import (
    PHONE_LIGHT,
    OpenedPages,
    Screen,
    assert_axe_clean,
    overflow,
)
from tests.jobs.world import *  # noqa: F403
from tests.jobs.world import START, add_technician, pending_offer, run_due


@pytest.fixture
def now(transactional_db: None, clock: Any) -> Any:
    """Domain time stands still for the server too, at START."""
    clock.everywhere(START)
    return clock


@pytest.fixture
def day(now: Any, harold: Contractor, lisa: Contractor, make_job: Callable[..., Job]) -> Offer:
    """Harold has a visit at noon, one in two days, and an offer for tomorrow."""
    harold.contact_from, harold.contact_until = "07:00", "20:00"
    harold.save()
    noon = START + timedelta(hours=3)
    for start, words in [
        (noon, "No hot water\nRing twice, side door"),
        (noon + timedelta(days=2), "Tank leaks"),
    ]:
        job = make_job(window_start=start, window_end=start + timedelta(hours=4), description=words)
        run_due()
        accept_offer(offer_id=pending_offer(job).pk, actor=Actor.contractor(harold), via="portal")
    job = make_job()
    run_due()
    return pending_offer(job)


@pytest.fixture
def harold_page(
    live_server: Any, harold_user: User, client: Any, open_page: OpenedPages
) -> Callable[[Screen], Page]:
    """Harold signed in on a screen of his own."""
    client.force_login(harold_user)

    def opened(screen: Screen) -> Page:
        page = open_page(screen)
        cookie = client.cookies["sessionid"].value
        page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        return page

    return opened


def picture(page: Page, name: str) -> None:
    """Kept where FIRSTCALL_SHOTS says, for looking at."""
    if folder := os.environ.get("FIRSTCALL_SHOTS"):
        whole = not page.locator(".answerbar, dialog[open]").count()
        page.screenshot(path=str(Path(folder) / f"portal-{name}.png"), full_page=whole)


def test_every_page_is_accessible_and_fits_every_screen(
    live_server: Any,
    harold: Contractor,
    day: Offer,
    harold_page: Callable[[Screen], Page],
    screen: Screen,
) -> None:
    page = harold_page(screen)
    visit = Booking.objects.filter(live=True).order_by("starts_at")[0]

    def look(name: str, *args: Any, shot: str = "", query: str = "") -> None:
        page.goto(live_server.url + reverse(f"portal:{name}", args=args) + query)
        page.wait_for_load_state("networkidle")
        check(shot or name)

    def check(shot: str) -> None:
        picture(page, f"{shot}-{screen.name}")
        assert overflow(page) == 0, shot
        assert_axe_clean(page)

    for name in ("today", "offers", "visits", "calendar", "time_off", "you"):
        look(name)
    look("offer", day.public_id)
    page.get_by_text("change", exact=True).click()
    check("offer-plans")
    page.get_by_role("link", name="Decline").click()
    expect(page.get_by_role("heading", name="Why not this one?")).to_be_visible()
    check("decline-sheet")
    look("decline", day.public_id)
    look("visit", visit.public_id)
    look("release", visit.public_id)
    page.goto(live_server.url + reverse("portal:visit", args=[visit.public_id]))
    page.get_by_role("button", name="12:30 pm").click()
    page.wait_for_load_state("networkidle")
    page.get_by_role("button", name="I’m on my way").click()
    page.wait_for_load_state("networkidle")
    check("visit-en-route")
    page.get_by_role("button", name="I’ve arrived").click()
    page.wait_for_load_state("networkidle")
    check("visit-on-site")
    page.get_by_role("link", name="Done", exact=True).click()
    check("done-sheet")
    look("complete", visit.public_id)
    look("today", shot="today-on-site")
    add_technician(harold, "Zoe")
    look("calendar", shot="calendar-firm")
    page.get_by_role("link", name="Time off", exact=True).click()
    check("off-sheet-firm")


def test_an_offer_is_accepted_and_the_visit_made_by_taps_alone(
    live_server: Any, now: Any, day: Offer, harold_page: Callable[[Screen], Page]
) -> None:
    page = harold_page(PHONE_LIGHT)
    page.goto(live_server.url + reverse("portal:today"))
    page.get_by_role("link", name="Water heater repair").click()
    assert "Pond" not in page.content()
    page.get_by_role("button", name="Accept for $140").click()
    expect(page.get_by_text("It’s yours: Tomorrow 8 am–noon")).to_be_visible()
    expect(page.get_by_text("41 Pond Lane, unit 2").first).to_be_visible()
    page.get_by_role("button", name="8:30 am").click()
    expect(page.get_by_text("Dana was told")).to_be_visible()
    page.get_by_role("button", name="I’m on my way").click()
    page.get_by_role("button", name="I’ve arrived").click()
    page.get_by_role("link", name="Done", exact=True).click()
    page.get_by_role("radio", name="Fixed").check()
    page.get_by_role("button", name="Report it").click()
    expect(page.get_by_text("Done. Well fixed.")).to_be_visible()
    assert Booking.objects.get(offer=day).result == "fixed"


def test_the_page_changes_by_itself_when_the_time_runs_out(
    live_server: Any,
    now: Any,
    day: Offer,
    harold_page: Callable[[Screen], Page],
    open_page: OpenedPages,
) -> None:
    open_page.expected.append("500")  # a request may be under way when its connection is cut below
    now.everywhere(day.expires_at - timedelta(seconds=3))
    page = harold_page(PHONE_LIGHT)
    page.goto(live_server.url + reverse("portal:offer", args=[day.public_id]))
    expect(page.get_by_role("button", name="Accept for")).to_be_visible()
    now.everywhere(day.expires_at + timedelta(seconds=1))
    with connection.cursor() as cursor:  # those that are open keep the time they were opened at
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    expect(page.get_by_role("heading", name="Your time ran out")).to_be_visible(timeout=15_000)
    expect(page.get_by_role("button", name="Accept for")).to_have_count(0)
    picture(page, "offer-over")
    assert_axe_clean(page)


def test_a_refresh_keeps_what_is_being_typed(
    live_server: Any, now: Any, day: Offer, harold_page: Callable[[Screen], Page]
) -> None:
    page = harold_page(PHONE_LIGHT)
    page.goto(live_server.url + reverse("portal:offer", args=[day.public_id]))
    page.get_by_text("change", exact=True).click()
    page.get_by_label("Another start").select_option(index=2)
    chosen = page.get_by_label("Another start").input_value()
    page.get_by_role("link", name="Decline").click()
    page.get_by_label("Anything to add?").fill("Too many st")
    with page.expect_response(lambda answer: str(day.public_id) in answer.url):
        page.evaluate("htmx.trigger(document.getElementById('offer-live'), 'refresh')")
    page.wait_for_timeout(300)
    assert page.get_by_label("Anything to add?").input_value() == "Too many st"
    assert page.locator("#plan").input_value() == chosen
    expect(page.locator("#plans")).to_have_attribute("open", "")
    expect(page.get_by_label("Anything to add?")).to_be_focused()


def test_everything_works_without_a_script(
    live_server: Any, now: Any, day: Offer, harold_user: User, client: Any, open_page: OpenedPages
) -> None:
    client.force_login(harold_user)
    page = open_page(PHONE_LIGHT, java_script_enabled=False)
    cookie = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
    page.goto(live_server.url + reverse("portal:offer", args=[day.public_id]))
    page.get_by_role("link", name="Decline").click()
    page.get_by_role("radio", name="Too far").check()
    page.get_by_role("button", name="Decline").click()
    assert Offer.objects.get(pk=day.pk).status == "declined"
    page.goto(live_server.url + reverse("portal:calendar"))
    page.get_by_role("link", name="Time off", exact=True).click()
    page.get_by_role("button", name="Rest of today").click()
    expect(page.get_by_text("Something is planned then.")).to_be_visible()
    page.get_by_label("First day").fill("2026-11-20")
    page.get_by_role("button", name="Take this time off").click()
    expect(page.get_by_text("time off, Fri 20 Nov")).to_be_visible()


def test_time_off_takes_two_taps(
    live_server: Any, now: Any, harold_page: Callable[[Screen], Page], harold: Contractor
) -> None:
    page = harold_page(PHONE_LIGHT)
    page.goto(live_server.url + reverse("portal:calendar"))
    page.get_by_role("link", name="Time off", exact=True).click()
    page.get_by_role("button", name="Tomorrow").click()
    expect(page.get_by_text("Nobody will call then.")).to_be_visible()
    page.get_by_role("button", name="Remove this time off").click()
    expect(page.get_by_text("Time off removed.")).to_be_visible()
