"""Bad writes about how people are reached, and in which words."""

from __future__ import annotations

from typing import Any

from network.models import User
from tests.jobs.guards import Past, sql
from tests.jobs.table_cases import Write


def drop(table: str, name: str) -> str:
    return f"ALTER TABLE {table} DROP CONSTRAINT {name}"


def insert(table: str, rows: int = 1, **columns: str) -> None:
    """So many equal rows; columns are SQL expressions."""
    for _ in range(rows):
        sql(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join(columns.values())})")


def preference(p: Past, rows: int = 1, ways: str = "'{email}'") -> None:
    insert(
        "jobs_messagepreference",
        rows,
        contractor_id=str(p.lisa.pk),
        urgent_ways=ways,
        other_ways="'{email}'",
    )


def user() -> str:
    """A user's id; the only one."""
    found, _ = User.objects.get_or_create(email="nora@example.com")
    return str(found.pk)


def push(rows: int) -> None:
    of: dict[str, Any] = {
        "user_id": user(),
        "endpoint": "'https://push.example.com/1'",
        "p256dh": "''",
        "auth": "''",
        "device": "''",
        "created_at": "now()",
    }
    insert("jobs_pushsubscription", rows, **of)


def digest(p: Past, rows: int = 1, every: str = "'day'", hour: str = "7") -> None:
    insert(
        "jobs_staffdigest",
        rows,
        user_id=user(),
        branch_id=str(p.booked.branch_id),
        every=every,
        hour=hour,
        next_at="now()",
    )


def link(p: Past, rows: int) -> None:
    insert(
        "jobs_offerlink",
        rows,
        offer_id=str(p.asked_offer.pk),
        nonce_hash="'a'",
        wrong_codes="0",
        created_at="now()",
    )


def words(rows: int) -> None:
    insert(
        "jobs_messagetext",
        rows,
        template="'offer_made'",
        form="'letter'",
        language="'en'",
        subject="''",
        body="''",
        is_active="true",
        changed_at="now()",
    )


CASES: list[tuple[str, str, Write]] = [
    (
        "message_ways_are_known",
        drop("jobs_messagepreference", "message_ways_are_known"),
        lambda p: preference(p, ways="'{pigeon}'"),
    ),
    (
        "message_ways_are_known",
        drop("jobs_messagepreference", "message_ways_are_known"),
        lambda p: preference(p, ways="'{}'"),
    ),
    (
        "jobs_messagepreference_contractor_id_key",
        drop("jobs_messagepreference", "jobs_messagepreference_contractor_id_key"),
        lambda p: preference(p, rows=2),
    ),
    (
        "jobs_pushsubscription_endpoint_key",
        drop("jobs_pushsubscription", "jobs_pushsubscription_endpoint_key"),
        lambda p: push(2),
    ),
    (
        "one_digest_per_user_branch",
        drop("jobs_staffdigest", "one_digest_per_user_branch"),
        lambda p: digest(p, rows=2),
    ),
    (
        "digest_is_sane",
        drop("jobs_staffdigest", "digest_is_sane"),
        lambda p: digest(p, every="'week'"),
    ),
    ("digest_is_sane", drop("jobs_staffdigest", "digest_is_sane"), lambda p: digest(p, hour="24")),
    (
        "jobs_offerlink_nonce_hash_key",
        drop("jobs_offerlink", "jobs_offerlink_nonce_hash_key"),
        lambda p: link(p, 2),
    ),
    (
        "one_text_per_template_form_language",
        drop("jobs_messagetext", "one_text_per_template_form_language"),
        lambda p: words(2),
    ),
]
