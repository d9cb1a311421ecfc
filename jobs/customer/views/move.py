"""Another time: only windows in which somebody can really come are offered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from jobs.customer.access import customer_actor, customer_page
from jobs.customer.forms import MoveForm, window_value
from jobs.customer.visitor import Visitor
from jobs.errors import DomainError
from jobs.services.customer_changes import customer_moves
from jobs.services.openings import openings_for, usual_windows
from network import display
from network.openings import MANY, Opening


@dataclass(frozen=True, slots=True)
class Choice:
    """One window of a day, as a row to tap."""

    value: str
    label: str
    hint: str
    free: bool


@dataclass(slots=True)
class Day:
    """One day's windows."""

    day: date
    weekday: str
    number: str
    title: str
    choices: list[Choice]

    @property
    def free(self) -> bool:
        return any(choice.free for choice in self.choices)


@require_http_methods(["GET", "HEAD", "POST"])
@customer_page
def move(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Choose another window; after the cut-off it is a question to the office."""
    if not visitor.rights.may_move:
        return redirect(visitor.url())
    if request.method != "POST":
        return _page(request, visitor)
    form = MoveForm(request.POST)
    if not form.is_valid():
        return _page(request, visitor, form=form, status=422)
    window = form.cleaned_data["window"]
    job = visitor.job
    try:
        if window != (job.window_start, job.window_end) and not _can_be(visitor, window):
            form.add_error("window", "This time is taken by now. Please choose another one.")
            return _page(request, visitor, form=form, status=409)
        moved = customer_moves(
            job_id=job.pk,
            window_start=window[0],
            window_end=window[1],
            seen=form.cleaned_data["seen"],
            note=form.cleaned_data["note"],
            actor=customer_actor(visitor),
        )
    except DomainError as error:
        form.add_error(None, error.detail)
        return _page(request, visitor, form=form, status=409)
    when = display.window_phone(window[0], window[1], job.time_zone, visitor.now)
    if moved:
        messages.success(request, f"Your appointment is now {when}.")
    else:
        messages.info(request, f"We asked the office about {when}. Until they say so, it stands.")
    return redirect(visitor.url())


def _can_be(visitor: Visitor, window: tuple[datetime, datetime]) -> bool:
    """Whether it is one of the windows offered, and somebody can still come then."""
    if window not in usual_windows(visitor.job, visitor.policy, at=visitor.now):
        return False
    return any(
        opening.free and (opening.start, opening.end) == window
        for opening in openings_for(
            visitor.job, policy=visitor.policy, taken=visitor.visit, at=visitor.now
        )
    )


def _page(
    request: HttpRequest, visitor: Visitor, *, form: MoveForm | None = None, status: int = 200
) -> HttpResponse:
    """Nine queries with those that found the link."""
    job = visitor.job
    days = _days(
        openings_for(job, policy=visitor.policy, taken=visitor.visit, at=visitor.now), visitor
    )
    context: dict[str, Any] = {
        "visitor": visitor,
        "job": job,
        "brand": visitor.brand,
        "form": form or MoveForm(),
        "days": days,
        "shown": _shown(days, request.GET.get("day", "") or request.POST.get("day", "")),
        "present": display.window_phone(
            job.window_start, job.window_end, job.time_zone, visitor.now
        ),
        "seen": job.window_start.isoformat(),
        "is_booked": visitor.visit is not None,
    }
    return render(request, "customer/move.html", context, status=status)


def _shown(days: list[Day], wanted: str) -> Day | None:
    """The day asked for, else the first on which somebody can come."""
    asked = next((day for day in days if day.day.isoformat() == wanted), None)
    return asked or next((day for day in days if day.free), days[0] if days else None)


def _days(openings: list[Opening], visitor: Visitor) -> list[Day]:
    tz = visitor.job.time_zone
    days: dict[date, Day] = {}
    for opening in openings:
        local = display.in_zone(opening.start, tz)
        day = days.setdefault(
            local.date(),
            Day(
                local.date(),
                f"{local:%a}",
                str(local.day),
                display.day(opening.start, tz, visitor.now),
                [],
            ),
        )
        text = display.window_phone(opening.start, opening.end, tz)
        hours = text.removeprefix(display.day(opening.start, tz)).strip()
        day.choices.append(
            Choice(
                window_value(opening.start, opening.end), hours, _hint(opening), opening.free > 0
            )
        )
    return list(days.values())


def _hint(opening: Opening) -> str:
    if not opening.free:
        return "Nobody is free"
    if opening.keeps:
        return "The same person can come"
    if opening.free >= MANY:
        return "Many can come"
    return "1 can come" if opening.free == 1 else f"{opening.free} can come"
