"""The network in a real browser: a review, a suspension that re-dispatches, four screens, axe."""

from __future__ import annotations

from datetime import date, timedelta
from io import BytesIO
from typing import Any

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from playwright.sync_api import Page, expect

from jobs.models import Booking, Job
from jobs.services.outbox import send_due_messages
from jobs.services.protection import protect_appointments
from network.clock import app_now
from network.models import (
    Application,
    Branch,
    Contractor,
    ContractorNote,
    Document,
    Requirement,
    User,
)
from network.services.calendar import add_time_off
from network.services.documents import approve_document, submit_document
from network.services.invitations import invite
from network.services.requests import ask_for_document
from tests.browser.conftest import DESK_LIGHT, OpenedPages, Screen, assert_axe_clean, overflow
from tests.browser.test_console import SignIn, boston, take_in  # noqa: F401
from tests.jobs import world
from tests.jobs.steps import accept

pytestmark = pytest.mark.django_db(transaction=True)

CONTRACTORS = "/console/boston/contractors/"


@pytest.fixture
def insured(boston: Branch, settings: Any, tmp_path: Any) -> Requirement:  # noqa: F811
    """A branch that asks for an insurance, which the three have until next summer."""
    settings.MEDIA_ROOT = tmp_path
    today = app_now().astimezone(boston.zone).date()
    insurance = Requirement.objects.create(
        branch=boston, name="Liability insurance", kind="insurance", required_from=today
    )
    for contractor in Contractor.objects.order_by("pk"):
        approve_document(document_id=hand_in(contractor, insurance).pk, actor_id=None)
    return insurance


def hand_in(contractor: Contractor, insurance: Requirement, ends: date | None = None) -> Document:
    content = BytesIO()
    Image.new("RGB", (8, 8), "white").save(content, "PNG")
    return submit_document(
        contractor_id=contractor.pk,
        file=SimpleUploadedFile("policy.png", content.getvalue(), content_type="image/png"),
        requirement_id=insurance.pk,
        number="A-17",
        expires_on=ends or app_now().date() + timedelta(days=300),
    )


def cut_off(page: Page) -> list[str]:
    """Tables that are wider than the panel that clips them, which the page's own width hides."""
    found: list[str] = page.evaluate(
        "[...document.querySelectorAll('.panel.clip > table')]"
        ".filter(table => table.scrollWidth > table.parentElement.clientWidth + 1)"
        ".map(table => table.className)"
    )
    return found


def apply(branch: Branch, name: str, **changes: Any) -> Contractor:
    facts = {"status": "applicant", "cleared_until": None, "phone": "", **changes}
    applicant = world.make_contractor(branch, name, **facts)
    Application.objects.create(
        contractor=applicant, state="submitted", submitted_at=app_now() - timedelta(hours=5)
    )
    return applicant


@pytest.fixture
def enter(open_page: OpenedPages, sign_in: SignIn, live_server: Any) -> Any:
    """``enter(screen, path)``: the dispatcher at a page about contractors."""

    def open_at(screen: Screen, path: str = "") -> Page:
        page = open_page(screen)
        open_page.expected.append("422")  # wrong input, on purpose
        sign_in(page, "nora@example.com", "secret")
        page.goto(f"{live_server.url}{CONTRACTORS}{path}")
        return page

    return open_at


def test_one_applicant_is_sent_back_and_another_taken_in_and_asked(
    boston: Branch,  # noqa: F811
    insured: Requirement,
    enter: Any,
) -> None:
    bo = apply(boston, "Bo Build", hourly_rate="400.00", kilometres_north=2)
    ada = apply(boston, "Ada Pipe", hourly_rate="60.00", tier=1, kilometres_north=0.3)
    hand_in(ada, insured)
    page: Page = enter(DESK_LIGHT)
    page.get_by_role("link", name="2 applications wait for review").click()

    # Bo's price and missing paper are pointed out; he is sent back with a reason.
    queue = page.get_by_role("article").filter(has_text="Bo Build")
    expect(queue).to_contain_text("Liability insurance is missing")
    expect(queue).to_contain_text("Asks $400/h, usual is $90")
    page.get_by_role("link", name="Bo Build", exact=True).click()
    page.get_by_role("link", name="Send back").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Prices and papers").check()
    dialog.get_by_role("button", name="Send back").click()
    expect(dialog).to_contain_text("Say why")  # and nothing is lost
    expect(dialog.get_by_label("Prices and papers")).to_be_checked()
    dialog.get_by_label("Reason").fill("Please send your insurance.")
    dialog.get_by_role("button", name="Send back").click()
    expect(page.get_by_text("Bo Build was asked to mend the application.")).to_be_visible()
    expect(page.get_by_role("article")).to_have_count(1)

    # Ada's paper is opened and approved beside her application, then she is taken in.
    page.get_by_role("link", name="Ada Pipe", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("link", name="File of Liability insurance").click()
    assert download.value.suggested_filename == "policy.png"
    page.get_by_role("link", name="Approve Liability insurance").click()
    dialog.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("Ada Pipe: Liability insurance counts now.")).to_be_visible()
    expect(page.get_by_role("link", name="Approve Liability insurance")).to_have_count(0)
    page.get_by_role("link", name="Approve", exact=True).click()
    dialog.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("Ada Pipe is in the network and can be offered work.")).to_be_visible()
    expect(page.get_by_text("Nothing waits")).to_be_visible()

    bo.refresh_from_db()
    ada.refresh_from_db()
    assert (bo.status, bo.application.state, ada.status) == ("applicant", "sent_back", "active")
    assert bo.application.data["mend"] == [5]
    send_due_messages()
    told = {message.to[0]: message.body for message in mail.outbox}
    assert "Please send your insurance." in told["bo.build@example.com"]
    assert "ada.pipe@example.com" in told
    job = take_in(boston)
    world.run_due()
    assert world.pending_offer(job).contractor == ada


def test_a_suspension_says_who_would_come_and_then_re_dispatches_the_visits(
    boston: Branch,  # noqa: F811
    insured: Requirement,
    enter: Any,
) -> None:
    visit, asked = take_in(boston, reference="V-1"), take_in(boston, reference="O-2")
    world.run_due()
    accept(world.pending_offer(visit))
    world.run_due()
    window = (visit.window_start, visit.window_end)
    page: Page = enter(DESK_LIGHT, "?q=harold")
    page.get_by_role("link", name="Harold", exact=True).click()
    expect(page.get_by_role("region", name="Week", exact=True)).to_contain_text("V-1")
    page.get_by_role("link", name="Suspend…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("1 visit would be re-dispatched, 1 offer withdrawn.")
    expect(dialog).to_contain_text("V-1 Water heater repair")
    expect(dialog).to_contain_text("Lisa is next")
    assert Contractor.objects.get(name="Harold").status == "active"
    dialog.get_by_label("Reason").fill("The insurer called.")
    dialog.get_by_role("button", name="Suspend and re-dispatch 1").click()
    expect(page.get_by_text("1 visit is being re-dispatched.")).to_be_visible()
    expect(page.locator(".who-h")).to_contain_text("Suspended")
    expect(page.locator("#history")).to_contain_text("The insurer called.")

    # What the clock does within seconds.
    assert protect_appointments() == 2
    world.run_due()
    assert not Booking.objects.filter(contractor__name="Harold", live=True).exists()
    assert world.pending_offer(visit).contractor.name == "Lisa"
    visit.refresh_from_db()
    assert (visit.window_start, visit.window_end) == window
    send_due_messages()
    assert any("The insurer called." in message.body for message in mail.outbox)
    assert Job.objects.get(pk=asked.pk).status != "cancelled"
    page.reload()
    expect(page.get_by_role("region", name="Week", exact=True)).not_to_contain_text("Asked")
    page.get_by_role("link", name="Reinstate…").click()
    dialog.get_by_label("Reason").fill("It was another firm.")
    dialog.get_by_role("button", name="Make active again").click()
    expect(page.locator(".who-h")).to_contain_text("Active")


def test_from_the_list_to_something_for_many(
    boston: Branch,  # noqa: F811
    insured: Requirement,
    enter: Any,
) -> None:
    Contractor.objects.filter(name="James").update(status="suspended")
    page: Page = enter(DESK_LIGHT)
    page.keyboard.press("f")
    page.get_by_label("Status").select_option("active")
    page.get_by_role("checkbox", name="Plumbing").check()
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("row").filter(has_text="James")).to_have_count(0)
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    lines = download.value.path().read_text("utf-8-sig").splitlines()
    assert [line.split(",")[0] for line in lines] == ["name", "Harold", "Lisa"]
    page.get_by_role("checkbox", name="All 2 of this filter").check()
    page.get_by_role("button", name="Ask for a paper").click()
    page.get_by_label("Paper").select_option("Liability insurance")
    page.get_by_role("button", name="Ask 2").click()
    expect(page.get_by_text("Done for 2 of 2.")).to_be_visible()
    page.get_by_role("link", name="Back to the list").click()
    expect(page.get_by_role("link", name="Remove filter Status Active")).to_be_visible()


def test_the_pages_are_clean_and_fit_on_every_screen(
    boston: Branch,  # noqa: F811
    insured: Requirement,
    enter: Any,
    screen: Screen,
) -> None:
    today = app_now().astimezone(boston.zone).date()
    harold, lisa, james = Contractor.objects.order_by("pk")
    nora = User.objects.get(email="nora@example.com")
    visit, asked = take_in(boston, reference="V-1"), take_in(boston, reference="O-2")
    world.run_due()
    accept(world.pending_offer(visit))
    world.run_due()
    assert world.pending_offer(asked).contractor == harold
    add_time_off(
        technician_id=harold.technicians.get().pk,
        start=app_now() + timedelta(days=3),
        end=app_now() + timedelta(days=3, hours=5),
        note="Dentist",
    )
    ContractorNote.objects.create(contractor=harold, text="Call after nine.", author=nora)
    paper = hand_in(lisa, insured, today + timedelta(days=20))
    ask_for_document(
        branch_id=boston.pk, contractor_ids=[harold.pk], requirement_id=insured.pk, note="New one"
    )
    Contractor.objects.filter(pk=james.pk).update(
        cleared_until=today + timedelta(days=3),
        clearance_override_until=today + timedelta(days=3),
        clearance_override_note="By telephone",
    )
    Contractor.objects.filter(pk=lisa.pk).update(
        name="Neptune Masonry, Paving and Sons", paused_until=app_now() + timedelta(days=9)
    )
    ada = apply(boston, "Ada Pipe", hourly_rate="400.00")
    hand_in(ada, insured)
    for name in ("sent", "late"):
        invite(branch_id=boston.pk, email=f"{name}@pipe.example", name="Pipe")
    page: Page = enter(screen)
    origin = page.url.split(CONTRACTORS)[0] + CONTRACTORS
    for path in (
        "",
        "?q=nobody-like-this",
        "?area=Atlantis&trade=plumbing&sort=load",
        "applications/",
        f"applications/{ada.public_id}/",
        f"applications/{ada.public_id}/back/",
        "papers/",
        f"papers/{paper.public_id}/approve/",
        "invitations/",
        f"{harold.public_id}/",
        f"{harold.public_id}/?figure=acceptance",
        f"{james.public_id}/",
        f"{harold.public_id}/do/suspend/",
        f"{harold.public_id}/do/pause/",
        f"{harold.public_id}/do/clear/",
        f"{harold.public_id}/ask/",
        f"for-many/message/?pick={harold.public_id}",
        "for-many/paper/?all=1",
    ):
        page.goto(origin + path)
        page.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
        assert_axe_clean(page)
        assert overflow(page) <= 0, path
        assert cut_off(page) == [], path
    page.goto(origin + "invitations/")
    page.get_by_label("E-mail addresses").fill("bo@build.example\nno address")
    page.get_by_role("button", name="Send invitations").click()
    expect(page.get_by_text("Line 2, “no address”")).to_be_visible()
    assert_axe_clean(page)
    page.goto(origin + f"{harold.public_id}/")
    page.get_by_role("link", name="Has left…").click()
    expect(page.get_by_role("dialog")).to_contain_text("1 visit would be re-dispatched")
    assert_axe_clean(page)
    assert overflow(page) <= 0
