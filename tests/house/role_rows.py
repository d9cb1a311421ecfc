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
    """One address: what each role gets, for which method and arguments."""

    expected: dict[str, Status]
    method: str = "GET"
    kwargs: Arguments = field(default=lambda world: {})
    headers: Callable[[FullWorld, str], dict[str, str]] = field(default=lambda world, role: {})


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

ROWS: dict[str, Row] = {
    "home": Row(each(anonymous=302, dispatcher=302, contractor=302, admin=302)),
    "healthz": Row(everybody(200)),
    "readyz": Row(everybody((200, 503))),
    "metrics": Row(each(anonymous=403, dispatcher=403, contractor=403, admin=200)),
    "account_login": Row(FOR_STRANGERS),
    "account_signup": Row(FOR_STRANGERS),
    "account_logout": Row(each(anonymous=302, dispatcher=200, contractor=200, admin=200)),
    "account_reauthenticate": Row(SIGNED_IN),
    "account_email": Row(SIGNED_IN),
    "account_change_password": Row(SIGNED_IN),
    "account_set_password": Row(each(anonymous=302, dispatcher=302, contractor=302, admin=302)),
    "account_inactive": Row(everybody(200)),
    "account_email_verification_sent": Row(everybody(200)),
    "account_confirm_email": Row(
        everybody((200, 404)), kwargs=lambda world: {"key": "no-such-key"}
    ),
    "account_confirm_login_code": Row(
        each(anonymous=302, dispatcher=302, contractor=302, admin=302)
    ),
    "account_reset_password": Row(everybody(200)),
    "account_reset_password_done": Row(everybody(200)),
    "account_reset_password_from_key": Row(
        everybody(200), kwargs=lambda world: {"uidb36": "1", "key": "no-such-key"}
    ),
    "account_reset_password_from_key_done": Row(everybody(200)),
}
