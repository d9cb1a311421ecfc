"""Accounts in a real browser: registering, passkeys by a virtual authenticator, every page."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.core.cache import cache
from django.urls import reverse
from playwright.sync_api import Page, expect

from network.models import Branch, User
from tests.browser.conftest import (
    DESK_LIGHT,
    PHONE_LIGHT,
    OpenedPages,
    Screen,
    assert_axe_clean,
    overflow,
)
from tests.jobs.world import START, make_branch, make_user

PASSWORD = "correct horse battery"


@pytest.fixture
def boston(transactional_db: None, clock: Any) -> Branch:
    clock.everywhere(START)
    cache.clear()
    return make_branch()


def picture(page: Page, name: str) -> None:
    """Kept where FIRSTCALL_SHOTS says, for looking at."""
    if folder := os.environ.get("FIRSTCALL_SHOTS"):
        page.screenshot(path=str(Path(folder) / f"account-{name}.png"), full_page=True)


def mailed_code() -> str:
    found = re.search(r"^([A-Z0-9]{3,4}-?[A-Z0-9]{3,4})$", mail.outbox[-1].body, re.MULTILINE)
    assert found
    return found[1]


def give_authenticator(page: Page) -> Any:
    """A device that says yes by itself, as a face or a finger would."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    return session


def test_every_account_page_is_accessible_and_fits_every_screen(
    live_server: Any, boston: Branch, open_page: OpenedPages, screen: Screen
) -> None:
    page = open_page(screen)
    make_user("nora@example.com", name="Nora")

    def check(name: str) -> None:
        page.wait_for_load_state("networkidle")
        picture(page, f"{name}-{screen.name}")
        assert overflow(page) == 0, name
        assert_axe_clean(page)

    def look(name: str, shot: str = "") -> None:
        page.goto(live_server.url + reverse(name))
        check(shot or name)

    for name in (
        "account_login",
        "account_signup",
        "account_signup_by_passkey",
        "account_request_login_code",
        "account_reset_password",
        "account_reset_password_done",
        "account_inactive",
    ):
        look(name)
    page.goto(live_server.url + reverse("account_signup"))
    page.get_by_label("Email").fill(f"ann.{screen.name}@example.com")
    page.get_by_label("Password").fill("short")
    page.get_by_role("button", name="Go on with a password").click()
    expect(page.get_by_text("too short")).to_be_visible()
    check("signup-refused")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on with a password").click()
    check("signup-code")
    page.get_by_label("Code").fill(mailed_code())
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url("**/portal/join/start/")
    for name in (
        "mfa_index",
        "account_email",
        "account_change_password",
        "account_logout",
        "mfa_list_webauthn",
        "account_reauthenticate",
    ):
        look(name)
    page.goto(live_server.url + reverse("mfa_activate_totp"))
    page.get_by_label("Password").fill(PASSWORD)  # what is guarded asks once more
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url("**/totp/activate/")
    check("mfa_activate_totp")
    give_authenticator(page)
    look("mfa_add_webauthn")
    page.get_by_label("Passwordless").check()
    page.get_by_role("button", name="Make the passkey").click()
    page.wait_for_url("**/recovery-codes/")
    check("recovery-codes")
    for name in ("mfa_index", "mfa_list_webauthn", "mfa_generate_recovery_codes"):
        look(name, f"{name}-with-passkey")
    key = Authenticator.objects.get(type=Authenticator.Type.WEBAUTHN)
    for name in ("mfa_edit_webauthn", "mfa_remove_webauthn"):
        page.goto(live_server.url + reverse(name, kwargs={"pk": key.pk}))
        check(name)
    look("mfa_reauthenticate_webauthn")
    look("mfa_reauthenticate")
    page.goto(live_server.url + reverse("account_logout"))
    page.get_by_role("button", name="Sign out").click()
    page.goto(live_server.url + reverse("account_login"))
    page.get_by_label("Email").fill(f"ann.{screen.name}@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="One more proof")).to_be_visible()
    check("authenticate")


def test_a_firm_registers_with_a_passkey_and_comes_back_with_it(
    live_server: Any, boston: Branch, open_page: OpenedPages
) -> None:
    page = open_page(PHONE_LIGHT)
    give_authenticator(page)
    page.goto(live_server.url + reverse("portal:join"))
    page.get_by_role("link", name="Register with a passkey").click()
    page.get_by_label("Email").fill("ann@example.com")
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Code").fill(mailed_code())
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", name="Make your passkey")).to_be_visible()
    picture(page, "make-passkey")
    assert_axe_clean(page)
    page.get_by_role("button", name="Make the passkey").click()
    page.wait_for_url("**/portal/join/start/")
    user = User.objects.get(email="ann@example.com")
    assert not user.has_usable_password()
    page.goto(live_server.url + reverse("account_logout"))
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Use your passkey").click()
    page.wait_for_url("**/portal/join/start/")


def test_a_passkey_that_is_put_off_is_said_in_words(
    live_server: Any, boston: Branch, open_page: OpenedPages
) -> None:
    page = open_page(DESK_LIGHT)
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": False,
                "automaticPresenceSimulation": True,
            }
        },
    )
    page.goto(live_server.url + reverse("account_login"))
    page.get_by_role("button", name="Use your passkey").click()
    expect(page.get_by_text("The passkey was not used")).to_be_visible()
