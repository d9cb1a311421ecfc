"""Short ways to bring a job into a state."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from jobs.actors import Actor
from jobs.models import Booking, Escalation, Job, JobEvent, Offer
from jobs.services.answers import accept_offer, decline_offer
from jobs.services.visits import arrive
from tests.jobs.world import pending_offer, run_due

SYSTEM = Actor.system("test")


def offered(job: Job) -> Offer:
    """Search for the job; returns the offer that went out."""
    run_due()
    return pending_offer(job)


def accept(offer: Offer, **changes: Any) -> Booking:
    return accept_offer(
        offer_id=offer.pk, actor=Actor.contractor(offer.contractor), via="portal", **changes
    )


def decline(offer: Offer) -> Offer:
    return decline_offer(
        offer_id=offer.pk,
        reason="too_busy",
        actor=Actor.contractor(offer.contractor),
        via="portal",
    )


def booked(job: Job) -> Booking:
    """Search, and let the first who is asked accept."""
    return accept(offered(job))


def on_site(job: Job, clock: Any, at: datetime | None = None) -> Booking:
    """Booked, and the technician arrives (at the window's start unless told)."""
    booking = booked(job)
    clock.set(at or job.window_start)
    return arrive(booking_id=booking.pk, actor=SYSTEM)


def status_of(job: Job) -> str:
    job.refresh_from_db()
    return str(job.status)


def events_of(job: Job) -> list[str]:
    return list(
        JobEvent.objects.filter(job=job).order_by("sequence").values_list("kind", flat=True)
    )


def open_questions(job: Job) -> list[str]:
    return sorted(Escalation.objects.filter(job=job, closed_at=None).values_list("kind", flat=True))
