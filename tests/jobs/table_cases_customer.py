"""Bad writes about customers' pages, changes and proposals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.jobs.guards import Past, sql
from tests.jobs.table_cases import Write, job

BOOKING = "(SELECT id FROM jobs_booking WHERE live)"


def drop(table: str, name: str) -> str:
    return f"ALTER TABLE {table} DROP CONSTRAINT {name}"


def link(p: Past, seed: str) -> None:
    sql(
        "INSERT INTO jobs_customerlink (job_id, seed, nonce_hash, created_at)"
        " VALUES (%s, %s, %s, now())",
        p.booked.pk,
        seed,
        seed,
    )


def note(p: Past, text: str) -> None:
    sql(
        "INSERT INTO jobs_customernote (public_id, job_id, text, file_name, original_name,"
        " content_type, created_at) VALUES (gen_random_uuid(), %s, %s, '', '', '', now())",
        p.booked.pk,
        text,
    )


def rating(stars: int, times: int = 1) -> None:
    for _ in range(times):
        sql(
            "INSERT INTO jobs_visitrating (booking_id, stars, words, rated_at)"
            f" VALUES ({BOOKING}, %s, '', now())",
            stars,
        )


def windows(p: Past, *, chosen: str = "NULL", times: int = 1) -> None:
    for _ in range(times):
        sql(
            "INSERT INTO jobs_windowoffer (public_id, job_id, windows, made_at, chosen)"
            f" VALUES (gen_random_uuid(), %s, '[]', now(), {chosen})",
            p.booked.pk,
        )


def policy(**columns: str) -> Callable[[Past], Any]:
    values = {
        "cutoff_minutes": "120",
        "first_hour": "8",
        "last_hour": "20",
        "window_hours": "4",
        "days_ahead": "7",
        "late_minutes": "60",
        "late_cancel_fee": "0",
        "late_move_fee": "0",
        "widest_km": "25",
        "highest_raise": "100",
        "accepts_within_limit": "true",
        **columns,
    }

    def write(p: Past) -> None:
        for _ in range(2 if columns.get("branch_id") else 1):
            names = {"branch_id": str(p.booked.branch_id), **values}
            names["branch_id"] = str(p.booked.branch_id)
            sql(
                f"INSERT INTO jobs_changepolicy ({', '.join(names)})"
                f" VALUES ({', '.join(names.values())})"
            )

    return write


def fee(amount: int, times: int = 1) -> None:
    for _ in range(times):
        sql(
            "INSERT INTO jobs_contractorfee (booking_id, kind, amount, currency, at)"
            f" VALUES ({BOOKING}, 'late_move', %s, 'USD', now())",
            amount,
        )


def proposal(p: Past, original: str, offer: str, times: int = 1) -> None:
    for _ in range(times):
        sql(
            "INSERT INTO jobs_proposal (original_id, offer_id, note, made_at, by_rule)"
            f" VALUES (({original}), ({offer}), '', now(), false)"
        )


FIRST = "SELECT min(id) FROM jobs_offer"
LAST = "SELECT max(id) FROM jobs_offer"

CASES: list[tuple[str, str, Write]] = [
    (
        "one_customer_link_per_job",
        "DROP INDEX one_customer_link_per_job",
        lambda p: [link(p, "a"), link(p, "b")],
    ),
    (
        "jobs_customerlink_nonce_hash_key",
        drop("jobs_customerlink", "jobs_customerlink_nonce_hash_key"),
        lambda p: [
            link(p, "a"),
            sql("UPDATE jobs_customerlink SET revoked_at = now()"),
            link(p, "a"),
        ],
    ),
    (
        "customer_note_says_something",
        drop("jobs_customernote", "customer_note_says_something"),
        lambda p: note(p, ""),
    ),
    ("rating_1_to_5", drop("jobs_visitrating", "rating_1_to_5"), lambda p: rating(6)),
    (
        "jobs_visitrating_booking_id_key",
        drop("jobs_visitrating", "jobs_visitrating_booking_id_key"),
        lambda p: rating(5, times=2),
    ),
    (
        "one_open_window_offer_per_job",
        "DROP INDEX one_open_window_offer_per_job",
        lambda p: windows(p, times=2),
    ),
    (
        "window_chosen_means_closed",
        drop("jobs_windowoffer", "window_chosen_means_closed"),
        lambda p: windows(p, chosen="0"),
    ),
    (
        "change_money_not_negative",
        drop("jobs_changepolicy", "change_money_not_negative"),
        policy(late_move_fee="-1"),
    ),
    (
        "change_hours_ordered",
        drop("jobs_changepolicy", "change_hours_ordered"),
        policy(first_hour="20"),
    ),
    (
        "change_reach_sane",
        drop("jobs_changepolicy", "change_reach_sane"),
        policy(widest_km="101"),
    ),
    (
        "jobs_changepolicy_branch_id_key",
        drop("jobs_changepolicy", "jobs_changepolicy_branch_id_key"),
        policy(branch_id="twice"),
    ),
    (
        "one_fee_of_a_kind_per_visit",
        drop("jobs_contractorfee", "one_fee_of_a_kind_per_visit"),
        lambda p: fee(20, times=2),
    ),
    ("fee_above_zero", drop("jobs_contractorfee", "fee_above_zero"), lambda p: fee(0)),
    (
        "proposal_stands_in_another_offer",
        drop("jobs_proposal", "proposal_stands_in_another_offer"),
        lambda p: proposal(p, FIRST, FIRST),
    ),
    (
        "jobs_proposal_original_id_key",
        drop("jobs_proposal", "jobs_proposal_original_id_key"),
        lambda p: [proposal(p, FIRST, LAST), proposal(p, FIRST, f"{LAST} WHERE id < ({LAST})")],
    ),
    (
        "jobs_proposal_offer_id_key",
        drop("jobs_proposal", "jobs_proposal_offer_id_key"),
        lambda p: [proposal(p, FIRST, LAST), proposal(p, f"{LAST} WHERE id < ({LAST})", LAST)],
    ),
    (
        "job_relief_bounded",
        drop("jobs_job", "job_relief_bounded"),
        job(skill_relief="2"),
    ),
    (
        "job_does_not_follow_itself",
        drop("jobs_job", "job_does_not_follow_itself"),
        job(follow_up_of_id="id"),
    ),
]
