"""What a mail scanner does: it opens every link of every message, and every link found there.

A real browser without a login, since that is what a scanner is; then one that carries the
recipient's own session, as a link preview in somebody's browser does. Nothing may come of it: the
rows of every table that is not a session are the same before and after.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urldefrag, urlsplit

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page

from jobs.models import Message, Offer
from jobs.services.offer_links import code_of
from network.models import ContractorUser, User
from tests.browser.conftest import OpenedPages
from tests.jobs.steps import offered
from tests.jobs.world import *  # noqa: F403
from tests.messages.conftest import send_all
from tests.messages.every_kind import Week, write_every_kind

#: The visitor's own: sessions, when a token was used, and the sign-in library's copy of an address.
OF_THE_VISITOR = {"django_session", "jobs_apitoken", "account_emailaddress"}
LINK = re.compile(r"https?://[^\s<>\"]+")
#: Links of the messages' pages are followed too, so many of them in all.
MOST_BEHIND = 60


@pytest.fixture
def sent(
    transactional_db: None, live_server: Any, settings: Any, clock: Any, branch, trio, dispatcher,
    branch_admin, make_job,
) -> list[Message]:  # fmt: skip
    """Every kind of message, and an offer that is still open, sent with links that work."""
    settings.BASE_URL = live_server.url
    settings.KEEP_MESSAGE_SECRETS = True
    week = Week(clock, branch, trio, dispatcher, branch_admin, make_job)
    write_every_kind(week)
    trio[1].refresh_from_db()
    trio[1].__class__.objects.update(cleared_until="2027-12-31")
    offered(week.job(2, customer_email="eve@example.com"))
    send_all()
    clock.everywhere(clock.now)
    return list(Message.objects.order_by("pk"))


def links(messages: list[Message]) -> list[str]:
    """Every address in every message, once, in order."""
    found = [
        link.rstrip(".,:;)")
        for message in messages
        for link in LINK.findall(f"{message.subject}\n{message.body}")
    ]
    return list(dict.fromkeys(found))


def rows() -> dict[str, str]:
    """A fingerprint of every table of the domain."""
    prints = {}
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            table = model._meta.db_table
            if model._meta.managed and not model._meta.proxy and table not in OF_THE_VISITOR:
                cursor.execute(f'SELECT t::text FROM "{table}" t ORDER BY 1')
                lines = "\n".join(row[0] for row in cursor.fetchall())
                prints[table] = f"{cursor.rowcount} {hashlib.sha256(lines.encode()).hexdigest()}"
    return prints


def followed(page: Page, start: list[str]) -> Iterator[tuple[str, int]]:
    """Open the addresses, and links on their pages; gives each with its answer's status."""
    waiting, seen = [*start], set(start)
    host = urlsplit(start[0]).netloc
    for address in waiting:
        status = opened(page, address)
        yield address, status
        for link in page.locator("a[href]").evaluate_all("all => all.map(a => a.href)"):
            link = urldefrag(link).url
            is_new = urlsplit(link).netloc == host and link not in seen
            if is_new and len(waiting) < len(start) + MOST_BEHIND:
                seen.add(link)
                waiting.append(link)


def opened(page: Page, address: str) -> int:
    """Show it, or load it down where it is a file."""
    try:
        answer = page.goto(address, wait_until="load")
    except PlaywrightError as error:
        if "Download is starting" not in str(error):
            raise
        answer = None
    # None too for a page that differs from the one before by its fragment only.
    return answer.status if answer is not None else page.request.get(address).status


def test_every_link_of_every_message_is_followed_and_nothing_changes(
    sent: list[Message], open_page: OpenedPages
) -> None:
    """First by a stranger's browser, then by ones that are signed in as whoever was written to."""
    assert {message.template for message in sent} == set(Message.Template.values)
    assert len({message.template for message in sent if LINK.search(message.body)}) >= 20
    start = links(sent)
    offer = Offer.objects.get(status="pending")
    assert any("/portal/o/" in link for link in start)
    assert any("/c/" in link for link in start)
    visitors = (None, signed_in_as(offer), signed_in_as_staff())
    before = rows()
    # What is over, what a stranger may not see, and links that were made for another visit.
    open_page.expected += ["status of 403", "status of 404", "status of 410"]
    for cookies in visitors:
        page = open_page()
        if cookies:
            page.context.add_cookies([{**cookies, "url": start[0]}])
        answers = dict(followed(page, start))
        assert set(start) <= set(answers)
        wrong = {address: status for address, status in answers.items() if status >= 500}
        assert not wrong
        after = rows()
        changed = {table for table in before if before[table] != after[table]}
        assert not changed, f"{changed} changed by opening links"
    offer.refresh_from_db()
    assert offer.status == "pending"


def test_a_change_would_be_seen(sent: list[Message], live_server: Any) -> None:
    """The same look at the tables sees what one button does."""
    before = rows()
    (address,) = [
        link for message in sent if message.event and message.event.offer_id
        and message.event.offer.status == "pending" for link in links([message])
    ]  # fmt: skip
    code = code_of(Offer.objects.get(status="pending").public_id)
    answer = Client().post(
        urlsplit(address).path,
        {"answer": "yes", "code": code},
        headers={"host": "localhost"},
    )
    assert answer.status_code == 302
    after = rows()
    changed = {table for table in before if before[table] != after[table]}
    assert {"jobs_offer", "jobs_booking", "jobs_job", "jobs_jobevent"} <= changed


def signed_in_as(offer: Offer) -> dict[str, str]:
    user = User.objects.create_user(email="hal@login.example", password="secret", name="Hal")
    ContractorUser.objects.create(user=user, contractor=offer.contractor)
    return session_of(user)


def signed_in_as_staff() -> dict[str, str]:
    return session_of(User.objects.get(email="ada@example.com"))


def session_of(user: User) -> dict[str, str]:
    client = Client()
    client.force_login(user)
    return {"name": "sessionid", "value": client.cookies["sessionid"].value}
