"""What the branch has on record about the contractor: to read, and to have corrected."""

from __future__ import annotations

from itertools import groupby

from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from network.models import Technician, TechnicianSkill, Territory, WorkingHours
from portal.access import Acting, contractor_page
from portal.views.page import moment, portal_page
from portal.wording import hours_text, standing

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@require_safe
@contractor_page
def you(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Skills, area, rates, hours and papers, as ranking and eligibility read them."""
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
    context = {
        "now": now,
        "standing": standing(acting.contractor, now),
        "territory": Territory.objects.filter(contractor=acting.contractor).first(),
        "people": [
            {
                "name": person.name,
                "skills": list(person.skills.all()),
                "hours": week_text(list(person.working_hours.all())),
            }
            for person in people
        ],
    }
    return portal_page(request, acting, "you", context, nav="you")


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
