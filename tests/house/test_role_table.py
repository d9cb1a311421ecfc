"""Who may open what: every address of the site has a row here, or this fails."""

from __future__ import annotations

from collections.abc import Iterator
from http.cookies import SimpleCookie

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.house.browsing import ask, browser
from tests.house.role_rows import BY_RULE, ROWS
from tests.house.role_world import FullWorld
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
    assert not wrong, "\n".join(wrong)


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
