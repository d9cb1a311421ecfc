"""What would help a job that nobody has: computed from who is really there, each one click.

"What if" is asked of the calendars as they are now: everybody of the trade near the site is loaded
once, for all the jobs looked at together, and every question is then answered in memory. What a
remedy promises ("+3 contractors") is therefore what the next search will find, unless somebody
takes their time in between; ``apply_remedy`` changes the job and starts that search.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from math import cos, radians

from django.db import connection

from jobs.actors import Actor
from jobs.errors import InvalidInput, MoveNotAllowed
from jobs.models import ChangePolicy, Job, Round
from jobs.services.journal import Journal
from jobs.services.locked import LockedJob, database_now, lock_job
from jobs.services.rounds import begin_round
from jobs.services.transactions import service
from jobs.states import LOST_REASONS, JobStatus, OfferStatus, RoundCause, WithdrawReason
from network.availability import Availability, Refusal, Slot, WorkOrder
from network.display import KM_PER_MILE
from network.geo import distance_km, travel_minutes
from network.openings import Opening, count_openings, windows_ahead

#: The nearest of the trade that are looked at for one job.
NEAREST = 80
#: Steps of widening, in the branch's own unit.
STEPS = (1, 2, 3, 5, 8, 10, 15, 20, 25, 40, 60)
#: How many windows are proposed, and how many people to call.
WINDOWS = 3
CALLS = 3
LEAD = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Widen:
    """Ask those whose territory ends up to ``km`` before the site: ``adds`` more could come."""

    km: float
    adds: int


@dataclass(frozen=True, slots=True)
class Raise:
    """Pay ``amount`` more: ``adds`` who said that the price was too low can be asked again."""

    amount: Decimal
    limit: Decimal | None
    adds: int


@dataclass(frozen=True, slots=True)
class Relax:
    """Let somebody one skill level below do it: ``adds`` more could come."""

    adds: int


@dataclass(frozen=True, slots=True)
class Call:
    """Somebody to call, and why just them."""

    contractor_id: int
    name: str
    phone: str
    why: str


@dataclass(slots=True)
class Remedies:
    """What would help one job, as of ``at``."""

    widen: Widen | None = None
    raised: Raise | None = None
    relax: Relax | None = None
    windows: list[Opening] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)


# The nearest of the branch who have every skill at any level: one statement for all the jobs.
_POOL = """
SELECT j.id, near.id FROM jobs_job j CROSS JOIN LATERAL (
  SELECT c.id FROM network_contractor c
   WHERE c.branch_id = j.branch_id AND c.status = 'active' AND c.cleared_until IS NOT NULL
     AND EXISTS (SELECT 1 FROM network_technician t WHERE t.contractor_id = c.id AND t.active
           AND NOT EXISTS (SELECT 1 FROM network_servicetypeskill need
             WHERE need.service_type_id = j.service_type_id AND NOT EXISTS (
               SELECT 1 FROM network_technicianskill has
                WHERE has.technician_id = t.id AND has.skill_id = need.skill_id)))
   ORDER BY (c.base_latitude - j.latitude) ^ 2
          + ((c.base_longitude - j.longitude) * %(shrink)s) ^ 2, c.id
   LIMIT %(limit)s) near
 WHERE j.id = ANY(%(jobs)s)
"""

_ANSWERS = """
SELECT o.job_id, o.contractor_id, o.status, o.reason, o.pay, o.made_at, c.name, c.phone
  FROM jobs_offer o JOIN network_contractor c ON c.id = o.contractor_id
 WHERE o.job_id = ANY(%s) ORDER BY o.id
"""

_OUT = """
SELECT job_id, contractor_id FROM jobs_booking
 WHERE job_id = ANY(%s) AND end_kind = 'released' AND reason <> ALL (%s)
"""

_BASES = "SELECT id, base_latitude, base_longitude FROM network_contractor WHERE id = ANY(%s)"


@dataclass(frozen=True, slots=True)
class _Answer:
    contractor_id: int
    status: str
    reason: str
    pay: Decimal
    name: str
    phone: str


def remedies_for(jobs: Sequence[Job], *, at: datetime) -> dict[int, Remedies]:
    """Job id → what would help it. All jobs are of one branch; eleven queries, however many.

    Needs ``branch`` loaded. Jobs whose window is over get windows and calls only.
    """
    if not jobs:
        return {}
    branch = jobs[0].branch
    policy = ChangePolicy.objects.filter(branch_id=branch.pk).prefetch_related("relaxable").first()
    relaxable = {kind.pk for kind in policy.relaxable.all()} if policy is not None else set()
    policy = policy or ChangePolicy(branch_id=branch.pk)
    ids = [job.pk for job in jobs]
    pool: dict[int, list[int]] = defaultdict(list)
    answers: dict[int, list[_Answer]] = defaultdict(list)
    out: dict[int, set[int]] = defaultdict(set)
    with connection.cursor() as cursor:
        cursor.execute(
            _POOL, {"jobs": ids, "limit": NEAREST, "shrink": cos(radians(branch.latitude))}
        )
        for job_id, contractor_id in cursor.fetchall():
            pool[job_id].append(contractor_id)
        cursor.execute(_ANSWERS, [ids])
        for job_id, contractor_id, status, reason, pay, _, name, phone in cursor.fetchall():
            answers[job_id].append(_Answer(contractor_id, status, reason, pay, name, phone))
        cursor.execute(_OUT, [ids, [str(reason) for reason in LOST_REASONS]])
        for job_id, contractor_id in cursor.fetchall():
            out[job_id].add(contractor_id)
        everybody = sorted({pk for found in pool.values() for pk in found})
        cursor.execute(_BASES, [everybody])
        bases = {pk: (latitude, longitude) for pk, latitude, longitude in cursor.fetchall()}
    windows = {
        job.pk: [
            window
            for window in windows_ahead(
                at=at,
                tz=job.time_zone,
                first_hour=policy.first_hour,
                last_hour=policy.last_hour,
                hours=policy.window_hours,
                days=policy.days_ahead,
                lead=LEAD,
            )
            if window != (job.window_start, job.window_end)
            and window[1] - window[0] >= timedelta(minutes=job.duration_minutes)
        ]
        for job in jobs
    }
    known = _load(jobs, everybody, windows, at)
    return {
        job.pk: _for_job(
            job,
            policy,
            job.service_type_id in relaxable,
            [pk for pk in pool[job.pk] if pk in known and pk not in out[job.pk]],
            answers[job.pk],
            windows[job.pk],
            known,
            bases,
            at,
        )
        for job in jobs
    }


def _load(
    jobs: Sequence[Job],
    contractor_ids: Sequence[int],
    windows: dict[int, list[tuple[datetime, datetime]]],
    at: datetime,
) -> Availability:
    edges = [(job.window_start, job.window_end) for job in jobs]
    edges += [window for found in windows.values() for window in found]
    longest = timedelta(minutes=max(job.duration_minutes for job in jobs))
    return Availability.load(
        branch_id=jobs[0].branch_id,
        contractor_ids=contractor_ids,
        span=(min(start for start, _ in edges), max(end for _, end in edges) + longest),
        service_type_ids={job.service_type_id for job in jobs},
        client_ids={job.client_id for job in jobs if job.client_id is not None},
        at=at,
    )


def work_order(job: Job) -> WorkOrder:
    """What the job asks of the network, with what was allowed for it so far."""
    return WorkOrder(
        branch_id=job.branch_id,
        service_type_id=job.service_type_id,
        client_id=job.client_id,
        latitude=job.latitude,
        longitude=job.longitude,
        window_start=job.window_start,
        window_end=job.window_end,
        duration_minutes=job.duration_minutes,
        cell=job.cell,
        is_emergency=job.priority == "emergency",
        extra_km=job.extra_km,
        skill_relief=job.skill_relief,
    )


def _for_job(
    job: Job,
    policy: ChangePolicy,
    may_relax: bool,
    ids: list[int],
    answers: list[_Answer],
    windows: list[tuple[datetime, datetime]],
    known: Availability,
    bases: dict[int, tuple[float, float]],
    at: datetime,
) -> Remedies:
    work = work_order(job)
    found = Remedies()
    asked = {answer.contractor_id for answer in answers}
    refusals: dict[int, Refusal] = {}
    aways: list[float] = []
    relaxed = 0
    beyond: list[tuple[float, int]] = []
    if job.window_end > at:
        for contractor_id in ids:
            answer = known.best_slot(work, contractor_id, not_before=at)
            if isinstance(answer, Slot):
                continue
            refusals[contractor_id] = answer
            if answer.rule == "outside_territory":
                away = known.away_km(contractor_id, job.latitude, job.longitude)
                wider = replace(work, extra_km=max(away + 0.01, work.extra_km))
                if away <= policy.widest_km and isinstance(
                    known.best_slot(wider, contractor_id, not_before=at), Slot
                ):
                    aways.append(away)
                    beyond.append((away, contractor_id))
            elif answer.rule == "skill_level_too_low" and may_relax and not job.skill_relief:
                lower = replace(work, skill_relief=1)
                relaxed += isinstance(known.best_slot(lower, contractor_id, not_before=at), Slot)
        found.widen = _widen(aways, job, policy)
        found.relax = Relax(relaxed) if relaxed else None
        found.raised = _raise(job, policy, answers, known, work, at)
    found.windows = count_openings(work, windows, known, ids, enough=WINDOWS)
    found.calls = _calls(job, ids, asked, answers, refusals, sorted(beyond), known, bases, work, at)
    return found


def _widen(aways: list[float], job: Job, policy: ChangePolicy) -> Widen | None:
    """The smallest usual step that adds up to three, else all there are."""
    if not aways:
        return None
    unit = KM_PER_MILE if job.branch.distance_unit == "mi" else 1.0
    enough = min(3, len(aways))
    steps = [step * unit for step in STEPS if step * unit <= policy.widest_km]
    for km in [*steps, policy.widest_km]:
        adds = sum(away <= km for away in aways)
        if adds >= enough:
            return Widen(round(km, 3), adds)
    return None


def _raise(
    job: Job,
    policy: ChangePolicy,
    answers: list[_Answer],
    known: Availability,
    work: WorkOrder,
    at: datetime,
) -> Raise | None:
    """One round step more pay, for whoever found it too little or asked for more."""
    newest = {answer.contractor_id: answer for answer in answers}
    wanting = {
        pk: answer
        for pk, answer in newest.items()
        if (answer.status == OfferStatus.DECLINED and answer.reason == "price_too_low")
        or answer.reason == WithdrawReason.NOT_AGREED
    }
    still = [
        answer
        for pk, answer in wanting.items()
        if pk in known and isinstance(known.best_slot(work, pk, not_before=at), Slot)
    ]
    if not still:
        return None
    step = max(answer.pay for answer in still) * Decimal("0.15")
    amount = max(Decimal(10), (step / 5).quantize(Decimal(1)) * 5)
    if amount > policy.highest_raise:
        amount = policy.highest_raise
    if amount <= 0:
        return None
    return Raise(amount, new_limit(job, amount), len(still))


def new_limit(job: Job | LockedJob, amount: Decimal) -> Decimal | None:
    """The not-to-exceed amount after a raise; none stays none."""
    return None if job.not_to_exceed is None else job.not_to_exceed + amount


def _calls(
    job: Job,
    ids: list[int],
    asked: set[int],
    answers: list[_Answer],
    refusals: dict[int, Refusal],
    beyond: list[tuple[float, int]],
    known: Availability,
    bases: dict[int, tuple[float, float]],
    work: WorkOrder,
    at: datetime,
) -> list[Call]:
    """Three who could do it though the machine could not ask them, or was not heard by them."""
    calls: dict[int, Call] = {}

    def add(contractor_id: int, why: str) -> None:
        facts = known.contractor(contractor_id)
        if facts.phone and contractor_id not in calls:
            calls[contractor_id] = Call(contractor_id, facts.name, facts.phone, why)

    def drive(contractor_id: int) -> str:
        km = distance_km(*bases[contractor_id], job.latitude, job.longitude)
        return f"{round(travel_minutes(km))} min away"

    for answer in reversed(answers):
        if answer.status == OfferStatus.EXPIRED and answer.contractor_id in ids:
            add(answer.contractor_id, f"gave no answer, {drive(answer.contractor_id)}")
    for contractor_id in ids:
        if contractor_id not in refusals and contractor_id not in asked:
            add(contractor_id, f"free, not asked yet, {drive(contractor_id)}")
    for _, contractor_id in beyond:
        add(contractor_id, f"free, {refusals[contractor_id].sentence}")
    for contractor_id in ids:
        refusal = refusals.get(contractor_id)
        if refusal is not None and refusal.rule in ("fully_booked", "not_working", "daily_limit"):
            add(contractor_id, f"{refusal.sentence}, {drive(contractor_id)}")
    for contractor_id in ids:
        refusal = refusals.get(contractor_id)
        if refusal is not None and refusal.rule in ("notice_too_short", "skill_level_too_low"):
            add(contractor_id, refusal.sentence)
    return list(calls.values())[:CALLS]


# -- applying -------------------------------------------------------------------------------------
@service
def apply_remedy(*, job_id: int, remedy: str, amount: Decimal | None = None, actor: Actor) -> Job:
    """Widen (``amount`` km in all), raise (by ``amount``) or relax, and search again at once.

    Repeating a widening or a relaxation that is in force changes nothing. Raises InvalidInput
    (beyond what the branch allows), MoveNotAllowed (somebody is being asked, or has it).
    """
    job = lock_job(job_id)
    job.require_open()
    if job.status != JobStatus.OFFERING:
        raise MoveNotAllowed("Somebody has this job by now, or it is not searched for yet.")
    policy = ChangePolicy.objects.filter(branch_id=job.branch_id).first() or ChangePolicy(
        branch_id=job.branch_id
    )
    journal = Journal(at=database_now())
    match remedy:
        case "widen":
            changed, said = _apply_widen(job, policy, amount)
        case "raise":
            changed, said = _apply_raise(job, policy, amount)
        case "relax":
            changed, said = _apply_relax(job, policy)
        case _:
            raise InvalidInput({"remedy": "Choose one of: widen, raise, relax."})
    if not changed:
        return Job.objects.get(pk=job_id)
    _nobody_is_reneged(job)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE jobs_job SET extra_km = %s, skill_relief = %s, extra_pay = %s,"
            " not_to_exceed = %s WHERE id = %s",
            [job.extra_km, job.skill_relief, job.extra_pay, job.not_to_exceed, job.id],
        )
    journal.event(
        job,
        "remedy_applied",
        actor,
        data={"remedy": remedy, "amount": str(amount) if amount is not None else None},
    )
    Round.objects.filter(job_id=job.id, finished_at=None).update(finished_at=journal.at)
    begin_round(job=job, cause=RoundCause.REMEDY, journal=journal, actor=actor)
    journal.settle(job, resolution=said, user_id=actor.user_id)
    journal.flush()
    return Job.objects.get(pk=job_id)


def _nobody_is_reneged(job: LockedJob) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM jobs_offer WHERE pending_job_id = %s LIMIT 1", [job.id])
        if cursor.fetchone():
            raise MoveNotAllowed("Somebody is being asked at this moment; wait for the answer.")


def _apply_widen(job: LockedJob, policy: ChangePolicy, amount: Decimal | None) -> tuple[bool, str]:
    km = float(amount or 0)
    if not 0 < km <= policy.widest_km:
        raise InvalidInput({"amount": f"Up to {policy.widest_km:g} km may be added here."})
    if km <= job.extra_km:
        return False, ""
    job.extra_km = km
    return True, f"Widened by {km:.1f} km"


def _apply_raise(job: LockedJob, policy: ChangePolicy, amount: Decimal | None) -> tuple[bool, str]:
    if amount is None or not amount.is_finite() or not 0 < amount <= policy.highest_raise:
        raise InvalidInput({"amount": f"Up to {policy.highest_raise} may be added at once."})
    amount = amount.quantize(Decimal("0.01"))
    job.not_to_exceed = new_limit(job, amount)
    job.extra_pay += amount
    return True, f"Raised by {amount}"


def _apply_relax(job: LockedJob, policy: ChangePolicy) -> tuple[bool, str]:
    if policy.pk is None or not policy.relaxable.filter(pk=job.service_type_id).exists():
        raise InvalidInput({"remedy": "The skill may not be relaxed for this kind of work."})
    if job.skill_relief:
        return False, ""
    job.skill_relief = 1
    return True, "One skill level below is enough"
