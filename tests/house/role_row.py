"""One row of the role table: an address and what each role gets there.

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
    query: str = ""
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
