"""Joining in a real browser: the whole wizard on a phone and on a desk, left and taken up again."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.urls import reverse
from playwright.sync_api import Page, expect

from jobs.models import PastRequest
from network.geo import site_cell
from network.models import (
    Application,
    Branch,
    Contractor,
    Document,
    Requirement,
    Technician,
    Territory,
    User,
)
from network.services.applications import (
    approve_application,
    reject_application,
    send_application_back,
)
from tests.browser.conftest import (
    DESK_LIGHT,
    PHONE_LIGHT,
    OpenedPages,
    Screen,
    assert_axe_clean,
    overflow,
)
from tests.jobs.world import SITE, START, make_branch, make_service_type
from tests.network.test_uploads import pdf

PASSWORD = "correct horse battery"


@pytest.fixture
def boston(transactional_db: None, clock: Any) -> Branch:
    """A branch that asks for an insurance, with three jobs of last month near Roxbury."""
    clock.everywhere(START)
    clock.set(START)
    cache.clear()
    branch = make_branch()
    kind = make_service_type(branch)
    Requirement.objects.create(
        branch=branch,
        name="Liability insurance",
        kind="insurance",
        required_from=date(2026, 1, 1),
    )
    for number in range(3):
        PastRequest.objects.create(
            branch=branch,
            service_type=kind,
            window_start=START - timedelta(days=20 + number),
            duration_minutes=60,
            postcode="02215",
            latitude=SITE[0],
            longitude=SITE[1],
            cell=site_cell(*SITE),
            external_ref=f"old-{number}",
        )
    return branch


def look(page: Page, name: str) -> None:
    """Accessible in light and dark, no wider than the screen; kept where FIRSTCALL_SHOTS says."""
    page.wait_for_load_state("networkidle")
    page.evaluate("window.scrollTo(0, 0)")
    size = page.viewport_size
    assert size is not None
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        assert overflow(page) == 0, name
        if folder := os.environ.get("FIRSTCALL_SHOTS"):
            path = Path(folder) / f"join-{name}-{size['width']}-{scheme}.png"
            page.screenshot(path=str(path), full_page=True)
        assert_axe_clean(page)
    page.emulate_media(color_scheme="light")


def mailed_code() -> str:
    found = re.search(r"^([A-Z0-9]{3,4}-?[A-Z0-9]{3,4})$", mail.outbox[-1].body, re.MULTILINE)
    assert found
    return found[1]


def sign_up(page: Page, server: str, email: str) -> None:
    page.goto(server + reverse("portal:join"))
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on with a password").click()
    page.get_by_label("Code").fill(mailed_code())
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url("**/portal/join/start/")


def your_business(page: Page, *, crew: str = "Only me") -> None:
    page.get_by_label("Name of the business").fill("Ann’s Pipes")
    page.get_by_label("Your name").fill("Ann Reyes")
    page.get_by_label("Telephone").fill("617 555 0107")
    page.get_by_label("ZIP code of the business").fill("02130")
    page.get_by_label(crew).check()
    page.get_by_role("button", name="Next: what you do").click()
    page.wait_for_url("**/step/2/")


def what_you_do(page: Page) -> None:
    page.locator("details.trade summary", has_text="Plumbing").first.click()
    page.get_by_role("checkbox", name="Plumbing").check()
    page.get_by_text("Expert").click()
    page.get_by_role("button", name="Next: where you work").click()
    page.wait_for_url("**/step/3/")


def says(page: Page) -> str:
    return page.locator("#where-says [data-sentence]").inner_text()


def draw_an_outline(page: Page) -> None:
    """Four corners by taps, one of them moved by the keyboard, a fifth made of a dot."""
    page.get_by_text("Draw", exact=True).click()
    # What the circle covered is not said of an outline that is not there yet.
    expect(page.locator("#where-says [data-sentence]")).to_have_count(0)
    box = page.locator(".where-map .map").bounding_box()
    assert box is not None
    ground = page.locator(".where-map .map")
    ground.scroll_into_view_if_needed()
    for across, down in ((0.25, 0.25), (0.75, 0.25), (0.75, 0.75), (0.25, 0.75)):
        ground.click(position={"x": box["width"] * across, "y": box["height"] * down})
    expect(page.locator(".m-corner")).to_have_count(4)
    corner = page.get_by_role("button", name="Corner 1 of 4")
    corner.focus()
    before = page.get_by_label("Its corners").input_value()
    page.keyboard.press("Shift+ArrowUp")
    expect(page.get_by_label("Its corners")).not_to_have_value(before)
    page.get_by_role("button", name="Between corner 2").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".m-corner")).to_have_count(5)


@pytest.mark.parametrize("screen", [PHONE_LIGHT, DESK_LIGHT], ids=lambda screen: screen.name)
def test_a_plumber_registers_draws_an_area_sends_it_in_and_sees_where_it_stands(
    live_server: Any, boston: Branch, open_page: OpenedPages, screen: Screen, tmp_path: Path
) -> None:
    page = open_page(screen)
    sign_up(page, live_server.url, "ann@example.com")
    look(page, "1-business")
    your_business(page)
    assert "echnician" not in page.locator("body").inner_text()
    look(page, "2-skills")
    what_you_do(page)

    # A radius first: the slider, the sentence, a ZIP code left out and put back.
    expect(page.locator("#where-says")).to_contain_text("3 jobs of your trades here")
    page.get_by_label("How far", exact=True).fill("2")
    expect(page.locator("#where-says [data-sentence]")).to_contain_text("; 0 jobs")
    expect(page.get_by_role("button", name="+2 mi")).to_be_visible()
    page.get_by_role("button", name="+2 mi").click()
    expect(page.locator("#where-says [data-sentence]")).to_contain_text("; 3 jobs")
    page.locator("#where-says [data-leave]").nth(1).click()
    expect(page.get_by_text("Left out by you:")).to_be_visible()
    look(page, "3-where-radius")
    page.get_by_role("button", name="Put back").click()
    expect(page.get_by_text("Left out by you:")).to_have_count(0)
    draw_an_outline(page)
    expect(page.locator("#where-says [data-sentence]")).to_contain_text("of your trades here")
    expect(page.get_by_role("button", name="+2 mi")).to_have_count(0)
    look(page, "3-where-drawn")
    page.get_by_role("button", name="Next: when you work").click()
    page.wait_for_url("**/step/4/")
    territory = Territory.objects.get()
    assert territory.kind == "polygon"
    assert len(territory.outline or []) == 5

    look(page, "4-hours")
    page.get_by_label("Most visits a day").fill("4")
    page.get_by_text("No, only in my hours").click()
    page.get_by_text("I am closed").click()
    page.get_by_role("button", name="Next: papers and pay").click()
    page.wait_for_url("**/step/5/")

    page.get_by_role("textbox", name="An hour", exact=True).first.fill("85")
    page.get_by_role("textbox", name="Call-out", exact=True).first.fill("40")
    look(page, "5-papers-and-pay")
    page.get_by_role("button", name="Next: check and send").click()
    page.wait_for_url("**/status/")
    expect(page.get_by_text("Send your liability insurance.")).to_be_visible()
    look(page, "6-something-is-missing")
    page.get_by_role("link", name="Fill in what is missing").click()
    paper = tmp_path / "insurance.pdf"
    paper.write_bytes(pdf())
    page.get_by_label("Number on it").fill("POL-77")
    page.get_by_label("Valid until").fill("2027-06-30")
    page.locator("input[type=file]").first.set_input_files(str(paper))
    page.get_by_role("button", name="Next: check and send").click()
    page.wait_for_url("**/status/")
    expect(page.get_by_role("heading", name="Check and send")).to_be_visible()
    assert "echnician" not in page.locator("body").inner_text()
    look(page, "6-check-and-send")
    page.get_by_role("button", name="Send to Greater Boston").click()
    expect(page.get_by_role("heading", name="It is with Greater Boston")).to_be_visible()
    look(page, "7-waiting")
    assert Document.objects.get().number == "POL-77"

    ann = Contractor.objects.get(name="Ann’s Pipes")
    nora = User.objects.create_user(email="nora@example.com", password="secret", name="Nora")
    send_application_back(
        contractor_id=ann.pk, reason="Your area is very small.", actor_id=nora.pk, steps=[3]
    )
    page.reload()
    expect(page.get_by_text("Your area is very small.")).to_be_visible()
    look(page, "8-sent-back")
    page.goto(live_server.url + reverse("portal:join"))
    page.get_by_role("link", name="Mend: where you work").click()
    page.get_by_text("ZIP list").click()
    page.get_by_label("ZIP codes", exact=True).fill("02130 02131 02119 02120")
    expect(page.locator("#where-says [data-sentence]")).to_contain_text("Covers 4 ZIPs")
    look(page, "3-where-zips")
    page.get_by_role("button", name="Save this step").click()
    page.get_by_role("button", name="Send to Greater Boston").click()
    expect(page.get_by_role("heading", name="It is with Greater Boston")).to_be_visible()
    approve_application(contractor_id=ann.pk, actor_id=nora.pk)
    page.reload()
    expect(page.get_by_role("heading", name="You are in, Ann’s Pipes")).to_be_visible()
    look(page, "9-approved")
    page.goto(live_server.url + reverse("portal:section", args=["where"]))
    look(page, "where-under-you")


def test_it_can_be_left_and_taken_up_on_another_device(
    live_server: Any, boston: Branch, open_page: OpenedPages
) -> None:
    phone = open_page(PHONE_LIGHT)
    sign_up(phone, live_server.url, "ann@example.com")
    your_business(phone, crew="Several of us")
    what_you_do(phone)
    # Half a thought: it cannot be saved, and is kept all the same.
    phone.get_by_text("ZIP list").click()
    phone.get_by_label("ZIP codes", exact=True).fill("02130 0213")
    expect(phone.locator("#where-says")).to_contain_text("“0213” is not a US ZIP code")
    phone.get_by_role("button", name="Save and leave").click()
    expect(phone.get_by_role("heading", name="Saved")).to_be_visible()
    look(phone, "left")
    phone.get_by_role("button", name="Sign out").click()
    assert Application.objects.get().step == 3

    desk = open_page(DESK_LIGHT)
    desk.goto(live_server.url + reverse("account_login"))
    desk.get_by_label("Email").fill("ann@example.com")
    desk.get_by_label("Password").fill(PASSWORD)
    desk.get_by_role("button", name="Sign in", exact=True).click()
    desk.wait_for_url("**/portal/join/step/3/")
    zips = desk.get_by_label("ZIP codes", exact=True)
    expect(zips).to_have_value("02130 0213")
    expect(desk.get_by_text("“0213” is not a US ZIP code")).to_be_visible()
    look(desk, "taken-up")
    desk.get_by_role("button", name="Back").click()
    desk.wait_for_url("**/step/2/")
    expect(desk.get_by_role("checkbox", name="Plumbing")).to_be_checked()
    desk.get_by_role("button", name="Where you work", exact=True).click()
    desk.wait_for_url("**/step/3/")
    expect(zips).to_have_value("02130 0213")
    zips.fill("02130 02131")
    desk.get_by_role("button", name="Next: when you work").click()
    desk.wait_for_url("**/step/4/")
    assert Territory.objects.get().zips == ["02130", "02131"]
    assert Technician.objects.count() == 1

    # Turned down: it says so, and another try is open.
    ann = Contractor.objects.get(name="Ann’s Pipes")
    Application.objects.filter(contractor=ann).update(state="submitted", submitted_at=START)
    nora = User.objects.create_user(email="nora@example.com", password="secret", name="Nora")
    reject_application(contractor_id=ann.pk, reason="No work there.", actor_id=nora.pk)
    desk.goto(live_server.url + reverse("portal:join"))
    expect(desk.get_by_role("heading", name="Greater Boston has said no")).to_be_visible()
    look(desk, "rejected")


def test_the_area_can_be_given_without_a_script(
    live_server: Any, boston: Branch, open_page: OpenedPages, sign_in: Callable[..., None]
) -> None:
    scripted = open_page(DESK_LIGHT)
    sign_up(scripted, live_server.url, "ann@example.com")
    your_business(scripted)
    what_you_do(scripted)
    page = open_page(PHONE_LIGHT, java_script_enabled=False)
    sign_in(page, "ann@example.com", PASSWORD)
    page.goto(live_server.url + reverse("portal:join"))
    expect(page.locator(".where-map")).to_be_hidden()
    page.get_by_label("How far", exact=True).fill("5")
    page.get_by_role("button", name="See what it covers").click()
    expect(page.get_by_text("jobs of your trades here")).to_be_visible()
    chip = page.locator("#where-says .chip").nth(1)
    left_out = chip.inner_text()[:5]
    chip.click()
    expect(page.get_by_text(f"Left out by you: {left_out}")).to_be_visible()
    page.get_by_role("button", name="+2 mi").click()
    expect(page.get_by_label("How far", exact=True)).to_have_value("7")
    page.get_by_role("button", name="Next: when you work").click()
    page.wait_for_url("**/step/4/")
    territory = Territory.objects.get()
    assert territory.radius_km == pytest.approx(7 * 1.609344)
    assert territory.left_out == [left_out]
