"""Words that staff write: checked on saving, previewed, and never a reason to tell nobody."""

from __future__ import annotations

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from jobs.models import Message, MessageText
from network.models import BranchStaff, Contractor
from tests.jobs.steps import offered
from tests.jobs.world import make_branch, make_user
from tests.messages.conftest import send_all
from tests.portal.conftest import signed_in

pytestmark = pytest.mark.django_db

ADD = "admin:jobs_messagetext_add"
GOOD = {
    "template": "offer_made",
    "form": "letter",
    "language": "en",
    "subject": "Work in {place} for {pay}",
    "body": "Dear {name},\n\n{service}, {window}.\n{link}",
    "is_active": "on",
}


@pytest.fixture
def ada(branch_admin) -> Client:
    return signed_in(branch_admin)


def text(**changes) -> MessageText:
    return MessageText.objects.create(**{**GOOD, "is_active": True, **changes})


def test_saved_words_are_what_is_sent(ada, branch, trio, make_job):
    answer = ada.post(reverse(ADD), {**GOOD, "branch": branch.pk})
    assert answer.status_code == 302
    offered(make_job())
    send_all()
    assert mail.outbox[0].subject == "Work in Boston 02215 for $140"
    assert mail.outbox[0].body.startswith("Dear Harold,\n\nWater heater repair, Tue 3 Nov")
    assert mail.outbox[0].body.endswith("\nGreater Boston\n")


def test_an_unknown_variable_is_refused_with_those_that_are_known(ada, branch):
    typed = {**GOOD, "branch": branch.pk, "body": "Dear {nmae}, {link}"}
    page = ada.post(reverse(ADD), typed)
    words = page.content.decode()
    assert page.status_code == 200
    assert "{nmae} is not known here. Known are: " in words
    assert "{answer_by}" in words
    assert "Dear {nmae}, {link}" in words, "what was typed is still there"
    assert not MessageText.objects.exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"subject": ""}, "A letter needs a subject."),
        ({"subject": "Hi {"}, "single “{”"),
        ({"body": "{name.password}"}, "only a name stands between the braces"),
        ({"form": "short", "body": "x" * 481}, "at most 480 characters"),
    ],
)
def test_what_cannot_be_filled_in_is_refused(ada, branch, changes, words):
    page = ada.post(reverse(ADD), {**GOOD, "branch": branch.pk, **changes})
    assert words in page.content.decode()
    assert not MessageText.objects.exists()


def test_a_branchs_own_words_count_before_those_of_all(branch, trio, make_job):
    text(branch=None, subject="For all")
    text(branch=branch, subject="For Boston")
    text(branch=make_branch("worcester"), subject="For Worcester")
    offered(make_job())
    send_all()
    assert mail.outbox[0].subject == "For Boston"


def test_words_count_in_their_language_and_form_only(branch, trio, make_job):
    text(branch=branch, language="es", subject="Trabajo")
    text(branch=branch, form="short", subject="", body="Short {link}")
    offered(make_job())
    Contractor.objects.filter(pk=trio[1].pk).update(language="es")
    send_all()
    assert mail.outbox[0].subject.startswith("Water heater repair in")


def test_words_that_break_later_give_way_and_staff_are_told_once(
    branch, trio, make_job, branch_admin
):
    """A placeholder that a newer version no longer has."""
    broken = text(branch=branch, body="Dear {first_name}")
    for _ in range(2):
        offered(make_job())
    send_all()
    offers = [m for m in mail.outbox if "Water heater repair in" in m.subject]
    assert len(offers) == 2, "nobody goes untold"
    told = [m for m in mail.outbox if m.to == [branch_admin.email]]
    assert [m.subject for m in told] == ["Your words for “New offer” cannot be used"]
    assert "{first_name} is not known here" in told[0].body
    broken.refresh_from_db()
    assert broken.broken_since is not None
    assert Message.objects.filter(status="pending").count() == 0


def test_the_preview_fills_in_what_is_typed_and_saves_nothing(ada, branch):
    page = ada.post(reverse("admin:jobs_messagetext_preview"), {**GOOD, "branch": branch.pk})
    words = page.content.decode()
    assert "Work in Brighton 02135 for $246" in words
    assert "Dear Harold," in words
    assert not MessageText.objects.exists()
    page = ada.post(reverse("admin:jobs_messagetext_preview"), {**GOOD, "body": "{nmae}"})
    assert page.status_code == 422
    assert "{nmae} is not known here" in page.content.decode()


def test_the_preview_of_saved_words_uses_what_cannot_be_changed_from_the_row(ada, branch):
    row = text(branch=branch, form="short", subject="", body="{branch}: {link}")
    page = ada.post(
        reverse("admin:jobs_messagetext_preview"),
        {"saved": row.pk, "body": "Hi {name}: {link}"},
    )
    assert "Hi Harold: http" in page.content.decode()


def test_words_begin_with_the_built_in_ones(ada):
    page = ada.get(reverse(ADD) + "?template=visit_booked&language=es&form=letter")
    assert "Reservada: {service}, {window}" in page.content.decode()
    for language in ("en", "es"):
        page = ada.get(reverse("admin:jobs_messagetext_built_in") + f"?language={language}")
        assert page.status_code == 200
        assert "BOS-000123" in page.content.decode()


def test_an_admin_of_one_branch_writes_for_that_branch_only(branch, db):
    other = make_branch("worcester")
    user = make_user("wes@example.com", is_staff=True)
    BranchStaff.objects.create(user=user, branch=other, role="admin")
    client = signed_in(user)
    mine, all_of_them = text(branch=branch), text(branch=None)
    for row in (mine, all_of_them):
        address = reverse("admin:jobs_messagetext_change", args=[row.pk])
        assert client.get(address).status_code in (302, 403)
    page = client.post(reverse(ADD), {**GOOD, "branch": branch.pk})
    assert page.status_code == 200, "not a choice of this form"
    page = client.post(reverse(ADD), {**GOOD, "branch": ""})
    assert page.status_code == 200
    assert MessageText.objects.count() == 2
    assert client.post(reverse(ADD), {**GOOD, "branch": other.pk}).status_code == 302


def test_a_dispatcher_writes_no_words(dispatcher):
    assert signed_in(dispatcher).get(reverse(ADD)).status_code == 302
