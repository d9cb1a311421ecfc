"""A handful of jobs in every state, made through the services like anybody's.

None of them takes the time of Harold, Lisa or James on the morning after the first start.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

import structlog

from jobs.actors import Actor
from jobs.errors import DomainError
from jobs.models import Booking, Job, Offer
from jobs.services.answers import accept_offer, decline_offer
from jobs.services.cascade import advance_batch
from jobs.services.dispatch import assign
from jobs.services.jobs import cancel_job, create_job
from jobs.services.rounds import search
from jobs.services.visits import arrive, complete_visit, set_eta, start_travel
from jobs.states import (
    AnswerVia,
    CancelBy,
    CancelReason,
    DeclineReason,
    OfferStatus,
    Priority,
    VisitResult,
)
from network.clock import app_now
from network.models import Branch, Client, Contractor, ServiceType, User

log = structlog.get_logger(__name__)

SOURCE = "sample"

#: Local arrival windows as (days from today, first hour, last hour).
TODAY_NOW = (0, -1, -1)  # four hours, the first of them running


@dataclass(frozen=True, slots=True)
class _Example:
    work: str
    postcode: str
    address: str
    customer: str
    description: str
    window: tuple[int, int, int]
    then: Callable[[_Scene], None]
    priority: str | None = None
    client: str = ""


@dataclass(slots=True)
class _Scene:
    """One job and the people who act on it."""

    job: Job
    branch: Branch
    staff: Actor

    def ask(self) -> None:
        """Let the cascade ask the next candidate."""
        while advance_batch(job_ids=[self.job.pk]):
            pass

    def pending(self) -> Offer:
        """Ask the next candidate; returns the offer that is then out."""
        self.ask()
        return Offer.objects.select_related("contractor").get(
            job=self.job, status=OfferStatus.PENDING
        )

    def decline(self, reason: str) -> None:
        offer = self.pending()
        decline_offer(
            offer_id=offer.pk,
            reason=reason,
            actor=Actor.contractor(offer.contractor),
            via=AnswerVia.PORTAL,
        )
        self.pending()

    def accept(self) -> tuple[Booking, Actor]:
        offer = self.pending()
        actor = Actor.contractor(offer.contractor)
        return accept_offer(offer_id=offer.pk, actor=actor, via=AnswerVia.PORTAL), actor


def _asked(scene: _Scene) -> None:
    scene.pending()


def _declined_once(scene: _Scene) -> None:
    scene.decline(DeclineReason.TOO_BUSY)


def _booked(scene: _Scene) -> None:
    booking, actor = scene.accept()
    set_eta(booking_id=booking.pk, eta=booking.starts_at, actor=actor)


def _on_the_way(scene: _Scene) -> None:
    booking, actor = scene.accept()
    start_travel(booking_id=booking.pk, actor=actor)


def _on_site(scene: _Scene) -> None:
    booking, actor = scene.accept()
    start_travel(booking_id=booking.pk, actor=actor)
    arrive(booking_id=booking.pk, actor=actor)


def _done(scene: _Scene) -> None:
    _finish(scene, VisitResult.FIXED, "Relay replaced, tested for ten minutes.")


def _needs_another_visit(scene: _Scene) -> None:
    _finish(scene, VisitResult.NEEDS_ANOTHER_VISIT, "Needs a new circulator pump, on order.")


def _finish(scene: _Scene, result: str, note: str) -> None:
    booking, actor = scene.accept()
    start_travel(booking_id=booking.pk, actor=actor)
    arrive(booking_id=booking.pk, actor=actor)
    complete_visit(booking_id=booking.pk, result=result, note=note, actor=actor)


def _cancelled(scene: _Scene) -> None:
    scene.ask()
    cancel_job(
        job_id=scene.job.pk,
        by=CancelBy.CUSTOMER,
        reason=CancelReason.FOUND_ANOTHER,
        actor=scene.staff,
    )


def _nobody(scene: _Scene) -> None:
    """Stays with the question that the search has asked, if it found nobody."""


def _assigned_to(name: str) -> Callable[[_Scene], None]:
    def assigned(scene: _Scene) -> None:
        contractor = Contractor.objects.get(branch=scene.branch, name=name)
        assign(
            job_id=scene.job.pk,
            contractor_id=contractor.pk,
            note="Agreed by phone",
            actor=scene.staff,
        )

    assigned.__name__ = f"assigned_to_{name.lower()}"
    return assigned


_EXAMPLES = (
    _Example("electrical-fault", "02134", "18 Glenville Ave", "Maya Ortiz",
             "Half of the outlets in the kitchen are dead.", (1, 12, 16), _asked),
    _Example("boiler-repair", "02139", "7 Tremont St", "Owen Blake",
             "No hot water, the boiler shows E-12.", (1, 16, 20), _declined_once,
             client="harbor-home-warranty"),
    _Example("rodent-treatment", "02118", "44 Rutland Sq", "Priya Shah",
             "Mice in the basement laundry room.", (2, 8, 12), _booked,
             client="fenway-residential"),
    _Example("outlet-repair", "02446", "230 Winchester St", "Tom Adler",
             "Outlet in the hallway sparks when used.", (1, 12, 16), _booked),
    _Example("leak-repair", "02215", "91 Peterborough St", "Grace Kim",
             "Slow leak under the bathroom sink.", (2, 13, 17), _assigned_to("Harold"),
             priority=Priority.STANDARD),
    _Example("toilet-repair", "02446", "12 Marion Ter", "Ben Fisher",
             "Toilet keeps running.", (3, 13, 17), _assigned_to("Lisa")),
    _Example("drain-unblocking", "02134", "60 Linden St", "Ana Costa",
             "Shower drains very slowly.", (4, 13, 17), _assigned_to("James"),
             priority=Priority.STANDARD),
    _Example("no-heat", "02127", "310 West 3rd St", "Walter Byrne",
             "No heat on the first floor.", TODAY_NOW, _on_the_way,
             priority=Priority.EMERGENCY),
    _Example("power-loss", "02130", "19 Sheridan St", "Nora Lind",
             "Power is out in one unit only.", TODAY_NOW, _on_site, priority=Priority.EMERGENCY),
    _Example("electrical-fault", "02114", "5 Garden St", "Ivan Petrov",
             "The breaker trips again and again.", TODAY_NOW, _done,
             priority=Priority.EMERGENCY),
    _Example("furnace-repair", "02155", "88 Fulton St", "Lucy Grant",
             "The furnace rattles and stops.", TODAY_NOW, _needs_another_visit,
             priority=Priority.EMERGENCY, client="harbor-home-warranty"),
    _Example("tree-maintenance", "02131", "402 Beech St", "Sam Doyle",
             "Branches touch the roof.", (3, 8, 12), _cancelled),
    _Example("system-failure", "01930", "21 Washington St", "Harbor School",
             "The building control shows nothing at all.", (1, 12, 16), _nobody,
             client="bay-state-schools"),
)  # fmt: skip


def create_example_jobs(*, branch: Branch, dispatcher: User, seed: int) -> int:
    """Make the example jobs of a branch that has none yet; returns how many were made.

    A step that nobody can make at this hour of the week is left out, and said in the log.
    """
    works = {work.slug: work for work in ServiceType.objects.filter(branch=branch)}
    clients = {client.slug: client for client in Client.objects.filter(branch=branch)}
    draw = random.Random(seed)
    staff = Actor.staff(dispatcher)
    made = 0
    for number, example in enumerate(_EXAMPLES, 1):
        start, end = _window(branch, example.window)
        try:
            job = create_job(
                branch=branch,
                service_type=works[example.work],
                address=example.address,
                postcode=example.postcode,
                window_start=start,
                window_end=end,
                customer_name=example.customer,
                customer_phone=f"+1 617-555-01{draw.randrange(50, 99)}",
                customer_email=example.customer.lower().replace(" ", ".") + "@customer.example",
                client=clients.get(example.client),
                priority=example.priority,
                description=example.description,
                source=SOURCE,
                external_ref=f"example-{number}",
                actor=staff,
            )
            made += 1
            if not example.then.__name__.startswith("assigned_to"):
                search(job_id=job.pk)
            example.then(_Scene(job, branch, staff))
        except (DomainError, Offer.DoesNotExist) as error:
            log.info("an example job was left as it is", number=number, why=str(error))
    return made


def _window(branch: Branch, window: tuple[int, int, int]) -> tuple[datetime, datetime]:
    now = app_now().astimezone(branch.zone)
    if window == TODAY_NOW:
        start = now.replace(minute=0, second=0, microsecond=0)
        return start, start + timedelta(hours=4)
    days, first, last = window
    day = now.date() + timedelta(days=days)
    return (
        datetime.combine(day, time(first), branch.zone),
        datetime.combine(day, time(last), branch.zone),
    )
