"""Customers: they ask, some call it off before the visit, some want another time."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from jobs.simulation.channels import Site
from jobs.simulation.demand import Request
from jobs.simulation.errors import Refused
from jobs.simulation.numbers import Numbers
from jobs.simulation.stage import Stage

_CANCELS = ("no_longer_needed", "found_another", "booked_by_mistake", "price")
#: Whoever wants another time says so at least this long before the window (ours).
_MOVES_BEFORE = timedelta(hours=2)
#: They take one of so many windows offered (ours).
_CHOOSES_AMONG = 4


class Customers:
    """Send requests at their times through the API; some cancel or move before the visit."""

    def __init__(
        self,
        *,
        site: Site,
        token: str,
        branch: str,
        zone: ZoneInfo,
        prefix: str,
        stage: Stage,
        numbers: Numbers,
        seed: int,
    ) -> None:
        self.site = site
        self.token = token
        self.branch = branch
        self.zone = zone
        self.prefix = prefix
        self.stage = stage
        self.numbers = numbers
        self.seed = seed
        self.sent = 0
        self.moved = 0
        self.moves_refused = 0
        self.refused: list[str] = []

    def plan(self, request: Request) -> None:
        self.stage.at(request.at, lambda: self._send(request))

    def _send(self, request: Request) -> None:
        reference = f"{self.prefix}-{request.number:05d}"
        place: dict[str, Any] = {"address": request.address, "postcode": request.postcode}
        if request.latitude is not None and request.longitude is not None:
            place |= {"latitude": request.latitude, "longitude": request.longitude}
        body: dict[str, Any] = {
            "branch": self.branch,
            "service_type": request.service_type,
            "site": place,
            "customer": {"name": request.customer},
            "window": _window(request.window_start, request.window_end),
            "description": request.description,
            "reference": reference,
        }
        if request.priority is not None:
            body["priority"] = request.priority
        if request.minutes is not None:
            body["duration_minutes"] = request.minutes
        try:
            job = self.site.call("POST", "/jobs", self.token, body, key=reference)
        except Refused as refused:
            self.refused.append(f"request {request.number}: {refused}")
            return
        self.sent += 1
        draw = random.Random(f"{self.seed}:customer:{request.number}")
        fate = draw.random()
        ahead = (request.window_start - request.at).total_seconds()
        if fate < self.numbers.customer_cancels:
            when = request.at + timedelta(seconds=max(0.0, ahead) * draw.uniform(0.1, 1.0))
            reason = draw.choice(_CANCELS)
            self.stage.at(when, lambda: self._cancel(job["id"], reason))
        elif fate < self.numbers.customer_cancels + self.numbers.customer_moves:
            latest = max(0.0, ahead - _MOVES_BEFORE.total_seconds())
            when = request.at + timedelta(seconds=latest * draw.uniform(0.1, 1.0))
            self.stage.at(when, lambda: self._move(job["id"], request, draw))

    def _cancel(self, job_id: str, reason: str) -> None:
        body = {"by": "customer", "reason": reason}
        try:
            self.site.call("POST", f"/jobs/{job_id}/cancel", self.token, body)
        except Refused:
            # Completed meanwhile: too late to cancel.
            return

    def _move(self, job_id: str, request: Request, draw: random.Random) -> None:
        """Take one of the first windows offered after the promised one, as the page shows them."""
        try:
            offered = self.site.call("GET", f"/jobs/{job_id}/openings?limit=12", self.token)
            later = [
                one["window"]
                for one in offered["items"]
                if datetime.fromisoformat(one["window"]["start"]) >= request.window_end
            ]
            if not later:
                self.moves_refused += 1
                return
            body = {"window": draw.choice(later[:_CHOOSES_AMONG]), "by": "customer"}
            self.site.call("POST", f"/jobs/{job_id}/move", self.token, body)
        except Refused:
            self.moves_refused += 1
        else:
            self.moved += 1


def _window(start: datetime, end: datetime) -> dict[str, str]:
    return {"start": start.isoformat(), "end": end.isoformat()}
