"""A real browser: Debian's Chromium, two screens, light and dark, and axe.

``CHROMIUM`` names another executable. Pages opened by ``open_page`` fail their test at the end when
a script failed, something was blocked by the content security policy, or a file was missing.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

# Playwright's synchronous interface runs an event loop in this thread; Django would then refuse
# the database to the test itself.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

AXE = (Path(__file__).parent / "vendor" / "axe-core-4.14.1" / "axe.min.js").read_text()
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


@dataclass(frozen=True, slots=True)
class Screen:
    """A viewport in CSS pixels and a colour scheme."""

    name: str
    width: int
    height: int
    scheme: str


DESK_LIGHT = Screen("desk-light", 1440, 900, "light")
DESK_DARK = Screen("desk-dark", 1440, 900, "dark")
PHONE_LIGHT = Screen("phone-light", 390, 844, "light")
PHONE_DARK = Screen("phone-dark", 390, 844, "dark")
SCREENS = [DESK_LIGHT, DESK_DARK, PHONE_LIGHT, PHONE_DARK]


@dataclass
class OpenedPages:
    """Opens pages, each in a context (a login) of its own, and keeps what went wrong in them."""

    browser: Browser
    problems: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)
    #: Parts of messages that a test expects, a refused request for instance.
    expected: list[str] = field(default_factory=list)

    def __call__(self, screen: Screen = DESK_LIGHT, **options: Any) -> Page:
        context = self.browser.new_context(
            viewport={"width": screen.width, "height": screen.height},
            color_scheme=screen.scheme,
            has_touch=screen.width < 600,
            locale="en-US",
            timezone_id="America/New_York",
            reduced_motion="reduce",
            **options,
        )
        context.set_default_timeout(10_000)
        self.contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: self.problems.append(f"script: {error}"))
        page.on(
            "console",
            lambda message: (
                self.problems.append(f"console: {message.text}")
                if message.type == "error"
                else None
            ),
        )
        return page

    def close(self) -> None:
        for context in self.contexts:
            context.close()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.fail("No Chromium: install the package chromium, or name one by CHROMIUM=/path.")
    launched = playwright.chromium.launch(executable_path=path, headless=True, args=FLAGS)
    yield launched
    launched.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenedPages]:
    """``open_page(PHONE_DARK)`` gives a fresh page; call it again for a second person."""
    opened = OpenedPages(browser)
    yield opened
    opened.close()
    unexpected = [
        problem
        for problem in opened.problems
        if not any(part in problem for part in opened.expected)
    ]
    assert not unexpected, "\n".join(unexpected)


@pytest.fixture(params=SCREENS, ids=lambda screen: screen.name)
def screen(request: pytest.FixtureRequest) -> Screen:
    """Each screen in turn."""
    return request.param


def axe_violations(page: Page) -> list[dict[str, Any]]:
    """What axe finds against WCAG 2.2 AA on the page as it stands."""
    size = page.viewport_size
    assert size is not None
    # At full height, or whatever a bar at the foot happens to cover counts as too small to tap.
    full = int(page.evaluate("document.documentElement.scrollHeight"))
    page.set_viewport_size({"width": size["width"], "height": max(size["height"], full)})
    # Evaluated by the debugger, which the content security policy does not bind.
    page.evaluate(AXE)
    found: dict[str, Any] = page.evaluate(
        f"axe.run(document, {{runOnly: {json.dumps(AXE_TAGS)}, resultTypes: ['violations']}})"
    )
    page.set_viewport_size(size)
    return list(found["violations"])


def assert_axe_clean(page: Page, *, except_rules: tuple[str, ...] = ()) -> None:
    """Fails with every violation, its element and its reason.

    ``except_rules`` is for markup that is not ours (the admin's own templates).
    """
    lines = [
        f"{violation['id']}: {node['html'][:160]}\n    {node['failureSummary']}"
        for violation in axe_violations(page)
        for node in violation["nodes"]
        if violation["id"] not in except_rules
    ]
    assert not lines, f"{page.url}\n" + "\n".join(lines)


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than its screen."""
    return int(
        page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    )


@pytest.fixture
def sign_in(live_server: Any) -> Callable[[Page, str, str], None]:
    """``sign_in(page, email, password)`` through the login form."""

    def through_the_form(page: Page, email: str, password: str) -> None:
        page.goto(f"{live_server.url}/accounts/login/")
        page.get_by_label("Email").fill(email)
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(lambda url: "/accounts/login" not in url)

    return through_the_form
