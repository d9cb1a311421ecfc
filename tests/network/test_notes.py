"""Notes that stay as they are, and papers that staff ask for."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from network import display
from network.errors import NetworkError
from network.models import (
    Contractor,
    ContractorNote,
    Document,
    DocumentRequest,
    Requirement,
    User,
)
from network.services.notes import LONGEST_NOTE, add_note
from network.services.requests import ask_for_document, take_request_back
from tests.network.factories import MONDAY, make_branch, make_contractor

pytestmark = pytest.mark.django_db


@pytest.fixture
def nora() -> User:
    return User.objects.create_user("nora@example.com")


@pytest.fixture
def branch(clock):
    clock.set(MONDAY)
    return make_branch()


@pytest.fixture
def licence(branch) -> Requirement:
    return Requirement.objects.create(
        branch=branch, name="Licence", kind="licence", required_from=date(2026, 1, 1)
    )


def test_a_note_is_kept_with_its_author(branch, nora):
    contractor = make_contractor(branch)
    note = add_note(contractor_id=contractor.pk, text="  Prefers e-mail. ", author_id=nora.pk)
    note.refresh_from_db()
    assert (note.text, note.author, note.at) == ("Prefers e-mail.", nora, MONDAY)


@pytest.mark.parametrize("text", ["", "  \n", "\0", "x" * (LONGEST_NOTE + 1)])
def test_an_empty_or_endless_note_is_refused_in_words(branch, nora, text):
    contractor = make_contractor(branch)
    with pytest.raises(NetworkError) as refusal:
        add_note(contractor_id=contractor.pk, text=text, author_id=nora.pk)
    assert refusal.value.field == "text"


def test_the_database_refuses_to_change_or_delete_a_note(branch, nora):
    note = add_note(contractor_id=make_contractor(branch).pk, text="Was rude.", author_id=nora.pk)
    for act in (lambda: ContractorNote.objects.update(text="Was nice."), note.delete):
        with pytest.raises(IntegrityError) as refusal, transaction.atomic():
            act()
        diagnosis = refusal.value.__cause__.diag  # type: ignore[union-attr]
        assert diagnosis.constraint_name == "network_contractornote_is_append_only"
    with connection.cursor() as cursor:
        cursor.execute(
            "DROP TRIGGER network_contractornote_is_append_only ON network_contractornote"
        )
    assert ContractorNote.objects.update(text="Was nice.") == 1


def test_many_are_asked_with_the_queries_of_one(branch, licence, nora):
    few = [make_contractor(branch).pk]
    many = [make_contractor(branch).pk for _ in range(12)]
    counts = []
    for ids in (few, many):
        with CaptureQueriesContext(connection) as captured:
            asked = ask_for_document(
                branch_id=branch.pk,
                contractor_ids=ids,
                requirement_id=licence.pk,
                note="Yours is old.",
                due_on=date(2026, 12, 1),
                actor_id=nora.pk,
            )
        assert sorted(one.contractor_id for one in asked) == sorted(ids)
        counts.append(len(captured))
    assert counts[0] == counts[1]
    event = Contractor.objects.get(pk=few[0]).events.get()
    assert (event.action, event.note) == ("document-asked-for", "Licence: Yours is old.")


def test_strangers_and_those_who_left_are_passed_over(branch, licence):
    gone = make_contractor(branch, status="left")
    stranger = make_contractor(make_branch())
    here = make_contractor(branch)
    asked = ask_for_document(
        branch_id=branch.pk,
        contractor_ids=[gone.pk, stranger.pk, here.pk],
        requirement_id=licence.pk,
    )
    assert [one.contractor_id for one in asked] == [here.pk]


def test_asking_again_replaces_what_stood(branch, licence):
    contractor = make_contractor(branch)
    for note in ("First.", "Second."):
        ask_for_document(
            branch_id=branch.pk,
            contractor_ids=[contractor.pk],
            requirement_id=licence.pk,
            note=note,
        )
    assert [one.note for one in DocumentRequest.objects.open()] == ["Second."]


def test_a_request_is_open_until_the_paper_comes_or_it_is_taken_back(clock, branch, licence):
    contractor = make_contractor(branch)
    facts = {"branch_id": branch.pk, "contractor_ids": [contractor.pk]}

    def hand_in(state: str) -> Document:
        reviewed = {"reviewed_at": clock.now, "reason": "Cut off."} if state == "rejected" else {}
        return Document.objects.create(
            contractor=contractor,
            requirement=licence,
            kind="licence",
            size_bytes=1,
            state=state,
            **reviewed,
        )

    hand_in("submitted")
    clock.advance(minutes=1)
    [request] = ask_for_document(**facts, requirement_id=licence.pk)
    assert DocumentRequest.objects.open().count() == 1  # the old paper is not the answer
    clock.advance(minutes=1)
    hand_in("rejected")
    assert DocumentRequest.objects.open().count() == 1
    hand_in("submitted")
    assert DocumentRequest.objects.open().count() == 0
    clock.advance(minutes=1)
    [request] = ask_for_document(**facts, requirement_id=licence.pk)
    take_request_back(request_id=request.pk)
    take_request_back(request_id=request.pk)
    assert DocumentRequest.objects.open().count() == 0
    actions = contractor.events.values_list("action", flat=True)
    assert list(actions).count("document-no-longer-asked") == 1


def test_what_cannot_be_asked_is_refused_in_words(branch, licence):
    contractor = make_contractor(branch)
    elsewhere = Requirement.objects.create(
        branch=make_branch(), name="Visa", kind="other", required_from=date(2026, 1, 1)
    )
    for changes, field in (
        ({"requirement_id": elsewhere.pk}, "requirement"),
        ({"due_on": date(2026, 11, 22)}, "due_on"),
    ):
        facts = {"requirement_id": licence.pk, **changes}
        with pytest.raises(NetworkError) as refusal:
            ask_for_document(branch_id=branch.pk, contractor_ids=[contractor.pk], **facts)
        assert refusal.value.field == field
    assert not DocumentRequest.objects.exists()


@pytest.mark.parametrize(("km", "text"), [(3.2, "2.0 mi"), (40.0, "25 mi"), (0.1, "0.1 mi")])
def test_refusals_word_distances_like_every_page(branch, km, text):
    from network import sentences

    assert sentences.distance is display.distance
    assert display.distance(km, "mi") == text
