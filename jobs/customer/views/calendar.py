"""The appointment for the customer's own calendar."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from icalendar import Calendar, Event

from jobs.customer.access import customer_page
from jobs.customer.visitor import Visitor
from jobs.states import JobStatus
from network import display


@require_safe
@customer_page
def appointment(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """One event from the window's start to its end."""
    job = visitor.job
    calendar = Calendar()
    calendar.add("prodid", "-//Firstcall//Appointment//EN")
    calendar.add("version", "2.0")
    event = Event()
    event.add("uid", f"{job.public_id}@firstcall")
    event.add("sequence", job.last_sequence)
    event.add("dtstamp", visitor.now)
    event.add("dtstart", display.in_zone(job.window_start, job.time_zone))
    event.add("dtend", display.in_zone(job.window_end, job.time_zone))
    event.add("summary", f"{job.service_type.name}: somebody arrives between these times")
    event.add("location", f"{job.address}, {job.postcode}")
    event.add("url", f"{settings.BASE_URL}{visitor.url()}")
    if job.status == JobStatus.CANCELLED:
        event.add("status", "CANCELLED")
    calendar.add_component(event)
    calendar.add_missing_timezones()
    answer = HttpResponse(calendar.to_ical(), content_type="text/calendar; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="appointment.ics"'
    return answer
