"""The admin's pages for lists of contractors."""

from __future__ import annotations

import re
import time

import pytest
import time_machine
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from network.catalogue import create_branch_catalogue
from network.models import BranchStaff, Contractor, ContractorImport, User
from tests.network.factories import make_branch
from tests.network.test_imports import GOOD, MAPPING, run

pytestmark = pytest.mark.django_db
LIST = "admin:network_contractorimport_list"
CONFIRM = "admin:network_contractorimport_confirm"
PROGRESS = "admin:network_contractorimport_progress"


@pytest.fixture
def branch(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    branch = make_branch()
    create_branch_catalogue(branch)
    return branch


def login(client, branch, email="admin@example.com", role="admin"):
    user = User.objects.create_user(email, "x", is_staff=True)
    BranchStaff.objects.create(user=user, branch=branch, role=role)
    client.force_login(user)
    return user


def try_out(client, branch, content: bytes = GOOD, mapping: str = MAPPING):
    return client.post(
        reverse(LIST),
        {
            "branch": branch.pk,
            "file": SimpleUploadedFile("list.csv", content),
            "mapping": SimpleUploadedFile("map.toml", mapping.encode()),
        },
    )


def token_of(page) -> str:
    return re.search(r'name="token" value="([^"]+)"', page.content.decode())[1]


def test_tried_out_confirmed_and_undone(client, branch) -> None:
    user = login(client, branch)
    page = try_out(client, branch)
    text = page.content.decode()
    assert "3 firms would be created" in text
    assert "<ins>harold@firm.example</ins>" in text
    assert not Contractor.objects.exists()
    token = token_of(page)
    client.get(reverse(CONFIRM))
    assert not Contractor.objects.exists(), "a look changes nothing"
    assert client.post(reverse(CONFIRM), {"token": token}).status_code == 302
    assert Contractor.objects.count() == 3
    done = ContractorImport.objects.get()
    assert (done.created_by, done.file_name) == (user, "list.csv")
    assert default_storage.listdir("imports")[1] == [], "the list is not kept"
    again = client.post(reverse(CONFIRM), {"token": token}, follow=True)
    assert "went in already" in again.content.decode()
    assert "Undo the last of" in again.content.decode()

    undo = reverse("admin:network_contractorimport_undo", args=[branch.pk])
    assert "3 firms created" in client.get(undo).content.decode()
    client.post(undo, {"import": "another"})
    assert Contractor.objects.count() == 3
    answer = client.post(undo, {"import": str(done.public_id)}, follow=True)
    assert "3 firms removed" in answer.content.decode()
    assert not Contractor.objects.exists()


def test_how_far_it_is_can_be_asked_by_whoever_confirmed_it(client, branch) -> None:
    login(client, branch)
    page = try_out(client, branch)
    progress = reverse(PROGRESS, args=[page.context["key"]])
    assert progress in page.content.decode()
    assert client.get(progress).json() == {}, "not begun"
    client.post(reverse(CONFIRM), {"token": token_of(page)})
    assert client.get(progress).json() == {
        "words": "firms with their area",
        "done": 3,
        "of": 3,
    }
    login(client, branch, "other@example.com")
    assert client.get(progress).json() == {}
    login(client, branch, "dispatcher@example.com", role="dispatcher")
    assert client.get(progress).status_code == 403


def test_every_step_is_told_as_it_is_done(branch, monkeypatch) -> None:
    monkeypatch.setattr("network.imports.writing.FIRMS_AT_ONCE", 2)
    told: list[tuple[str, int, int]] = []
    run(branch, GOOD, progress=lambda *step: told.append(step))
    assert told == [
        ("read", 3, 3),
        ("contractors", 3, 3),
        ("people", 0, 3),
        ("people", 3, 3),
        ("territories", 2, 3),
        ("territories", 3, 3),
    ]


def test_lists_that_nobody_confirmed_are_not_kept(client, branch) -> None:
    login(client, branch)
    with time_machine.travel(time.time() - 4000):
        try_out(client, branch)
    [old] = default_storage.listdir("imports")[1]
    try_out(client, branch)
    [new] = default_storage.listdir("imports")[1]
    assert new != old


def test_mistakes_are_said_beside_their_field(client, branch) -> None:
    login(client, branch)
    page = try_out(client, branch, content=b"A,B\n1,2\n")
    assert "no column" in str(page.context["form"].errors["file"])
    page = try_out(client, branch, mapping="nonsense")
    assert "not valid TOML" in str(page.context["form"].errors["mapping"])
    assert try_out(client, branch, content=b"").status_code == 200
    page = client.post(reverse(CONFIRM), {"token": "forged"}, follow=True)
    assert "Send the list again" in page.content.decode()


def test_another_branch_and_another_user_are_kept_out(client, branch) -> None:
    login(client, branch)
    token = token_of(try_out(client, branch))
    stranger = make_branch()
    login(client, stranger, "other@example.com")
    assert try_out(client, branch).context["form"].errors["branch"]
    assert client.post(reverse(CONFIRM), {"token": token}).status_code == 403
    undo = reverse("admin:network_contractorimport_undo", args=[branch.pk])
    assert client.get(undo).status_code == 403
    login(client, branch, "dispatcher@example.com", role="dispatcher")
    assert client.get(reverse(LIST)).status_code == 403
    assert not Contractor.objects.exists()
