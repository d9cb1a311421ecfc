"""The table: address name → what each role gets.

Short words for the usual rows are at the top; `302` for nobody means "to the sign-in page". A tuple
means that any of its numbers is right (a POST without its data is refused in its own way).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.house.role_world import FullWorld
from tests.house.world import ROLES

Status = int | tuple[int, ...]
Arguments = Callable[[FullWorld], dict[str, object]]


@dataclass(frozen=True)
class Row:
    """One address: what each role gets, for which method and arguments.

    ``token`` not None: an address of the API, asked with the role's token instead of a session.
    """

    name: str
    expected: dict[str, Status]
    method: str = "GET"
    kwargs: Arguments = field(default=lambda world: {})
    body: str = ""
    content_type: str = "application/x-www-form-urlencoded"
    token: bool | None = None
    asks_for_sign_in: bool = True


def each(
    *,
    anonymous: Status,
    dispatcher: Status,
    contractor: Status,
    admin: Status,
    other_dispatcher: Status | None = None,
    other_contractor: Status | None = None,
) -> dict[str, Status]:
    """A row's numbers; the others get what their colleagues get unless said otherwise."""
    return {
        "anonymous": anonymous,
        "dispatcher": dispatcher,
        "contractor": contractor,
        "admin": admin,
        "other_dispatcher": dispatcher if other_dispatcher is None else other_dispatcher,
        "other_contractor": contractor if other_contractor is None else other_contractor,
    }


def everybody(status: Status) -> dict[str, Status]:
    return dict.fromkeys(ROLES, status)


SIGNED_IN = each(anonymous=302, dispatcher=200, contractor=200, admin=200)
# allauth sends people who are signed in away from the pages for signing in.
FOR_STRANGERS = each(anonymous=200, dispatcher=302, contractor=302, admin=302)
SUPERUSERS = each(anonymous=302, dispatcher=403, contractor=403, admin=200)

# Checked by rule in test_role_table.py, page by page.
BY_RULE = ("admin:", "django_rq:")

HOUSE = [
    Row("home", each(anonymous=302, dispatcher=302, contractor=302, admin=302)),
    Row("healthz", everybody(200)),
    Row("readyz", everybody((200, 503))),
    Row("metrics", each(anonymous=403, dispatcher=403, contractor=403, admin=200)),
    Row("account_login", FOR_STRANGERS),
    Row("account_signup", FOR_STRANGERS),
    Row(
        "account_logout",
        each(anonymous=302, dispatcher=200, contractor=200, admin=200),
        asks_for_sign_in=False,
    ),
    Row("account_reauthenticate", SIGNED_IN),
    Row("account_email", SIGNED_IN),
    Row("account_change_password", SIGNED_IN),
    Row("account_set_password", each(anonymous=302, dispatcher=302, contractor=302, admin=302)),
    Row("account_inactive", everybody(200)),
    Row("account_email_verification_sent", everybody(200)),
    Row(
        "account_confirm_email", everybody((200, 404)), kwargs=lambda world: {"key": "no-such-key"}
    ),
    Row(
        "account_confirm_login_code", each(anonymous=302, dispatcher=302, contractor=302, admin=302)
    ),
    Row("account_reset_password", everybody(200)),
    Row("account_reset_password_done", everybody(200)),
    Row(
        "account_reset_password_from_key",
        everybody(200),
        kwargs=lambda world: {"uidb36": "1", "key": "no-such-key"},
    ),
    Row("account_reset_password_from_key_done", everybody(200)),
]


def api(
    name: str,
    expected: dict[str, Status],
    *,
    method: str = "GET",
    kwargs: Arguments = lambda world: {},
    body: str = "{}",
) -> Row:
    """A row of the API: JSON in, asked with the role's token."""
    return Row(
        name,
        expected,
        method=method,
        kwargs=kwargs,
        body=body,
        content_type="application/json",
        token=True,
    )


ROWS: dict[str, Row] = {f"{row.method} {row.name}": row for row in HOUSE}
