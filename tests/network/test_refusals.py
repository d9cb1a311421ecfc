"""A contractor says for which clients they do not want to work."""

from __future__ import annotations

import pytest

from network.availability import Refusal
from network.eligibility import explain_not_eligible, find_eligible, forget_counts
from network.errors import NetworkError
from network.models import ClientRefusal, ContractorEvent
from network.services.refusals import accept_client_again, refuse_client
from tests.network.factories import (
    MONDAY,
    load,
    make_branch,
    make_client,
    make_contractor,
    make_service_type,
    make_skill,
    make_technician,
    work_order,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    forget_counts()
    branch = make_branch()
    skill = make_skill(branch)
    contractor = make_contractor(branch, name="Harold")
    make_technician(contractor, {skill: 2})
    service_type = make_service_type(branch, {skill: 1})
    return branch, contractor, service_type, make_client(branch)


def test_a_refused_clients_jobs_do_not_come_and_the_reason_counts_as_its_own(world) -> None:
    _, contractor, service_type, client = world
    work = work_order(service_type, client_id=client.pk)
    assert [slot.contractor_id for slot in find_eligible(work, at=MONDAY).slots] == [contractor.pk]
    refuse_client(contractor_id=contractor.pk, client_id=client.pk, note="Pays after 90 days")
    found = find_eligible(work, at=MONDAY)
    assert (found.slots, found.not_eligible) == ([], {"refuses_client": 1})
    (entry,) = explain_not_eligible(work, at=MONDAY)
    assert entry.rule == "refuses_client"
    assert entry.sentence == "does not work for this client: Pays after 90 days"


def test_other_clients_and_jobs_without_one_are_not_touched(world) -> None:
    branch, contractor, service_type, client = world
    refuse_client(contractor_id=contractor.pk, client_id=client.pk)
    for other in (make_client(branch), None):
        work = work_order(service_type, client_id=other.pk if other else None)
        assert find_eligible(work, at=MONDAY).slots
    work = work_order(service_type, client_id=client.pk)
    answer = load(work, contractor).best_slot(work, contractor.pk, not_before=MONDAY)
    assert isinstance(answer, Refusal)
    assert answer.sentence == "does not work for this client"


def test_saying_it_twice_keeps_one_row_and_taking_it_back_brings_the_jobs_back(world) -> None:
    _, contractor, service_type, client = world
    first = refuse_client(contractor_id=contractor.pk, client_id=client.pk)
    again = refuse_client(contractor_id=contractor.pk, client_id=client.pk, note="Slow")
    assert (again.pk, again.note) == (first.pk, "Slow")
    assert accept_client_again(contractor_id=contractor.pk, client_id=client.pk)
    assert not accept_client_again(contractor_id=contractor.pk, client_id=client.pk)
    assert find_eligible(work_order(service_type, client_id=client.pk), at=MONDAY).slots
    actions = ContractorEvent.objects.filter(contractor=contractor).order_by("pk")
    assert list(actions.values_list("action", flat=True)) == ["client-refused", "client-accepted"]


def test_a_client_of_another_branch_is_not_there(world) -> None:
    _, contractor, _, _ = world
    with pytest.raises(NetworkError, match="no such client"):
        refuse_client(contractor_id=contractor.pk, client_id=make_client(make_branch()).pk)
    assert not ClientRefusal.objects.exists()
