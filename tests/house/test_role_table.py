"""Who may open what: every address of the site has a row here, or this fails."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from http.cookies import SimpleCookie
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.house.role_row import Row
from tests.house.role_rows import BY_RULE, ROWS
from tests.house.role_world import FullWorld, make_full_world
from tests.house.world import ROLES
from tests.jobs.world import START


def named_patterns(
    resolver: URLResolver, namespaces: tuple[str, ...] = ()
) -> Iterator[tuple[str, URLPattern]]:
    """Every pattern under ``resolver`` with its full name; nameless ones by their route."""
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            inner = (*namespaces, pattern.namespace) if pattern.namespace else namespaces
            yield from named_patterns(pattern, inner)
        else:
            name = pattern.name or f"<{pattern.pattern}>"
            yield ":".join([*namespaces, name]), pattern


def all_names() -> set[str]:
    return {name for name, _ in named_patterns(get_resolver())}


def test_every_address_has_a_row() -> None:
    known = {row.name for row in ROWS.values()}
    missing = sorted(name for name in all_names() - known if not name.startswith(BY_RULE))
    assert missing == [], f"add rows to tests/house/role_rows*.py: {missing}"


def test_no_row_is_left_over() -> None:
    assert sorted({row.name for row in ROWS.values()} - all_names()) == []


def test_every_row_speaks_for_every_role() -> None:
    for row in ROWS.values():
        assert set(row.expected) == set(ROLES), row.name


def test_a_missing_row_is_noticed() -> None:
    """The walk must see inside namespaces, or the table would prove nothing."""
    assert {"home", "account_login", "admin:index", "django_rq:home"} <= all_names()


@pytest.fixture
def world(clock: Any) -> FullWorld:
    clock.set(START)
    return make_full_world()


@pytest.fixture
def cookies(world: FullWorld) -> dict[str, SimpleCookie]:
    """The cookies of each role's browser after signing in."""
    found = {}
    for role in ROLES:
        client = Client()
        if (user := world.users[role]) is not None:
            client.force_login(user)
        found[role] = client.cookies
    return found


def browser(cookies: SimpleCookie) -> Client:
    """A browser with these cookies; an error in a page is an answer with status 500."""
    client = Client(raise_request_exception=False)
    client.cookies = deepcopy(cookies)
    return client


def ask(row: Row, world: FullWorld, role: str, cookies: SimpleCookie) -> HttpResponse:
    """Open the row's address as somebody with this role; what it changes is undone."""
    client = browser(cookies if row.token is None else SimpleCookie())
    headers = {}
    if row.token is not None and (token := world.tokens[role]):
        headers["Authorization"] = f"Bearer {token}"
    address = reverse(row.name, kwargs=row.kwargs(world))
    with transaction.atomic():
        if row.method == "GET":
            answer = client.get(address, headers=headers)
        else:
            answer = client.generic(
                row.method, address, row.body, content_type=row.content_type, headers=headers
            )
        transaction.set_rollback(True)
    return answer


def test_the_table_holds(world: FullWorld, cookies: dict[str, SimpleCookie]) -> None:
    wrong = []
    for key, row in sorted(ROWS.items()):
        for role in ROLES:
            answer = ask(row, world, role, cookies[role])
            wanted = row.expected[role]
            if answer.status_code not in (wanted if isinstance(wanted, tuple) else (wanted,)):
                wrong.append(f"{key} as {role}: {answer.status_code} instead of {wanted}")
            elif role == "anonymous" and answer.status_code == 302 and row.asks_for_sign_in:
                assert answer.headers["Location"].startswith(reverse("account_login")), key
    assert wrong == []


def pages_by_rule() -> list[str]:
    return sorted(
        name
        for name, pattern in named_patterns(get_resolver())
        if name.startswith(BY_RULE)
        and not pattern.pattern.converters
        and "(?P" not in str(pattern.pattern)
        and name not in {"admin:login", "admin:logout", "admin:jsi18n"}
    )


def test_the_admin_and_the_queues_are_for_staff_only(cookies: dict[str, SimpleCookie]) -> None:
    """By rule, for every page of theirs that needs no arguments."""
    names = pages_by_rule()
    assert len(names) > 20
    wrong = {}
    opened_by_admin = 0
    for name in names:
        for role in ROLES:
            status = browser(cookies[role]).get(reverse(name)).status_code
            # 403 for the admin: rows that only the machine may add.
            allowed = (200, 302, 403, 405) if role == "admin" else (302, 403, 404, 405)
            if status not in allowed:
                wrong[name, role] = status
            opened_by_admin += role == "admin" and status == 200
    assert wrong == {}
    assert opened_by_admin > len(names) / 2
