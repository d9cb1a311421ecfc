"""Jobs near a contractor for which somebody else was asked first, and why.

Near means in their territory and of their trade. Of the job a contractor learns no more than
everybody who is asked: kind of work, area, window.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.urls import reverse

from jobs.models import Job
from jobs.work import work_of
from network.availability import Availability, Refusal
from network.geo import cell_and_ancestors
from network.models import TerritoryCell
from portal.access import Acting
from portal.work import PublicWork, public_work
from ranking.models import Decision

DAYS = 14
LISTED = 30
#: So many rankings of the own trade are looked at, the newest.
LOOKED_AT = 400

# First searches in the contractor's trade in which they did not get the first call. A trade is
# theirs when one of their people has at least one of the skills that the work needs.
_NOT_FIRST = """
SELECT job.id, decision.id
  FROM ranking_decision AS decision
  JOIN jobs_job AS job ON job.public_id = decision.job_ref
 WHERE decision.branch_id = %(branch)s AND decision.round_number = 1
   AND decision.made_at > %(since)s AND decision.made_at <= %(at)s
   AND decision.contractor_ids[1] IS DISTINCT FROM %(me)s
   AND (%(me)s = ANY(decision.contractor_ids) OR %(me)s = ANY(decision.left_out_ids)
     OR EXISTS (SELECT 1 FROM network_servicetypeskill AS need
                  JOIN network_technicianskill AS has ON has.skill_id = need.skill_id
                  JOIN network_technician AS person ON person.id = has.technician_id
                 WHERE need.service_type_id = job.service_type_id
                   AND person.contractor_id = %(me)s AND person.active))
 ORDER BY decision.made_at DESC, decision.id DESC LIMIT %(limit)s
"""

#: What is the branch's or the client's business is not quoted; the rest is about the asker.
_IN_OTHER_WORDS = {
    "blocked_by_client": "This client works with other contractors.",
    "refuses_client": "You do not work for this client.",
    "not_active": "You were not active, or had paused offers.",
}


@dataclass(frozen=True, slots=True)
class Missed:
    """One such job."""

    work: PublicWork
    ranked_at: datetime
    rank: int
    of: int
    left_out: bool
    url: str

    @property
    def summary(self) -> str:
        if self.rank:
            return f"You were {self.rank} of {self.of}"
        return "A rule of the branch left you out" if self.left_out else "You could not be asked"


def missed_jobs(acting: Acting, *, at: datetime) -> list[Missed]:
    """The newest of the last ``DAYS`` days; four queries."""
    me = acting.contractor.pk
    with connection.cursor() as cursor:
        cursor.execute(
            _NOT_FIRST,
            {
                "me": me,
                "branch": acting.contractor.branch_id,
                "since": at - timedelta(days=DAYS),
                "at": at,
                "limit": LOOKED_AT,
            },
        )
        pairs = cursor.fetchall()
    jobs = Job.objects.select_related("service_type").in_bulk([job_id for job_id, _ in pairs])
    decisions = Decision.objects.only(
        "contractor_ids", "left_out_ids", "made_at", "round_number", "job_ref"
    ).in_bulk([decision_id for _, decision_id in pairs])
    mine = _territory(me)
    found: list[Missed] = []
    for job_id, decision_id in pairs:
        job, decision = jobs[job_id], decisions[decision_id]
        if was_considered(decision, me) or mine.intersection(cell_and_ancestors(job.cell)):
            found.append(_missed(job, decision, me))
        if len(found) == LISTED:
            break
    return found


def was_considered(decision: Decision, contractor_id: int) -> bool:
    """Whether the contractor could do the job: ranked, or left out by a rule of the policy."""
    return contractor_id in decision.contractor_ids or contractor_id in (
        decision.left_out_ids or []
    )


def _territory(contractor_id: int) -> set[int]:
    cells = TerritoryCell.objects.filter(contractor_id=contractor_id)
    return set(cells.values_list("cell", flat=True))


def _missed(job: Job, decision: Decision, me: int) -> Missed:
    ranked = decision.contractor_ids
    return Missed(
        work=public_work(job),
        ranked_at=decision.made_at,
        rank=ranked.index(me) + 1 if me in ranked else 0,
        of=len(ranked),
        left_out=me in (decision.left_out_ids or []),
        url=reverse("portal:missed_job", args=[job.public_id]),
    )


def missed_job(acting: Acting, public_id: UUID) -> tuple[Job, Decision] | None:
    """A job of the branch with its first ranking, if it is the contractor's to ask about."""
    me = acting.contractor.pk
    job = (
        Job.objects.filter(branch=acting.contractor.branch, public_id=public_id)
        .select_related("service_type")
        .first()
    )
    decision = Decision.objects.for_job(public_id).filter(round_number=1).first() if job else None
    if job is None or decision is None:
        return None
    if was_considered(decision, me):
        return job, decision
    is_near = not _territory(me).isdisjoint(cell_and_ancestors(job.cell))
    return (job, decision) if is_near and _is_own_trade(job, me) else None


def _is_own_trade(job: Job, contractor_id: int) -> bool:
    return job.service_type.skills.filter(
        technician_skills__technician__contractor=contractor_id,
        technician_skills__technician__active=True,
    ).exists()


def why_not_eligible(acting: Acting, job: Job, decision: Decision) -> str:
    """The rule that failed, with its number, as the contractor's record stands now.

    Only that decision's counts were kept at the time; '' when nothing stands in the way any more.
    """
    work = work_of(job)
    me = acting.contractor.pk
    availability = Availability.load(
        branch_id=job.branch_id,
        contractor_ids={me},
        span=(work.window_start, work.window_end + _minutes(work.duration_minutes)),
        service_type_ids={job.service_type_id},
        client_ids={job.client_id},
        at=decision.made_at,
    )
    answer = availability.best_slot(work, me, not_before=decision.made_at)
    if not isinstance(answer, Refusal):
        return ""
    other = _IN_OTHER_WORDS.get(answer.rule)
    return other or f"{answer.sentence[:1].upper()}{answer.sentence[1:]}."


def _minutes(number: int) -> timedelta:
    return timedelta(minutes=number)
