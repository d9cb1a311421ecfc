"""The role table: who gets what at every address of the site, the API and the health pages."""

from __future__ import annotations

from tests.house.role_row import Row, api, each, everybody
from tests.house.role_rows_cascade import CASCADE
from tests.house.role_rows_coverage import COVERAGE
from tests.house.role_rows_customer import CUSTOMER
from tests.house.role_rows_explain import EXPLAIN
from tests.house.role_rows_join import ACCOUNTS, JOINING
from tests.house.role_rows_messages import MESSAGES
from tests.house.role_rows_network import NETWORK
from tests.house.role_rows_pages import CONSOLE, PORTAL
from tests.house.role_rows_profile import PROFILE
from tests.house.role_rows_reports import REPORTS
from tests.house.role_world import FullWorld

SIGNED_IN = each(anonymous=302, dispatcher=200, contractor=200, admin=200)
# allauth sends people who are signed in away from the pages for signing in.
FOR_STRANGERS = each(anonymous=200, dispatcher=302, contractor=302, admin=302)

# Checked by rule in test_role_table.py, page by page.
BY_RULE = ("admin:", "django_rq:")

HOUSE = [
    Row("home", each(anonymous=302, dispatcher=302, contractor=302, admin=302)),
    Row("healthz", everybody(200)),
    Row("readyz", everybody((200, 503))),
    Row("metrics", each(anonymous=403, dispatcher=403, contractor=403, admin=200)),
    Row("account_login", FOR_STRANGERS),
    Row("account_signup", FOR_STRANGERS),
    Row(
        "account_logout",
        each(anonymous=302, dispatcher=200, contractor=200, admin=200),
        asks_for_sign_in=False,
    ),
    Row("account_reauthenticate", SIGNED_IN),
    Row("account_email", SIGNED_IN),
    Row("account_change_password", SIGNED_IN),
    Row("account_set_password", each(anonymous=302, dispatcher=302, contractor=302, admin=302)),
    Row("account_inactive", everybody(200)),
    Row("account_email_verification_sent", everybody(302)),
    Row(
        "account_confirm_login_code", each(anonymous=302, dispatcher=302, contractor=302, admin=302)
    ),
    Row("account_reset_password", everybody(200)),
    Row("account_reset_password_done", everybody(200)),
    Row(
        "account_reset_password_from_key",
        everybody(200),
        kwargs=lambda world: {"uidb36": "1", "key": "no-such-key"},
    ),
    Row("account_reset_password_from_key_done", everybody(200)),
]


def job(world: FullWorld) -> dict[str, object]:
    return {"job_id": world.job.public_id}


def booked(world: FullWorld) -> dict[str, object]:
    return {"job_id": world.booked_job.public_id}


def offer(world: FullWorld) -> dict[str, object]:
    return {"offer_id": world.offer.public_id}


# 401 without a token (the admin has none), 403 with one of the other scope.
BRANCH_LIST = each(anonymous=401, dispatcher=200, contractor=403, admin=401)
BRANCH_THING = {**BRANCH_LIST, "other_dispatcher": 404}
CONTRACTOR_LIST = each(anonymous=401, dispatcher=403, contractor=200, admin=401)
CONTRACTOR_THING = {**CONTRACTOR_LIST, "other_contractor": 404}
# Allowed, and then refused for what was sent or for the visit's state.
CONTRACTOR_STEP = {**CONTRACTOR_THING, "contractor": (200, 409, 422)}

# A window after the one that the world's jobs have.
LATER = '{"start": "2026-11-05T09:00:00-05:00", "end": "2026-11-05T13:00:00-05:00"}'

API = [
    api("api:openapi-json", everybody(200)),
    api("api:openapi-view", everybody(200)),
    api("api:api-root", everybody(404)),
    api("api:nothing-here", everybody(404), kwargs=lambda world: {"rest": "nowhere"}),
    api("api:list_jobs", BRANCH_LIST),
    api(
        "api:create", each(anonymous=401, dispatcher=422, contractor=403, admin=401), method="POST"
    ),
    api("api:get_job", BRANCH_THING, kwargs=job),
    api("api:get_ranking", BRANCH_THING, kwargs=job),
    api("api:list_events", BRANCH_THING, kwargs=job),
    api(
        "api:cancel",
        BRANCH_THING,
        method="POST",
        kwargs=job,
        body='{"by": "customer", "reason": "price"}',
    ),
    api("api:list_openings", BRANCH_THING, kwargs=job),
    api("api:move", BRANCH_THING, method="POST", kwargs=job, body=f'{{"window": {LATER}}}'),
    # Refused for the job's state: only a visit that is over can be followed up.
    api("api:follow_up", {**BRANCH_THING, "dispatcher": 409}, method="POST", kwargs=job),
    api(
        "api:answer_with_own",
        CONTRACTOR_THING,
        method="POST",
        kwargs=offer,
        body='{"pay": {"amount": "400.00", "currency": "USD"}}',
    ),
    api("api:list_offers", CONTRACTOR_LIST),
    api("api:get_offer", CONTRACTOR_THING, kwargs=offer),
    api("api:accept", CONTRACTOR_THING, method="POST", kwargs=offer),
    api(
        "api:decline",
        CONTRACTOR_THING,
        method="POST",
        kwargs=offer,
        body='{"reason": "too_far"}',
    ),
    api("api:list_visits", CONTRACTOR_LIST),
    api(
        "api:eta",
        CONTRACTOR_STEP,
        method="POST",
        kwargs=booked,
        body='{"eta": "2026-11-03T09:30:00-05:00"}',
    ),
    api("api:en_route", CONTRACTOR_STEP, method="POST", kwargs=booked),
    api("api:arrive", CONTRACTOR_STEP, method="POST", kwargs=booked),
    api("api:complete", CONTRACTOR_STEP, method="POST", kwargs=booked, body='{"result": "fixed"}'),
    api("api:release", CONTRACTOR_THING, method="POST", kwargs=booked, body='{"reason": "sick"}'),
]

# One list a line, so that those who add one do not stand in each other's way.
ALL: list[list[Row]] = [
    HOUSE,
    ACCOUNTS,
    API,
    CONSOLE,
    COVERAGE,
    CUSTOMER,
    NETWORK,
    PORTAL,
    JOINING,
    EXPLAIN,
    PROFILE,
    MESSAGES,
    CASCADE,
    REPORTS,
]
ROWS: dict[str, Row] = {f"{row.method} {row.name}": row for rows in ALL for row in rows}
