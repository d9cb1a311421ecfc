"""The API's documentation in a real browser: readable on every screen, leading where it says."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from tests.browser.conftest import (
    PHONE_LIGHT,
    OpenedPages,
    Screen,
    assert_axe_clean,
    overflow,
)


def test_the_documentation_is_accessible_and_fits_every_screen(
    live_server: Any, screen: Screen, open_page: OpenedPages
) -> None:
    page = open_page(screen)
    page.goto(f"{live_server.url}/api/v1/docs")
    page.wait_for_load_state("networkidle")
    if folder := os.environ.get("FIRSTCALL_SHOTS"):
        page.screenshot(
            path=str(Path(folder) / f"api-{screen.name}.png"),
            clip={
                "x": 0,
                "y": 0,
                "width": screen.width,
                "height": 2400,
            },
            full_page=True,
        )
    assert overflow(page) == 0
    assert_axe_clean(page)


def test_a_problems_type_leads_to_its_explanation(live_server: Any, open_page: OpenedPages) -> None:
    page = open_page(PHONE_LIGHT)
    page.goto(f"{live_server.url}/api/v1/docs#offer-no-longer-open")
    row = page.locator("#offer-no-longer-open")
    expect(row).to_be_in_viewport()
    expect(row).to_contain_text("409")
