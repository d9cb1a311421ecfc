"""Every template can be filled in, in each of its languages, and says nothing it must not."""

from __future__ import annotations

import pytest

from jobs.messaging import registered, render_parts
from jobs.messaging.words import Words
from jobs.models import Message

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
    assert rendered.body.endswith("\nGreater Boston\n")


def test_contractors_and_customers_are_written_to_in_spanish_too():
    english_only = {template.key for template in registered() if "es" not in template.texts}
    assert english_only == {"papers_to_staff", "words_broken", "staff_digest"}, "staff's alone"


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
