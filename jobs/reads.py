"""Reads that join several models: what a row or a page of the console shows."""

from __future__ import annotations

from django.db.models import Prefetch

from jobs.models import Booking, Escalation, Offer, Round
from jobs.querysets import JobQuerySet


def with_cascade(jobs: JobQuerySet) -> JobQuerySet:
    """Everything a job row shows of its cascade, in a fixed number of queries.

    Adds ``live_bookings``, ``open_escalations`` and ``rounds_newest_first`` as lists.
    """
    return jobs.select_related("service_type", "client", "branch").prefetch_related(
        Prefetch(
            "offers",
            Offer.objects.select_related("contractor", "technician", "round").order_by(
                "made_at", "pk"
            ),
        ),
        Prefetch(
            "bookings",
            Booking.objects.filter(live=True).select_related("contractor", "technician", "offer"),
            to_attr="live_bookings",
        ),
        Prefetch(
            "escalations",
            Escalation.objects.filter(closed_at__isnull=True),
            to_attr="open_escalations",
        ),
        Prefetch("rounds", Round.objects.order_by("-number"), to_attr="rounds_newest_first"),
    )
