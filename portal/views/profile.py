"""What the branch has on record about the contractor: to read, and to have corrected."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from network.models import (
    CalendarFeed,
    ContractorEvent,
    ServiceLeftOut,
    Technician,
    TechnicianSkill,
    WorkingHours,
)
from network.services.undo import can_be_undone
from portal.access import Acting, contractor_page
from portal.correcting import change_text
from portal.sections import SECTIONS
from portal.views.changes import own_changes
from portal.views.leave import may_leave
from portal.views.messages import summary_of
from portal.views.page import moment, portal_page
from portal.views.pause import pause_context
from portal.wording import hours_text, standing

#: Sections whose content stands on the page itself.
SHOWN_ABOVE = ("skills", "hours")
#: So long after it a change is offered to be taken back (ours).
UNDO_SHOWN = timedelta(days=7)
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@require_safe
@contractor_page
def you(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Where everything stands, and the way to each page that changes it."""
    now = moment(request)
    people = (
        Technician.objects.filter(pk__in=[person.pk for person in acting.technicians])
        .order_by("name", "pk")
        .prefetch_related(
            Prefetch(
                "skills",
                TechnicianSkill.objects.select_related("skill").order_by("skill__name"),
            ),
            Prefetch("working_hours", WorkingHours.objects.order_by("weekday", "starts")),
        )
    )
    change = _last_change(acting, now)
    context = {
        "now": now,
        "standing": standing(acting.contractor, now),
        "people": [
            {
                "pk": person.pk,
                "name": person.name,
                "skills": list(person.skills.all()),
                "hours": week_text(list(person.working_hours.all())),
            }
            for person in people
        ],
        "left_out": []
        if acting.technician_id is not None
        else ServiceLeftOut.objects.filter(contractor=acting.contractor)
        .select_related("service_type")
        .order_by("service_type__name"),
        "rows": _rows(acting, now),
        "may_leave": may_leave(acting),
        "last_change": change,
        "last_change_text": change_text(change, acting.contractor.branch) if change else "",
        **pause_context(acting, now),
    }
    return portal_page(request, acting, "you", context, nav="you")


@dataclass(frozen=True, slots=True)
class Row:
    """A page under *You*: its name and what stands there now."""

    label: str
    icon: str
    text: str
    url: str


def _rows(acting: Acting, now: datetime) -> list[Row]:
    """The sections that the page does not show itself, then people and the calendar."""
    rows = [
        Row(
            kind.label or kind.title,
            kind.icon,
            kind(acting, now=now).summary(),
            reverse("portal:section", args=[kind.key]),
        )
        for kind in SECTIONS
        if kind.is_for(acting) and kind.key not in SHOWN_ABOVE
    ]
    if acting.technician_id is None:
        names = ", ".join(person.name for person in acting.technicians)
        text = names if acting.is_firm else "add somebody who does visits for you"
        rows.append(Row("Your people", "users", text, reverse("portal:people")))
        rows.append(Row("How you are told", "bell", summary_of(acting), reverse("portal:messages")))
    shared = CalendarFeed.objects.filter(contractor=acting.contractor, user=acting.user).exists()
    text = "shared" if shared else "your visits in your phone’s calendar"
    rows.append(Row("In your own calendar", "calendar-plus", text, reverse("portal:calendar_feed")))
    return rows


def _last_change(acting: Acting, now: datetime) -> ContractorEvent | None:
    """The newest change that can still be taken back, for a week."""
    newest: ContractorEvent | None = (
        own_changes(acting).filter(at__gte=now - UNDO_SHOWN).order_by("-id").first()
    )
    return newest if newest is not None and can_be_undone(newest) else None


def week_text(rows: list[WorkingHours]) -> list[tuple[str, str]]:
    """Days with the same hours together: ``("Mon to Fri", "8 am–6 pm")``."""
    by_day = {
        weekday: ", ".join(hours_text(row.starts, row.ends) for row in of_day)
        for weekday, of_day in groupby(rows, key=lambda row: row.weekday)
    }
    lines: list[tuple[list[int], str]] = []
    for weekday, text in sorted(by_day.items()):
        if lines and lines[-1][1] == text and lines[-1][0][-1] == weekday - 1:
            lines[-1][0].append(weekday)
        else:
            lines.append(([weekday], text))
    return [(_days_text(days), text) for days, text in lines]


def _days_text(days: list[int]) -> str:
    if len(days) == 1:
        return WEEKDAYS[days[0]]
    if len(days) == 7:
        return "Every day"
    return f"{WEEKDAYS[days[0]]} to {WEEKDAYS[days[-1]]}"
