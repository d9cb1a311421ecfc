"""What is asked of a job before it is taken in; each refusal says what to do.

Every check returns one sentence per field that cannot be used.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import connection

from jobs.states import Priority
from network.display import distance
from network.geo import ZipPlace, distance_km
from network.models import Branch, Client, ServiceType

#: Longest arrival window that still is a promise (ours).
LONGEST_WINDOW = timedelta(days=14)
#: Longest texts, in characters, with what people call them.
LONGEST_TEXTS = {
    "address": (200, "The address"),
    "customer_name": (120, "The name"),
    "customer_phone": (40, "The phone number"),
    "customer_email": (254, "The e-mail address"),
    "reference": (40, "The reference"),
    "description": (5000, "The description"),
}
HIGHEST_LIMIT = Decimal("99999999.99")


def check_window(
    branch: Branch, start: datetime, end: datetime, duration_minutes: int, now: datetime
) -> dict[str, str]:
    """The promised arrival window (aware instants), against domain time ``now``."""
    if start.tzinfo is None or end.tzinfo is None:
        return {"window": "Give both ends of the window with their time zone."}
    if not 0 < duration_minutes <= 24 * 60:
        return {"duration_minutes": "The duration must be between 1 minute and 24 hours."}
    if end <= start:
        return {"window": "The window ends before it starts; swap or correct the two times."}
    if end <= now:
        return {"window": "The window lies in the past; choose a later one."}
    if end - start > LONGEST_WINDOW:
        return {"window": "The window is longer than two weeks; promise a shorter one."}
    if end - start < timedelta(minutes=duration_minutes):
        minutes = int((end - start).total_seconds() // 60)
        return {
            "window": f"The window ({minutes} min) is shorter than the work "
            f"({duration_minutes} min); make it longer or the work shorter."
        }
    if not _somebody_works(branch, max(start, now), end):
        zone = ZoneInfo(branch.time_zone)
        return {
            "window": "Nobody in this branch works between "
            f"{start.astimezone(zone):%a %H:%M} and {end.astimezone(zone):%a %H:%M}; "
            "choose a window inside working hours."
        }
    return {}


def _somebody_works(branch: Branch, start: datetime, end: datetime) -> bool:
    """Whether any active technician has working hours that touch the window (local times)."""
    zone = ZoneInfo(branch.time_zone)
    local_start, local_end = start.astimezone(zone), end.astimezone(zone)
    day = local_start.date() - timedelta(days=1)
    pieces: list[tuple[int, time, time]] = []
    while day <= local_end.date() and len(pieces) < 9:
        low = local_start.time() if day == local_start.date() else time(0)
        high = local_end.time() if day == local_end.date() else time.max
        if day >= local_start.date():
            pieces.append((day.weekday(), low, high))
        day += timedelta(days=1)
    previous = (local_start.date() - timedelta(days=1)).weekday()
    with connection.cursor() as cursor:
        for weekday, low, high in pieces:
            cursor.execute(
                "SELECT EXISTS (SELECT 1 FROM network_workinghours h"
                " JOIN network_technician t ON t.id = h.technician_id AND t.active"
                " JOIN network_contractor c ON c.id = t.contractor_id AND c.status = 'active'"
                " WHERE c.branch_id = %s AND ("
                "  (h.weekday = %s AND h.starts < %s::time"
                "   AND (h.ends > %s::time OR h.ends <= h.starts))"
                "  OR (h.weekday = %s AND h.ends <= h.starts AND h.ends > %s::time)))",
                [branch.pk, weekday, str(high), str(low), previous, str(low)],
            )
            if cursor.fetchone()[0]:
                return True
            previous = weekday
    return False


def check_facts(
    branch: Branch,
    service_type: ServiceType,
    client: Client | None,
    priority: str,
    address: str,
    customer_name: str,
) -> dict[str, str]:
    """What must be there, and must belong to the branch."""
    errors = {}
    if service_type.branch_id != branch.pk:
        errors["service_type"] = "Choose a service type of this branch."
    elif not service_type.active:
        errors["service_type"] = f"{service_type.name} is no longer offered; choose another."
    if client is not None and client.branch_id != branch.pk:
        errors["client"] = "Choose a client of this branch."
    if priority not in Priority.values:
        errors["priority"] = "Choose one of: " + ", ".join(Priority.values) + "."
    if not address:
        errors["address"] = "Enter the street and house number."
    if not customer_name:
        errors["customer_name"] = "Enter the customer's name."
    return errors


#: Further than this from its ZIP's centre no pin is plausible (ours; the largest ZIP areas of
#: the continental United States are about so wide).
ZIP_REACH_KM = 60.0


def locate(
    branch: Branch,
    postcode: str,
    place: ZipPlace | None,
    latitude: float | None,
    longitude: float | None,
) -> tuple[float | None, float | None, dict[str, str]]:
    """Where the site is (degrees), from the pin or else the ZIP, and what is wrong with it."""
    if place is None:
        return (
            None,
            None,
            {
                "postcode": f"The ZIP code {postcode[:20] or '(empty)'} is not known; "
                "check its five digits."
            },
        )
    if (latitude is None) != (longitude is None):
        return None, None, {"postcode": "Give both latitude and longitude, or neither."}
    if latitude is None or longitude is None:
        latitude, longitude = place.latitude, place.longitude
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return None, None, {"postcode": "Latitude or longitude is out of range; move the pin."}
    away = distance_km(branch.latitude, branch.longitude, latitude, longitude)
    if away > branch.service_radius_km:
        return (
            None,
            None,
            {
                "postcode": f"The site is {distance(away, branch.distance_unit)} from "
                f"{branch.name}, which serves "
                f"{distance(branch.service_radius_km, branch.distance_unit)} around it; "
                "check the ZIP and the pin."
            },
        )
    apart = distance_km(place.latitude, place.longitude, latitude, longitude)
    if apart > ZIP_REACH_KM:
        return (
            None,
            None,
            {
                "postcode": f"The pin is {distance(apart, branch.distance_unit)} from ZIP "
                f"{place.zip} ({place.city}); correct the ZIP or move the pin."
            },
        )
    return latitude, longitude, {}


def check_texts(**texts: str) -> dict[str, str]:
    """Lengths, an e-mail address that can be one, and characters that cannot be stored."""
    errors = {}
    for name, text in texts.items():
        longest, called = LONGEST_TEXTS[name]
        if len(text) > longest:
            errors[name] = f"{called} is longer than {longest:,} characters; shorten it."
        elif "\x00" in text:
            errors[name] = f"{called} holds a character that cannot be stored; type it anew."
    email = texts.get("customer_email", "")
    if email and "customer_email" not in errors:
        try:
            validate_email(email)
        except ValidationError:
            errors["customer_email"] = (
                "This is not an e-mail address; correct it or leave it empty."
            )
    return errors


def check_limit(not_to_exceed: Decimal | None) -> dict[str, str]:
    """The not-to-exceed amount, where one is given."""
    if not_to_exceed is None:
        return {}
    if not not_to_exceed.is_finite() or not_to_exceed <= 0:
        return {"not_to_exceed": "The limit must be above zero, or left empty."}
    if not_to_exceed > HIGHEST_LIMIT:
        return {"not_to_exceed": f"The limit can be {HIGHEST_LIMIT:,} at the most."}
    if not_to_exceed != not_to_exceed.quantize(Decimal("0.01")):
        return {"not_to_exceed": "Give the limit in whole cents."}
    return {}
