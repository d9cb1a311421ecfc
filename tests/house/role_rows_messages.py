"""The role table's rows for messages: links, preferences, hooks, the demo's mailbox."""

from __future__ import annotations

from tests.house.role_row import Row, everybody

MESSAGES = [
    Row("mailbox", everybody(200)),  # the tests run as a demo
    Row("portal:tap", everybody(404), kwargs=lambda world: {"token": "nothing"}),
    # No provider is set up in the tests' settings: these are tested in tests/messages.
    Row("hooks:email", everybody(404), method="POST"),
    Row("hooks:sms", everybody(404), method="POST"),
]
