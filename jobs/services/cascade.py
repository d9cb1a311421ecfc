"""The cascade: asks the next candidate of every job that waits for one, in batches.

The order of a round is frozen; at each step eligibility is checked again and a fresh slot
is found. A batch costs a fixed number of statements. Slots are found in memory; who loses
one to another transaction is looked at again in the next batch of the same task.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from jobs.actors import Actor
from jobs.another_try import REMINDER as REMINDER
from jobs.services.another_try import Ended, end_search, ended_searches
from jobs.services.journal import Journal
from jobs.services.locked import (
    COLUMNS,
    JOINS,
    LockedJob,
    database_now,
    lock_contractors,
    lock_job,
)
from jobs.services.offers import OfferDraft, make_offers
from jobs.services.transactions import service
from jobs.states import DEFAULT_OFFER_MINUTES, EscalationKind
from jobs.windows import (
    SHORTEST_WINDOW,
    USUAL_ANSWER,
    WORTH_TRYING,
    Ask,
    PassOn,
    Wait,
    contact_period,
    last_answer,
    plan_ask,
    worth_trying,
)
from network.availability import Availability, Refusal, Slot
from network.services.calendar import lock_technicians
from ranking.services.scorecards import usual_answer_minutes

#: How many jobs one transaction advances. Meanwhile it holds the technicians it asks, and a visit
#: that was lost may wait for one of them; twice as many take a fifth less time in all.
BATCH = 250
#: How many candidates of a job one batch looks at; a job that needs more goes on in the next.
LOOKAHEAD = WORTH_TRYING
#: So often in a row may a candidate's time be lost to somebody else before he is passed over.
LOSSES = 5


@dataclass(slots=True)
class _Turn:
    """A job whose next candidate is to be asked, with the next stretch of its order."""

    job: LockedJob
    round_id: int
    next_index: int
    total: int
    contractor_ids: list[int]
    ranks: list[int]
    asked: int
    skipped: list[tuple[int, str, str]] = field(default_factory=list)
    drafts: list[OfferDraft] = field(default_factory=list)
    #: Pointer and number of those passed over as they were before the first draft.
    mark: tuple[int, int] = (0, 0)

    @property
    def is_over(self) -> bool:
        """Whether everybody had his turn, in vain."""
        return not (self.drafts or self.contractor_ids) and self.next_index >= self.total


#: An offering job ``j`` is due, and nobody is asked.
WAITS = """j.status = 'offering' AND j.next_wake_at <= (SELECT app_now())
   AND NOT EXISTS (SELECT 1 FROM jobs_offer o WHERE o.pending_job_id = j.id)"""
# It waits for its next candidate when its round is ranked and not finished. Those looked at are
# chosen first, a few times as many as are taken, so that a batch costs much the same whether a
# hundred jobs are due or ten thousand. The round is locked too, so that its pointer is the newest
# and not that of the snapshot.
_ROUND = """r.job_id = j.id AND r.number = j.round_number
   AND r.decision_id IS NOT NULL AND r.finished_at IS NULL"""
_DUE = f"""
WITH due AS MATERIALIZED (
SELECT j.id FROM jobs_job j
 WHERE {WAITS} AND (%(ids)s::bigint[] IS NULL OR j.id = ANY(%(ids)s))
   AND EXISTS (SELECT 1 FROM jobs_round r WHERE {_ROUND})
 ORDER BY j.next_wake_at LIMIT %(looked_at)s)
SELECT {COLUMNS}, r.id, r.next_index, cardinality(r.contractor_ids),
       r.contractor_ids[r.next_index + 1 : r.next_index + {LOOKAHEAD}],
       r.ranks[r.next_index + 1 : r.next_index + {LOOKAHEAD}],
       (SELECT count(*) FROM jobs_offer o WHERE o.job_id = j.id AND o.round_id = r.id
           AND o.status <> 'withdrawn')
  FROM {JOINS}
  JOIN jobs_round r ON {_ROUND}
 WHERE j.id IN (SELECT id FROM due) AND {WAITS}
 ORDER BY j.next_wake_at, j.id LIMIT %(size)s
   FOR UPDATE OF j, r SKIP LOCKED
"""
#: So many times a batch are looked at; all that are due, where others hold every one of these.
_LOOKED_AT = 4


def advance_due_jobs(*, limit: int = 20_000, job_ids: Sequence[int] | None = None) -> int:
    """Ask the next candidate of every due job; returns how many jobs were looked at.

    Runs batch after batch, each its own transaction, until nothing is due (or ``limit``).
    """
    looked_at = 0
    while looked_at < limit:
        count = advance_batch(job_ids=job_ids)
        looked_at += count
        if count == 0:
            break
    return looked_at


@service
def advance_batch(*, size: int = BATCH, job_ids: Sequence[int] | None = None) -> int:
    """Advance up to ``size`` due jobs in one transaction; returns how many were looked at.

    Jobs that others hold are passed over.
    """
    return _advance(_due_turns(size, job_ids))


@service
def advance_job(job_id: int) -> int:
    """Advance one job if it is due, waiting for whoever holds it; returns how many were."""
    lock_job(job_id)
    return _advance(_due_turns(1, [job_id]))


def _advance(turns: list[_Turn]) -> int:
    if not turns:
        return 0
    journal = Journal(at=database_now())
    by_branch: dict[int, list[_Turn]] = defaultdict(list)
    for turn in turns:
        by_branch[turn.job.branch_id].append(turn)
    usual = _usual_answers(turns)
    known: dict[int, Availability] = {}
    for branch_id, branch_turns in by_branch.items():
        known[branch_id] = _load(branch_id, branch_turns, journal.at)
        for turn in branch_turns:
            _choose(turn, known[branch_id], usual, journal)
    drafts = [draft for turn in turns for draft in turn.drafts]
    lock_contractors({draft.slot.contractor_id for draft in drafts})
    lock_technicians({draft.slot.technician_id for draft in drafts})
    made = make_offers(drafts=drafts, journal=journal, actor=Actor.system())
    ended = ended_searches([turn.job for turn in turns if turn.is_over], at=journal.at)
    for turn in turns:
        _finish(turn, made, known[turn.job.branch_id], ended, journal)
    _move_pointers(turns, journal.at)
    journal.flush()
    return len(turns)


def _due_turns(size: int, job_ids: Sequence[int] | None) -> list[_Turn]:
    ids = list(job_ids) if job_ids is not None else None
    with connection.cursor() as cursor:
        for looked_at in (size * _LOOKED_AT, None):
            cursor.execute(_DUE, {"ids": ids, "size": size, "looked_at": looked_at})
            rows = cursor.fetchall()
            if rows:
                break
        return [_Turn(LockedJob(*row[:-6]), *row[-6:]) for row in rows]


def _load(branch_id: int, turns: list[_Turn], at: datetime) -> Availability:
    return Availability.load(
        branch_id=branch_id,
        contractor_ids={c for turn in turns for c in turn.contractor_ids},
        span=(
            min(turn.job.window_start for turn in turns),
            max(
                turn.job.window_end + timedelta(minutes=turn.job.duration_minutes) for turn in turns
            ),
        ),
        service_type_ids={turn.job.service_type_id for turn in turns},
        client_ids={turn.job.client_id for turn in turns if turn.job.client_id is not None},
        at=at,
    )


def _usual_answers(turns: list[_Turn]) -> dict[int, timedelta]:
    """Contractor → within how long 80 % of his answers come, where enough is known."""
    minutes = usual_answer_minutes({c for turn in turns for c in turn.contractor_ids})
    return {contractor: timedelta(minutes=value) for contractor, value in minutes.items()}


def _choose(
    turn: _Turn, availability: Availability, usual: dict[int, timedelta], journal: Journal
) -> None:
    """Find who can be asked next, one or several at once; leaves drafts, or what to do instead."""
    seats, deadline = 1, None
    while turn.contractor_ids and len(turn.drafts) < seats:
        contractor_id = turn.contractor_ids[0]
        if contractor_id not in availability:
            _pass_over(turn, "gone", "no longer there")
            continue
        plan = plan_for(
            turn.job,
            contractor_id,
            availability,
            journal.at,
            *(
                _shared_with(turn, usual)
                if deadline is None
                else ([deadline - journal.at], 1)  # the same for everybody in an open call
            ),
            deadline=deadline,
        )
        if isinstance(plan, Wait):
            if turn.drafts:
                break  # he cannot be asked now; the call is open to those before him
            _wait(turn.job, plan.until, availability.contractor(contractor_id).name, journal)
            return
        if isinstance(plan, PassOn | Refusal):
            rule = plan.rule if isinstance(plan, Refusal) else "no_time_to_answer"
            _pass_over(turn, rule, plan.sentence)
            continue
        slot, ask = plan
        if deadline is None:
            seats, deadline = ask.seats, ask.expires_at
            turn.mark = turn.next_index, len(turn.skipped)
        turn.drafts.append(_draft(turn, slot, ask.expires_at, availability))
        availability.take(slot, latitude=turn.job.latitude, longitude=turn.job.longitude)
        _step(turn)
    if len(turn.drafts) > 1:
        for seat, draft in enumerate(turn.drafts):
            draft.seat = seat


def _shared_with(turn: _Turn, usual: dict[int, timedelta]) -> tuple[list[timedelta], int]:
    """How long each of those left takes, the next first, and how many of them share the time."""
    remaining = turn.total - turn.next_index
    known = [usual.get(contractor, USUAL_ANSWER) for contractor in turn.contractor_ids]
    return (
        known + [USUAL_ANSWER] * (remaining - len(known)),
        worth_trying(asked=turn.asked + len(turn.drafts), remaining=remaining),
    )


def _wait(job: LockedJob, until: datetime, name: str, journal: Journal) -> None:
    job.next_wake_at = until
    journal.event(
        job,
        "waits_for_contact_hours",
        Actor.system(),
        data={"contractor": name, "until": until.isoformat()},
    )


def _draft(turn: _Turn, slot: Slot, expires_at: datetime, availability: Availability) -> OfferDraft:
    job, facts = turn.job, availability.contractor(slot.contractor_id)
    return OfferDraft(
        job=job,
        round_id=turn.round_id,
        rank=turn.ranks[0],
        slot=slot,
        pay=availability.pay_for(
            slot.contractor_id,
            job.duration_minutes,
            service_type_id=job.service_type_id,
            client_id=job.client_id,
            starts_at=slot.starts_at,
        )
        + job.extra_pay,
        expires_at=expires_at,
        contractor_name=facts.name,
        contractor_email=facts.email,
    )


def _step(turn: _Turn) -> None:
    """The candidate at the pointer had his turn."""
    del turn.contractor_ids[0], turn.ranks[0]
    turn.next_index += 1


def _pass_over(turn: _Turn, rule: str, sentence: str) -> None:
    turn.skipped.append((turn.contractor_ids[0], rule, sentence))
    _step(turn)


def plan_for(
    job: LockedJob,
    contractor_id: int,
    availability: Availability,
    at: datetime,
    usual: Sequence[timedelta],
    worth: int,
    deadline: datetime | None = None,
) -> tuple[Slot, Ask] | Wait | PassOn | Refusal:
    """A fresh slot and a deadline for one candidate at ``at``, or why there is none.

    ``usual`` and ``worth`` are those of ``windows.plan_turn``: among whom the time is shared;
    ``deadline`` is that of an open call, which nobody's may be later than. The planned start
    leaves time to answer and then to travel, wherever the window allows.
    """
    work = job.work
    policy = job.offer_minutes or DEFAULT_OFFER_MINUTES[job.priority]
    slot = availability.best_slot(work, contractor_id, not_before=at)
    if isinstance(slot, Refusal):
        return slot
    facts = availability.contractor(contractor_id)
    travel = timedelta(minutes=slot.travel_minutes)
    ask = plan_ask(
        now=at,
        policy_minutes=policy,
        last_moment=last_answer(now=at, window_end=job.window_end, travel=travel),
        usual=usual,
        worth=worth,
        emergency=job.is_emergency,
        contact=contact_period(
            now=at,
            contact_from=facts.contact_from,
            contact_until=facts.contact_until,
            time_zone=job.branch_zone,
        ),
    )
    if not isinstance(ask, Ask):
        return ask
    if deadline is not None and deadline < ask.expires_at:
        ask = Ask(deadline, ask.seats)
    if slot.starts_at < ask.expires_at + travel:
        # He may answer at the last second, and sets out only then.
        later = availability.best_slot(work, contractor_id, not_before=ask.expires_at)
        if not isinstance(later, Refusal):
            return later, ask
        # Starts are whole minutes: where all the time left is his, the last one may be lost.
        sooner = ask.expires_at - timedelta(minutes=1)
        if sooner - at >= SHORTEST_WINDOW:
            later = availability.best_slot(work, contractor_id, not_before=sooner)
            if not isinstance(later, Refusal):
                return later, Ask(sooner, ask.seats)
        # No room that late: he can still do it if he answers before he must set out.
        sets_out = slot.starts_at - travel
        if sets_out - at < SHORTEST_WINDOW:
            return later
        return slot, Ask(min(ask.expires_at, sets_out), ask.seats)
    return slot, ask


def _finish(
    turn: _Turn,
    made: dict[Any, int],
    availability: Availability,
    ended: dict[int, Ended],
    journal: Journal,
) -> None:
    """Write what became of one job's turn."""
    job = turn.job
    won = [draft for draft in turn.drafts if draft.public_id in made]
    _note_lost(turn, won)
    for contractor_id, rule, sentence in turn.skipped:
        name = "A contractor"
        if contractor_id in availability:
            name = availability.contractor(contractor_id).name
        journal.event(
            job,
            "candidate_passed_over",
            Actor.system(),
            data={"contractor": name, "rule": rule, "sentence": sentence},
        )
    if won:
        job.next_wake_at = min(draft.expires_at for draft in won)
        if job.attempts:
            journal.settle(job, kind=EscalationKind.DISPATCH_FAILED, resolution="It works again")
        job.attempts = 0
        journal.touch(job)
    elif turn.drafts:
        journal.touch(job)
    elif turn.is_over:
        end_search(
            job,
            ended.get(job.id, Ended()),
            EscalationKind.EVERYONE_ASKED,
            {"asked": turn.total},
            journal,
        )
    else:
        journal.touch(job)


def _note_lost(turn: _Turn, won: list[OfferDraft]) -> None:
    """Whose time went to somebody else a moment ago, between looking and writing."""
    lost = [draft for draft in turn.drafts if draft not in won]
    if not lost:
        return
    if won:  # the call is open to the others
        taken = "the time was taken a moment ago"
        turn.skipped += [(draft.slot.contractor_id, "fully_booked", taken) for draft in lost]
        return
    # The pointer goes back; the job stays due and looks again.
    turn.next_index, passed_over = turn.mark
    del turn.skipped[passed_over:]
    turn.job.attempts += 1
    if turn.job.attempts >= LOSSES:
        first = lost[0].slot.contractor_id
        turn.skipped.append((first, "fully_booked", "the time was taken again and again"))
        turn.next_index += 1
        turn.job.attempts = 0


def _move_pointers(turns: list[_Turn], at: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE jobs_round r SET next_index = u.next, finished_at = u.finished"
            " FROM unnest(%s::bigint[], %s::smallint[], %s::timestamptz[])"
            " AS u(id, next, finished) WHERE r.id = u.id",
            [
                [turn.round_id for turn in turns],
                [turn.next_index for turn in turns],
                [
                    at if not turn.drafts and turn.next_index >= turn.total else None
                    for turn in turns
                ],
            ],
        )
