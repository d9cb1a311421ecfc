"""Pause, resume, suspend, reinstate, leave, clearance: said first, then done, then told."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core import mail

from jobs.messaging import render
from jobs.models import Booking, Message
from jobs.services.outbox import send_due_messages
from jobs.services.protection import protect_appointments
from network.models import ContractorEvent
from tests.console.conftest import text_of, url
from tests.jobs.steps import accept, booked, offered, on_site
from tests.jobs.world import START, pending_offer, run_due


def ask(client, contractor, action):
    response = client.get(url("contractor_action", contractor=contractor.public_id, action=action))
    assert response.status_code == 200
    return text_of(response)


def do(client, contractor, action, **data):
    return client.post(
        url("contractor_action", contractor=contractor.public_id, action=action), data
    )


def contractor_mails():
    """What contractors were written that concerns no job."""
    return list(Message.objects.filter(job__isnull=True).order_by("pk"))


def test_suspending_says_first_who_would_come_and_then_that_one_is_asked(nora, trio, make_job):
    harold = trio[0]
    visit, offer = make_job(), make_job()
    booked(visit)
    run_due()
    assert pending_offer(offer).contractor == harold
    said = ask(nora, harold, "suspend")
    assert "1 visit would be re-dispatched, 1 offer withdrawn." in said
    assert f"{visit.reference} Water heater repair Lisa is next" in said
    assert "2 could come" in said
    assert "Suspend and re-dispatch 1" in said
    harold.refresh_from_db()
    assert harold.status == "active"  # asking changed nothing

    response = do(nora, harold, "suspend", reason="The insurer called.")
    assert response.status_code == 302
    assert "1 visit is being re-dispatched." in text_of(nora.get(response["Location"]))
    assert protect_appointments() == 2
    run_due()
    assert not Booking.objects.filter(contractor=harold, live=True).exists()
    assert {pending_offer(job).contractor.name for job in (visit, offer)} <= {"Lisa", "James"}
    visit.refresh_from_db()
    assert visit.window_start == START + timedelta(hours=23)  # the promise stands
    [told] = contractor_mails()
    assert told.address == "harold@example.com"
    event = ContractorEvent.objects.filter(contractor=harold).first()
    assert (event.action, event.note, event.actor.name) == (
        "status-suspended", "The insurer called.", "Nora",
    )  # fmt: skip


def test_a_visit_on_site_is_left_to_finish(nora, trio, make_job, clock):
    on_site(make_job(), clock)
    said = ask(nora, trio[0], "suspend")
    assert "No visit and no offer is touched. The visit on site is left to finish." in said


def test_where_nobody_else_can_come_it_is_said(nora, harold, make_job):
    booked(make_job())
    assert "nobody can do it: you decide" in ask(nora, harold, "suspend")


def test_the_first_visits_are_looked_up_and_the_others_counted(nora, trio, make_job, monkeypatch):
    monkeypatch.setattr("jobs.console.network.consequences.NAMED", 2)
    monkeypatch.setattr("jobs.console.network.consequences.LOOKED_UP", 1)
    for day in (1, 2, 3):
        job = make_job(
            window_start=START + timedelta(days=day, hours=-1),
            window_end=START + timedelta(days=day, hours=3),
        )
        accept(offered(job))
    said = ask(nora, trio[0], "leave")
    assert "3 visits would be re-dispatched." in said
    assert "others are asked in turn" in said
    assert "and 1 more" in said


def test_a_pause_touches_nothing_that_stands_and_ends_by_itself(
    nora, harold, lisa, make_job, clock
):
    visit = make_job()
    booked(visit)
    assert "1 visit stands as before." in ask(nora, harold, "pause")
    response = do(nora, harold, "pause", until="2026-11-05", reason="Wedding")
    assert "Harold is paused until Thu 5 Nov." in text_of(nora.get(response["Location"]))
    harold.refresh_from_db()
    # The morning of the day, in the branch: midnight in Boston.
    assert harold.paused_until.isoformat() == "2026-11-05T05:00:00+00:00"
    assert protect_appointments() == 0
    assert Booking.objects.get(live=True).contractor == harold
    job = make_job()
    run_due()
    assert pending_offer(job).contractor == lisa
    [told] = contractor_mails()
    assert told.address == "harold@example.com"
    assert "Wedding" in render(told)[1]
    clock.set(harold.paused_until)
    later = make_job(
        window_start=harold.paused_until + timedelta(hours=33),
        window_end=harold.paused_until + timedelta(hours=37),
    )
    run_due()
    assert pending_offer(later).contractor == harold


@pytest.mark.parametrize(
    ("until", "words"),
    [
        ("", "This field is required."),
        ("2026-11-02", "Choose a moment that is still to come."),
        ("2028-01-01", "A pause can last a year at most."),
        ("soon", "Give a day as 2026-11-24."),
    ],
)
def test_a_day_that_cannot_be_is_said_and_the_reason_kept(nora, harold, until, words):
    response = do(nora, harold, "pause", until=until, reason="Wedding")
    assert response.status_code == 422
    assert words in text_of(response)
    assert "Wedding" in response.content.decode()
    harold.refresh_from_db()
    assert harold.paused_until is None


def test_a_pause_is_ended_by_hand_whoever_made_it(nora, harold):
    harold.paused_until = START + timedelta(days=3)
    harold.save()
    do(nora, harold, "resume", reason="Back early")
    harold.refresh_from_db()
    assert harold.paused_until is None
    harold.status = "paused"
    harold.save()
    do(nora, harold, "resume", reason="Back")
    harold.refresh_from_db()
    assert harold.status == "active"
    assert len(contractor_mails()) == 2


@pytest.mark.parametrize("action", ["suspend", "reinstate", "leave", "resume"])
def test_a_change_of_standing_needs_a_reason(nora, harold, action):
    if action == "reinstate":
        harold.status = "suspended"
        harold.save()
    before = harold.status
    response = do(nora, harold, action, reason=" ")
    assert response.status_code == 422
    assert "Say why" in text_of(response)
    harold.refresh_from_db()
    assert harold.status == before
    assert not Message.objects.exists()


def test_whoever_is_reinstated_is_asked_again(nora, harold, make_job):
    harold.status = "suspended"
    harold.save()
    do(nora, harold, "reinstate", reason="It was a mistake.")
    job = make_job()
    run_due()
    assert pending_offer(job).contractor == harold


def test_whoever_left_does_not_come_back_by_a_click(nora, harold):
    do(nora, harold, "leave", reason="Retired")
    late = do(nora, harold, "reinstate", reason="Again")
    assert "cannot become active directly" in text_of(nora.get(late["Location"]))
    harold.refresh_from_db()
    assert harold.status == "left"


def test_clearance_that_costs_visits_is_shown_before_it_counts(nora, trio, make_job):
    harold = trio[0]
    visit = make_job()  # tomorrow, the 3rd
    booked(visit)
    response = do(nora, harold, "clear", until="2026-11-02", note="Licence withdrawn")
    assert response.status_code == 200
    words = text_of(response)
    assert "1 visit would be re-dispatched." in words
    assert "Set it all the same" in words
    harold.refresh_from_db()
    assert harold.cleared_until == date(2027, 12, 31)
    # What was seen is one day; another day is another question.
    other = do(nora, harold, "clear", until="2026-11-01", note="x", seen="2026-11-02")
    assert other.status_code == 200
    done = do(nora, harold, "clear", until="2026-11-02", note="Withdrawn", seen="2026-11-02")
    assert done.status_code == 302
    harold.refresh_from_db()
    assert (harold.cleared_until, harold.clearance_override_note) == (
        date(2026, 11, 2), "Withdrawn",
    )  # fmt: skip
    assert protect_appointments() == 1
    run_due()
    assert pending_offer(visit).contractor.name == "Lisa"


def test_clearance_that_costs_nothing_is_set_at_once_and_stands_on_the_page(nora, harold):
    assert do(nora, harold, "clear", until="2028-01-31", note="Seen on paper").status_code == 302
    page = text_of(nora.get(url("contractor", contractor=harold.public_id)))
    assert "to 31 Jan 2028 by hand" in page
    assert "Clearance set by hand: Seen on paper" in page
    assert "Papers decide…" in page
    assert do(nora, harold, "clear", until="2028-01-31", note="").status_code == 422


def test_the_papers_decide_again_and_it_is_said_what_that_gives(nora, harold, insurance):
    insurance.active = True
    insurance.save()
    do(nora, harold, "clear", until="2028-01-31", note="Seen on paper")
    assert "Set by hand because: Seen on paper" in ask(nora, harold, "papers-again")
    response = do(nora, harold, "papers-again", reason="The year is over")
    said = text_of(nora.get(response["Location"]))
    assert "Harold is not cleared: a paper is missing." in said
    harold.refresh_from_db()
    assert (harold.cleared_until, harold.clearance_override_until) == (None, None)


def test_a_message_in_free_words_is_sent_and_noted(nora, harold):
    response = do(nora, harold, "write", subject="Snow", text="Drive\ncarefully.")
    assert response.status_code == 302
    send_due_messages()
    [sent] = mail.outbox
    assert (sent.subject, sent.to) == ("Snow", ["harold@example.com"])
    assert "Drive\ncarefully." in sent.body
    assert ContractorEvent.objects.get().note == "Snow"
    empty = do(nora, harold, "write", subject="", text="Kept")
    assert empty.status_code == 422
    assert "Kept" in empty.content.decode()


def test_without_an_address_it_is_said_that_nothing_was_sent(nora, harold):
    harold.email = harold.phone = ""
    harold.save()
    response = do(nora, harold, "write", subject="Snow", text="x")
    assert "Harold has no address to write to, so nothing was sent." in text_of(
        nora.get(response["Location"])
    )
    assert not Message.objects.exists()
    assert not ContractorEvent.objects.exists()


def test_an_unknown_action_is_not_there(nora, harold):
    assert (
        nora.get(
            url("contractor_action", contractor=harold.public_id, action="promote")
        ).status_code
        == 404
    )


def test_in_a_dialog_done_is_a_word_and_wrong_input_the_form(nora, harold):
    address = url("contractor_action", contractor=harold.public_id, action="suspend")
    headers = {"HX-Request": "true", "HX-Target": "act-body"}
    wrong = nora.post(address, {"reason": ""}, headers=headers)
    assert wrong.status_code == 422
    assert "<html" not in wrong.content.decode()
    done = nora.post(address, {"reason": "x"}, headers=headers)
    assert done.status_code == 204
    assert "Harold is suspended." in done["HX-Trigger"]
