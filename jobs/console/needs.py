"""The "needs you" lane: every open question, with what is known and what can be done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, IntegerField, Prefetch, Value, When
from django.urls import reverse

from jobs.console import needs_changes, words
from jobs.console.fixes import Fix, call
from jobs.console.needs_remedies import fixes_of, may_be_helped
from jobs.console.rows import job_url
from jobs.models import Booking, Escalation, Job, Offer, Round
from jobs.services.remedies import Remedies, remedies_for
from jobs.states import EscalationKind, OfferStatus, Priority
from network import display
from network.models import Branch

#: Cards on the board; more are a filter away.
CARDS = 6
_URGENCY = Case(
    *(When(job__priority=priority, then=Value(rank)) for rank, priority in enumerate(Priority)),
    default=Value(9),
    output_field=IntegerField(),
)


@dataclass(frozen=True, slots=True)
class Card:
    """One open question, as ``components/_needs_card.html`` takes it."""

    escalation: Escalation
    job: Job
    url: str
    what: str
    fixes: list[Fix]


def load_cards(
    branch: Branch, *, at: datetime, limit: int | None = CARDS, job: Job | None = None
) -> list[Card]:
    """Open questions of the branch (or of one job), most urgent first.

    Four queries, and eleven more when a promise is in danger, however many are.
    """
    questions = (
        Escalation.objects.filter(branch=branch, closed_at__isnull=True)
        .select_related("job__service_type")
        .prefetch_related(
            Prefetch("job__offers", Offer.objects.select_related("contractor").order_by("pk")),
            Prefetch(
                "job__bookings",
                Booking.objects.select_related("contractor", "technician").order_by("-pk"),
            ),
            Prefetch("job__rounds", Round.objects.order_by("-number")),
        )
        .annotate(urgency=_URGENCY)
        .order_by("urgency", "job__window_end", "opened_at", "pk")
    )
    if job is not None:
        questions = questions.filter(job=job)
    found = list(questions[:limit])
    for question in found:
        question.job.branch = branch
    helped = remedies_for([one.job for one in found if may_be_helped(one)], at=at)
    return [
        make_card(question, branch=branch, at=at, remedies=helped.get(question.job_id))
        for question in found
    ]


def make_card(
    question: Escalation, *, branch: Branch, at: datetime, remedies: Remedies | None = None
) -> Card:
    """The card of a question loaded by ``load_cards``, with what was computed for its job."""
    job = question.job
    maker = _Maker(question, branch, at, remedies)
    what, fixes = {
        EscalationKind.NO_CANDIDATES: maker.no_candidates,
        EscalationKind.EVERYONE_ASKED: maker.everyone_asked,
        EscalationKind.NO_CHECK_IN: maker.no_check_in,
        EscalationKind.NOT_FINISHED: maker.not_finished,
        EscalationKind.NEEDS_ANOTHER_VISIT: maker.another_visit,
        EscalationKind.NO_ACCESS: maker.no_access,
        EscalationKind.DISPATCH_FAILED: maker.failed,
        EscalationKind.RANKING_FELL_BACK: maker.fell_back,
        EscalationKind.PRESUMED_NO_SHOW: maker.presumed_no_show,
        EscalationKind.LATE_CHECK_IN: maker.late_check_in,
        EscalationKind.DROPPED: maker.dropped,
        EscalationKind.MOVE_ASKED: maker.move_asked,
        EscalationKind.CANCEL_ASKED: maker.cancel_asked,
        EscalationKind.COUNTER_OFFER: maker.counter_offer,
    }.get(EscalationKind(question.kind), maker.failed)()
    return Card(question, job, job_url(branch, job), what, [*fixes, maker.settle()])


class _Maker:
    """Sentences and remedies for one question."""

    def __init__(
        self, question: Escalation, branch: Branch, at: datetime, remedies: Remedies | None
    ) -> None:
        self.question = question
        self.remedies = remedies
        self.job = question.job
        self.branch = branch
        self.at = at
        self.promised = "Promised " + display.window_short(
            self.job.window_start, self.job.window_end, self.job.time_zone, at
        )
        rounds = list(self.job.rounds.all())
        self.round = rounds[0] if rounds else None
        bookings = list(self.job.bookings.all())
        self.booking = bookings[0] if bookings else None

    def no_candidates(self) -> tuple[str, list[Fix]]:
        counts = self.question.data.get("not_eligible") or {}
        known = f" Left out: {words.left_out(counts)}." if counts else ""
        return (
            f"{self.promised}. Nobody of {self.branch.name} can do this job.{known}"
            f"{self._another_try()}",
            self.helped(self.search(main=True), self.assign(), self.cancel()),
        )

    def everyone_asked(self) -> tuple[str, list[Fix]]:
        # A further try may have begun since; what is told is the search that the question is about.
        asked_in = next(
            (r for r in self.job.rounds.all() if r.number == self.question.data.get("round")),
            self.round,
        )
        offers = [o for o in self.job.offers.all() if asked_in and o.round_id == asked_in.pk]
        total = int(self.question.data.get("asked", len(offers)))
        said = words.answers(offers)
        passed_over = total - len(offers)
        if passed_over > 0:
            said = ", ".join(filter(None, [said, f"{passed_over} could not be asked any more"]))
        who = "The only one" if total == 1 else f"All {total}"
        sentence = (
            f"{self.promised}. {who} who could do it had a turn: {said}.{self._another_try()}"
        )
        silent = [offer for offer in offers if offer.status == OfferStatus.EXPIRED]
        again = [self.ask_again(silent[0], main=True)] if silent else []
        return sentence, self.helped(
            *again, self.search(main=not silent), self.assign(), self.cancel()
        )

    def _another_try(self) -> str:
        """What the machine does about it by itself meanwhile; empty when it has done all."""
        if self.round is not None and self.round.finished_at is None:
            return " Whoever did not say no is being asked again."
        if self.job.next_wake_at is not None and self.at < self.job.next_wake_at:
            again = self.question.data.get("again_at")
            if again and self.job.next_wake_at < self.job.window_end:
                clock = display.clock(self.job.next_wake_at, self.job.time_zone)
                return f" Whoever did not say no is asked again at {clock}."
        return ""

    def no_check_in(self) -> tuple[str, list[Fix]]:
        if self.booking is None:
            return f"{self.promised}.", [self.visit("Record what happened", main=True)]
        planned = self.booking.eta or self.booking.starts_at
        name = self.booking.contractor.name
        clock = display.clock(planned, self.job.time_zone)
        return (
            f"{self.promised}. {name} was due at {clock} and has not reported arriving.",
            [
                *self.call(main=True),
                self.visit(f"Record {words.possessive(name)} report"),
                self.dialog("rebook", "Rebook now", "shield-half", hint="same promise"),
            ],
        )

    def not_finished(self) -> tuple[str, list[Fix]]:
        if self.booking is None or self.booking.arrived_at is None:
            return f"{self.promised}.", [self.visit("Record what happened", main=True)]
        arrived = display.clock(self.booking.arrived_at, self.job.time_zone)
        planned = display.clock(self.booking.ends_at, self.job.time_zone)
        return (
            f"{self.booking.contractor.name} arrived at {arrived}; the work was planned to end "
            f"at {planned} and nothing was reported since.",
            [*self.call(main=True), self.visit("Record the result")],
        )

    def another_visit(self) -> tuple[str, list[Fix]]:
        return (
            f"{self._who()} could not finish the work.{self._quote()}",
            [self.follow_up(), self.another_time(), *self.call_customer()],
        )

    def no_access(self) -> tuple[str, list[Fix]]:
        return (
            f"{self._who()} could not get in.{self._quote()}",
            [*self.call_customer(main=True), self.follow_up(main=False), self.another_time()],
        )

    def failed(self) -> tuple[str, list[Fix]]:
        wake = self.job.next_wake_at
        later = f" It tries again at {display.clock(wake, self.job.time_zone)}." if wake else ""
        return (
            f"{self.promised}. An error stopped the search for this job.{later}",
            [self.search(main=True), self.assign()],
        )

    def fell_back(self) -> tuple[str, list[Fix]]:
        known = self.question.data
        address = reverse("admin:ranking_rankingpolicy_change", args=[known.get("policy", 0)])
        return (
            f"Policy for {known.get('for', 'every job')}: {known.get('reason', '')} "
            "Noticed at this job; it goes on, and so do all others. This closes by itself when a "
            "policy that works is live.",
            [
                Fix(
                    "Open the policy",
                    "adjustments-horizontal",
                    "an admin can",
                    url=address,
                    main=True,
                )
            ],
        )

    def presumed_no_show(self) -> tuple[str, list[Fix]]:
        known = self.question.data
        name = str(known.get("contractor", "The contractor"))
        due = str(known.get("expected", ""))
        clock = display.clock(datetime.fromisoformat(due), self.job.time_zone) if due else ""
        silent = f"{name} was due at {clock} and" if clock else name
        return (
            f"{self.promised}. {silent} has not been heard from, so others are being asked. "
            f"If {name} reports in before somebody accepts, the visit is theirs again.",
            [*self.call_known("contractor", main=True), self.assign()],
        )

    def late_check_in(self) -> tuple[str, list[Fix]]:
        known = self.question.data
        first = str(known.get("contractor", "The first contractor"))
        second = str(known.get("substitute", "the substitute"))
        return (
            f"{self.promised}. {first} reported in after {second} had taken over. Both were told "
            f"that the visit is {words.possessive(second)}.",
            [*self.call_known("contractor", main=True), *self.call_known("substitute")],
        )

    def dropped(self) -> tuple[str, list[Fix]]:
        known = self.question.data
        name = str(known.get("contractor", "The contractor"))
        why = words.reason(str(known.get("reason", "")))
        return (
            f"{self.promised}. {name} no longer has the visit: {why}. Protection is switched off "
            "here, so nobody is asked until you say so.",
            [self.search(main=True), *self.helped(self.assign(), self.cancel(), leads=False)],
        )

    def move_asked(self) -> tuple[str, list[Fix]]:
        return needs_changes.move_asked(self.question, self.job, self.url("request"), self.at)

    def cancel_asked(self) -> tuple[str, list[Fix]]:
        return needs_changes.cancel_asked(self.question, self.job, self.url("request"), self.at)

    def counter_offer(self) -> tuple[str, list[Fix]]:
        return needs_changes.counter_offer(self.question, self.job, self.url("proposal"), self.at)

    def helped(self, *others: Fix, leads: bool = True) -> list[Fix]:
        """What was computed first, then the ways that are always there."""
        if self.remedies is None:
            return list(others)
        return fixes_of(self.remedies, self.job, self.url, self.at, list(others), leads=leads)

    def call_known(self, who: str, *, main: bool = False) -> list[Fix]:
        """To call somebody the question itself names: the live booking is another's by now."""
        phone = str(self.question.data.get(f"{who}_phone", ""))
        return [call(str(self.question.data.get(who, "")), phone, main=main)] if phone else []

    # -- remedies ----------------------------------------------------------------------------
    def url(self, name: str) -> str:
        return reverse(
            f"console:{name}", kwargs={"branch": self.branch.slug, "job": self.job.public_id}
        )

    def dialog(
        self, name: str, label: str, icon: str, *, hint: str = "", main: bool = False
    ) -> Fix:
        return Fix(label, icon, hint, url=self.url(name), dialog=True, main=main)

    def search(self, *, main: bool) -> Fix:
        return Fix(
            "Search again",
            "refresh",
            "everybody, as of now",
            action=self.url("search_again"),
            main=main,
        )

    def ask_again(self, offer: Offer, *, main: bool) -> Fix:
        return Fix(
            f"Ask {offer.contractor.name} once more",
            "phone-outgoing",
            f"rank {offer.rank}",
            action=self.url("offer_next"),
            fields={"contractor": offer.contractor_id},
            main=main,
        )

    def assign(self) -> Fix:
        return self.dialog("assign", "Assign by hand", "user-check")

    def cancel(self) -> Fix:
        return self.dialog("cancel", "Cancel the job", "ban")

    def visit(self, label: str, *, main: bool = False) -> Fix:
        return self.dialog("visit_step", label, "pencil", main=main)

    def call(self, *, main: bool = False) -> list[Fix]:
        if self.booking is None or not self.booking.contractor.phone:
            return []
        person = self.booking.contractor
        return [call(person.name, person.phone, main=main)]

    def call_customer(self, *, main: bool = False) -> list[Fix]:
        if not self.job.customer_phone:
            return []
        return [call(self.job.customer_name, self.job.customer_phone, main=main)]

    def follow_up(self, *, main: bool = True) -> Fix:
        return Fix(
            "Follow up at the next free time",
            "calendar-plus",
            f"{self._who()} first" if self.booking else "",
            action=self.url("follow_up"),
            main=main,
        )

    def another_time(self) -> Fix:
        address = reverse("console:branch_new_job", kwargs={"branch": self.branch.slug})
        return Fix(
            "Follow up at another time",
            "pencil",
            "prefilled",
            url=f"{address}?from={self.job.public_id}",
        )

    def settle(self) -> Fix:
        address = reverse(
            "console:settle", kwargs={"branch": self.branch.slug, "question": self.question.pk}
        )
        return Fix("Settled otherwise", "check", "in a word", url=address, dialog=True)

    def _who(self) -> str:
        return self.booking.contractor.name if self.booking else "The contractor"

    def _quote(self) -> str:
        note = str(self.question.data.get("note", "")).strip()
        return f" “{note}”" if note else ""
