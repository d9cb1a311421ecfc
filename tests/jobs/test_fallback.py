"""A policy that cannot be used is one question to the dispatcher, and closes once one works."""

from __future__ import annotations

import pytest
from django.db import connection

from jobs.actors import Actor
from jobs.console.needs import load_cards
from jobs.models import Escalation, JobEvent
from jobs.services.answers import accept_offer
from ranking.services import policies
from tests.jobs.world import START, pending_offer, run_due, settle

pytestmark = pytest.mark.django_db


def break_policy(policy_id: int) -> None:
    """As when a criterion was removed that the policy weighs."""
    settle()  # a table with deferred checks pending cannot be altered
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ranking_rankingpolicy DISABLE TRIGGER USER")
        cursor.execute(
            "UPDATE ranking_rankingpolicy SET weights = '{\"charm\": 50}' WHERE id = %s",
            [policy_id],
        )
        settle()
        cursor.execute("ALTER TABLE ranking_rankingpolicy ENABLE TRIGGER USER")


def open_questions() -> list[Escalation]:
    return list(Escalation.objects.filter(kind="ranking_fell_back", closed_at=None))


def test_it_is_asked_once_per_branch_and_scope_and_not_once_per_job(branch, trio, make_job) -> None:
    broken = policies.active_policy(branch.pk)
    break_policy(broken.pk)
    jobs = [make_job() for _ in range(4)]
    run_due()
    for job in jobs:
        job.refresh_from_db()
        assert job.status == "offering"
    (question,) = open_questions()
    assert question.data["policy"] == broken.pk
    assert "can not be used" in question.data["reason"]
    assert JobEvent.objects.filter(kind="escalated").count() == 1


def test_what_becomes_of_that_job_does_not_settle_it(branch, trio, make_job) -> None:
    break_policy(policies.active_policy(branch.pk).pk)
    job = make_job()
    run_due()
    offer = pending_offer(job)
    accept_offer(offer_id=offer.pk, actor=Actor.contractor(offer.contractor), via="portal")
    assert len(open_questions()) == 1


def test_it_closes_by_itself_once_a_policy_works_again(branch, trio, make_job) -> None:
    broken = policies.active_policy(branch.pk)
    break_policy(broken.pk)
    make_job()
    run_due()
    (question,) = open_questions()
    draft = policies.create_draft(
        branch_id=branch.pk, weights={"travel_time": 50}, note="Mended", user_id=None
    )
    policies.publish(policy_id=draft.pk, user_id=None)
    assert open_questions() == [question]  # until it has shown that it works
    make_job()
    run_due()
    assert open_questions() == []
    question.refresh_from_db()
    assert "works again" in question.resolution


def test_a_broken_policy_for_one_kind_of_work_is_a_question_of_its_own(
    branch, service_type, trio, make_job
) -> None:
    draft = policies.create_draft(
        branch_id=branch.pk,
        weights={"travel_time": 50},
        note="Drives",
        user_id=None,
        service_type_id=service_type.pk,
    )
    policies.publish(policy_id=draft.pk, user_id=None)
    for policy in (policies.active_policy(branch.pk), draft):
        break_policy(policy.pk)
    make_job()
    run_due()
    (question,) = open_questions()
    assert question.data["for"] == service_type.name


def test_the_card_says_what_happened_and_leads_to_the_policy(branch, trio, make_job) -> None:
    broken = policies.active_policy(branch.pk)
    break_policy(broken.pk)
    make_job()
    run_due()
    (card,) = load_cards(branch, at=START)
    assert "can not be used" in card.what
    assert f"/rankingpolicy/{broken.pk}/" in card.fixes[0].url
