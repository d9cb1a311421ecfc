"""Every template can be filled in, in each of its languages, and says nothing it must not."""

from __future__ import annotations

import pytest

from jobs.messaging import of, registered, render_parts
from jobs.messaging.offers import TAKEN_BACK
from jobs.messaging.reasons import reason_in
from jobs.messaging.replies import REPLIES
from jobs.messaging.words import LANGUAGES, Words
from jobs.models import Message
from jobs.services.standby import WHY as STANDBY_ENDS
from jobs.states import CancelReason, ReleaseReason, WithdrawReason
from network.models import Language

ALL = [(template, language) for template in registered() for language in template.texts]


def test_every_kind_of_message_has_its_template_and_the_other_way_round():
    assert {template.key for template in registered()} == set(Message.Template.values)


@pytest.mark.parametrize(("template", "language"), ALL, ids=lambda v: getattr(v, "key", v))
def test_a_template_reads_well(template, language):
    _, text = template.text(language)
    rendered = render_parts(template, text, template.values(template.sample_context(), language))
    for words in (rendered.subject, rendered.body, rendered.short):
        assert words.strip()
        assert "None" not in words
        assert "{" not in words
        assert "  " not in words.replace("\n", "")
    assert "\n" not in rendered.subject + rendered.short
    assert "\n\n\n" not in rendered.body
    assert rendered.body.endswith("\nGreater Boston\n(617) 555-0100\n")


def test_everybody_is_written_to_in_every_language():
    for template in registered():
        assert set(template.texts) == set(LANGUAGES) == set(Language.values), template.key


def test_the_reasons_that_states_give_are_known_in_spanish():
    """Contexts freeze the English labels; whatever the states may say is translated."""
    said = [*CancelReason.labels, *ReleaseReason.labels, *STANDBY_ENDS.values()]
    for reason in said:
        if "technician" not in reason:
            assert reason_in(reason, Words("en")) == reason[:1].lower() + reason[1:]
        assert reason_in(reason, Words("es")) != reason_in(reason, Words("en")), reason
    assert reason_in("Snow", Words("es")) == "snow", "what somebody typed stays"


def test_who_works_alone_never_reads_of_technicians():
    for reason in [*CancelReason.labels, *ReleaseReason.labels]:
        assert "technician" not in reason_in(reason, Words("en"))
        assert "técnico" not in reason_in(reason, Words("es"))
    for english, spanish in TAKEN_BACK.values():
        assert "technician" not in english
        assert "técnico" not in spanish


def test_every_reason_for_taking_an_offer_back_has_its_sentence():
    untold = {"undeliverable", "countered"}  # who never had it, and whose own answer it was
    assert set(TAKEN_BACK) == set(WithdrawReason.values) - untold


@pytest.mark.parametrize("kind", REPLIES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reply_to_a_text_reads_well(kind, language):
    template = of("text_reply")
    context = {**template.sample_context(), "kind": kind}
    values = template.values(context, language)
    short = render_parts(template, template.texts[language], values).short
    assert "{" not in short
    assert ("YES" in short) == (language == "en" and kind in ("no_code", "no_word"))


@pytest.mark.parametrize("template", registered(), ids=lambda template: template.key)
def test_both_languages_use_the_same_placeholders(template):
    samples = template.sample_context()
    assert set(template.values(samples, "en")) == set(template.values(samples, "es"))


def test_times_are_written_as_the_language_writes_them():
    context = {
        "window_start": "2026-11-24T13:00:00+00:00",
        "window_end": "2026-11-24T17:00:00+00:00",
        "time_zone": "America/New_York",
    }
    assert Words("en").window(context) == "Tue 24 Nov 8 am–noon EST"
    assert Words("es").window(context) == "mar 24 nov 8:00–12:00 EST"
    late = {**context, "window_end": "2026-11-25T07:00:00+00:00"}
    assert Words("en").window(late) == "Tue 24 Nov 8 am – Wed 25 Nov 2 am EST"
    assert Words("es").long_day("2027-05-04") == "4 de mayo de 2027"
