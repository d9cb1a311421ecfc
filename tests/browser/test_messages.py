"""Messages in a real browser: preferences and notifications, words and their preview, the one-tap
link, the mailbox of a demo; every page on every screen."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, expect

from jobs.models import (
    Booking,
    Message,
    MessagePreference,
    MessageText,
    Offer,
    PushSubscription,
    StaffDigest,
)
from jobs.services.contractor_messages import write_to_contractors
from jobs.services.delivery_states import Told, note_delivery
from jobs.services.offer_links import code_of
from network.models import Contractor, User
from tests.browser.conftest import (
    DESK_LIGHT,
    PHONE_LIGHT,
    SCREENS,
    OpenedPages,
    Screen,
    assert_axe_clean,
    overflow,
)
from tests.jobs.steps import booked, offered
from tests.jobs.world import *  # noqa: F403
from tests.jobs.world import START
from tests.messages.conftest import send_all
from tests.messages.every_kind import Week, write_every_kind

Browsing = Callable[[User | None, Screen], Page]


@pytest.fixture
def now(transactional_db: None, clock: Any, settings: Any, live_server: Any) -> Any:
    """Domain time stands still for the server too; links in messages lead to it."""
    settings.BASE_URL = live_server.url
    settings.KEEP_MESSAGE_SECRETS = True
    clock.everywhere(START)
    return clock


@pytest.fixture
def offer(now: Any, trio: list[Contractor], make_job: Any) -> Offer:
    """One visit of Harold's, and an offer that he was told of and has not answered."""
    booked(make_job())
    offer = offered(make_job())
    send_all()
    return offer


@pytest.fixture
def browsing(live_server: Any, open_page: OpenedPages) -> Browsing:
    """A page of somebody who is signed in; of a stranger for None."""

    def opened(user: User | None, screen: Screen) -> Page:
        page = open_page(screen)
        if user is not None:
            client = Client()
            client.force_login(user)
            cookie = client.cookies["sessionid"].value
            page.context.add_cookies(
                [{"name": "sessionid", "value": cookie, "url": live_server.url}]
            )
        return page

    return opened


def link_of(offer: Offer) -> str:
    """The address in the message of the offer."""
    body = Message.objects.get(event__offer=offer, template="offer_made").body
    found = re.search(r"\S+/portal/o/\S+/", body)
    assert found is not None
    return found.group(0)


def look(page: Page, name: str, screen: Screen, *, except_rules: tuple[str, ...] = ()) -> None:
    page.wait_for_load_state("networkidle")
    if folder := os.environ.get("FIRSTCALL_SHOTS"):
        page.screenshot(path=str(Path(folder) / f"msg-{name}-{screen.name}.png"), full_page=True)
    assert overflow(page) == 0, name
    assert_axe_clean(page, except_rules=except_rules)


def test_every_page_is_accessible_and_fits_every_screen(
    live_server: Any, offer: Offer, harold_user: User, branch_admin: User, browsing: Browsing,
    settings: Any, screen: Screen, open_page: OpenedPages,
) -> None:  # fmt: skip
    open_page.expected.append("404")  # a link that was cut off on its way
    settings.EMAIL_BACKEND = "jobs.channels.demo.MailboxBackend"
    site = live_server.url
    page = browsing(None, screen)
    page.goto(link_of(offer))
    look(page, "tap", screen)
    page.get_by_label("The four digits of the message").fill("0000")
    page.get_by_text("Decline instead").click()
    look(page, "tap-decline", screen)
    page.goto(site + "/portal/o/nothing/")
    look(page, "tap-unknown", screen)
    mail.send_mail("Your code", f"Your code: K7Q-2LM\n{site}/", None, ["zoe@example.com"])
    page.goto(site + reverse("mailbox"))
    look(page, "mailbox", screen)
    page = browsing(harold_user, screen)
    page.goto(site + reverse("portal:messages"))
    expect(page.locator("[data-push-state]")).not_to_have_text("Looking at this browser…")
    look(page, "preferences", screen)
    page.goto(link_of(offer))
    look(page, "tap-signed-in", screen)
    page = browsing(branch_admin, screen)
    page.goto(site + reverse("console:branch_messages", args=["boston"]))
    look(page, "console", screen)
    page.goto(site + reverse("console:digest", args=["boston"]))
    look(page, "digest", screen)


def test_pages_of_the_admin_are_accessible(
    live_server: Any, now: Any, branch: Any, branch_admin: User, browsing: Browsing,
    screen: Screen, open_page: OpenedPages,
) -> None:  # fmt: skip
    open_page.expected.append("Applying inline style")  # Django's own admin; the policy stops it
    MessageText.objects.create(branch=branch, template="offer_made", subject="x", body="{link}")
    page = browsing(branch_admin, screen)
    for name in ("changelist", "built_in", "add"):
        page.goto(live_server.url + reverse(f"admin:jobs_messagetext_{name}"))
        look(page, f"admin-{name}", screen)


def test_a_week_of_every_kind_of_message_is_read_on_one_page(
    now: Any, clock: Any, branch: Any, trio: list[Contractor], dispatcher: User,
    branch_admin: User, make_job: Any, browsing: Browsing, live_server: Any,
) -> None:  # fmt: skip
    """Waiting, sent, delivered, not arrived, and the next way after it; each with its words."""
    Contractor.objects.filter(pk=trio[1].pk).update(phone="(617) 555-0188")
    MessagePreference.objects.create(
        contractor=trio[1], urgent_ways=["sms", "email"], other_ways=["email"]
    )
    write_every_kind(Week(clock, branch, trio, dispatcher, branch_admin, make_job))
    send_all()
    for number, message in enumerate(Message.objects.exclude(recipient_kind="staff")):
        if number % 3:
            told(message, "bounced" if number % 13 == 4 else "delivered")
    send_all()
    trio[0].refresh_from_db()
    write_to_contractors([trio[0]], branch=branch, subject="Snow", text="Careful.", key="2")
    clock.everywhere(clock.now)
    page = browsing(dispatcher, DESK_LIGHT)
    page.goto(live_server.url + reverse("console:branch_messages", args=["boston"]))
    body = page.locator("#messages-live")
    expect(body.locator("[data-row]")).to_have_count(min(50, Message.objects.count()))
    if folder := os.environ.get("FIRSTCALL_SHOTS"):
        lost = Message.objects.filter(delivery="bounced", job__isnull=False).earliest("pk")
        page.goto(f"{page.url}?message={lost.pk}")
        page.wait_for_load_state("networkidle")
        page.screenshot(path=str(Path(folder) / "messages.png"))
    page.get_by_role("link", name=re.compile("^Not arrived")).click()
    expect(body).to_contain_text("no such mailbox")
    expect(body).to_contain_text("Told by other ways")
    assert_axe_clean(page)
    page.get_by_role("link", name=re.compile("^Waiting")).click()
    expect(body).to_contain_text("Careful.")
    for kind in Message.objects.values_list("template", flat=True).distinct():
        one = page.request.get(f"{page.url.split('?')[0]}?what={kind}").text()
        assert 'aria-label="Text of the message"' in one, kind
        assert "None" not in one.split('aria-label="Text of the message"')[1].split("</div>")[0]


def told(message: Message, state: str) -> None:
    """The provider's event about it."""
    note_delivery(
        Told(
            scope="email:test",
            key=f"{state}-{message.pk}",
            state=state,
            message_id=message.pk,
            provider_id="",
            address=message.address,
            note="no such mailbox" if state == "bounced" else "",
        )
    )


def test_a_contractor_chooses_how_he_is_told_and_the_next_offer_comes_that_way(
    live_server: Any, now: Any, trio: list[Contractor], make_job: Any, harold_user: User,
    browsing: Browsing,
) -> None:  # fmt: skip
    page = browsing(harold_user, PHONE_LIGHT)
    page.goto(live_server.url + reverse("portal:you"))
    page.get_by_role("link", name=re.compile("How you are told")).click()
    offers = page.get_by_role("group", name="Offers and visits")
    offers.get_by_text("A text, and e-mail if it does not arrive").click()
    page.get_by_label("Language of messages").select_option("es")
    page.get_by_role("button", name="Keep this").click()
    expect(page.get_by_text("Kept. The next message comes this way.")).to_be_visible()
    expect(offers.get_by_label("A text, and e-mail if it does not arrive")).to_be_checked()
    assert MessagePreference.objects.get().urgent_ways == ["sms", "email"]
    offered(make_job())
    send_all()
    message = Message.objects.get()
    assert (message.channel, message.status) == ("sms", "sent")
    assert "Responda antes" in message.body


def test_a_browser_is_allowed_to_notify_and_forgotten_again(
    live_server: Any, now: Any, harold_user: User, browsing: Browsing
) -> None:
    """The worker registers for the portal in earnest. Only the browser maker's server, which no
    test may ask, is played: it gives the subscription that it would give."""
    page = browsing(harold_user, PHONE_LIGHT)
    page.context.grant_permissions(["notifications"], origin=live_server.url)
    page.add_init_script(PUSH_SERVICE)
    page.goto(live_server.url + reverse("portal:messages"))
    page.get_by_role("button", name="Notify me in this browser").click()
    expect(page.get_by_text("This browser is notified of offers and visits.")).to_be_visible()
    row = PushSubscription.objects.get()
    assert row.user == harold_user
    assert row.endpoint == "https://fcm.googleapis.com/fcm/send/harold"
    scope = page.evaluate(
        "navigator.serviceWorker.getRegistration('/portal/').then(found => found.scope)"
    )
    assert scope == f"{live_server.url}/portal/"
    page.get_by_role("button", name="Stop in this browser").click()
    expect(page.get_by_text("This browser is not notified.")).to_be_visible()
    assert not PushSubscription.objects.exists()


PUSH_SERVICE = """
(() => {
  const bytes = (size) => new Uint8Array(size).fill(7).buffer;
  PushManager.prototype.subscribe = async () => ({
    endpoint: "https://fcm.googleapis.com/fcm/send/harold",
    getKey: (name) => bytes(name === "auth" ? 16 : 65),
    unsubscribe: async () => true,
  });
})();
"""


#: Links of Django's admin change their colour slowly: from the frame after next on, it is known.
FADED_OVER = """
new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() =>
  Promise.all(document.getAnimations().map((one) => one.finished)).then(() => done()))))
"""


def test_an_admin_is_shown_what_is_wrong_and_what_it_would_look_like_before_it_counts(
    live_server: Any, now: Any, trio: list[Contractor], make_job: Any, branch_admin: User,
    browsing: Browsing, open_page: OpenedPages,
) -> None:  # fmt: skip
    open_page.expected.append("Applying inline style")  # Django's own admin; the policy stops it
    page = browsing(branch_admin, DESK_LIGHT)
    page.goto(live_server.url + reverse("admin:jobs_messagetext_built_in"))
    page.locator("section").filter(has=page.get_by_role("heading", name="New offer")).get_by_role(
        "link", name="Write another letter"
    ).click()
    page.get_by_label("Branch").select_option("Greater Boston")
    expect(page.get_by_label("Subject")).to_have_value(re.compile(r"\{service\} in \{place\}"))
    page.get_by_label("Subject").fill("Work for {nmae}")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("{nmae} is not known here. Known are:")).to_be_visible()
    expect(page.get_by_label("Subject")).to_have_value("Work for {nmae}")
    page.get_by_label("Subject").fill("Work for {name}, {pay}")
    with page.expect_popup() as popup:
        page.get_by_role("button", name="Preview in a new tab").click()
    preview = popup.value
    expect(preview.get_by_role("heading", name="Work for Harold, $246")).to_be_visible()
    for screen in SCREENS:
        preview.set_viewport_size({"width": screen.width, "height": screen.height})
        preview.emulate_media(color_scheme=screen.scheme)  # type: ignore[arg-type]
        preview.evaluate(FADED_OVER)
        assert_axe_clean(preview)
        assert overflow(preview) == 0, screen.name
    assert not MessageText.objects.exists(), "a preview saves nothing"
    preview.close()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was added successfully")).to_be_visible()
    offered(make_job())
    send_all()
    assert mail.outbox[-1].subject == "Work for Harold, $140"


def test_an_offer_is_answered_from_its_link_with_the_four_digits_and_no_login(
    offer: Offer, browsing: Browsing, open_page: OpenedPages
) -> None:
    open_page.expected.append("422")  # the wrong code
    page = browsing(None, PHONE_LIGHT)
    page.goto(link_of(offer))
    expect(page.get_by_role("heading", name="Water heater repair")).to_be_visible()
    assert "Pond" not in page.content()
    code = code_of(offer.public_id)
    digits = page.get_by_label("The four digits of the message")
    digits.fill(f"{(int(code) + 1) % 10_000:04d}")
    page.get_by_role("button", name=re.compile("Accept for")).click()
    expect(page.get_by_role("alert")).to_contain_text("4 more tries")
    digits.fill(code)
    page.get_by_role("button", name=re.compile("Accept for")).click()
    expect(page.get_by_text("It’s yours").first).to_be_visible()
    offer.refresh_from_db()
    assert (offer.status, offer.via) == ("accepted", "link")
    assert Booking.objects.filter(offer=offer, live=True).exists()
    page.goto(link_of(offer))
    expect(page.get_by_text("It’s yours").first).to_be_visible()


def test_a_dispatcher_reads_what_was_sent_and_orders_a_summary(
    live_server: Any, offer: Offer, dispatcher: User, browsing: Browsing
) -> None:
    page = browsing(dispatcher, DESK_LIGHT)
    page.goto(live_server.url + reverse("console:branch_messages", args=["boston"]))
    page.get_by_role("link", name=re.compile("^To customers")).click()
    expect(page.locator("#messages-live")).to_contain_text("dana@example.com")
    expect(page.locator("#messages-live")).not_to_contain_text("harold@example.com")
    page.get_by_role("link", name=re.compile("^Offers")).click()
    page.get_by_role("link", name=re.compile("Harold")).first.click()
    opened = page.locator("#messages-live")
    expect(opened).to_contain_text("you get the call for this job")
    link = opened.get_by_role("link", name=link_of(offer))
    expect(link).to_be_visible()
    page.get_by_role("link", name="Your summary").click()
    page.get_by_label("How often").select_option("day")
    page.get_by_role("button", name="Keep this").click()
    expect(page.get_by_text("The next one: Tomorrow, 07:00 EST")).to_be_visible()
    assert StaffDigest.objects.get().user == dispatcher
