"""Who may open what: every address of the site has a row here, or this fails."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.house.role_rows import BY_RULE, ROWS, Row
from tests.house.role_world import FullWorld, make_full_world
from tests.house.world import ROLES


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


def covered_by_rule(name: str) -> bool:
    return any(name.startswith(prefix) for prefix in BY_RULE)


def test_every_address_has_a_row() -> None:
    missing = sorted(name for name in all_names() if name not in ROWS and not covered_by_rule(name))
    assert missing == [], f"add these to tests/house/role_rows.py: {missing}"


def test_no_row_is_left_over() -> None:
    assert sorted(set(ROWS) - all_names()) == []


def test_every_row_speaks_for_every_role() -> None:
    for name, row in ROWS.items():
        assert set(row.expected) == set(ROLES), name


def test_a_missing_row_is_noticed() -> None:
    """The walk must see inside namespaces, or the table would prove nothing."""
    assert {"home", "account_login", "admin:index", "django_rq:home"} <= all_names()


@pytest.fixture
def world(db: None) -> FullWorld:
    return make_full_world()


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", sorted(ROWS))
def test_the_table_holds(name: str, role: str, world: FullWorld, client: Client) -> None:
    row: Row = ROWS[name]
    address = reverse(name, kwargs=row.kwargs(world))
    client.raise_request_exception = False
    user = world.users[role]
    if user is not None:
        client.force_login(user)
    send = client.post if row.method == "POST" else client.get
    answer = send(address, headers=row.headers(world, role))
    wanted = row.expected[role]
    allowed = wanted if isinstance(wanted, tuple) else (wanted,)
    assert answer.status_code in allowed, (address, answer.status_code, answer.content[:300])
    if answer.status_code == 302 and role == "anonymous" and name not in {"account_logout"}:
        assert answer.headers["Location"].startswith(reverse("account_login"))


def admin_pages() -> list[str]:
    return sorted(
        name
        for name, pattern in named_patterns(get_resolver())
        if name.startswith(("admin:", "django_rq:"))
        and not pattern.pattern.converters
        and "(?P" not in str(pattern.pattern)
        and name not in {"admin:login", "admin:logout", "admin:jsi18n"}
    )


@pytest.mark.parametrize("name", admin_pages())
def test_the_admin_is_for_staff_only(name: str, world: FullWorld, client: Client) -> None:
    """By rule, for every page of the admin and the queue dashboard without arguments."""
    client.raise_request_exception = False
    address = reverse(name)
    for role in ROLES:
        client.logout()
        user = world.users[role]
        if user is not None:
            client.force_login(user)
        status = client.get(address).status_code
        if role == "admin":
            assert status in (200, 302, 403, 405), (role, status)
        else:
            assert status in (302, 403, 404, 405), (role, status)
