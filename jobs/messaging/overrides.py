"""Words that staff wrote in place of the built-in ones: which one counts, and what it makes.

A text that cannot be filled in gives way to the built-in words, so that nobody goes untold.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import structlog
from django.db.models import Q

from jobs.messaging.placeholders import PlaceholderError, check, fill
from jobs.messaging.registry import Template, Text, of
from jobs.messaging.rendering import Rendered, render_parts
from jobs.models.message import Message
from jobs.models.messaging import MessageText

log = structlog.get_logger(__name__)

Key = tuple[int | None, str, str, str]  # branch, template, form, language
Overrides = Mapping[Key, MessageText]


@dataclass(frozen=True, slots=True)
class Composed:
    """The words of one message; ``broken`` is the text of staff that could not be used."""

    subject: str
    body: str
    broken: MessageText | None = None


def overrides_for(messages: Iterable[Message]) -> Overrides:
    """The texts of staff that could count for these messages; one query."""
    wanted = list(messages)
    rows = MessageText.objects.filter(
        Q(branch__isnull=True) | Q(branch__in={message.branch_id for message in wanted}),
        is_active=True,
        template__in={message.template for message in wanted},
    ).select_related("branch")
    return {(row.branch_id, row.template, row.form, row.language): row for row in rows}


def compose(message: Message, overrides: Overrides | None = None) -> Composed:
    """Subject and body as they are sent now: the branch's own words, else those for all branches,
    else the built-in ones."""
    template = of(message.template)
    chosen = overrides_for([message]) if overrides is None else overrides
    form = MessageText.Form.SHORT if message.channel == "sms" else MessageText.Form.LETTER
    own = _chosen(chosen, message, form)
    language, text = template.text(message.language)
    if own is not None:
        try:
            rendered = fill_in(own, template, message)
        except (PlaceholderError, KeyError, ValueError) as error:
            log.warning("words of staff cannot be used", text=own.pk, error=str(error))
        else:
            return _composed(rendered, message)
    rendered = render_parts(template, text, template.values(message.context, language))
    return _composed(rendered, message, broken=own)


def fill_in(own: MessageText, template: Template, message: Message) -> Rendered:
    """The message in the words of staff.

    Raises PlaceholderError for words that cannot be filled in, or that say nothing once they are:
    a text of placeholders alone is blank when all of them are empty.
    """
    text = as_text(own)
    values = template.values(message.context, own.language)
    said = [text.sms] if own.form == MessageText.Form.SHORT else [text.subject, text.body]
    if not all(fill(words, values).strip() for words in said):
        raise PlaceholderError("Filled in, these words say nothing.")
    return render_parts(template, text, values)


def as_text(own: MessageText) -> Text:
    if own.form == MessageText.Form.SHORT:
        return Text(subject="", body="", sms=own.body)
    return Text(subject=own.subject, body=own.body)


def problems(own: MessageText) -> dict[str, str]:
    """What is wrong with a text, by field; empty when it can be used."""
    try:
        template = of(own.template)
    except KeyError:
        return {"template": "There is no such message."}
    known = template.placeholders()
    found: dict[str, str] = {}
    for field in ("subject", "body"):
        try:
            check(getattr(own, field), known)
        except PlaceholderError as error:
            found[field] = str(error)
    is_letter = own.form == MessageText.Form.LETTER
    if is_letter and not own.subject.strip():
        found.setdefault("subject", "A letter needs a subject.")
    if not own.body.strip():
        found.setdefault("body", "Write something.")
    if own.form == MessageText.Form.SHORT and len(own.body) > 480:
        found.setdefault("body", "A text to a phone has at most 480 characters.")
    return found


def _chosen(overrides: Overrides, message: Message, form: str) -> MessageText | None:
    for branch in (message.branch_id, None):
        own = overrides.get((branch, message.template, str(form), message.language))
        if own is not None:
            return own
    return None


def _composed(rendered: Rendered, message: Message, broken: MessageText | None = None) -> Composed:
    body = rendered.short if message.channel == "sms" else rendered.body
    return Composed(subject=rendered.subject, body=body, broken=broken)
