"""A contractor's visits and time off as an iCalendar, for the calendar of a phone.

Whoever has its address sees times, kinds of work and ZIP codes: no customer's name, street or
telephone number. Those stand on the visit's page, behind the sign-in that the entry links to.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event

from jobs.models import Booking
from network import display
from network.models import CalendarEntry
from portal.access import Acting
from portal.work import public_work

#: How far back visits and time off stay in the feed (ours).
PAST = timedelta(days=60)
#: How often programs are asked to look again.
LOOK_AGAIN = timedelta(minutes=30)


def calendar_of(acting: Acting, *, at: datetime, site_url: str) -> bytes:
    """The feed as bytes of text/calendar; three queries. ``site_url`` begins every link."""
    branch = acting.contractor.branch
    calendar = Calendar()
    calendar.add("prodid", "-//Firstcall//Visits//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", f"{acting.contractor.name} · Firstcall")
    calendar.add("x-wr-timezone", branch.time_zone)
    calendar.add("refresh-interval", LOOK_AGAIN, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", LOOK_AGAIN)
    several = len(acting.technicians) > 1
    for booking in _visits(acting, at):
        calendar.add_component(_visit(booking, site_url, several=several))
    names = {person.pk: person.name for person in acting.technicians}
    for entry in _time_off(acting, at):
        who = names.get(entry.technician_id, "") if several else ""
        calendar.add_component(_off(entry, branch.zone, who))
    calendar.add_missing_timezones()
    return calendar.to_ical()


def _visits(acting: Acting, at: datetime) -> list[Booking]:
    """Those to be made and those made lately; given back and cancelled ones are not there."""
    return list(
        acting.bookings()
        .exclude(end_kind__in=[Booking.End.RELEASED, Booking.End.CANCELLED])
        .filter(ends_at__gte=at - PAST)
        .select_related("job__service_type", "technician")
        .order_by("starts_at", "pk")
    )


def _visit(booking: Booking, site_url: str, *, several: bool) -> Event:
    work = public_work(booking.job)
    zone = ZoneInfo(work.time_zone)
    starts = booking.eta or booking.starts_at
    promised = display.window_phone(
        work.window_start, work.window_end, work.time_zone, with_zone=True
    )
    url = f"{site_url}/portal/visits/{booking.public_id}/"
    event = Event()
    event.add("uid", f"visit-{booking.public_id}@firstcall")
    event.add("dtstamp", booking.booked_at.astimezone(UTC))
    event.add("dtstart", starts.astimezone(zone))
    event.add("dtend", (starts + (booking.ends_at - booking.starts_at)).astimezone(zone))
    who = f"{booking.technician.name}: " if several else ""
    event.add("summary", f"{who}{work.title}")
    event.add("location", work.place)
    event.add("description", f"Promised: {promised}. Address and phone: {url}")
    event.add("url", url)
    event.add("status", "CONFIRMED")
    event.add("transp", "OPAQUE")
    return event


def _time_off(acting: Acting, at: datetime) -> list[CalendarEntry]:
    return list(
        CalendarEntry.objects.for_technicians([person.pk for person in acting.technicians])
        .time_off()
        .filter(period__endswith__gte=at - PAST)
        .order_by("period", "pk")
    )


def _off(entry: CalendarEntry, zone: ZoneInfo, who: str) -> Event:
    starts, ends = entry.period.lower.astimezone(zone), entry.period.upper.astimezone(zone)
    event = Event()
    event.add("uid", f"time-off-{entry.pk}@firstcall")
    event.add("dtstamp", entry.created_at.astimezone(UTC))
    if starts.time() == time(0) and ends.time() == time(0):
        # Whole days are days, whatever zone the phone is in.
        event.add("dtstart", starts.date())
        event.add("dtend", ends.date())
    else:
        event.add("dtstart", starts)
        event.add("dtend", ends)
    event.add("summary", f"{who}: time off" if who else "Time off")
    if entry.note:
        event.add("description", entry.note)
    event.add("transp", "OPAQUE")
    return event
