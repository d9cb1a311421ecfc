"""The role table's rows for accounts and for joining."""

from __future__ import annotations

from tests.house.role_row import Row, each, everybody

FOR_STRANGERS = each(anonymous=200, dispatcher=302, contractor=302, admin=302)
# Each asks for the password or passkey again before it shows anything.
GUARDED = each(anonymous=302, dispatcher=302, contractor=302, admin=302)
SIGNED_IN = each(anonymous=302, dispatcher=200, contractor=200, admin=200)
# A page in the middle of signing in; without that it leads to its beginning.
IN_BETWEEN = GUARDED

ACCOUNTS = [
    Row("account_signup_by_passkey", FOR_STRANGERS),
    Row("account_request_login_code", FOR_STRANGERS),
    Row("mfa_index", SIGNED_IN),
    Row("mfa_authenticate", IN_BETWEEN),
    Row("mfa_reauthenticate", GUARDED),
    Row("mfa_activate_totp", GUARDED),
    Row(
        "mfa_deactivate_totp",
        (
            gone := each(
                anonymous=302, dispatcher=(302, 404), contractor=(302, 404), admin=(302, 404)
            )
        ),
    ),
    Row("mfa_view_recovery_codes", gone),
    Row("mfa_generate_recovery_codes", gone),
    Row("mfa_download_recovery_codes", gone),
    Row("mfa_list_webauthn", SIGNED_IN),
    Row("mfa_add_webauthn", GUARDED),
    Row("mfa_reauthenticate_webauthn", GUARDED),
    Row("mfa_edit_webauthn", gone, kwargs=lambda world: {"pk": 1}),
    Row("mfa_remove_webauthn", gone, kwargs=lambda world: {"pk": 1}),
    Row("mfa_login_webauthn", GUARDED),
    Row("mfa_signup_webauthn", IN_BETWEEN, asks_for_sign_in=False),
]

# -- joining: open to whoever has an account; nobody sees another's application -------------------
NO_APPLICATION = each(anonymous=302, dispatcher=302, contractor=302, admin=302)

JOINING = [
    Row("portal:join", NO_APPLICATION, asks_for_sign_in=False),
    Row("portal:join_start", SIGNED_IN),
    Row("portal:join_step", NO_APPLICATION, kwargs=lambda world: {"step": 1}),
    Row("portal:join_left", NO_APPLICATION),
    Row("portal:join_status", NO_APPLICATION),
    Row("portal:join_submit", NO_APPLICATION, method="POST"),
    Row("portal:join_area", NO_APPLICATION, method="POST"),
    Row("portal:invited", everybody(404), kwargs=lambda world: {"token": "no-such-link"}),
]
