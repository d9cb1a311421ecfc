"""How people reach the site: through the HTTP API, or as the portal's pages do."""

from __future__ import annotations

import http.client
import json
import threading
import time
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol
from urllib.parse import urlsplit
from uuid import UUID

from jobs.actors import Actor
from jobs.errors import DomainError
from jobs.models import Booking, Offer
from jobs.services import visits
from jobs.services.answers import accept_offer, decline_offer
from jobs.services.proposals import propose
from jobs.simulation.errors import Refused, SimulationError
from jobs.states import AnswerVia
from network.clock import app_now
from network.models import Contractor

#: Tries after the connection broke or the site answered 5xx, and the wait before each (seconds).
WAITS = (0.2, 0.5, 1.0, 2.0, 4.0)
#: Web servers close a connection after some seconds without a request; uvicorn after 5.
KEPT_FOR = 3.0


@dataclass(frozen=True, slots=True)
class SeenOffer:
    """What a contractor sees of an offer."""

    id: str
    job: str
    emergency: bool
    made_at: datetime
    expires_at: datetime
    travel_minutes: float
    pay: Decimal
    currency: str


#: When a visit is planned to begin, and the technician (public id) who is to make it.
Plan = tuple[datetime, str]


@dataclass(frozen=True, slots=True)
class SeenVisit:
    """What a contractor sees of an accepted visit."""

    id: str
    job: str
    technician: str
    starts_at: datetime
    window_start: datetime
    window_end: datetime
    minutes: int

    @property
    def plan(self) -> Plan:
        return self.starts_at, self.technician


class Channel(Protocol):
    """What a contractor can do. Every step raises Refused when the site says no."""

    def pending_offers(self) -> list[SeenOffer]: ...
    def accept(self, offer: SeenOffer) -> SeenVisit: ...
    def decline(self, offer: SeenOffer, reason: str) -> None: ...
    def propose(self, offer: SeenOffer, pay: Decimal) -> SeenVisit | None: ...
    def set_eta(self, visit: SeenVisit, eta: datetime) -> None: ...
    def start_travel(self, visit: SeenVisit) -> None: ...
    def arrive(self, visit: SeenVisit) -> None: ...
    def complete(self, visit: SeenVisit, result: str) -> None: ...
    def release(self, visit: SeenVisit, reason: str) -> None: ...


class Site:
    """The API over HTTP: one kept connection per thread, every answer timed."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            raise SimulationError(f"{url} is not an http:// address.")
        self.url = url.rstrip("/")
        self._host, self._port = parts.hostname, parts.port or 80
        self._local = threading.local()
        self.times: list[float] = []
        self.server_errors = 0
        self.broken = 0

    def call(
        self, method: str, path: str, token: str, body: Any = None, key: str = ""
    ) -> dict[str, Any]:
        """The answer's JSON. Raises Refused for 4xx; retries what did not come through."""
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        data = None
        if body is not None:
            data = json.dumps(body)
            headers["Content-Type"] = "application/json"
        if key:
            headers["Idempotency-Key"] = key
        for wait in (*WAITS, None):
            try:
                status, answer = self._once(method, path, data, headers)
            except (OSError, http.client.HTTPException) as error:
                self._drop_connection()
                self.broken += 1
                if wait is None:
                    raise SimulationError(f"{self.url} cannot be reached: {error}.") from error
            else:
                if status < 300:
                    return answer
                if status < 500 and status != 429:
                    code = str(answer.get("type", "")).rpartition("/")[2].rpartition(":")[2]
                    raise Refused(status, code)
                if wait is None:
                    raise SimulationError(f"{method} {path} was answered {status} every time.")
            time.sleep(wait)
        raise AssertionError("unreachable")

    def _connection(self) -> http.client.HTTPConnection:
        """This thread's kept connection; one that was idle for a while may be closed by now."""
        kept: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if kept is not None and time.monotonic() - self._local.used_at > KEPT_FOR:
            self._drop_connection()
            kept = None
        if kept is None:
            kept = http.client.HTTPConnection(self._host, self._port, timeout=30)
            self._local.connection = kept
        self._local.used_at = time.monotonic()
        return kept

    def _drop_connection(self) -> None:
        kept = getattr(self._local, "connection", None)
        if kept is not None:
            kept.close()
        self._local.connection = None

    def _once(
        self, method: str, path: str, data: str | None, headers: dict[str, str]
    ) -> tuple[int, dict[str, Any]]:
        connection = self._connection()
        begun = time.monotonic()
        connection.request(method, f"/api/v1{path}", data, headers)
        response = connection.getresponse()
        raw = response.read()
        self._local.used_at = time.monotonic()
        self.times.append(self._local.used_at - begun)
        if response.status >= 500:
            self.server_errors += 1
        try:
            answer = json.loads(raw) if raw else {}
        except ValueError:
            answer = {}
        return response.status, answer if isinstance(answer, dict) else {}


class ApiChannel:
    """A contractor whose own program talks to the API."""

    def __init__(self, site: Site, token: str) -> None:
        self.site = site
        self.token = token

    def _call(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        return self.site.call(method, path, self.token, body)

    def pending_offers(self) -> list[SeenOffer]:
        return [
            SeenOffer(
                id=item["id"],
                job=item["job"],
                emergency=item["priority"] == "emergency",
                made_at=datetime.fromisoformat(item["made_at"]),
                expires_at=datetime.fromisoformat(item["expires_at"]),
                travel_minutes=float(item["travel_minutes"]),
                pay=Decimal(item["pay"]["amount"]),
                currency=item["pay"]["currency"],
            )
            for item in self._call("GET", "/offers?status=pending")["items"]
        ]

    def accept(self, offer: SeenOffer) -> SeenVisit:
        return _visit_in(self._call("POST", f"/offers/{offer.id}/accept", {}))

    def propose(self, offer: SeenOffer, pay: Decimal) -> SeenVisit | None:
        """The visit where it is booked at once; None where the branch is asked."""
        body = {"pay": {"amount": str(pay), "currency": offer.currency}}
        visit = self._call("POST", f"/offers/{offer.id}/propose", body)["visit"]
        return None if visit is None else _visit_in(visit)

    def decline(self, offer: SeenOffer, reason: str) -> None:
        self._call("POST", f"/offers/{offer.id}/decline", {"reason": reason})

    def set_eta(self, visit: SeenVisit, eta: datetime) -> None:
        self._call("POST", f"/jobs/{visit.job}/eta", {"eta": eta.isoformat()})

    def start_travel(self, visit: SeenVisit) -> None:
        self._call("POST", f"/jobs/{visit.job}/en-route", {})

    def arrive(self, visit: SeenVisit) -> None:
        self._call("POST", f"/jobs/{visit.job}/arrive", {})

    def complete(self, visit: SeenVisit, result: str) -> None:
        self._call("POST", f"/jobs/{visit.job}/complete", {"result": result})

    def release(self, visit: SeenVisit, reason: str) -> None:
        self._call("POST", f"/jobs/{visit.job}/release", {"reason": reason})


def _visit_in(answer: dict[str, Any]) -> SeenVisit:
    return SeenVisit(
        id=answer["id"],
        job=answer["job"],
        technician=answer["technician"]["id"],
        starts_at=datetime.fromisoformat(answer["starts_at"]),
        window_start=datetime.fromisoformat(answer["window"]["start"]),
        window_end=datetime.fromisoformat(answer["window"]["end"]),
        minutes=answer["duration_minutes"],
    )


class PortalChannel:
    """A contractor who taps in the portal: the same reads and services as its pages use."""

    def __init__(self, contractor: Contractor) -> None:
        self.contractor = contractor
        self.actor = Actor.contractor(contractor)

    def pending_offers(self) -> list[SeenOffer]:
        offers = Offer.objects.of_contractor(self.contractor).open(at=app_now())
        return [
            SeenOffer(
                id=str(offer.public_id),
                job=str(offer.job.public_id),
                emergency=offer.job.priority == "emergency",
                made_at=offer.made_at,
                expires_at=offer.expires_at,
                travel_minutes=offer.travel_minutes,
                pay=offer.pay,
                currency=offer.currency,
            )
            for offer in offers.select_related("job")
        ]

    def accept(self, offer: SeenOffer) -> SeenVisit:
        booking = _or_refused(
            accept_offer, offer_id=_offer_id(offer), actor=self.actor, via=AnswerVia.PORTAL
        )
        return visit_of(Booking.objects.select_related("job", "technician").get(pk=booking.pk))

    def propose(self, offer: SeenOffer, pay: Decimal) -> SeenVisit | None:
        made = _or_refused(propose, offer_id=_offer_id(offer), pay=pay, actor=self.actor)
        if made.booking is None:
            return None
        return visit_of(Booking.objects.select_related("job", "technician").get(pk=made.booking.pk))

    def decline(self, offer: SeenOffer, reason: str) -> None:
        _or_refused(
            decline_offer,
            offer_id=_offer_id(offer),
            reason=reason,
            actor=self.actor,
            via=AnswerVia.PORTAL,
        )

    def set_eta(self, visit: SeenVisit, eta: datetime) -> None:
        self._step(visits.set_eta, visit, eta=eta)

    def start_travel(self, visit: SeenVisit) -> None:
        self._step(visits.start_travel, visit)

    def arrive(self, visit: SeenVisit) -> None:
        self._step(visits.arrive, visit)

    def complete(self, visit: SeenVisit, result: str) -> None:
        self._step(visits.complete_visit, visit, result=result)

    def release(self, visit: SeenVisit, reason: str) -> None:
        self._step(visits.release_visit, visit, reason=reason)

    def _step(self, service: Any, visit: SeenVisit, **details: Any) -> None:
        booking_id = Booking.objects.values_list("pk", flat=True).get(public_id=UUID(visit.id))
        _or_refused(service, booking_id=booking_id, actor=self.actor, **details)


def visit_of(booking: Booking) -> SeenVisit:
    """A booking, with job and technician loaded, as its contractor sees it."""
    return SeenVisit(
        id=str(booking.public_id),
        job=str(booking.job.public_id),
        technician=str(booking.technician.public_id),
        starts_at=booking.starts_at,
        window_start=booking.job.window_start,
        window_end=booking.job.window_end,
        minutes=booking.job.duration_minutes,
    )


def _offer_id(offer: SeenOffer) -> int:
    return Offer.objects.values_list("pk", flat=True).get(public_id=UUID(offer.id))


def _or_refused(service: Any, **details: Any) -> Any:
    try:
        return service(**details)
    except DomainError as error:
        raise Refused(409, error.code) from error
