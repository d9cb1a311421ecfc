"""The network on its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection

from network.eligibility import forget_counts


@pytest.fixture(autouse=True)
def _fresh_counts() -> None:
    forget_counts()


@pytest.fixture(autouse=True)
def _entries_of_nobody(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let calendar entries stand without the offers and visits that a later app wants for them."""
    marker = request.node.get_closest_marker("django_db")
    is_transactional = "transactional_db" in request.fixturenames or (
        marker is not None and marker.kwargs.get("transaction", False)
    )
    if not is_transactional and marker is None:
        yield
        return
    request.getfixturevalue("transactional_db" if is_transactional else "db")
    _triggers("DISABLE")
    yield
    if is_transactional:  # elsewhere the test's transaction takes it back
        _triggers("ENABLE")


def _triggers(what: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE network_calendarentry {what} TRIGGER USER")
