"""No request may be larger than any form of ours: a huge one is refused while it arrives.

Django writes a body to the disk before a view sees any of it, so a view's own limit comes too late
for gigabytes. Views that take files have their own, smaller limit, and keep what was typed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

Scope = dict[str, Any]
Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

LARGEST_BODY_BYTES = 32 * 1024 * 1024

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Too large</title>
<h1>The file is too large</h1>
<p>Nothing was changed. Go back: what you typed is still there. Then choose a file of 10 MB or
less.</p></html>"""


class TooLarge(Exception):
    """More has arrived than any form of ours holds."""


def bounded_bodies(application: Application, limit: int = LARGEST_BODY_BYTES) -> Application:
    """Answer 413 instead of reading a body of more than ``limit`` bytes, announced or not."""

    async def bounded(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await application(scope, receive, send)
            return
        if _announced(scope) > limit:
            await _refuse(send)
            return
        received, has_answered = 0, False

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            if message["type"] == "http.request":
                received += len(message.get("body", b""))
                if received > limit:
                    raise TooLarge
            return message

        async def answering(message: Message) -> None:
            nonlocal has_answered
            has_answered = True
            await send(message)

        try:
            await application(scope, counted, answering)
        except TooLarge:
            if not has_answered:
                await _refuse(send)

    return bounded


def _announced(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


async def _refuse(send: Send) -> None:
    body = _PAGE.encode()
    await send(
        {
            "type": "http.response.start",
            "status": 413,
            "headers": [
                (b"content-type", b"text/html; charset=utf-8"),
                (b"content-length", str(len(body)).encode()),
                (b"content-security-policy", b"default-src 'none'"),
                (b"connection", b"close"),
            ],
        }
    )
    await send({"type": "http.response.body", "body": body})
