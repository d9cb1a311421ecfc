"""Whatever staff write: what is saved is what is sent, and what cannot be sent is not saved."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.messaging import registered
from jobs.messaging.overrides import as_text, compose, problems
from jobs.messaging.placeholders import names
from jobs.messaging.registry import Template
from jobs.models import Message, MessageText

TEMPLATES = {template.key: template for template in registered()}
BRANCH = 7


@st.composite
def texts(draw: st.DrawFn) -> MessageText:
    """Words of somebody who knows the placeholders, forgets some, and mistypes braces."""
    key = draw(st.sampled_from(sorted(TEMPLATES)))
    known = st.sampled_from([f"{{{name}}}" for name in TEMPLATES[key].placeholders()])
    typed = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
    odd = st.sampled_from(["{", "}", "{{", "}}", "{nmae}", "{name.x}", "{0}", "{}", "\n", "\n\n"])
    words = st.lists(st.one_of(known, known, typed, odd), max_size=8).map("".join)
    return MessageText(
        template=key,
        form=draw(st.sampled_from(MessageText.Form.values)),
        language=draw(st.sampled_from(["en", "es"])),
        subject=draw(words)[:200],
        body=draw(words),
    )


@given(own=texts())
def test_words_are_refused_or_sent_and_nobody_goes_untold(own: MessageText) -> None:
    template = TEMPLATES[own.template]
    message = Message(
        branch_id=BRANCH,
        template=own.template,
        language=own.language,
        channel="sms" if own.form == MessageText.Form.SHORT else "email",
        context=template.sample_context(),
    )
    refused = problems(own)
    sent = compose(message, {(BRANCH, own.template, str(own.form), own.language): own})
    built_in = compose(message, {})
    assert built_in.broken is None
    assert sent.body.strip()
    if sent.broken is not None:
        assert refused or _says_nothing(own, template, message), "saved words are what is sent"
        assert (sent.subject, sent.body) == (built_in.subject, built_in.body)
    elif not refused:
        text = as_text(own)
        values = template.values(message.context, own.language)
        for name in names(text.sms or text.body):
            assert " ".join(values[name].split()) in " ".join(sent.body.split())


def _says_nothing(own: MessageText, template: Template, message: Message) -> bool:
    """Whether a part is nothing but placeholders that are all empty in this message."""
    values = template.values(message.context, own.language)
    parts = [own.body] if own.form == MessageText.Form.SHORT else [own.subject, own.body]
    return any(
        bool(names(part)) and not any(values[name] for name in names(part)) for part in parts
    )


@pytest.mark.parametrize("form", MessageText.Form.values)
def test_words_that_say_nothing_once_filled_in_give_way_to_the_built_in_ones(form: str) -> None:
    template = TEMPLATES["application_rejected"]
    own = MessageText(
        template=template.key, form=form, language="en", subject="{link}", body="{link}"
    )
    message = Message(
        branch_id=BRANCH,
        template=template.key,
        language="en",
        channel="sms" if form == MessageText.Form.SHORT else "email",
        context=template.sample_context(),
    )
    assert not problems(own)
    sent = compose(message, {(BRANCH, template.key, form, "en"): own})
    assert sent.broken is own
    built_in = compose(message, {})
    assert (sent.subject, sent.body) == (built_in.subject, built_in.body)


@given(own=texts())
def test_a_refusal_says_which_field_and_what_would_be_right(own: MessageText) -> None:
    for field, words in problems(own).items():
        assert field in ("subject", "body")
        assert words.strip()
        if "not known" in words:
            assert "{name}" in words
