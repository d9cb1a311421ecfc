"""The demo's mailbox: every mail and text, for whoever is trying things out; nowhere else."""

from __future__ import annotations

import re

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import get_connection, send_mail
from django.test import Client
from django.urls import reverse

from jobs.channels import demo
from jobs.models import DemoMail

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def kept(settings):
    settings.EMAIL_BACKEND = "jobs.channels.demo.MailboxBackend"


def test_whoever_registers_reads_the_code_there():
    client = Client()
    answer = client.get(reverse("account_signup"))
    assert reverse("mailbox") in answer.content.decode()
    client.post(
        reverse("account_signup"), {"email": "zoe@example.com", "password1": "correct horse 9"}
    )
    page = Client().get(reverse("mailbox"), {"q": "zoe@"}).content.decode()
    mail = DemoMail.objects.get(recipients="zoe@example.com")
    code = re.search(r"^\s*([A-Z0-9]{3,}-?[A-Z0-9]{3,})\s*$", mail.body, re.MULTILINE)
    assert code is not None, mail.body
    assert code.group(1) in page


def test_links_of_a_mail_can_be_followed():
    send_mail("Invitation", "Here: http://testserver/portal/join/", None, ["a@example.com"])
    page = Client().get(reverse("mailbox")).content.decode()
    assert '<a href="http://testserver/portal/join/"' in page


def test_a_mail_is_text_and_never_markup():
    send_mail("<b>x</b>", "<script>alert(1)</script>", None, ["a@example.com"])
    page = Client().get(reverse("mailbox")).content.decode()
    assert "<script>alert" not in page
    assert "<b>x</b>" not in page


def test_only_the_newest_are_kept(monkeypatch):
    monkeypatch.setattr(demo, "KEPT", 3)
    for number in range(5):
        send_mail(f"number {number}", "words", None, ["a@example.com"])
    assert [mail.subject for mail in DemoMail.objects.all()] == [
        "number 4", "number 3", "number 2",
    ]  # fmt: skip


def test_outside_a_demo_there_is_no_mailbox_and_the_backends_refuse(settings):
    settings.DEMO = False
    assert Client().get(reverse("mailbox")).status_code == 404
    for make in (get_connection, demo.MailboxTexts):
        with pytest.raises(ImproperlyConfigured, match="DEMO=1 only"):
            make()


def test_no_address_of_the_page_breaks_it(django_assert_max_num_queries):
    send_mail("words", "words", None, ["a@example.com"])
    for query in ("?mail=x", "?mail=99999999999999999999", "?mail=0", "?q=%00", "?mail=-1"):
        with django_assert_max_num_queries(6):
            assert Client().get(reverse("mailbox") + query).status_code == 200
