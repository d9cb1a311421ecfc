"""From nobody to a first booking, on the whole running site, by clicks alone.

``FIRSTCALL_SHOTS`` keeps the pictures and walks at a person's pace; what each part took is printed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import OpenedPages
from tests.browser.walk import Walk, report
from tests.browser.whole_site import ACCOUNT, whole_site
from tests.house.test_run import Site


@pytest.fixture
def site() -> Iterator[Site]:
    with whole_site() as running:
        yield running


def test_a_new_contractor_registers_is_taken_in_and_answers_a_job_without_the_admin_site(
    site: Site, open_page: OpenedPages
) -> None:
    shots = os.environ.get("FIRSTCALL_SHOTS")

    def keep(page: Page, name: str) -> None:
        if shots:
            page.evaluate("window.scrollTo(0, 0)")
            page.screenshot(path=str(Path(shots) / f"walk-{name}.png"))

    accounts = dict(ACCOUNT.findall(site.text()))
    [dana] = [email for email in accounts if email.startswith("dana")]
    url = f"http://localhost:{site.port}"
    walk = Walk(url, dana, accounts[dana], open_page, by_hand=bool(shots), keep=keep)
    went: list[str] = []
    for hand in (walk.ines, walk.dana):
        hand.page.on("framenavigated", lambda frame: went.append(frame.url))
    walk.go()
    print(report(walk))
    assert len(went) > 15
    assert not [url for url in went if "/admin/" in url]
