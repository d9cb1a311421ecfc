"""The console in a real browser: acting without losing one's place, four screens, axe."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from jobs.actors import Actor
from jobs.models import Job, Offer
from jobs.services.answers import accept_offer, decline_offer
from network.models import Branch, BranchStaff, User
from tests.browser.conftest import (
    DESK_LIGHT,
    SCREENS,
    OpenedPages,
    Screen,
    assert_axe_clean,
    overflow,
)
from tests.jobs import world

pytestmark = pytest.mark.django_db(transaction=True)
SignIn = Callable[[Page, str, str], None]


@pytest.fixture
def boston(transactional_db: None) -> Branch:
    branch = world.make_branch()
    service_type = world.make_service_type(branch)
    for name, north, tier in (("Harold", 0.5, 1), ("Lisa", 4.0, 2), ("James", 9.0, 3)):
        world.make_contractor(branch, name, kilometres_north=north, tier=tier)
    user = User.objects.create_user(email="nora@example.com", password="secret", name="Nora")
    BranchStaff.objects.create(user=user, branch=branch, role="dispatcher")
    assert service_type.active
    return branch


def take_in(branch: Branch, **changes: Any) -> Job:
    """A job for tomorrow 10–14 by the wall clock, which live pages run on."""
    from datetime import datetime, time, timedelta

    from jobs.services.jobs import create_job
    from network.clock import app_now

    tomorrow = app_now().astimezone(branch.zone).date() + timedelta(days=1)
    facts: dict[str, Any] = {
        "branch": branch,
        "service_type": branch.service_types.get(),
        "address": "41 Pond Lane",
        "postcode": "02215",
        "latitude": world.SITE[0],
        "longitude": world.SITE[1],
        "window_start": datetime.combine(tomorrow, time(10), branch.zone),
        "window_end": datetime.combine(tomorrow, time(14), branch.zone),
        "customer_name": "Dana Whitfield",
        "customer_phone": "(617) 555-0142",
        "description": "No hot water",
        "actor": Actor.system("test"),
        **changes,
    }
    return create_job(**facts)


@pytest.fixture
def at_the_console(
    boston: Branch, open_page: OpenedPages, sign_in: SignIn, live_server: Any
) -> Callable[..., Page]:
    """``at_the_console(screen)``: a signed-in dispatcher at the board."""

    def enter(screen: Screen = DESK_LIGHT) -> Page:
        page = open_page(screen)
        sign_in(page, "nora@example.com", "secret")
        page.goto(f"{live_server.url}/console/boston/")
        return page

    return enter


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
def test_every_page_is_clean_on_every_screen(
    boston: Branch, at_the_console: Callable[..., Page], live_server: Any, screen: Screen
) -> None:
    asked, booked, stuck = (take_in(boston, reference=name) for name in ("A-1", "B-2", "C-3"))
    world.run_due()
    first = world.pending_offer(booked)
    accept_offer(offer_id=first.pk, actor=Actor.contractor(first.contractor), via="portal")
    for _ in range(3):
        offer = world.pending_offer(stuck)
        decline_offer(
            offer_id=offer.pk,
            reason="too_busy",
            actor=Actor.contractor(offer.contractor),
            via="api",
        )
        world.run_due()
    page = at_the_console(screen)
    base = f"{live_server.url}/console/boston/"
    addresses = ["", "messages/", "jobs/new/", "?q=nothing-like-this"]
    addresses += [f"jobs/{job.public_id}/" for job in (asked, booked, stuck)]
    for address in addresses:
        page.goto(base + address)
        assert_axe_clean(page)
        assert overflow(page) == 0, address
    page.get_by_role("link", name="Assign by hand").first.click()
    expect(page.get_by_role("dialog").get_by_role("combobox", name="Contractor")).to_be_visible()
    assert_axe_clean(page)
    assert overflow(page) == 0


def test_an_answer_by_phone_is_recorded_in_a_dialog(
    boston: Branch, at_the_console: Callable[..., Page], open_page: OpenedPages
) -> None:
    open_page.expected.append("422")  # the first try is refused
    job = take_in(boston)
    world.run_due()
    page = at_the_console()
    page.get_by_role("link", name="No hot water").click()
    page.wait_for_url("**/jobs/**")  # loaded: the shortcuts are there
    page.keyboard.press("p")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name="Harold’s answer by phone")).to_be_visible()
    dialog.get_by_label("No", exact=True).check()
    dialog.get_by_role("button", name="Record the answer").click()
    expect(dialog.get_by_text("Choose why the answer is no.")).to_be_visible()
    dialog.get_by_label("Reason").select_option("too_far")
    dialog.get_by_role("button", name="Record the answer").click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_text("the next one is being asked.")).to_be_visible()
    expect(page.get_by_role("heading", name="Harold declined: too far")).to_be_visible()
    assert Offer.objects.get(job=job).status == "declined"


def test_a_remedy_on_the_board_acts_in_place(
    boston: Branch, at_the_console: Callable[..., Page], open_page: OpenedPages
) -> None:
    job = take_in(boston)
    world.run_due()
    for _ in range(3):
        offer = world.pending_offer(job)
        decline_offer(
            offer_id=offer.pk,
            reason="too_busy",
            actor=Actor.contractor(offer.contractor),
            via="api",
        )
        world.run_due()
    page = at_the_console()
    expect(page.get_by_role("link", name="Board 1 need you")).to_be_visible()
    page.get_by_role("link", name="Settled otherwise").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("What was done").fill("Customer takes Thursday")
    dialog.get_by_role("button", name="Settle it").click()
    expect(page.get_by_text("Nothing needs you")).to_be_visible()
    expect(page.get_by_role("link", name="Board", exact=True).last).to_be_visible()
    assert page.url.endswith("/console/boston/")


def test_a_refresh_keeps_focus_typed_text_and_what_is_open(
    boston: Branch, at_the_console: Callable[..., Page]
) -> None:
    take_in(boston, reference="FIRST")
    world.run_due()
    page = at_the_console()
    page.locator("#more-filters > summary").click()
    page.get_by_label("Window on").fill("2026-11-24")
    page.get_by_label("Urgent").check()
    page.get_by_role("searchbox").fill("half a wor")
    take_in(boston, reference="SECOND")
    page.evaluate("htmx.trigger('#board-live', 'refresh')")
    expect(page.get_by_text("SECOND")).to_be_visible()
    expect(page.get_by_label("Window on")).to_have_value("2026-11-24")
    expect(page.get_by_label("Urgent")).to_be_checked()
    expect(page.get_by_role("searchbox")).to_have_value("half a wor")
    expect(page.get_by_role("searchbox")).to_be_focused()


def test_a_job_is_taken_in_with_the_pin_from_the_zip(
    boston: Branch, at_the_console: Callable[..., Page]
) -> None:
    page = at_the_console()
    page.keyboard.press("n")
    page.wait_for_url("**/jobs/new/")
    page.get_by_role("textbox", name="Name").fill("Teresa Moreau")
    page.get_by_label("Street, number, unit").fill("118 Lamartine St")
    page.get_by_role("textbox", name="ZIP").press_sequentially("02130")
    page.keyboard.press("Tab")
    page.get_by_role("combobox", name="Service").select_option(label="Water heater repair")
    expect(page.get_by_text("the pin is in the middle of 02130")).to_be_visible()
    middle = float(page.locator("#id_latitude").input_value())
    expect(page.get_by_role("option", name="As usual: standard")).to_have_count(1)
    expect(page.get_by_text("3 who could come")).to_be_visible()
    pin = page.get_by_role("button", name="Pin.")
    pin.focus()
    pin.press("Shift+ArrowUp")
    page.get_by_role("button", name="Create and start calling").dblclick()
    expect(page.get_by_text("is taken in; the search has begun.")).to_be_visible()
    job = Job.objects.get()
    assert job.latitude > middle  # the pin was moved north by the keyboard
    assert job.customer_name == "Teresa Moreau"


def test_the_keyboard_moves_through_the_board(
    boston: Branch, at_the_console: Callable[..., Page]
) -> None:
    for name in ("K-1", "K-2"):
        take_in(boston, reference=name)
    world.run_due()
    page = at_the_console()
    page.keyboard.press("j")
    page.keyboard.press("j")
    chosen = page.locator("tr.cur")
    expect(chosen).to_contain_text("K-2")
    page.keyboard.press("o")
    expect(page.get_by_role("navigation", name="Breadcrumb")).to_contain_text("K-2")
