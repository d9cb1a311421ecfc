"""Opening the role table's addresses."""

from __future__ import annotations

from copy import deepcopy
from http.cookies import SimpleCookie

from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.test.client import ClientHandler
from django.urls import reverse

from tests.house.role_row import Row
from tests.house.role_world import FullWorld

# One for all browsers: each new one would load the whole chain of middleware again.
_HANDLER = ClientHandler(enforce_csrf_checks=False)


def browser(cookies: SimpleCookie) -> Client:
    """A browser with these cookies; an error in a page is an answer with status 500."""
    client = Client(raise_request_exception=False)
    client.handler = _HANDLER
    client.cookies = deepcopy(cookies)
    return client


def ask(
    row: Row, world: FullWorld, role: str, cookies: SimpleCookie, *, method: str = ""
) -> HttpResponse:
    """Open the row's address as somebody with this role; what it changes is undone.

    With the row's own method unless another is given.
    """
    method = method or row.method
    client = browser(cookies if row.token is None else SimpleCookie())
    headers = {}
    if row.token is not None and (token := world.tokens[role]):
        headers["Authorization"] = f"Bearer {token}"
    address = reverse(row.name, kwargs=row.kwargs(world)) + row.query
    with transaction.atomic():
        if method == "GET":
            answer = client.get(address, headers=headers)
        else:
            answer = client.generic(
                method, address, row.body, content_type=row.content_type, headers=headers
            )
        transaction.set_rollback(True)
    return answer
