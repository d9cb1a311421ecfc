"""A standby steps in: the visit is his at once, without a search, for the same promise."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from django.db import connection

from jobs.actors import Actor
from jobs.models import Round
from jobs.services.answers import take_offer
from jobs.services.journal import Journal
from jobs.services.locked import LockedJob
from jobs.services.lost import find_lost_standbys
from jobs.services.offers import OfferDraft, make_offers
from jobs.services.standby import HeldStandby, close_standby, release_standbys, standing_by
from jobs.states import AnswerVia, RoundCause, StandbyStatus
from network.availability import Slot

#: An offer made and accepted in one transaction still needs a deadline after "now"; a long
#: one, since domain time may run hundreds of times faster than the transaction.
STEP_IN_WINDOW = timedelta(days=1)


def step_in(*, job: LockedJob, journal: Journal) -> bool:
    """Give the job, which has just lost its visit, to whoever stands by; False without anybody.

    Part of the caller's transaction, under the job's lock and that of its people (``lock_people``).
    A standby who may not do the work any more is let go.
    """
    standby = standing_by(job)
    if standby is None or find_lost_standbys(standby_id=standby.id, active_only=True):
        release_standbys(
            job=job, reason="visit_gone" if standby is None else "not_fit", journal=journal
        )
        return False
    actor = Actor.system()
    job.round_number += 1
    journal.event(
        job,
        "round_started",
        actor,
        data={"round": job.round_number, "cause": str(RoundCause.STANDBY)},
    )
    current = Round.objects.create(
        job_id=job.id,
        number=job.round_number,
        cause=RoundCause.STANDBY,
        started_at=journal.at,
        finished_at=journal.at,
    )
    close_standby(job, standby, StandbyStatus.STEPPED_IN, "", journal, actor, tell=False)
    offer_id = _make_offer(job, standby, current, journal)
    take_offer(job=job, offer_id=offer_id, actor=actor, via=AnswerVia.STANDBY, journal=journal)
    return True


def _make_offer(job: LockedJob, standby: HeldStandby, current: Round, journal: Journal) -> int:
    """The offer that he has accepted beforehand, from when he can be there, if that is free."""
    held = Slot(
        contractor_id=standby.contractor_id,
        technician_id=standby.technician_id,
        starts_at=standby.starts_at,
        ends_at=standby.ends_at,
        travel_minutes=standby.travel_minutes,
        travel_km=standby.travel_km,
        skill_level=3,
    )
    there = journal.at + timedelta(minutes=standby.travel_minutes)
    slots = [held]
    if there > held.starts_at:
        later = there - held.starts_at
        slots.insert(
            0, replace(held, starts_at=held.starts_at + later, ends_at=held.ends_at + later)
        )
    for slot in slots:
        draft = OfferDraft(
            job=job,
            round_id=current.pk,
            rank=standby.rank,
            slot=slot,
            pay=standby.pay,
            expires_at=journal.at + STEP_IN_WINDOW,
            contractor_name=standby.contractor_name,
            contractor_email=standby.contractor_email,
        )
        made = make_offers(drafts=[draft], journal=journal, actor=Actor.system(), notify=False)
        if made:
            return made[draft.public_id]
    raise AssertionError("the time that a standby held a moment ago is free")


def lost_standby_ids() -> list[int]:
    """Standbys who hold a time and may not do the work any more."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM jobs_standby WHERE closed_at IS NULL LIMIT 1")
        if cursor.fetchone() is None:
            return []
    return [standby_id for standby_id, _ in find_lost_standbys()]
