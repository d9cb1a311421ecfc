"""The role table's rows for the pages about contractors."""

from __future__ import annotations

from tests.house.role_row import Row
from tests.house.role_rows_pages import STAFF, form, of_branch
from tests.house.role_world import FullWorld

Kwargs = dict[str, object]


def of_contractor(world: FullWorld) -> Kwargs:
    return {"branch": world.branch.slug, "contractor": world.contractor.public_id}


def of_action(world: FullWorld) -> Kwargs:
    return {**of_contractor(world), "action": "suspend"}


def of_applicant(world: FullWorld) -> Kwargs:
    return {"branch": world.branch.slug, "contractor": world.office.applicant.public_id}


def of_paper(world: FullWorld) -> Kwargs:
    return {"branch": world.branch.slug, "document": world.office.paper.public_id}


def of_request(world: FullWorld) -> Kwargs:
    return {"branch": world.branch.slug, "asked": world.office.request.pk}


def of_invitation(world: FullWorld) -> Kwargs:
    return {"branch": world.branch.slug, "invitation": world.office.invitation.public_id}


def of_bulk(world: FullWorld) -> Kwargs:
    return {"branch": world.branch.slug, "action": "message"}


NETWORK = [
    Row("console:contractors", STAFF, kwargs=of_branch),
    Row("console:contractors_csv", STAFF, kwargs=of_branch),
    Row("console:contractor", STAFF, kwargs=of_contractor),
    Row("console:reviews", STAFF, kwargs=of_branch),
    Row("console:application", STAFF, kwargs=of_applicant),
    Row("console:papers", STAFF, kwargs=of_branch),
    # Its file is gone, which only those hear who may open it; tests/console/network has one.
    Row("console:paper_file", {**STAFF, "dispatcher": 404, "admin": 404}, kwargs=of_paper),
    Row("console:invitations", STAFF, kwargs=of_branch),
    form("console:invitations", of_branch),
    form("console:bulk", of_bulk),
    form("console:approve_application", of_applicant),
    form("console:send_back_application", of_applicant),
    form("console:reject_application", of_applicant),
    form("console:approve_paper", of_paper),
    form("console:reject_paper", of_paper),
    form("console:take_back_request", of_request),
    form("console:resend_invitation", of_invitation),
    form("console:revoke_invitation", of_invitation),
    form("console:note_contractor", of_contractor),
    form("console:ask_paper", of_contractor),
    form("console:contractor_action", of_action),
]
