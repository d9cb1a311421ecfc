"""The ranking of a round with names, answers and what can be done with each candidate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from jobs.console import words
from jobs.models import Job, Offer, Round
from jobs.states import JobStatus, OfferStatus
from network.models import Contractor, Technician
from ranking.explain import Grouped, Part, RankedCandidate, explain_left_out
from ranking.models import Decision
from ranking.services.overrides import passed_over_by
from ranking.whatif import ToBeFirst, to_be_first

#: Rows shown at first; the others are one click away.
SHOWN = 12


@dataclass(frozen=True, slots=True)
class Candidate:
    """One row of the ranking."""

    candidate: RankedCandidate
    name: str
    technician: str
    offer: Offer | None
    may_be_next: bool
    passes_over: bool = False
    to_be_first: ToBeFirst | None = None

    @property
    def reasons(self) -> list[Part]:
        return self.candidate.reasons()


@dataclass(frozen=True, slots=True)
class Ranking:
    """The newest decision (or an older round's), best first."""

    decision: Decision
    first: list[Candidate]
    more: list[Candidate]
    left_out: int
    left_out_words: str

    @property
    def groups(self) -> list[Grouped]:
        """The legend: the pieces of the bar, as the first candidate has them."""
        return self.first[0].candidate.groups if self.first else []


def load_ranking(
    job: Job,
    current: Round | None,
    decision: Decision | None,
    candidates: Sequence[RankedCandidate],
    offers: Iterable[Offer],
) -> Ranking | None:
    """The decision in words, or None before the first one. Two queries, for the names.

    ``candidates`` is the decision explained.
    """
    if decision is None:
        return None
    contractors = dict(
        Contractor.objects.filter(pk__in=decision.contractor_ids).values_list("pk", "name")
    )
    technicians = dict(
        Technician.objects.filter(pk__in=decision.technician_ids).values_list("pk", "name")
    )
    answered: dict[int, Offer] = {}
    for offer in offers:
        if current is not None and offer.round_id == current.pk:
            answered[offer.contractor_id] = offer
    waiting = current.contractor_ids[current.next_index :] if current is not None else []
    needs = to_be_first(decision, [one.contractor_id for one in candidates[:SHOWN]])
    running = job.status == JobStatus.OFFERING and job.round_number == decision.round_number
    rows = [
        _row(
            one,
            contractors,
            technicians,
            answered.get(one.contractor_id),
            running,
            passes_over=bool(passed_over_by(one.contractor_id, waiting)),
            needs=needs.get(one.contractor_id),
        )
        for one in candidates
    ]
    return Ranking(
        decision=decision,
        first=rows[:SHOWN],
        more=rows[SHOWN:],
        left_out=sum(decision.not_eligible.values()),
        left_out_words=words.left_out(decision.not_eligible, most=4),
    )


def _row(
    one: RankedCandidate,
    contractors: Mapping[int, str],
    technicians: Mapping[int, str],
    offer: Offer | None,
    running: bool,
    *,
    passes_over: bool,
    needs: ToBeFirst | None,
) -> Candidate:
    name = contractors.get(one.contractor_id, "a former contractor")
    technician = technicians.get(one.technician_id, "")
    asked_now = offer is not None and offer.status == OfferStatus.PENDING
    return Candidate(
        candidate=one,
        name=name,
        technician="" if technician == name else technician,
        offer=offer,
        may_be_next=running and not asked_now,
        passes_over=passes_over,
        to_be_first=needs,
    )


@dataclass(frozen=True, slots=True)
class LeftOutByPolicy:
    """Somebody whom a rule of the policy left out, with the rule and the number that failed it."""

    name: str
    sentence: str


def left_out_by_policy(decision: Decision | None) -> list[LeftOutByPolicy]:
    """Whom the policy's rules left out of a decision, as of then. One query, for the names."""
    entries = explain_left_out(decision) if decision is not None else []
    if not entries:
        return []
    names = dict(
        Contractor.objects.filter(pk__in=[one.contractor_id for one in entries]).values_list(
            "pk", "name"
        )
    )
    return [
        LeftOutByPolicy(
            name=names.get(one.contractor_id, "a former contractor"),
            sentence=f"{one.rule}; {one.figure} then" if one.figure else one.rule,
        )
        for one in entries
    ]


def first_reasons(
    round_id: int, candidates: Sequence[RankedCandidate]
) -> dict[tuple[int, int], str]:
    """(round, contractor) → what set that candidate apart most, for the cascade's sentences."""
    return {
        (round_id, one.contractor_id): "; ".join(part.sentence for part in one.reasons(2))
        for one in candidates
    }
