"""The five-minute walk: a new contractor from signing up to answering a job, by clicks alone.

Ines Park registers on a phone, Dana takes her in and takes a job in beside her, Ines says yes.
Only pages are used: the demo's mailbox for the code, never the admin site. ``test_walk.py`` walks
it on a site of its own; on one that was started with ``make run`` on fresh data, with what that
printed for Dana:

    .venv/bin/python -m tests.browser.walk http://localhost:8000 EMAIL PASSWORD

It types and taps at the pace of a person who knows what to say, and prints how long each part took.
"""

from __future__ import annotations

import re
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import DESK_LIGHT, FLAGS, PHONE_LIGHT, OpenedPages

#: Of a practised typist, and of somebody who reads a label before tapping what it says.
KEY_MS = 60
LOOK_MS = 900
#: The whole site and two browsers share the machine with the test.
PATIENCE_MS = 40_000


@dataclass
class Hand:
    """Types and taps on one page; with ``by_hand`` as slowly as people do."""

    page: Page
    by_hand: bool = False

    def look(self) -> None:
        if self.by_hand:
            self.page.wait_for_timeout(LOOK_MS)

    def tap(self, what: Locator) -> None:
        self.look()
        what.click()

    def tap_link(self, name: str | re.Pattern[str], *, exact: bool = False) -> None:
        self.tap(self.page.get_by_role("link", name=name, exact=exact))

    def tap_button(self, name: str | re.Pattern[str], *, exact: bool = False) -> None:
        self.tap(self.page.get_by_role("button", name=name, exact=exact))

    def write(self, where: Locator, text: str) -> None:
        self.look()
        if self.by_hand:
            where.click()
            where.press_sequentially(text, delay=KEY_MS)
        else:
            where.fill(text)


@dataclass
class Walk:
    """One walk through the site at ``url``; ``seconds`` has what each part of it took."""

    url: str
    email: str
    password: str
    open_page: OpenedPages
    by_hand: bool = False
    keep: Callable[[Page, str], None] = lambda page, name: None
    seconds: dict[str, float] = field(default_factory=dict)
    ines: Hand = field(init=False)
    dana: Hand = field(init=False)

    def __post_init__(self) -> None:
        self.address = "ines.park@example.com"
        self.ines = Hand(self.open_page(PHONE_LIGHT), self.by_hand)
        self.dana = Hand(self.open_page(DESK_LIGHT), self.by_hand)
        for hand in (self.ines, self.dana):
            hand.page.context.set_default_timeout(PATIENCE_MS)

    def go(self) -> None:
        """The whole walk, each part timed."""
        for name, part in (
            ("Ines signs up and reads the code", self.sign_up),
            ("five steps, and sent", self.five_steps),
            ("Dana takes her in", self.take_in),
            ("Dana takes a job in and asks Ines", self.take_a_job_in),
            ("Ines says yes", self.say_yes),
        ):
            began = time.monotonic()
            part()
            self.seconds[name] = time.monotonic() - began

    def sign_up(self) -> None:
        page, hand = self.ines.page, self.ines
        page.goto(self.url)
        hand.tap_link("Register your firm")
        hand.write(page.get_by_label("Email"), self.address)
        hand.write(page.get_by_label("Password"), "a pipe of one inch")
        hand.tap_button("Go on with a password")
        expect(page.get_by_label("Code")).to_be_visible(timeout=PATIENCE_MS)
        self.keep(page, "1-code")
        with page.context.expect_page() as opened:
            hand.tap(page.get_by_role("link", name="its mailbox"))
        mailbox = opened.value
        letter = mailbox.locator(".letter")
        expect(mailbox.locator(".mail")).to_contain_text(self.address, timeout=PATIENCE_MS)
        hand.look()
        found = re.search(r"^\s*([A-Z0-9]{3,4}-?[A-Z0-9]{3,4})\s*$", letter.inner_text(), re.M)
        assert found, letter.inner_text()
        self.keep(mailbox, "2-mailbox")
        mailbox.close()
        hand.write(page.get_by_label("Code"), found[1])
        hand.tap_button("Go on")
        page.wait_for_url("**/portal/join/start/")

    def five_steps(self) -> None:
        page, hand = self.ines.page, self.ines
        hand.write(page.get_by_label("Name of the business"), "Park Plumbing")
        hand.write(page.get_by_label("Your name"), "Ines Park")
        hand.write(page.get_by_label("Telephone"), "617 555 0107")
        hand.write(page.get_by_label("ZIP code of the business"), "02215")
        hand.tap(page.get_by_label("Only me"))
        hand.tap_button("Next: what you do")

        hand.tap(page.locator("details.trade summary", has_text="Plumbing").first)
        for skill in ("Plumbing", "Water heaters"):
            row = page.locator(".skill").filter(has=page.get_by_role("checkbox", name=skill))
            hand.tap(row.get_by_role("checkbox"))
            hand.tap(row.get_by_text("Expert"))
        self.keep(page, "3-skills")
        hand.tap_button("Next: where you work")

        expect(page.locator("#where-says [data-sentence]")).to_contain_text("Covers")
        hand.look()
        self.keep(page, "4-where")
        hand.tap_button("Next: when you work")

        # Every day, whatever day it is tomorrow.
        for day in ("Saturday", "Sunday"):
            times = page.get_by_role("group", name=day).locator("input[type=time]:visible")
            hand.look()
            times.nth(0).fill("08:00")
            times.nth(1).fill("17:00")
        hand.tap(page.get_by_text("Yes, ask me at any hour"))
        hand.tap(page.get_by_text("I work as on any day"))
        hand.tap_button("Next: papers and pay")

        hand.write(page.get_by_role("textbox", name="An hour", exact=True).first, "85")
        hand.write(page.get_by_role("textbox", name="Call-out", exact=True).first, "40")
        hand.tap_button("Next: check and send")
        page.wait_for_url("**/status/")
        hand.tap_button(re.compile("^Send to "))
        expect(page.get_by_role("heading", name=re.compile("^It is with "))).to_be_visible()
        self.keep(page, "5-waiting")

    def take_in(self) -> None:
        page, hand = self.dana.page, self.dana
        page.goto(self.url)
        hand.write(page.get_by_label("Email"), self.email)
        hand.write(page.get_by_label("Password"), self.password)
        hand.tap_button("Sign in", exact=True)
        hand.tap_link(re.compile("^Contractors"))
        hand.tap_link(re.compile("applications? waits? for review"))
        self.keep(page, "6-queue")
        hand.tap(page.get_by_role("link", name="Park Plumbing", exact=True).last)
        self.keep(page, "7-application")
        hand.tap_link("Approve", exact=True)
        hand.tap(page.get_by_role("dialog").get_by_role("button", name="Approve"))
        said = "Park Plumbing is in the network and can be offered work."
        expect(page.get_by_text(said)).to_be_visible()

    def take_a_job_in(self) -> None:
        page, hand = self.dana.page, self.dana
        hand.tap_link("New job", exact=True)
        hand.write(page.get_by_role("textbox", name="Name"), "Teresa Moreau")
        hand.write(page.get_by_role("textbox", name="Phone"), "617 555 0142")
        hand.write(page.get_by_label("Street, number, unit"), "41 Pond Lane")
        hand.write(page.get_by_role("textbox", name="ZIP"), "02215")
        hand.look()
        page.get_by_role("combobox", name="Service").select_option(label="Water heater repair")
        hand.write(page.get_by_label("What is wrong"), "No hot water since this morning")
        hand.tap_button("Create and start calling")
        page.wait_for_url(re.compile(r"/jobs/[0-9a-f-]{36}/"))
        # Harold, who has a record, is asked first; Dana wants the new one to get a chance.
        expect(page.get_by_role("heading", name=re.compile("is being asked"))).to_be_visible()
        self.ask_next()
        hand.tap_link(re.compile("^Answer by phone"))
        dialog = page.get_by_role("dialog")
        hand.tap(dialog.get_by_label("No", exact=True))
        hand.look()
        dialog.get_by_label("Reason").select_option("too_busy")
        hand.tap(dialog.get_by_role("button", name="Record the answer"))
        asked = page.get_by_role("heading", name="Park Plumbing is being asked")
        expect(asked).to_be_visible(timeout=PATIENCE_MS)
        self.keep(page, "8-asked")

    def ask_next(self) -> None:
        """One tap where she is next anyway; past somebody ranked before her it asks why."""
        page, hand = self.dana.page, self.dana
        row = page.get_by_role("row", name=re.compile("Park Plumbing"))
        why = row.get_by_role("link", name=re.compile("^Ask next"))
        hand.tap(why.or_(row.get_by_role("button", name=re.compile("^Ask next"))))
        said = page.get_by_text("Park Plumbing is asked next")
        dialog = page.get_by_role("dialog")
        expect(said.or_(dialog)).to_be_visible()
        if dialog.is_visible():
            if (reason := dialog.get_by_label("Reason")).count():
                reason.select_option(index=1)
            hand.tap(dialog.get_by_role("button", name="Ask next"))
        expect(said).to_be_visible()

    def say_yes(self) -> None:
        page, hand = self.ines.page, self.ines
        page.reload()
        hand.tap_link("See today’s offers")
        offer = page.locator("a[href*='/portal/offers/']", has_text="Water heater repair").first
        expect(offer).to_be_visible(timeout=PATIENCE_MS)
        self.keep(page, "9-today")
        hand.tap(offer)
        page.wait_for_url(re.compile(r"/offers/[0-9a-f-]{36}/"))
        assert "41 Pond Lane" not in page.content()
        self.keep(page, "10-offer")
        hand.tap_button(re.compile("^Accept for"))
        expect(page.get_by_text("41 Pond Lane").first).to_be_visible()
        self.keep(page, "11-address")
        expect(self.dana.page.get_by_text("Park Plumbing accepted").first).to_be_visible()


def report(walk: Walk) -> str:
    lines = [f"{seconds:6.1f} s  {name}" for name, seconds in walk.seconds.items()]
    return "\n".join([*lines, f"{sum(walk.seconds.values()):6.1f} s  together"])


def main(url: str, email: str, password: str) -> None:
    from playwright.sync_api import sync_playwright

    executable = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=executable, headless=True, args=FLAGS)
        opened = OpenedPages(browser)
        walk = Walk(url, email, password, opened, by_hand=True)
        try:
            walk.go()
        except BaseException:
            for name, hand in (("ines", walk.ines), ("dana", walk.dana)):
                hand.page.screenshot(path=str(Path(f"/tmp/walk-{name}.png")), full_page=True)
                print(name, hand.page.url, file=sys.stderr)
            raise
        finally:
            opened.close()
        sys.stdout.write(report(walk) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
