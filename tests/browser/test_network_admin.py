"""The network in the admin, in a real browser: a list goes in and out again; axe everywhere."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection, transaction
from django.urls import reverse
from playwright.sync_api import Page, expect

from network.catalogue import create_branch_catalogue
from network.clock import app_now
from network.imports.mapping import parse_mapping
from network.imports.service import import_contractors
from network.models import (
    Application,
    Branch,
    BranchStaff,
    Client,
    Contractor,
    ContractorNote,
    Requirement,
    User,
)
from network.services.calendar import add_time_off
from network.services.invitations import invite
from tests.browser.conftest import (
    DESK_LIGHT,
    OpenedPages,
    Screen,
    assert_axe_clean,
    axe_violations,
    overflow,
)
from tests.browser.test_console import SignIn
from tests.browser.test_network import hand_in
from tests.network.factories import make_branch
from tests.network.test_imports import GOOD, MAPPING

pytestmark = pytest.mark.django_db(transaction=True)
LIST = "admin:network_contractorimport_list"


@pytest.fixture
def branch(settings: Any, tmp_path: Any) -> Branch:
    settings.MEDIA_ROOT = tmp_path
    branch = make_branch()
    create_branch_catalogue(branch)
    maya = User.objects.create_superuser("maya@example.com", "secret", name="Maya")
    BranchStaff.objects.create(user=maya, branch=branch, role="admin")
    return branch


@pytest.fixture
def enter(open_page: OpenedPages, sign_in: SignIn, live_server: Any) -> Any:
    """``enter(screen)``: an admin, signed in."""

    def signed_in(screen: Screen) -> Page:
        open_page.expected.append("Applying inline style")  # Django's own; the policy stops it
        page = open_page(screen)
        sign_in(page, "maya@example.com", "secret")
        return page

    return signed_in


def looked_at(page: Page, name: str, screen: Screen) -> None:
    if folder := os.environ.get("FIRSTCALL_SHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}-{screen.name}.png"), full_page=True)
    assert_axe_clean(page)
    assert overflow(page) <= 0, name


def send_list(page: Page, branch: Branch, rows: bytes) -> None:
    page.get_by_label("Branch").select_option(str(branch))
    page.get_by_label("List").set_input_files(
        {"name": "list.csv", "mimeType": "text/csv", "buffer": rows}
    )
    page.get_by_label("Mapping").set_input_files(
        {"name": "map.toml", "mimeType": "application/toml", "buffer": MAPPING.encode()}
    )
    page.get_by_role("button", name="Try it out").click()


def test_a_list_is_tried_out_put_in_with_progress_and_taken_back(
    branch: Branch, enter: Any, live_server: Any, screen: Screen
) -> None:
    page: Page = enter(screen)
    page.goto(live_server.url + reverse(LIST))
    looked_at(page, "import-list", screen)
    send_list(page, branch, GOOD + b"\n4,Bad,,,99999,P,1\n5,Locks,,,02215,X,1\n")
    expect(page.get_by_role("status").first).to_contain_text("3 firms would be created")
    expect(page.get_by_text("Line 5, Zip: “99999” is not a US ZIP code.")).to_be_visible()
    expect(page.get_by_text("“X”: 1 row")).to_be_visible()
    looked_at(page, "import-trial", screen)
    assert not Contractor.objects.exists()

    # Another import of the branch is under way, so that this one has to wait and can be looked at.
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended('contractor import', %s))", [branch.pk]
        )
        page.get_by_role("button", name="Put them in").click()
        expect(page.get_by_text("5 of 5 rows read.")).to_be_visible()
    expect(page.get_by_text("3 firms created, 0 updated")).to_be_visible()
    looked_at(page, "imports", screen)
    assert Contractor.objects.count() == 3

    page.get_by_role("link", name=f"Undo the last of {branch}").click()
    expect(page.get_by_text("3 firms created, 0 updated")).to_be_visible()
    looked_at(page, "import-undo", screen)
    page.get_by_role("button", name="Undo this import").click()
    expect(page.get_by_text("3 firms removed, 0 restored.")).to_be_visible()
    assert not Contractor.objects.exists()


def test_a_list_that_is_none_is_said_at_its_field(
    branch: Branch, enter: Any, live_server: Any
) -> None:
    page: Page = enter(DESK_LIGHT)
    page.goto(live_server.url + reverse(LIST))
    send_list(page, branch, b"A,B\n1,2\n")
    expect(page.get_by_text("no column")).to_be_visible()
    looked_at(page, "import-refused", DESK_LIGHT)


def fill(branch: Branch) -> None:
    """At least one row of every model of the network that the admin shows."""
    import_contractors(
        branch=branch, content=GOOD, file_name="list.csv", mapping=parse_mapping(MAPPING)
    )
    harold = Contractor.objects.earliest("pk")
    insurance = Requirement.objects.create(
        branch=branch, name="Insurance", kind="insurance", required_from=app_now().date()
    )
    hand_in(harold, insurance)
    add_time_off(
        technician_id=harold.technicians.earliest("pk").pk,
        start=app_now() + timedelta(days=3),
        end=app_now() + timedelta(days=3, hours=5),
        note="Dentist",
    )
    ContractorNote.objects.create(
        contractor=harold, text="Call after nine.", author=User.objects.get()
    )
    Application.objects.create(
        contractor=harold, state="approved", submitted_at=app_now(), reviewed_at=app_now()
    )
    Client.objects.create(branch=branch, name="Acme")
    invite(branch_id=branch.pk, email="new@firm.example", name="New")


def test_every_page_of_the_network_in_the_admin_is_accessible(
    branch: Branch, enter: Any, open_page: OpenedPages, live_server: Any, screen: Screen
) -> None:
    fill(branch)
    page: Page = enter(screen)
    open_page.expected.append("403")  # what only services make cannot be added by hand
    found: list[str] = []
    seen = rows = 0
    for model in admin.site._registry:
        if model._meta.app_label != "network":
            continue
        name = f"admin:network_{model._meta.model_name}_"
        one = model._default_manager.first()
        places = [reverse(name + "changelist")]
        if one is not None:
            places.append(reverse(name + "change", args=[one.pk]))
            rows += 1
        places.append(reverse(name + "add"))
        for place in places:
            answer = page.goto(live_server.url + place)
            assert answer is not None
            if place.endswith("/add/") and answer.status == 403:
                continue  # only services make these
            assert answer.status == 200, place
            seen += 1
            if folder := os.environ.get("FIRSTCALL_SHOTS"):
                file = Path(folder) / f"{place.strip('/').replace('/', '-')}-{screen.name}.png"
                page.screenshot(path=str(file), full_page=True)
            found += [
                f"{place} {violation['id']}: {node['html'][:160]}"
                for violation in axe_violations(page)
                for node in violation["nodes"]
            ]
    assert (seen > 30, rows > 12) == (True, True), (seen, rows)
    assert not found, "\n".join(found)
