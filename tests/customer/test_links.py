"""The customer's link: signed, hashed, revocable, rebuilt when it is needed."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction

from jobs.models import CustomerLink
from jobs.services.customer_links import (
    OPEN_AFTER_CLOSING,
    customer_token,
    customer_url,
    find_link,
    renew_link,
    revoke_link,
)
from jobs.services.jobs import cancel_job
from tests.jobs.steps import SYSTEM

pytestmark = pytest.mark.usefixtures("trio")


def path_of(url: str) -> str:
    return url.removeprefix(settings.BASE_URL)


def test_a_link_is_made_once_and_can_be_named_again(make_job, trio):
    job = make_job()
    assert customer_token(job) == ""
    url = customer_url(job)
    assert re.fullmatch(re.escape(settings.BASE_URL) + r"/c/[\w.-]+/", url)
    assert customer_url(job) == url
    assert CustomerLink.objects.filter(job=job).count() == 1


def test_the_database_does_not_know_the_link(make_job):
    job = make_job()
    token = customer_url(job).rstrip("/").rsplit("/", 1)[1]
    nonce = token.split(".")[0]
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(l)::text FROM jobs_customerlink l")
        (row,) = cursor.fetchone()
    assert nonce not in row
    assert token not in row


def test_whoever_reads_the_database_cannot_make_a_link(make_job, settings, clock):
    job = make_job()
    customer_url(job)
    settings.SECRET_KEY = "somebody else's guess"
    assert customer_token(job) == "", "the seed alone names nothing"


def test_a_changed_key_with_its_fallback_keeps_the_links(make_job, settings, clock):
    job = make_job()
    url = customer_url(job)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "the next key"
    old = url.rstrip("/").rsplit("/", 1)[1]
    assert find_link(old, at=job.window_start).works
    assert find_link(customer_token(job), at=job.window_start).works


def test_a_key_that_is_gone_gives_another_link(make_job, settings):
    job = make_job()
    before = customer_url(job)
    settings.SECRET_KEY = "the next key"
    after = customer_url(job)
    assert after not in ("", before)
    assert find_link(before.rstrip("/").rsplit("/", 1)[1], at=job.window_start) is None
    assert CustomerLink.objects.filter(job=job, revoked_at=None).count() == 1


def test_a_revoked_link_stays_closed_until_staff_renew_it(client, make_job):
    job = make_job()
    first = customer_url(job)
    assert client.get(path_of(first)).status_code == 200
    assert revoke_link(job_id=job.pk)
    assert not revoke_link(job_id=job.pk)
    assert customer_url(job) == "", "messages name no link that staff took away"
    answer = client.get(path_of(first))
    assert answer.status_code == 410
    assert "no longer used" in answer.content.decode()
    second = renew_link(job_id=job.pk)
    assert client.get(path_of(second)).status_code == 200
    assert client.get(path_of(first)).status_code == 410


def test_the_page_closes_some_weeks_after_the_job(client, make_job, clock):
    job = make_job()
    url = path_of(customer_url(job))
    cancel_job(job_id=job.pk, by="customer", reason="price", actor=SYSTEM)
    job.refresh_from_db()
    clock.set(job.closed_at + OPEN_AFTER_CLOSING - timedelta(seconds=1))
    assert client.get(url).status_code == 200
    clock.advance(seconds=1)
    answer = client.get(url)
    assert answer.status_code == 410
    assert "is over" in answer.content.decode()


@pytest.mark.parametrize("change", [lambda t: t[:-1], lambda t: "x" + t, lambda t: "nothing"])
def test_a_wrong_link_says_calmly_what_to_do(client, make_job, change):
    token = customer_url(make_job()).rstrip("/").rsplit("/", 1)[1]
    answer = client.get(f"/c/{change(token)}/")
    assert answer.status_code == 404
    assert "This link opens nothing" in answer.content.decode()


def test_nobody_caches_indexes_or_passes_on_the_link(client, make_job):
    answer = client.get(path_of(customer_url(make_job())))
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
    assert answer["Referrer-Policy"] == "same-origin"
    assert "no-store" in answer["Cache-Control"]


def test_guessing_and_hammering_are_slowed_down(client, make_job, monkeypatch):
    url = path_of(customer_url(make_job()))
    monkeypatch.setattr("jobs.customer.access.WRONG_LINKS_A_MINUTE", 2)
    assert [client.get(f"/c/guess{n}/").status_code for n in range(3)] == [404, 404, 429]
    assert client.get(url).status_code == 200, "a good link is not held up by another's guesses"
    monkeypatch.setattr("jobs.customer.access.REQUESTS_A_MINUTE", 1)
    answer = client.get(url)
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0


def test_a_job_has_one_working_link_by_constraint(make_job):
    job = make_job()
    customer_url(job)
    link = CustomerLink.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        CustomerLink.objects.create(job=job, seed="x", nonce_hash="y", created_at=link.created_at)
