"""Continuity: who served this customer before, there or at another address, is known."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from jobs.models import Job
from jobs.services.same_customer import other_jobs_of_customer
from jobs.services.visits import complete_visit
from jobs.states import VisitResult
from ranking.explain import explain, facts_of
from ranking.models import Decision
from tests.jobs.steps import SYSTEM, on_site
from tests.jobs.world import make_branch, make_contractor, make_service_type, run_due

pytestmark = pytest.mark.usefixtures("trio")

ELSEWHERE = {"address": "3 Elm Street", "postcode": "02116"}


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({"customer_phone": "+1 617-555-0142", "customer_email": ""}, True),
        ({"customer_phone": "6175550142", "customer_email": "other@example.com"}, True),
        ({"customer_phone": "", "customer_email": "Dana@Example.com"}, True),
        ({"customer_phone": "617 555 0143", "customer_email": "other@example.com"}, False),
        ({"customer_phone": "", "customer_email": ""}, False),
    ],
)
def test_a_customer_is_known_by_phone_or_mail(make_job, changes, same) -> None:
    job, other = make_job(), make_job(**ELSEWHERE, **changes)
    expected = [other.public_id] if same else []
    assert other_jobs_of_customer(job_id=job.pk) == expected


def test_without_phone_and_mail_nobody_is_the_same(make_job) -> None:
    unknown = {"customer_phone": "", "customer_email": ""}
    job, _ = make_job(**unknown), make_job(**unknown)
    assert other_jobs_of_customer(job_id=job.pk) == []


def test_a_number_too_short_to_be_one_is_nobodys(make_job) -> None:
    short = {"customer_phone": "ext. 12", "customer_email": ""}
    job, _ = make_job(**short), make_job(**short)
    assert other_jobs_of_customer(job_id=job.pk) == []


def test_another_branchs_jobs_are_not_looked_at(make_job) -> None:
    job = make_job()
    chelsea = make_branch("chelsea", reference_prefix="CHE")
    kind = make_service_type(chelsea)
    make_contractor(chelsea, "Kim")
    make_job(branch=chelsea, service_type=kind)
    assert other_jobs_of_customer(job_id=job.pk) == []


def test_who_served_the_customer_elsewhere_counts_as_knowing_them(clock, make_job) -> None:
    first = make_job()
    booking = on_site(first, clock)
    complete_visit(booking_id=booking.pk, result=VisitResult.FIXED, actor=SYSTEM)
    day = clock.now + timedelta(days=2)
    window = {"window_start": day, "window_end": day + timedelta(hours=4)}
    second = make_job(**ELSEWHERE, **window, customer_email="", customer_phone="617-555-0142")
    run_due()
    decision = Decision.objects.for_job(second.public_id).get()
    visits = dict(
        zip(decision.contractor_ids, facts_of(decision)["earlier_visits"].tolist(), strict=True)
    )
    assert visits.pop(booking.contractor_id) == 1
    assert set(visits.values()) == {0}
    knows = next(one for one in explain(decision) if one.contractor_id == booking.contractor_id)
    said = {part.criterion: part.sentence for part in knows.parts}["continuity"]
    assert said.startswith("Served this customer or site once, ")


def test_it_is_found_by_an_index_however_many_jobs_there_are(make_job) -> None:
    job = make_job()
    names = ("job_by_customer_phone", "job_by_customer_email")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        for where, name in zip(
            (
                "customer_phone <> '' AND right(regexp_replace(customer_phone,"
                " '[^0-9]', '', 'g'), 10) = '6175550142'",
                "customer_email <> '' AND lower(customer_email) = 'dana@example.com'",
            ),
            names,
            strict=True,
        ):
            cursor.execute(
                f"EXPLAIN SELECT id FROM jobs_job WHERE branch_id = {job.branch_id} AND {where}"
            )
            assert name in "\n".join(row[0] for row in cursor.fetchall())
    assert Job.objects.count() == 1
