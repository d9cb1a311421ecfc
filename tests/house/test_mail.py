"""Mail without a server is one line each."""

from __future__ import annotations

import pytest
from django.core.mail import EmailMessage, get_connection


def test_a_message_is_one_line_with_who_and_what(capsys: pytest.CaptureFixture[str]) -> None:
    connection = get_connection("dispatch_site.mail.LineBackend")
    sent = connection.send_messages(
        [EmailMessage("Offer: a tap", "long\ntext", to=["lisa@example.com"], bcc=["x@example.com"])]
    )
    assert sent == 1
    assert capsys.readouterr().out == "mail to lisa@example.com, x@example.com: Offer: a tap\n"
