"""An invented job, for previews of texts and for the test that every template can be filled in."""

from __future__ import annotations

from typing import Any

_ID = "0190f2a4-0000-7000-8000-000000000000"

SAMPLE: dict[str, Any] = {
    "name": "Harold",
    "branch": "Greater Boston",
    "office_phone": "(617) 555-0100",
    "slug": "boston",
    "job": _ID,
    "offer": _ID,
    "booking": _ID,
    "standby": _ID,
    "reference": "BOS-000123",
    "service": "Water heater repair",
    "priority": "standard",
    "area": "Brighton",
    "postcode": "02135",
    "window_start": "2026-11-24T13:00:00+00:00",
    "window_end": "2026-11-24T17:00:00+00:00",
    "time_zone": "America/New_York",
    "duration_minutes": 90,
    "travel_minutes": 18,
    "expires_at": "2026-11-23T20:05:00+00:00",
    "starts_at": "2026-11-24T13:30:00+00:00",
    "expected": "2026-11-24T13:30:00+00:00",
    "eta": "2026-11-24T13:45:00+00:00",
    "pay": "246.00",
    "fee": "40.00",
    "currency": "USD",
    "contractor": "James Plumbing",
    "technician": "James",
    "reason": "The customer has cancelled",
    "why": "somebody else has come",
    "code": "4821",
    "secret": "sample",
}
