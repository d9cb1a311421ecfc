"""Pause, resume, suspend, reinstate, mark as left, set clearance: each says first what it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_http_methods

from jobs.console.access import BranchRequest, branch_page
from jobs.console.acting import Ask
from jobs.console.network.access import find_contractor
from jobs.console.network.acting import act, show
from jobs.console.network.consequences import if_cleared_until, if_gone, if_paused
from jobs.console.network.forms import (
    ClearanceForm,
    MessageForm,
    PauseForm,
    ReasonForm,
    until_words,
)
from jobs.console.network.views.contractor import place_of
from jobs.console.network.views.sick import sick
from jobs.services.contractor_messages import (
    NO_ADDRESS,
    tell_of_standing,
    write_to_contractors,
)
from network.context import shell
from network.models import Contractor, ContractorStatus
from network.services.clearance import override_clearance, remove_override
from network.services.contractors import pause_offers, resume_offers, set_status
from network.services.history import note_event

_FORM = "console/network/_conseq_form.html"


@require_http_methods(["GET", "HEAD", "POST"])
@branch_page
def contractor_action(request: BranchRequest, contractor: UUID, action: str) -> HttpResponse:
    """One of ``ACTIONS``; any other word is 404."""
    view = ACTIONS.get(action)
    if view is None:
        raise Http404("There is no such action.")
    found = find_contractor(request, contractor)
    return view(request, found, shell(request)["shell"].now)


def _tell(
    request: BranchRequest,
    found: Contractor,
    change: str,
    reason: str,
    until: date | None = None,
) -> None:
    tell_of_standing(
        [found],
        branch=request.branch,
        change=change,
        reason=reason,
        key=str(uuid4()),
        until=until,
    )


def pause(request: BranchRequest, found: Contractor, at: datetime) -> HttpResponse:
    """No new offers until a day."""

    def perform(cleaned: dict[str, Any]) -> str:
        until = cleaned["until"]
        pause_offers(
            contractor_id=found.pk, until=until, actor_id=request.user.pk, note=cleaned["reason"]
        )
        day = until.astimezone(request.branch.zone).date()
        _tell(request, found, "pause", cleaned["reason"], day)
        return f"{found.name} is paused until {until_words(until, request.branch)}."

    ask = Ask(
        title=f"Pause {found.name}",
        button="Pause",
        template=_FORM,
        context={
            "consequences": if_paused(found, branch=request.branch, at=at),
            "tone": "quiet",
        },
    )
    form = PauseForm(request.POST or None, branch=request.branch, at=at)
    return act(request, place_of(request, found), ask=ask, form=form, perform=perform)


def resume(request: BranchRequest, found: Contractor, at: datetime) -> HttpResponse:
    """End a pause."""

    def perform(cleaned: dict[str, Any]) -> str:
        reason, actor = cleaned["reason"], request.user.pk
        if found.status == ContractorStatus.PAUSED:
            set_status(contractor_id=found.pk, status="active", actor_id=actor, note=reason)
        resume_offers(contractor_id=found.pk, actor_id=actor, note=reason)
        _tell(request, found, "resume", reason)
        return f"{found.name} is asked again."

    ask = Ask(
        title=f"End the pause of {found.name}",
        button="End the pause",
        intro="Offers come again from now on.",
    )
    form = ReasonForm(request.POST or None, reader=found.name)
    return act(request, place_of(request, found), ask=ask, form=form, perform=perform)


def suspend(request: BranchRequest, found: Contractor, at: datetime) -> HttpResponse:
    """No work until the branch says so; what is booked goes to somebody else."""
    consequences = if_gone(found, branch=request.branch, at=at)
    visits = consequences.visits_count
    return _move(
        request,
        found,
        status="suspended",
        change="suspend",
        said=f"{found.name} is suspended"
        + (
            f"; {visits} visit{'s are' if visits > 1 else ' is'} being re-dispatched."
            if visits
            else "."
        ),
        ask=Ask(
            title=f"Suspend {found.name}",
            button=f"Suspend and re-dispatch {visits}" if visits else "Suspend",
            intro="The promised windows stand: the next round begins for each of them at once.",
            danger=True,
            template=_FORM,
            context={"consequences": consequences, "tone": "bad"},
        ),
    )


def reinstate(request: BranchRequest, found: Contractor, at: datetime) -> HttpResponse:
    """Active again."""
    return _move(
        request,
        found,
        status="active",
        change="reinstate",
        said=f"{found.name} is active again.",
        ask=Ask(
            title=f"Reinstate {found.name}",
            button="Make active again",
            intro="Offers come again, as far as the papers allow. "
            "Visits that went to others stay with them.",
        ),
    )


def leave(request: BranchRequest, found: Contractor, at: datetime) -> HttpResponse:
    """Gone for good."""
    consequences = if_gone(found, branch=request.branch, at=at)
    return _move(
        request,
        found,
        status="left",
        change="leave",
        said=f"{found.name} has left the network.",
        ask=Ask(
            title=f"{found.name} has left",
            button="Mark as left",
            intro="The history stays. Who comes back applies anew, so that the papers are "
            "looked at.",
            danger=True,
            template=_FORM,
            context={"consequences": consequences, "tone": "bad"},
        ),
    )


def _move(
    request: BranchRequest, found: Contractor, *, status: str, change: str, said: str, ask: Ask
) -> HttpResponse:
    def perform(cleaned: dict[str, Any]) -> str:
        set_status(
            contractor_id=found.pk,
            status=status,
            actor_id=request.user.pk,
            note=cleaned["reason"],
        )
        _tell(request, found, change, cleaned["reason"])
        return said

    form = ReasonForm(request.POST or None, reader=found.name)
    return act(request, place_of(request, found), ask=ask, form=form, perform=perform)


def clear(request: BranchRequest, found: Contractor, at: datetime) -> HttpResponse:
    """Set the date of clearance by hand; a day that costs visits is shown before it counts."""
    form = ClearanceForm(
        request.POST or None,
        initial={"until": found.clearance_override_until or found.cleared_until},
    )
    until = form.cleaned_data["until"] if form.is_bound and form.is_valid() else None
    consequences = if_cleared_until(
        found, until or found.cleared_until, branch=request.branch, at=at
    )
    costs = consequences.visits_count + consequences.offers_count
    ask = Ask(
        title=f"Clearance of {found.name}",
        button="Set by hand",
        intro="This counts instead of the papers until it is taken back. Visits that end after "
        "the day go to somebody else.",
        template=_FORM if until else "console/_action.html",
        context={"consequences": consequences, "tone": "warn"},
    )
    place = place_of(request, found)
    if until is not None and costs and form.cleaned_data["seen"] != until.isoformat():
        again = ClearanceForm({**request.POST.dict(), "seen": until.isoformat()})
        again.is_valid()
        return show(request, place, replace(ask, button="Set it all the same"), again, status=200)

    def perform(cleaned: dict[str, Any]) -> str:
        day = cleaned["until"]
        override_clearance(
            contractor_id=found.pk, until=day, note=cleaned["note"], actor_id=request.user.pk
        )
        return f"{found.name} is cleared to {day:%a} {day.day} {day:%b %Y}, set by hand."

    return act(request, place, ask=ask, form=form, perform=perform)


def papers_again(request: BranchRequest, found: Contractor, at: datetime) -> HttpResponse:
    """Let the papers decide again."""

    def perform(cleaned: dict[str, Any]) -> str:
        again = remove_override(
            contractor_id=found.pk, actor_id=request.user.pk, note=cleaned["reason"]
        )
        until = again.cleared_until
        if until is None:
            return f"{found.name} is not cleared: a paper is missing."
        day = f"{until:%a} {until.day} {until:%b %Y}"
        return f"The papers of {found.name} decide again: cleared to {day}."

    ask = Ask(
        title=f"Let the papers of {found.name} decide",
        button="Let the papers decide",
        intro=f"Set by hand because: {found.clearance_override_note}",
    )
    return act(
        request,
        place_of(request, found),
        ask=ask,
        form=ReasonForm(request.POST or None),
        perform=perform,
    )


def write(request: BranchRequest, found: Contractor, at: datetime) -> HttpResponse:
    """A message in free words."""

    def perform(cleaned: dict[str, Any]) -> str:
        written = write_to_contractors(
            [found],
            branch=request.branch,
            subject=cleaned["subject"],
            text=cleaned["text"],
            key=str(uuid4()),
        )
        if not written:
            return f"{found.name} {NO_ADDRESS}, so nothing was sent."
        note_event(
            contractor_id=found.pk,
            action="message-written",
            actor_id=request.user.pk,
            note=cleaned["subject"],
        )
        return f"The message to {found.name} is on the way."

    ask = Ask(title=f"Write to {found.name}", button="Send")
    return act(
        request,
        place_of(request, found),
        ask=ask,
        form=MessageForm(request.POST or None),
        perform=perform,
    )


ACTIONS: dict[str, Callable[[BranchRequest, Contractor, datetime], HttpResponse]] = {
    "pause": pause,
    "resume": resume,
    "suspend": suspend,
    "reinstate": reinstate,
    "leave": leave,
    "clear": clear,
    "papers-again": papers_again,
    "sick": sick,
    "write": write,
}
