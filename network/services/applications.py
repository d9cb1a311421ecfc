"""Applications: begun, left and resumed, submitted, then approved, sent back or rejected.

Lock order: the contractor, then its application.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import connection, transaction

from network.clock import app_now
from network.errors import NetworkError
from network.models import (
    Application,
    ApplicationState,
    Branch,
    Contractor,
    ContractorStatus,
    ContractorUser,
    Requirement,
    User,
)
from network.services.clearance import override_clearance, refresh_clearance, today_of
from network.services.contractors import set_status
from network.services.history import note_event

STEPS = 5
MEND = "mend"
"""Key of ``Application.data``: the steps that an application was sent back for."""
CLEARED_DAYS_WITHOUT_REQUIREMENTS = 365
_EDITABLE = (ApplicationState.DRAFT, ApplicationState.SENT_BACK)


@transaction.atomic
def begin_application(
    *, branch: Branch, user: User, name: str, phone: str = "", email: str = ""
) -> Application:
    """Make an applicant for whom the user acts; going back to one's own unfinished one is no error.

    The base is the branch's centre until the applicant says where. Raises NetworkError for a
    missing name, a bad address, and an address that another firm of the branch has.
    """
    name, email = name.strip()[:120], (email or user.email).strip().lower()
    if not name:
        raise NetworkError("no-name", "Give the name of the business.", "name")
    try:
        validate_email(email)
    except ValidationError as error:
        raise NetworkError("bad-email", "Give an e-mail address.", "email") from error
    with connection.cursor() as cursor:
        # Two taps on the button are one application, and one address is one firm.
        for key in sorted({f"user {user.pk}", f"email {email}"}):
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(%s, %s))", [key, branch.pk]
            )
    own = (
        Application.objects.select_related("contractor__branch")
        .filter(
            contractor__branch=branch,
            contractor__user_links__user=user,
            state__in=[*_EDITABLE, ApplicationState.SUBMITTED],
        )
        .first()
    )
    if own is not None:
        return own
    taken = (
        Contractor.objects.for_branch(branch)
        .filter(email__iexact=email)
        .exclude(status=ContractorStatus.LEFT)
    )
    if taken.exists():
        raise NetworkError(
            "known",
            f"A firm with the e-mail address {email} is in the network already. If it is yours, "
            f"call {branch.name}: they can add your login to it.",
            "email",
        )
    contractor = Contractor.objects.create(
        branch=branch,
        name=name,
        email=email,
        phone=phone.strip()[:32],
        status=ContractorStatus.APPLICANT,
        base_latitude=branch.latitude,
        base_longitude=branch.longitude,
        joined_on=app_now().astimezone(branch.zone).date(),
    )
    ContractorUser.objects.create(user=user, contractor=contractor)
    application = Application.objects.create(contractor=contractor)
    note_event(contractor_id=contractor.pk, action="application-begun", actor_id=user.pk)
    return application


@transaction.atomic
def save_step(*, contractor_id: int, step: int, data: dict[str, Any] | None = None) -> Application:
    """Remember the page to go on from (1 to 5), and what is typed but has no row yet.

    Raises NetworkError once the application is with the staff.
    """
    if not 1 <= step <= STEPS:
        raise NetworkError("bad-step", f"There are {STEPS} steps.", "step")
    application = _locked(contractor_id)
    _require(application, *_EDITABLE)
    application.step = step
    if data is not None:
        application.data = {**application.data, **data}
    application.save(update_fields=["step", "data"])
    return application


def what_is_missing(*, contractor_id: int) -> list[tuple[int, str]]:
    """What an application lacks, as (step, sentence), in order of the steps; nothing is changed."""
    contractor = Contractor.objects.select_related("branch").get(pk=contractor_id)
    technicians = contractor.technicians.filter(active=True)
    missing: list[tuple[int, str]] = []
    if not contractor.phone:
        missing.append((1, "Give a telephone number."))
    if not technicians.filter(skills__isnull=False).exists():
        missing.append((2, "Choose at least one skill."))
    if not hasattr(contractor, "territory"):
        missing.append((3, "Say where you work."))
    if not technicians.filter(working_hours__isnull=False).exists():
        missing.append((4, "Say when you work."))
    if not (contractor.call_out_fee or contractor.hourly_rate or contractor.rate_cards.exists()):
        missing.append((5, "Give your prices."))
    required = Requirement.objects.for_branch(contractor.branch_id).filter(
        active=True,
        skill__isnull=True,
        service_type__isnull=True,
        required_from__lte=today_of(contractor),
    )
    handed_in = contractor.documents.filter(state__in=["submitted", "approved"])
    for requirement in required.exclude(pk__in=handed_in.values("requirement_id")):
        missing.append((5, f"Send your {requirement.name[:1].lower()}{requirement.name[1:]}."))
    return missing


@transaction.atomic
def submit_application(*, contractor_id: int, actor_id: int | None) -> Application:
    """Hand the application to the staff; submitting again changes nothing.

    Raises NetworkError listing what is missing, or when it has been decided.
    """
    application = _locked(contractor_id)
    if application.state == ApplicationState.SUBMITTED:
        return application
    _require(application, *_EDITABLE)
    missing = what_is_missing(contractor_id=contractor_id)
    if missing:
        raise NetworkError("incomplete", " ".join(sentence for _, sentence in missing))
    application.state = ApplicationState.SUBMITTED
    application.submitted_at = app_now()
    application.data = {key: value for key, value in application.data.items() if key != MEND}
    application.save(update_fields=["state", "submitted_at", "data"])
    note_event(contractor_id=contractor_id, action="application-submitted", actor_id=actor_id)
    return application


@transaction.atomic
def approve_application(
    *, contractor_id: int, actor_id: int | None, cleared_until: date | None = None
) -> Application:
    """Take the contractor into the network; approving again changes nothing.

    Clearance comes from the approved papers. Where the branch requires none it is set by hand: to
    ``cleared_until``, else for a year. Raises NetworkError for one that was not submitted.
    """
    application = _locked(contractor_id)
    if application.state == ApplicationState.APPROVED:
        return application
    _require(application, ApplicationState.SUBMITTED)
    contractor = application.contractor
    _decide(application, ApplicationState.APPROVED, "", actor_id)
    set_status(contractor_id=contractor_id, status=ContractorStatus.ACTIVE, actor_id=actor_id)
    requires_papers = (
        Requirement.objects.for_branch(contractor.branch_id)
        .filter(active=True, skill__isnull=True, service_type__isnull=True)
        .exists()
    )
    if cleared_until is not None or not requires_papers:
        override_clearance(
            contractor_id=contractor_id,
            until=cleared_until
            or today_of(contractor) + timedelta(days=CLEARED_DAYS_WITHOUT_REQUIREMENTS),
            note="Set when the application was approved.",
            actor_id=actor_id,
        )
    else:
        refresh_clearance(branch_id=contractor.branch_id, contractor_ids=[contractor_id])
    application.contractor.refresh_from_db()
    return application


@transaction.atomic
def send_application_back(
    *, contractor_id: int, reason: str, actor_id: int | None, steps: Iterable[int] = ()
) -> Application:
    """Let the applicant mend it and submit again; ``steps`` (1 to 5) are where.

    The applicant reads the reason and finds the steps linked, and goes on from the first of them.
    Raises NetworkError without a reason, and for a step that there is not.
    """
    mend = sorted(set(steps))
    if not all(1 <= step <= STEPS for step in mend):
        raise NetworkError("bad-step", f"There are {STEPS} steps.", "steps")
    application = _locked(contractor_id)
    _require(application, ApplicationState.SUBMITTED)
    application.data = {**application.data, MEND: mend}
    application.save(update_fields=["data"])
    return _decide(application, ApplicationState.SENT_BACK, reason, actor_id)


@transaction.atomic
def reject_application(*, contractor_id: int, reason: str, actor_id: int | None) -> Application:
    """Turn the applicant down, for good. Raises NetworkError without a reason."""
    application = _locked(contractor_id)
    _require(application, ApplicationState.SUBMITTED, ApplicationState.SENT_BACK)
    _decide(application, ApplicationState.REJECTED, reason, actor_id)
    set_status(contractor_id=contractor_id, status=ContractorStatus.LEFT, actor_id=actor_id)
    return application


def _decide(
    application: Application, state: ApplicationState, reason: str, actor_id: int | None
) -> Application:
    reason = reason.strip()[:1000]
    if state != ApplicationState.APPROVED and not reason:
        raise NetworkError("no-reason", "Give a reason; the applicant will read it.", "reason")
    application.state = state
    application.reason = reason
    application.reviewed_at = app_now()
    application.reviewed_by_id = actor_id
    application.save(update_fields=["state", "reason", "reviewed_at", "reviewed_by"])
    note_event(
        contractor_id=application.contractor_id,
        action=f"application-{state.value.replace('_', '-')}",
        actor_id=actor_id,
        note=reason,
    )
    return application


def _require(application: Application, *states: str) -> None:
    if application.state not in states:
        raise NetworkError(
            "move-not-allowed", f"This application is {application.get_state_display()}."
        )


def _locked(contractor_id: int) -> Application:
    """Raises Application.DoesNotExist for a contractor who did not come by an application."""
    contractor = (
        Contractor.objects.select_for_update(no_key=True, of=("self",))
        .select_related("branch")
        .get(pk=contractor_id)
    )
    application = Application.objects.select_for_update(no_key=True).get(contractor=contractor)
    application.contractor = contractor
    return application
