"""Addresses in the environment are read strictly."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from dispatch_site.env import database_from_url, redis_url_with_db


def test_a_full_address_is_taken_apart() -> None:
    found = database_from_url("postgres://joe:p%40ss@db.example:6432/first?sslmode=require")
    assert found == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "first",
        "USER": "joe",
        "PASSWORD": "p@ss",
        "HOST": "db.example",
        "PORT": "6432",
        "OPTIONS": {"sslmode": "require"},
    }


@pytest.mark.parametrize(
    "url",
    ["postgres://%2Fvar%2Frun%2FPg/first", "postgresql:///first?host=/var/run/Pg"],
)
def test_a_socket_folder_keeps_its_case(url: str) -> None:
    found = database_from_url(url)
    assert found["HOST"] == "/var/run/Pg"
    assert found["NAME"] == "first"
    assert found["OPTIONS"] == {}


@pytest.mark.parametrize("url", ["sqlite:///first.db", "mysql://h/first", "first", ""])
def test_another_engine_is_refused(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="postgres://"):
        database_from_url(url)


def test_a_missing_database_name_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="no database"):
        database_from_url("postgres://db.example/")


@pytest.mark.parametrize(
    ("url", "other"),
    [
        ("redis://h:6379/0", "redis://h:6379/7"),
        ("redis://h:6379", "redis://h:6379/7"),
        ("unix:///tmp/v.sock?db=0", "unix:///tmp/v.sock?db=7"),
        ("unix:///tmp/v.sock", "unix:///tmp/v.sock?db=7"),
    ],
)
def test_another_redis_database_of_the_same_server(url: str, other: str) -> None:
    assert redis_url_with_db(url, 7) == other
