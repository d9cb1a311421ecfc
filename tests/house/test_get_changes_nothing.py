"""A GET never changes anything: mail programs and scanners open every link they see."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.cookies import SimpleCookie
from typing import Any

from django.db import connection

from tests.house.browsing import ask
from tests.house.role_rows import ROWS
from tests.house.role_world import FullWorld
from tests.house.world import ROLES

WRITES = re.compile(r"^\s*(INSERT|UPDATE|DELETE|MERGE|TRUNCATE|CREATE|ALTER|DROP)\b", re.IGNORECASE)
# What is not about the domain: the visitor's own session, when a token was last used, and the
# sign-in library's copy of the user's own address.
HARMLESS = ("django_session", "jobs_apitoken", "account_emailaddress")


@contextmanager
def written() -> Iterator[list[str]]:
    """Collects every statement that writes to the domain."""
    statements: list[str] = []

    def look(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if WRITES.match(str(sql)) and not any(table in str(sql) for table in HARMLESS):
            statements.append(str(sql)[:120])
        return execute(sql, *rest)

    with connection.execute_wrapper(look):
        yield statements


def test_no_address_changes_anything_when_it_is_opened(
    world: FullWorld, cookies: dict[str, SimpleCookie]
) -> None:
    guilty = []
    for key, row in sorted(ROWS.items()):
        for role in ROLES:
            with written() as statements:
                ask(row, world, role, cookies[role], method="GET")
            guilty += [f"{key} as {role}: {statement}" for statement in statements]
    assert not guilty, "\n".join(guilty)


def test_a_write_would_be_seen(world: FullWorld, cookies: dict[str, SimpleCookie]) -> None:
    with written() as statements:
        ask(ROWS["POST portal:accept"], world, "contractor", cookies["contractor"])
    assert any("jobs_offer" in statement for statement in statements)
