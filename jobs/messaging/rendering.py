"""From a message's row to its words."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from jobs.messaging.placeholders import fill
from jobs.messaging.registry import Template, Text, Values, of
from jobs.models.message import Message


@dataclass(frozen=True, slots=True)
class Rendered:
    """The words of one message: ``body`` as a letter, ``short`` for a text to a phone."""

    subject: str
    body: str
    short: str


def render(message: Message) -> tuple[str, str]:
    """Subject and plain-text body of a message, from its frozen context."""
    template = of(message.template)
    language, text = template.text(message.language)
    rendered = render_parts(template, text, template.values(message.context, language))
    return rendered.subject, rendered.short if message.channel == "sms" else rendered.body


def render_parts(template: Template, text: Text, values: Values) -> Rendered:
    """Fill in one text. Raises PlaceholderError when it uses what the template does not know."""
    subject = " ".join(fill(text.subject, values).split())
    sender = "\n".join(filter(None, [values["branch"], values["office_phone"]]))
    body = f"{fill(text.body, values).rstrip()}\n\n{sender}\n"
    if text.sms:
        short = " ".join(fill(text.sms, values).split())
    else:
        short = " ".join(f"{values['branch']}: {subject} {values['link']}".split())
    return Rendered(subject=subject[:200], body=body, short=short)


def kept_body(message: Message) -> str:
    """The rendered body without the secrets of its links: what is kept once it is sent.

    A demo keeps the words whole, so that its links can be followed on the messages page.
    """
    body = message.body
    if settings.KEEP_MESSAGE_SECRETS:
        return body
    if secret := message.context.get("secret"):
        body = body.replace(secret, "…")
    if page := message.context.get("customer_url"):
        body = body.replace(page, f"{page.rstrip('/').rpartition('/')[0]}/…/")
    return body
