"""Static files come with their type, by range and not at all when unchanged."""

from __future__ import annotations

import asyncio
import warnings

import pytest
from django.test import AsyncClient, Client

SHEET = "/static/admin/css/base.css"


def test_a_sheet_has_its_type_and_is_cached(client: Client) -> None:
    answer = client.get(SHEET)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/css")
    assert "max-age" in answer.headers["Cache-Control"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert len(answer.content) > 1000


def test_an_unchanged_file_is_not_sent_again(client: Client) -> None:
    stamp = client.get(SHEET).headers["Last-Modified"]
    answer = client.get(SHEET, headers={"If-Modified-Since": stamp})
    assert answer.status_code == 304
    assert answer.content == b""


def test_a_part_can_be_asked_for(client: Client) -> None:
    answer = client.get(SHEET, headers={"Range": "bytes=0-9"})
    assert answer.status_code == 206
    assert len(answer.content) == 10


def test_it_is_sent_without_a_warning_under_asgi() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        answer = asyncio.run(AsyncClient().get(SHEET))
    assert answer.status_code == 200


@pytest.mark.parametrize("path", ["/static/../manage.py", "/static/%2e%2e/manage.py"])
@pytest.mark.django_db
def test_nothing_outside_the_static_folders_is_served(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404
