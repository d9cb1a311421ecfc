"""Something for many: what is said first, what is done, and what is said of those it fails for."""

from __future__ import annotations

from datetime import date, timedelta
from urllib.parse import urlencode

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs.models import Message
from jobs.services.outbox import send_due_messages
from network.models import Contractor, ContractorEvent, DocumentRequest
from tests.console.conftest import text_of, url
from tests.jobs.world import START, make_branch, make_contractor


def address(action, *contractors, **query):
    picks = [("pick", one.public_id) for one in contractors]
    return url("bulk", action=action) + "?" + urlencode([*picks, *query.items()])


def send(client, where, count=None, key="k1", **data):
    """Send the form as the page does: with its key and the number it showed."""
    shown = client.get(where).context["count"] if count is None else count
    return client.post(where, {"key": key, "count": shown, **data})


def why(response):
    return {line["name"]: line["why"] for line in response.context["results"]["lines"]}


LETTER = {"subject": "Snow", "text": "Drive carefully."}


def test_a_message_reaches_those_picked_and_says_who_has_no_address(nora, trio):
    harold, lisa, _ = trio
    lisa.email = lisa.phone = ""
    lisa.save()
    where = address("message", harold, lisa)
    asked = text_of(nora.get(where))
    assert "2 contractors" in asked
    assert "Harold, Lisa" in asked
    response = send(nora, where, **LETTER)
    assert "Done for 1 of 2." in text_of(response)
    assert why(response) == {"Lisa": "has no address to write to", "Harold": ""}
    assert list(why(response)) == ["Lisa", "Harold"]  # the troubles stand first
    send_due_messages()
    assert [sent.to for sent in mail.outbox] == [["harold@example.com"]]
    assert [event.contractor for event in ContractorEvent.objects.all()] == [harold]


def test_the_same_form_sent_twice_does_it_once(nora, trio):
    where = address("message", *trio)
    send(nora, where, **LETTER)
    again = send(nora, where, **LETTER)
    assert "nothing was done a second time" in text_of(again)
    assert Message.objects.count() == ContractorEvent.objects.count() == 3
    send(nora, where, key="k2", **LETTER)
    assert Message.objects.count() == 6


def test_everybody_of_the_filter_is_meant_and_nobody_else(nora, trio):
    trio[2].status = "suspended"
    trio[2].save()
    response = send(nora, address("message", all="1", status="active", q=""), **LETTER)
    assert set(why(response)) == {"Harold", "Lisa"}
    response = send(nora, address("message", all="1", q="lisa"), key="k2", **LETTER)
    assert set(why(response)) == {"Lisa"}


def test_a_filter_with_a_mistake_in_it_concerns_nobody(nora, trio):
    where = address("message", all="1", area="Atlantis")
    response = send(nora, where, **LETTER)
    assert "The filter has a mistake in it" in text_of(response)
    assert not Message.objects.exists()


def test_when_the_filter_holds_others_by_now_it_asks_again(nora, trio, branch):
    where = address("message", all="1")
    shown = nora.get(where).context["count"]
    make_contractor(branch, "Zed")
    response = send(nora, where, count=shown, **LETTER)
    assert response.status_code == 422
    assert "It concerns 4 contractors by now." in text_of(response)
    assert "Drive carefully." in response.content.decode()
    assert not Message.objects.exists()
    assert send(nora, where, **LETTER).status_code == 200
    assert Message.objects.count() == 4


def test_many_are_paused_but_for_the_one_who_cannot_be(nora, trio):
    _, lisa, _ = trio
    lisa.status = "suspended"
    lisa.save()
    response = send(nora, address("pause", *trio), until="2026-11-09", reason="Holidays")
    assert why(response) == {"Lisa": "suspended: no offers come anyway", "Harold": "", "James": ""}
    paused = Contractor.objects.filter(paused_until__isnull=False)
    assert {one.name for one in paused} == {"Harold", "James"}
    assert {message.address for message in Message.objects.all()} == {
        "harold@example.com", "james@example.com",
    }  # fmt: skip
    # Everybody who was active has left the filter since; the form sent again still says so.
    again = send(nora, address("pause", *trio), until="2026-11-09", reason="Holidays")
    assert "nothing was done a second time" in text_of(again)


def test_a_paper_is_required_of_many_but_not_of_those_who_left(nora, trio, insurance):
    _, lisa, james = trio
    lisa.status = "left"
    lisa.save()
    james.email = james.phone = ""
    james.save()
    response = send(
        nora, address("paper", *trio), requirement=insurance.pk, due_on="2026-11-20", note="New"
    )
    assert why(response) == {
        "James": "has no address to write to: it stands in the portal only",
        "Lisa": "has left and was not asked",
        "Harold": "",
    }
    asked = {one.contractor.name: one.due_on for one in DocumentRequest.objects.all()}
    assert asked == {"Harold": date(2026, 11, 20), "James": date(2026, 11, 20)}
    send_due_messages()
    [sent] = mail.outbox
    assert "Liability insurance" in sent.body
    assert "New" in sent.body


@pytest.mark.parametrize(
    ("action", "data", "words"),
    [
        ("message", {"subject": "", "text": "Kept"}, "Give the message a subject."),
        ("pause", {"until": "2026-11-01", "reason": "Kept"}, "a moment that is still to come"),
        ("pause", {"until": "x", "reason": "Kept"}, "Give a day as 2026-11-24."),
        ("paper", {"requirement": "0", "note": "Kept"}, "Select a valid choice."),
    ],
)
def test_wrong_input_is_said_changes_nothing_and_may_be_mended(nora, trio, action, data, words):
    where = address(action, *trio)
    response = send(nora, where, **data)
    assert response.status_code == 422
    assert words in text_of(response)
    assert "Kept" in response.content.decode()
    assert not Message.objects.exists()
    assert not ContractorEvent.objects.exists()
    if action == "message":  # the same key, mended
        assert send(nora, where, **LETTER).status_code == 200
        assert Message.objects.count() == 3


def test_nobody_picked_and_what_is_no_pick_is_said(nora, trio):
    for query in ("", "?pick=nonsense", "?pick=018f0000-0000-7000-8000-000000000000"):
        where = url("bulk", action="message") + query
        assert "Nobody is chosen" in text_of(nora.get(where))
        assert "Nobody is chosen" in text_of(send(nora, where, **LETTER))
    assert nora.get(url("bulk", action="fire")).status_code == 404


def test_another_branchs_contractors_cannot_be_picked(nora, harold):
    stranger = make_contractor(make_branch("worcester"), "Stranger")
    response = send(nora, address("pause", harold, stranger), until="2026-11-09", reason="x")
    assert why(response) == {"Harold": ""}
    stranger.refresh_from_db()
    assert stranger.paused_until is None
    assert send(nora, address("message", stranger), key="k2", **LETTER).context["count"] == 0


@pytest.mark.parametrize("action", ["message", "pause", "paper"])
def test_the_number_of_queries_does_not_grow_with_them(
    nora, branch, service_type, insurance, action
):
    data = {
        "message": LETTER,
        "pause": {"until": (START + timedelta(days=7)).date().isoformat(), "reason": "x"},
        "paper": {"requirement": insurance.pk},
    }[action]
    everybody = [make_contractor(branch, f"Firm {number:02d}") for number in range(24)]

    def count(key, chosen):
        where = address(action, *chosen)
        with CaptureQueriesContext(connection) as captured:
            response = send(nora, where, count=len(chosen), key=key, **data)
        assert response.context["results"]["done"] == len(chosen)
        return len(captured)

    count("warm", everybody[:1])
    assert count("few", everybody[1:3]) == count("many", everybody[3:])
