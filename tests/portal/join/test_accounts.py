"""Accounts: signing up with a mailed code, staff's accounts, and what strangers cannot learn."""

from __future__ import annotations

import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from network.models import Branch, BranchStaff, ContractorUser, User
from tests.jobs.world import make_user

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def no_limits_left_over() -> None:
    cache.clear()


def sign_up(client: Client, email: str = "ann@example.com") -> Any:
    return client.post(reverse("account_signup"), {"email": email, "password1": PASSWORD})


def code_of(message: Any) -> str:
    found = re.search(r"^([A-Z0-9]{3,4}-?[A-Z0-9]{3,4})$", message.body, re.MULTILINE)
    assert found, message.body
    return found[1]


def plain(client: Client, address: str) -> str:
    """The page without what differs by chance or by address."""
    text = client.get(address).content.decode()
    text = re.sub(r"[a-z]+@example\.com", "ADDRESS", text)
    return re.sub(r'(csrfmiddlewaretoken" value|X-CSRFToken": |data-now=)[^>]*', "", text)


def test_signing_up_asks_for_the_mailed_code_and_leads_into_the_wizard(
    client: Client, branch: Branch
) -> None:
    answer = sign_up(client)
    assert answer.url == reverse("account_email_verification_sent")
    assert "_auth_user_id" not in client.session
    wrong = client.post(answer.url, {"code": "NOPE-NOPE"})
    assert "Incorrect code" in wrong.content.decode()
    right = client.post(answer.url, {"code": code_of(mail.outbox[0])})
    assert right.url == reverse("portal:join")
    assert client.get(right.url, follow=True).redirect_chain[-1][0] == reverse("portal:join_start")
    assert EmailAddress.objects.get(email="ann@example.com").verified


def test_the_mail_holds_no_link_that_a_scanner_could_open(client: Client, branch: Branch) -> None:
    sign_up(client)
    assert "http" not in mail.outbox[0].body
    assert not EmailAddress.objects.get(email="ann@example.com").verified


def test_three_wrong_codes_end_it(client: Client, branch: Branch) -> None:
    address = sign_up(client).url
    for _ in range(3):
        answer = client.post(address, {"code": "WRONG-ONE"})
    assert answer.status_code == 302
    assert client.post(address, {"code": code_of(mail.outbox[0])}).status_code == 302
    assert "_auth_user_id" not in client.session


def test_a_fresh_account_has_no_rights_anywhere(client: Client, branch: Branch) -> None:
    client.post(sign_up(client).url, {"code": code_of(mail.outbox[0])})
    user = User.objects.get(email="ann@example.com")
    assert not user.is_staff
    assert not user.is_superuser
    assert not BranchStaff.objects.filter(user=user).exists()
    assert not ContractorUser.objects.filter(user=user).exists()
    assert client.get(reverse("portal:today")).status_code == 403
    assert client.get(reverse("console:board")).status_code == 403
    assert client.get(reverse("admin:index")).status_code == 302
    assert client.get(reverse("home")).url == reverse("portal:join")


def test_the_same_address_twice_tells_its_owner_and_nobody_else(
    client: Client, branch: Branch
) -> None:
    make_user("ann@example.com")
    known = sign_up(client, "Ann@Example.com")
    other = Client()
    stranger = sign_up(other, "new@example.com")
    assert known.url == stranger.url
    assert plain(client, known.url) == plain(other, stranger.url)
    assert User.objects.filter(email="ann@example.com").count() == 1
    assert "already" in next(m for m in mail.outbox if m.to == ["ann@example.com"]).body
    assert client.post(known.url, {"code": "AAAA-AAAA"}).status_code == 200
    assert "_auth_user_id" not in client.session


def test_an_account_made_by_staff_needs_no_code(client: Client, branch: Branch) -> None:
    make_user("nora@example.com")
    answer = client.post(
        reverse("account_login"), {"login": "nora@example.com", "password": "secret"}
    )
    assert answer.url == "/"
    assert mail.outbox == []
    assert "_auth_user_id" in client.session


def test_an_unverified_sign_up_cannot_sign_in_without_its_code(
    client: Client, branch: Branch
) -> None:
    sign_up(client)
    cache.clear()  # the code may be asked for again after ten seconds
    again = Client()
    answer = again.post(
        reverse("account_login"), {"login": "ann@example.com", "password": PASSWORD}
    )
    assert answer.url == reverse("account_email_verification_sent")
    assert "_auth_user_id" not in again.session


def test_a_code_is_a_way_in_without_a_password(client: Client, branch: Branch) -> None:
    make_user("nora@example.com")
    asked = client.post(reverse("account_request_login_code"), {"email": "nora@example.com"})
    done = client.post(asked.url, {"code": code_of(mail.outbox[0])})
    assert done.url == "/"
    assert "_auth_user_id" in client.session


def test_the_second_factor_is_asked_for_and_lies_encrypted(client: Client, branch: Branch) -> None:
    user = make_user("nora@example.com")
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    row = Authenticator.objects.get(user=user)
    assert secret not in str(row.data)
    answer = client.post(
        reverse("account_login"), {"login": "nora@example.com", "password": "secret"}
    )
    assert answer.url == reverse("mfa_authenticate")
    assert "_auth_user_id" not in client.session
    assert client.post(answer.url, {"code": "000000"}).status_code == 200
    assert "_auth_user_id" not in client.session


def test_closed_registration_shows_no_form(client: Client, branch: Branch, settings: Any) -> None:
    settings.SIGN_UP_OPEN = False
    answer = client.get(reverse("account_signup"))
    assert "by invitation" in answer.content.decode()
    sign_up(client)
    assert not User.objects.filter(email="ann@example.com").exists()


def test_guessing_passwords_is_slowed_down(client: Client, branch: Branch) -> None:
    make_user("nora@example.com")
    for _ in range(5):
        client.post(reverse("account_login"), {"login": "nora@example.com", "password": "no"})
    answer = client.post(
        reverse("account_login"), {"login": "nora@example.com", "password": "secret"}
    )
    assert "Too many failed login attempts" in answer.content.decode()
    assert "_auth_user_id" not in client.session
