"""Health answers and the figures behind them."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client, override_settings

from network.models import BranchStaff
from tests.jobs.world import make_branch, make_user

pytestmark = pytest.mark.django_db
NOWHERE = "unix:///tmp/firstcall-there-is-no-such-socket?db=0"


def beat(seconds_ago: float) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO jobs_clockbeat (name, beat_at, rescues, handed_over)"
            " VALUES ('test', clock_timestamp() - make_interval(secs => %s), 0, 0)",
            [seconds_ago],
        )


def test_alive_asks_nobody(client: Client, django_assert_num_queries: object) -> None:
    with django_assert_num_queries(0):  # type: ignore[operator]
        answer = client.get("/healthz")
    assert answer.status_code == 200


def test_ready_with_a_fresh_heartbeat(client: Client) -> None:
    beat(1)
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["checks"]["database"] == {"ok": True}
    assert answer.json()["checks"]["redis"] == {"ok": True}
    assert answer.json()["checks"]["clock"]["age_seconds"] >= 1


@pytest.mark.parametrize(("age", "status"), [(14, 200), (16, 503)])
def test_an_old_heartbeat_is_not_ready(client: Client, age: float, status: int) -> None:
    beat(age)
    assert client.get("/readyz").status_code == status


def test_the_liveliest_clock_counts(client: Client) -> None:
    beat(1)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO jobs_clockbeat (name, beat_at, rescues, handed_over)"
            " VALUES ('gone', clock_timestamp() - interval '1 day', 0, 0)"
        )
    assert client.get("/readyz").status_code == 200


def test_without_any_clock_it_is_not_ready_and_says_so(client: Client) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "manage.py clock" in answer.json()["checks"]["clock"]["detail"]


def test_lost_redis_is_shown_but_keeps_the_site_in_service(client: Client) -> None:
    beat(1)
    with override_settings(REDIS_URL=NOWHERE):
        answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["checks"]["redis"]["ok"] is False


def test_a_change_by_get_only_pages_refuses_post(client: Client) -> None:
    assert client.post("/healthz").status_code == 405
    assert client.post("/readyz").status_code == 405


def test_metrics_are_for_superusers_and_token_holders(client: Client) -> None:
    dispatcher = make_user("nora@example.com")
    BranchStaff.objects.create(user=dispatcher, branch=make_branch(), role="dispatcher")
    admin = make_user("ada@example.com", is_staff=True, is_superuser=True)
    assert client.get("/metrics").status_code == 403
    client.force_login(dispatcher)
    assert client.get("/metrics").status_code == 403
    client.force_login(admin)
    beat(2)
    answer = client.get("/metrics")
    assert answer.status_code == 200
    text = answer.content.decode()
    assert "firstcall_clock_heartbeat_age_seconds 2." in text
    assert 'rq_jobs{queue="timeouts"' in text
    assert "process_resident_memory_bytes" in text


def test_a_metrics_token_must_match(client: Client) -> None:
    with override_settings(METRICS_TOKEN="right"):
        ask = lambda token: client.get("/metrics", headers={"Authorization": f"Bearer {token}"})  # noqa: E731
        assert ask("right").status_code == 200
        assert ask("wrong").status_code == 403
        assert ask("").status_code == 403
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 403
