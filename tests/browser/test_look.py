"""The visual language in a real browser: contrast, width, countdowns, swaps, keyboard, the map."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from playwright.sync_api import Page, expect

from tests.browser.conftest import (
    DESK_LIGHT,
    PHONE_LIGHT,
    OpenedPages,
    Screen,
    assert_axe_clean,
    overflow,
)
from tests.look import specimen


@pytest.fixture
def site(live_server, settings):
    settings.ROOT_URLCONF = "tests.look.specimen"
    settings.TEMPLATES = specimen.TEMPLATES
    return live_server.url


def picture(page: Page, name: str) -> None:
    """Kept where FIRSTCALL_SHOTS says, for looking at."""
    if folder := os.environ.get("FIRSTCALL_SHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


@pytest.mark.parametrize(
    "path",
    [
        "/console/?scaled=1",
        "/portal/offers",
        "/accounts/login/",
        "/accounts/password/reset/",
        "/accounts/password/reset/done/",
        "/nowhere",
    ],
)
def test_pages_are_accessible_and_fit_every_screen(
    site: str, path: str, screen: Screen, open_page: OpenedPages
) -> None:
    open_page.expected.append("404")
    page = open_page(screen)
    page.goto(site + path)
    page.wait_for_load_state("networkidle")
    picture(page, path.strip("/").split("?")[0].replace("/", "-") + "-" + screen.name)
    assert page.evaluate("document.documentElement.dataset.bsTheme") == screen.scheme
    assert overflow(page) == 0
    assert_axe_clean(page)


def test_the_admin_is_accessible_in_our_colours(
    site: str, screen: Screen, open_page: OpenedPages, admin_user, client
) -> None:
    client.force_login(admin_user)
    # jQuery, which the admin's own widgets use, tries a style that the policy rightly blocks.
    open_page.expected.append("Applying inline style")
    page = open_page(screen)
    cookie = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": site}])
    Group.objects.create(name="Night shift")
    for path in ("/admin/", "/admin/auth/group/", "/admin/auth/group/add/"):
        page.goto(site + path)
        picture(page, f"admin{path.count('/')}-{screen.name}")
        # Django labels the search icon of its two-column selector in a way axe refuses.
        assert_axe_clean(page, except_rules=("aria-prohibited-attr",))


def test_the_theme_is_switched_kept_and_shared_with_the_admin(
    site: str, open_page: OpenedPages
) -> None:
    page = open_page(DESK_LIGHT)
    page.goto(site + "/console/")
    page.get_by_role("button", name="Switch light or dark").click()
    assert page.evaluate("document.documentElement.dataset.bsTheme") == "dark"
    page.goto(site + "/accounts/login/")
    assert page.evaluate("document.documentElement.dataset.bsTheme") == "dark"
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def seconds_left(page: Page) -> int:
    minutes, seconds = page.locator(".fc-ring b").first.inner_text().split(":")
    return int(minutes) * 60 + int(seconds)


@pytest.mark.parametrize(("query", "pace"), [("?scaled=1", 60), ("", 1)])
def test_a_countdown_runs_in_domain_time(
    site: str, query: str, pace: int, open_page: OpenedPages
) -> None:
    page = open_page(DESK_LIGHT)
    page.clock.install(time="2026-11-17T20:41:00Z")
    page.goto(site + "/console/" + query)
    page.clock.pause_at("2026-11-17T20:41:04Z")
    page.clock.run_for(1_000)
    before = seconds_left(page)
    assert 12 * 60 - 6 * pace <= before <= 12 * 60 - 3 * pace
    page.clock.run_for(3_000)
    assert seconds_left(page) == before - 3 * pace


def test_a_countdown_changes_its_tone_and_ends_at_zero(site: str, open_page: OpenedPages) -> None:
    page = open_page(DESK_LIGHT)
    page.clock.install(time="2026-11-17T20:41:00Z")
    page.goto(site + "/console/")  # 12 of 15 minutes are left
    ring = page.locator(".fc-ring").first
    page.clock.pause_at("2026-11-17T20:49:00Z")
    page.clock.run_for(1_000)
    expect(ring).to_have_class("fc-ring is-wait")
    page.clock.run_for(60_000)
    expect(ring).to_have_class("fc-ring is-warn")
    page.clock.run_for(240_000)
    expect(ring).to_have_class("fc-ring is-quiet")
    expect(ring).to_contain_text("0:00")


def test_a_page_without_a_stream_says_so_and_asks_again(site: str, open_page: OpenedPages) -> None:
    page = open_page(DESK_LIGHT)
    page.goto(site + "/console/live")
    state = page.locator("[data-live-state]")
    expect(state).to_contain_text("Every 10 s")
    before = int(page.locator("#count").inner_text())
    expect(page.locator("#count")).not_to_have_text(str(before), timeout=15_000)
    assert_axe_clean(page)


STREAM = """
window.EventSource = class extends EventTarget {
  static CLOSED = 2;
  constructor() {
    super();
    this.readyState = 0;
    window.stream = this;
    setTimeout(() => { this.readyState = 1; this.onopen(); }, 20);
  }
  close() { this.readyState = 2; }
  say(data) { this.onmessage({ data: JSON.stringify(data) }); }
  drop() { this.readyState = 0; this.onerror(); }
};
"""


def test_only_the_regions_that_show_what_changed_are_fetched(
    site: str, open_page: OpenedPages
) -> None:
    page = open_page(DESK_LIGHT)
    page.add_init_script(STREAM)
    page.goto(site + "/console/live")
    expect(page.locator("[data-live-state]")).to_have_text("Live")
    page.evaluate("stream.say({ job: 'job-2' })")
    expect(page.locator("#count")).to_have_text("2")
    expect(page.locator("#aside-count")).to_have_text("1")
    page.evaluate("stream.say({ job: ['job-9', 'job-7'] })")
    expect(page.locator("#aside-count")).to_have_text("3")
    expect(page.locator("#count")).to_have_text("2")
    page.evaluate("stream.say({ job: 'somebody-elses' })")
    page.wait_for_timeout(1300)
    expect(page.locator("#count")).to_have_text("2")


def test_many_changes_at_once_are_one_fetch(site: str, open_page: OpenedPages) -> None:
    page = open_page(DESK_LIGHT)
    page.add_init_script(STREAM)
    page.goto(site + "/console/live")
    expect(page.locator("[data-live-state]")).to_have_text("Live")
    page.evaluate("for (let i = 0; i < 50; i += 1) stream.say({ job: 'job-1' })")
    expect(page.locator("#count")).to_have_text("2")
    page.wait_for_timeout(1500)
    expect(page.locator("#count")).to_have_text("2")


def test_a_dropped_stream_says_so_and_looks_again_when_it_is_back(
    site: str, open_page: OpenedPages
) -> None:
    page = open_page(DESK_LIGHT)
    page.add_init_script(STREAM)
    page.goto(site + "/console/live")
    expect(page.locator("[data-live-state]")).to_have_text("Live")
    page.evaluate("stream.drop()")
    expect(page.locator("[data-live-state]")).to_have_text("Reconnecting")
    page.evaluate("stream.readyState = 1; stream.onopen()")
    expect(page.locator("[data-live-state]")).to_have_text("Live")
    expect(page.locator("#count")).not_to_have_text("1")


def test_a_swap_keeps_focus_typed_text_open_details_and_the_chosen_row(
    site: str, open_page: OpenedPages
) -> None:
    page = open_page(DESK_LIGHT)
    page.add_init_script(STREAM)
    page.goto(site + "/console/live")
    expect(page.locator("[data-live-state]")).to_have_text("Live")
    page.locator("summary", has_text="More").click()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.get_by_label("Other").fill("half a thought")
    page.get_by_label("Note").press_sequentially("call ba")
    page.evaluate("stream.say({ job: 'job-1' })")
    expect(page.locator("#count")).to_have_text("2")
    page.keyboard.type("ck")
    expect(page.get_by_label("Note")).to_have_value("call back")
    expect(page.get_by_label("Note")).to_be_focused()
    expect(page.get_by_label("Other")).to_have_value("half a thought")
    assert page.evaluate("document.getElementById('more').open")
    expect(page.locator("#row-2")).to_have_attribute("aria-current", "true")


def test_a_link_in_focus_says_where_it_leads_after_a_swap(
    site: str, open_page: OpenedPages
) -> None:
    page = open_page(DESK_LIGHT)
    page.add_init_script(STREAM)
    page.goto(site + "/console/live")
    expect(page.locator("[data-live-state]")).to_have_text("Live")
    page.get_by_role("link", name="Step 1").focus()
    page.evaluate("stream.say({ job: 'job-1' })")
    step = page.get_by_role("link", name="Step 2")
    expect(step).to_have_attribute("href", "#step-2")
    expect(step).to_be_focused()


def test_the_console_works_by_keyboard(site: str, open_page: OpenedPages) -> None:
    page = open_page(DESK_LIGHT)
    page.goto(site + "/console/")
    page.keyboard.press("j")
    rows = page.locator("tr[data-row]")
    expect(rows.nth(0)).to_have_class("cur")
    page.keyboard.press("j")
    expect(rows.nth(1)).to_have_class("cur")
    page.keyboard.press("k")
    expect(rows.nth(0)).to_have_class("cur")
    page.keyboard.press("o")
    assert page.url.endswith("#a")
    page.keyboard.press("/")
    search = page.get_by_role("searchbox")
    expect(search).to_be_focused()
    page.keyboard.type("jn")  # letters, not shortcuts
    expect(search).to_have_value("jn")
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    page.wait_for_url("**/console/new")


def test_a_form_is_sent_once_however_often_it_is_pressed(site: str, open_page: OpenedPages) -> None:
    page = open_page(DESK_LIGHT)
    page.goto(site + "/console/live")
    page.evaluate(
        "() => { const b = document.querySelector('form button[type=submit]');"
        " for (let i = 0; i < 5; i += 1) b.click(); }"
    )
    open_page.expected.append("404")  # the plain answer names no icon, so the browser asks for one
    page.wait_for_url("**/echo")
    assert page.inner_text("body") == "posted 1"


def test_a_dialog_opens_as_a_sheet_and_gives_the_focus_back(
    site: str, open_page: OpenedPages
) -> None:
    page = open_page(PHONE_LIGHT)
    page.goto(site + "/portal/offers")
    page.get_by_role("button", name="Decline").click()
    dialog = page.get_by_role("dialog", name="Why not?")
    expect(dialog).to_be_visible()
    picture(page, "portal-sheet")
    assert_axe_clean(page)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("button", name="Decline")).to_be_focused()


def test_the_pin_follows_the_zip_the_keyboard_and_a_click(
    site: str, open_page: OpenedPages
) -> None:
    page = open_page(DESK_LIGHT)
    open_page.expected.append("404")
    page.goto(site + "/console/")
    pin = page.get_by_role("button", name="Pin. Arrow keys move it")
    expect(pin).to_be_visible()  # the ZIP was filled in already
    latitude, longitude = page.locator("#id_latitude"), page.locator("#id_longitude")
    expect(latitude).to_have_value("42.309700")
    expect(page.locator("[data-say]")).to_contain_text("Jamaica Plain, MA")
    page.locator(".map-pin").scroll_into_view_if_needed()
    pin.focus()
    page.keyboard.press("ArrowUp")
    assert float(latitude.input_value()) > 42.3097
    east = float(longitude.input_value())
    page.keyboard.press("Shift+ArrowRight")
    assert float(longitude.input_value()) > east
    expect(page.locator("[data-say]")).to_contain_text("Pin at")
    page.locator(".map").click(position={"x": 60, "y": 60})
    assert float(longitude.input_value()) < east
    page.locator("#id_postcode").fill("99999")
    page.locator("#id_postcode").blur()
    expect(page.locator("[data-say]")).to_have_text("There is no such ZIP.")


def test_the_pin_can_be_dragged(site: str, open_page: OpenedPages) -> None:
    page = open_page(DESK_LIGHT)
    page.goto(site + "/console/")
    pin = page.get_by_role("button", name="Pin. Arrow keys move it")
    pin.scroll_into_view_if_needed()
    before = float(page.locator("#id_longitude").input_value())
    box = pin.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 17, box["y"] + 12)
    page.mouse.down()
    page.mouse.move(box["x"] + 77, box["y"] + 12, steps=5)
    page.mouse.up()
    assert float(page.locator("#id_longitude").input_value()) > before


def test_an_age_counts_up_while_the_page_stands(site: str, open_page: OpenedPages) -> None:
    page = open_page(DESK_LIGHT)
    page.clock.install()
    page.goto(site + "/console/")
    first = page.locator(".esc time").first
    expect(first).to_have_text("6 min")
    page.clock.run_for(timedelta(minutes=2) // timedelta(milliseconds=1))
    expect(first).to_have_text("8 min")
