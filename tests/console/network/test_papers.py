"""Papers: the queue, the file, approval with an expiry, rejection with a reason, requests."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core import mail
from django.core.files.storage import default_storage
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs.models import Booking, Message
from jobs.services.outbox import send_due_messages
from jobs.services.protection import protect_appointments
from network.models import Document, DocumentRequest
from network.services.clearance import cleared_without, refresh_clearance
from network.services.documents import approve_document
from tests.console.conftest import text_of, url
from tests.jobs.steps import accept
from tests.jobs.world import START, make_branch, make_contractor, pending_offer, run_due


def decide(client, what, paper, **data):
    return client.post(url(f"{what}_paper", document=paper.public_id), data)


@pytest.fixture
def required(insurance):
    insurance.active = True
    insurance.save()
    return insurance


def test_the_queue_holds_members_papers_the_oldest_first(nora, harold, lisa, apply, hand_in, clock):
    clock.set(START + timedelta(hours=1))
    hand_in(lisa)
    clock.set(START)
    hand_in(harold, number="A-17")
    hand_in(apply())  # looked at with the application
    approve_document(document_id=hand_in(make_contractor(harold.branch, "Cy")).pk, actor_id=None)
    clock.set(START + timedelta(hours=2))
    response = nora.get(url("papers"))
    assert [one["contractor"] for one in response.context["listed"]] == [harold, lisa]
    words = text_of(response)
    assert "2, the oldest for 2 h" in words
    assert "no. A-17 · says it ends 30 Jun 2027 · waits 2 h" in words


def test_the_file_comes_as_an_attachment_and_never_as_a_page(nora, harold, hand_in):
    paper = hand_in(harold)
    response = nora.get(url("paper_file", document=paper.public_id))
    assert response["Content-Disposition"] == 'attachment; filename="policy.png"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert {"private", "no-store"} <= set(response["Cache-Control"].split(", "))
    body = b"".join(response.streaming_content)
    assert body.startswith((b"\x89PNG", b"\xff\xd8"))
    default_storage.delete(paper.file_name)
    assert nora.get(url("paper_file", document=paper.public_id)).status_code == 404


def test_approving_counts_through_the_day_on_the_paper(nora, harold, required, hand_in):
    paper = hand_in(harold)
    refresh_clearance(branch_id=harold.branch_id)
    form = nora.get(url("approve_paper", document=paper.public_id))
    assert form.context["form"]["expires_on"].value() == date(2027, 6, 30)
    assert decide(nora, "approve", paper, expires_on="2027-03-31").status_code == 302
    harold.refresh_from_db()
    paper.refresh_from_db()
    assert (paper.state, paper.expires_on) == ("approved", date(2027, 3, 31))
    assert paper.reviewed_by.name == "Nora"
    assert harold.cleared_until == date(2027, 3, 31)
    send_due_messages()
    assert mail.outbox[0].to == ["harold@example.com"]
    assert "Liability insurance" in mail.outbox[0].body


def test_a_paper_without_an_end_counts_for_good(nora, harold, required, hand_in):
    paper = hand_in(harold)
    assert decide(nora, "approve", paper, expires_on="").status_code == 302
    paper.refresh_from_db()
    harold.refresh_from_db()
    assert (paper.state, paper.expires_on) == ("approved", None)
    assert harold.cleared_until == date(9999, 12, 31)


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("2026-11-01", "This paper has expired; reject it."),
        ("tomorrow", "Give a day as 2026-11-24."),
    ],
)
def test_a_day_that_cannot_be_is_said_at_its_field(nora, harold, hand_in, day, words):
    paper = hand_in(harold)
    response = decide(nora, "approve", paper, expires_on=day)
    assert response.status_code == 422
    assert words in text_of(response)
    assert day in response.content.decode()
    paper.refresh_from_db()
    assert (paper.state, paper.expires_on) == ("submitted", date(2027, 6, 30))


def test_rejecting_needs_a_reason_which_the_contractor_reads(nora, harold, hand_in):
    paper = hand_in(harold)
    assert decide(nora, "reject", paper, reason=" ").status_code == 422
    decide(nora, "reject", paper, reason="The second page is missing.")
    paper.refresh_from_db()
    assert (paper.state, paper.reason) == ("rejected", "The second page is missing.")
    send_due_messages()
    assert "The second page is missing." in mail.outbox[0].body


def test_a_paper_that_was_replaced_meanwhile_is_refused_in_words(nora, harold, hand_in):
    old = hand_in(harold)
    hand_in(harold)
    late = decide(nora, "approve", old, expires_on="2027-06-30")
    assert "replaced by a newer one" in text_of(nora.get(late["Location"]))
    late = decide(nora, "reject", old, reason="x")
    assert "A newer paper has taken its place" in text_of(nora.get(late["Location"]))
    assert not Message.objects.exists()


def test_rejecting_one_that_counts_says_first_which_visits_it_costs(
    nora, trio, required, hand_in, make_job
):
    for one in trio:
        approve_document(document_id=hand_in(one).pk, actor_id=None)
    harold = trio[0]
    paper = Document.objects.get(contractor=harold)
    job = make_job()
    run_due()
    accept(pending_offer(job))
    asked = text_of(nora.get(url("reject_paper", document=paper.public_id)))
    assert "1 visit would be re-dispatched." in asked
    assert f"{job.reference} Water heater repair Lisa is next" in asked
    harold.refresh_from_db()
    assert harold.cleared_until == date(2027, 6, 30)  # asking changed nothing
    decide(nora, "reject", paper, reason="Issued to somebody else.")
    assert protect_appointments() == 1
    run_due()
    assert not Booking.objects.filter(contractor=harold, live=True).exists()
    assert pending_offer(job).contractor.name == "Lisa"


def test_clearance_without_a_paper_is_what_rejecting_it_then_gives(harold, required, hand_in):
    first, second = hand_in(harold, expires_on=date(2027, 1, 31)), None
    approve_document(document_id=first.pk, actor_id=None)
    second = hand_in(harold, expires_on=date(2027, 9, 30))
    approve_document(document_id=second.pk, actor_id=None)
    assert cleared_without(second) == date(2027, 1, 31)
    assert cleared_without(first) == date(2027, 9, 30)
    first.delete()
    second = Document.objects.select_related("contractor").get(pk=second.pk)
    assert cleared_without(second) is None
    required.active = False
    required.save()
    second.contractor.cleared_until = date(2028, 1, 1)
    assert cleared_without(second) == date(2028, 1, 1)  # no paper stands behind that date


def test_one_is_asked_for_a_paper_and_it_stands_until_it_comes(nora, harold, insurance, hand_in):
    asked = nora.post(
        url("ask_paper", contractor=harold.public_id),
        {"requirement": insurance.pk, "due_on": "2026-11-20", "note": "The old one ends."},
    )
    assert asked.status_code == 302
    send_due_messages()
    assert "The old one ends." in mail.outbox[0].body
    queue = nora.get(url("papers"))
    assert [one.contractor for one in queue.context["asked"]] == [harold]
    page = text_of(nora.get(url("contractor", contractor=harold.public_id)))
    assert "asked for Mon 2 Nov · wanted by 20 Nov · The old one ends." in page
    hand_in(harold)
    assert list(nora.get(url("papers")).context["asked"]) == []


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({}, "Choose a paper."),
        ({"due_on": "2026-11-01"}, "Choose a day that is still to come."),
        ({"requirement": "0"}, "Select a valid choice."),
    ],
)
def test_what_cannot_be_asked_is_said_and_what_was_typed_stays(
    nora, harold, insurance, data, words
):
    facts = {"note": "Please.", **data}
    if "due_on" in data:
        facts["requirement"] = insurance.pk
    response = nora.post(url("ask_paper", contractor=harold.public_id), facts)
    assert response.status_code == 422
    assert words in text_of(response)
    assert "Please." in response.content.decode()
    assert not DocumentRequest.objects.exists()


def test_a_request_is_taken_back_once(nora, harold, insurance):
    asked = DocumentRequest.objects.create(contractor=harold, requirement=insurance)
    for _ in range(2):
        assert nora.post(url("take_back_request", asked=asked.pk)).status_code == 302
    assert list(nora.get(url("papers")).context["asked"]) == []


def test_another_branchs_papers_are_not_there(nora, insurance, hand_in):
    other = make_branch("worcester")
    stranger = make_contractor(other, "Stranger")
    insurance.branch = other
    insurance.save()
    paper = hand_in(stranger)
    asked = DocumentRequest.objects.create(contractor=stranger, requirement=insurance)
    assert nora.get(url("papers")).context["total"] == 0
    assert nora.get(url("paper_file", document=paper.public_id)).status_code == 404
    for what in ("approve", "reject"):
        assert decide(nora, what, paper, reason="x").status_code == 404
    assert nora.post(url("take_back_request", asked=asked.pk)).status_code == 404
    assert nora.post(url("ask_paper", contractor=stranger.public_id)).status_code == 404
    paper.refresh_from_db()
    assert paper.state == "submitted"


def test_a_paper_of_another_branch_cannot_be_asked_for(nora, harold, insurance):
    insurance.branch = make_branch("worcester")
    insurance.save()
    response = nora.post(
        url("ask_paper", contractor=harold.public_id), {"requirement": insurance.pk}
    )
    assert response.status_code == 422


def test_the_file_is_for_staff_of_the_branch_only(client, harold, hand_in, other_dispatcher):
    address = url("paper_file", document=hand_in(harold).public_id)
    assert client.get(address).status_code == 302
    client.force_login(other_dispatcher)
    assert client.get(address).status_code == 404


def test_the_number_of_queries_does_not_grow_with_the_papers(nora, branch, service_type, hand_in):
    def count():
        with CaptureQueriesContext(connection) as captured:
            nora.get(url("papers"))
        return len(captured)

    for number in range(2):
        hand_in(make_contractor(branch, f"Firm {number}"))
    count()
    few = count()
    for number in range(2, 12):
        hand_in(make_contractor(branch, f"Firm {number}"))
    assert count() == few <= 16
