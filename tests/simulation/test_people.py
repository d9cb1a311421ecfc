"""How contractors behave, without a site: a channel that only writes down."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from jobs.simulation.channels import SeenOffer, SeenVisit
from jobs.simulation.errors import Refused
from jobs.simulation.numbers import Numbers
from jobs.simulation.pace import Pace
from jobs.simulation.people import Contractor, Crew
from jobs.simulation.stage import Stage

BEGIN = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class Diary:
    """A channel on which everything is written down and nothing is refused, unless told so."""

    def __init__(self, stage: Stage, offers: list[SeenOffer]) -> None:
        self.stage = stage
        self.offers = offers
        self.lines: list[tuple[str, str]] = []
        self.times: dict[tuple[str, str], datetime] = {}
        self.refuses: set[str] = set()

    def write(self, what: str, of: str) -> None:
        if what in self.refuses:
            raise Refused(409, "job-is-final")
        self.lines.append((what, of))
        self.times[what, of] = self.stage.now()

    def pending_offers(self) -> list[SeenOffer]:
        return self.offers

    def accept(self, offer: SeenOffer) -> SeenVisit:
        self.write("accept", offer.id)
        return self.visit(offer)

    def visit(self, offer: SeenOffer) -> SeenVisit:
        start = BEGIN + timedelta(hours=4)
        return SeenVisit(
            id=f"visit-{offer.id}",
            job=f"job-{offer.id}",
            technician="one",
            starts_at=start,
            window_start=start,
            window_end=start + timedelta(hours=4),
            minutes=60,
        )

    def decline(self, offer: SeenOffer, reason: str) -> None:
        self.write("decline", offer.id)

    def propose(self, offer: SeenOffer, pay: Decimal) -> SeenVisit | None:
        assert pay > offer.pay
        self.write("propose", offer.id)
        return None if int(offer.id) % 2 else self.visit(offer)

    def set_eta(self, visit: SeenVisit, eta: datetime) -> None:
        self.write("eta", visit.id)

    def start_travel(self, visit: SeenVisit) -> None:
        self.write("en-route", visit.id)

    def arrive(self, visit: SeenVisit) -> None:
        self.write("arrive", visit.id)

    def complete(self, visit: SeenVisit, result: str) -> None:
        self.write(f"complete: {result}", visit.id)

    def release(self, visit: SeenVisit, reason: str) -> None:
        self.write("release", visit.id)

    def bounce(self, offer: SeenOffer) -> None:
        self.write("bounce", offer.id)


def offer(number: int) -> SeenOffer:
    return SeenOffer(
        id=str(number),
        job=f"job-{number}",
        emergency=False,
        made_at=BEGIN,
        expires_at=BEGIN + timedelta(hours=1),
        travel_minutes=20,
        pay=Decimal(200),
        currency="USD",
    )


@pytest.fixture
def fast_stage() -> Iterator[Stage]:
    """For what takes days; nothing here may depend on a few minutes."""
    made = Stage(Pace(scale=200_000, domain=BEGIN), threads=4)
    yield made
    made.close()


@pytest.fixture
def stage() -> Iterator[Stage]:
    made = Stage(Pace(scale=14_400, domain=BEGIN), threads=4)
    yield made
    made.close()


def contractor(diary: Diary, stage: Stage, crew: Crew, numbers: Numbers) -> Contractor:
    return Contractor(
        number=1,
        channel=diary,
        stage=stage,
        crew=crew,
        provider=diary,
        numbers=numbers,
        seed=1,
    )


def play(stage: Stage, numbers: Numbers, offers: int, refuses: set[str] = frozenset()) -> Diary:  # type: ignore[assignment]
    """Let one contractor live through these offers to the end."""
    diary = Diary(stage, [offer(number) for number in range(offers)])
    diary.refuses = set(refuses)
    crew = Crew(stage)
    person = contractor(diary, stage, crew, numbers)
    person.notice()
    assert stage.run(
        every=0.05, look=lambda: stage.idle and crew.nobody_waits, until=BEGIN + timedelta(days=9)
    )
    assert stage.failures == 0
    return diary


SURE = Numbers(
    accepted=1,
    silent=0,
    spread=0,
    undeliverable=0,
    backs_out=0,
    no_show=0,
    eta_given=1,
    late=0,
    tells_delay=0,
    own_price=0,
    at_home=1,
)


def test_offers_are_accepted_declined_or_ignored_in_the_given_shares(stage: Stage) -> None:
    numbers = Numbers(
        accepted=0.5,
        silent=0.2,
        spread=0,
        undeliverable=0,
        backs_out=0,
        no_show=1,
        shows_after_all=0,
        own_price=0,
    )
    diary = play(stage, numbers, 400)
    counts = [sum(line[0] == what for line in diary.lines) for what in ("accept", "decline")]
    assert counts[0] == pytest.approx(200, abs=40)
    assert counts[1] == pytest.approx(120, abs=40)
    assert len({line[1] for line in diary.lines}) == sum(counts), "each offer is answered once"


def test_the_same_seed_gives_the_same_answers() -> None:
    answers = []
    for _ in range(2):
        stage = Stage(Pace(scale=14_400, domain=BEGIN), threads=4)
        diary = play(stage, Numbers(backs_out=0, no_show=1, shows_after_all=0), 60)
        answers.append(sorted(diary.lines))
        stage.close()
    assert answers[0] == answers[1]


def test_a_visit_goes_through_all_its_steps_in_order(stage: Stage) -> None:
    diary = play(stage, SURE, 1)
    assert [line[0] for line in diary.lines][:1] == ["accept"]
    steps = [line[0] for line in diary.lines if line[0] != "eta"]
    assert steps[:3] == ["accept", "en-route", "arrive"]
    assert steps[3].startswith("complete")
    arrived = diary.times["arrive", "visit-0"]
    assert arrived >= BEGIN + timedelta(hours=4)
    assert arrived <= BEGIN + timedelta(hours=5)


def test_a_technician_makes_one_visit_at_a_time(stage: Stage) -> None:
    diary = play(stage, SURE, 5)
    current = None
    for step, visit in diary.lines:
        if step == "en-route":
            assert current is None, "sent off while still busy"
            current = visit
        elif step.startswith("complete"):
            assert current == visit
            current = None
    assert sum(step.startswith("complete") for step, _ in diary.lines) == 5


def test_a_cancelled_visit_frees_the_technician_for_the_next(stage: Stage) -> None:
    diary = play(stage, SURE, 3, refuses={"arrive"})
    assert [step for step, _ in diary.lines].count("en-route") == 3


def test_who_backs_out_gives_the_visit_back_and_a_no_show_does_nothing(stage: Stage) -> None:
    diary = play(stage, replace(SURE, backs_out=1, backs_out_minutes=60), 1)
    assert [step for step, _ in diary.lines] == ["accept", "release"]
    assert diary.times["release", "visit-0"] >= BEGIN + timedelta(hours=3), "late, not at once"


def test_a_no_show_never_sets_out(stage: Stage) -> None:
    no_show = replace(SURE, no_show=1, shows_after_all=0)
    assert [step for step, _ in play(stage, no_show, 1).lines] == ["accept"]


def test_some_who_did_not_show_do_come_after_all(stage: Stage) -> None:
    diary = play(stage, replace(SURE, no_show=1, shows_after_all=1), 1)
    assert [step for step, _ in diary.lines][:3] == ["accept", "en-route", "arrive"]
    assert diary.times["arrive", "visit-0"] >= BEGIN + timedelta(hours=4, minutes=40)


def test_an_offer_that_cannot_be_delivered_is_reported_and_not_seen(stage: Stage) -> None:
    diary = play(stage, replace(SURE, undeliverable=1), 3)
    assert sorted(diary.lines) == [("bounce", str(number)) for number in range(3)]


def test_a_delay_is_told_by_those_who_gave_an_eta(fast_stage: Stage) -> None:
    numbers = replace(SURE, late=1, late_minutes=100, tells_delay=1, eta_late=0, answer_median=1)
    diary = play(fast_stage, numbers, 20)
    told = [visit for step, visit in diary.lines if step == "eta"]
    assert len(told) > 25, "a first ETA each, and another one where it will be much later"


@pytest.mark.parametrize(("hours", "says"), [(4, "eta"), (0.5, "release")])
def test_who_is_still_at_work_elsewhere_says_so_or_gives_the_visit_back(
    stage: Stage, hours: float, says: str
) -> None:
    diary = Diary(stage, [])
    person = contractor(diary, stage, Crew(stage), replace(SURE, tells_delay=1, eta_given=0))
    start = BEGIN + timedelta(hours=4)
    long = SeenVisit("long", "j", "one", start, start, start + timedelta(hours=4), 120)
    later = start + timedelta(minutes=30)
    next_one = SeenVisit("next", "k", "one", later, later, later + timedelta(hours=hours), 60)
    person.plan(long, 20)
    person.plan(next_one, 20)
    stage.run(every=0.05, look=lambda: stage.idle, until=BEGIN + timedelta(days=1))
    assert next(step for step, visit in diary.lines if visit == "next") == says
    assert diary.times[says, "next"] < diary.times["complete: fixed", "long"], "beforehand"
    assert person.overran == (says == "release")


def test_a_visit_that_was_moved_is_made_at_its_new_time_alone(fast_stage: Stage) -> None:
    diary = Diary(fast_stage, [])
    person = contractor(diary, fast_stage, Crew(fast_stage), SURE)
    start = BEGIN + timedelta(hours=4)
    first = SeenVisit("v", "j", "one", start, start, start + timedelta(hours=4), 60)
    later = start + timedelta(hours=24)
    moved = replace(
        first, starts_at=later, window_start=later, window_end=later + timedelta(hours=4)
    )
    person.plan(first, 20)
    person.plan(first, 20)
    person.plan(moved, 20)
    assert person.knows("v", moved.plan)
    fast_stage.run(every=0.05, look=lambda: fast_stage.idle, until=BEGIN + timedelta(days=9))
    assert [step for step, _ in diary.lines].count("arrive") == 1
    assert diary.times["arrive", "v"] >= later


def test_what_people_would_not_do_in_any_case_is_written_down(fast_stage: Stage) -> None:
    numbers = replace(SURE, accepted=0.5, silent=0.2, backs_out=0.5)
    diary = Diary(fast_stage, [offer(number) for number in range(100)])
    person = contractor(diary, fast_stage, Crew(fast_stage), numbers)
    person.notice()
    fast_stage.run(every=0.05, look=lambda: fast_stage.idle, until=BEGIN + timedelta(days=9))
    said = {what: {of for step, of in diary.lines if step == what} for what in
            ("accept", "release")}  # fmt: skip
    assert person.unwilling == {str(number) for number in range(100)} - said["accept"]
    assert person.dropped == said["release"]


def test_who_finds_the_price_too_low_names_one_and_waits_for_the_branch(fast_stage: Stage) -> None:
    numbers = replace(SURE, accepted=0, own_price=1)
    diary = Diary(fast_stage, [offer(number) for number in range(100)])
    person = contractor(diary, fast_stage, Crew(fast_stage), numbers)
    person.notice()
    fast_stage.run(every=0.05, look=lambda: fast_stage.idle, until=BEGIN + timedelta(days=9))
    named = {of for step, of in diary.lines if step == "propose"}
    assert 10 < len(named) == person.own_prices < 35, "one reason of five"
    booked = {f"visit-{one}" for one in named if not int(one) % 2}
    assert {of for step, of in diary.lines if step == "arrive"} == booked
    assert person.unwilling == {str(number) for number in range(100)} - named
    # What is held at that price is not a new offer to them.
    diary.offers = [replace(offer(200 + number), job=f"job-{number}") for number in range(100)]
    person.notice()
    fast_stage.run(every=0.05, look=lambda: fast_stage.idle, until=BEGIN + timedelta(days=9))
    assert not {str(200 + int(one)) for one in named} & person.seen


def test_a_price_that_is_refused_is_a_no(stage: Stage) -> None:
    diary = play(stage, replace(SURE, accepted=0, own_price=1), 30, refuses={"propose"})
    assert [step for step, _ in diary.lines] == ["decline"] * 30


def test_an_answer_that_comes_too_late_is_counted(stage: Stage) -> None:
    diary = Diary(stage, [offer(1)])
    diary.refuses = {"accept"}
    crew = Crew(stage)
    person = contractor(diary, stage, crew, SURE)
    person.notice()
    stage.run(every=0.05, look=lambda: stage.idle, until=BEGIN + timedelta(days=1))
    assert (person.late_answers, diary.lines) == (1, [])


def test_many_notices_are_one_look(stage: Stage) -> None:
    looks = []
    gate = threading.Event()

    class Slow(Diary):
        def pending_offers(self) -> list[SeenOffer]:
            looks.append(1)
            gate.wait(5)
            return []

    person = contractor(Slow(stage, []), stage, Crew(stage), SURE)
    for _ in range(20):
        person.notice()
    time.sleep(0.1)
    gate.set()
    stage.run(every=0.05, look=lambda: stage.idle, until=BEGIN + timedelta(days=1))
    assert len(looks) == 2, "the one under way, and one more for what came meanwhile"


def test_acts_are_played_in_the_order_of_their_times(stage: Stage) -> None:
    played: list[int] = []
    for number in (3, 1, 2):
        stage.at(BEGIN + timedelta(hours=number), lambda number=number: played.append(number))
    stage.run(every=0.05, look=lambda: stage.idle, until=BEGIN + timedelta(days=1))
    assert played == [1, 2, 3]


def test_a_failing_act_is_counted_and_stops_nobody(stage: Stage) -> None:
    played: list[int] = []
    stage.soon(lambda: 1 / 0)  # type: ignore[arg-type]
    stage.at(BEGIN, lambda: played.append(1))
    stage.run(every=0.05, look=lambda: stage.idle, until=BEGIN + timedelta(days=1))
    assert (stage.failures, played) == (1, [1])


def test_the_stage_gives_up_at_its_end(stage: Stage) -> None:
    stage.at(BEGIN + timedelta(days=100), lambda: None)
    assert not stage.run(every=0.02, look=lambda: False, until=BEGIN + timedelta(hours=1))
