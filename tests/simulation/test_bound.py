"""The bound is never below what a plan could keep, and says so exactly where it can."""

from __future__ import annotations

from itertools import permutations, product

from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.simulation.bound import Firm, Wanted, most_kept, most_visits

WINDOWS = ((0, 240), (240, 480), (120, 300))


@st.composite
def days(draw: st.DrawFn) -> list[Wanted]:
    jobs = []
    for _ in range(draw(st.integers(1, 5))):
        opens, closes = draw(st.sampled_from(WINDOWS))
        jobs.append(
            Wanted(
                opens=min(closes, opens + draw(st.sampled_from((0, 0, 90)))),
                closes=closes,
                minutes=draw(st.sampled_from((15, 60, 90, 130, 240, 400))),
                technicians=draw(st.frozensets(st.integers(1, 3), max_size=3)),
            )
        )
    return jobs


def fits(jobs: tuple[Wanted, ...]) -> bool:
    """Whether one technician can begin all these visits in time, in this order."""
    free = 0.0
    for job in jobs:
        begins = max(free, job.opens)
        if begins > job.closes:
            return False
        free = begins + job.minutes
    return True


def best_by_trying(jobs: list[Wanted], most_a_day: int | None = None) -> int:
    """The most promises that any plan keeps, found by trying all of them."""
    best = 0
    for choice in product(*([None, *sorted(job.technicians)] for job in jobs)):
        made = [who for who in choice if who is not None]
        if len(made) <= best or (most_a_day is not None and len(made) > most_a_day):
            continue
        if all(
            any(
                fits(order)
                for order in permutations(
                    [job for job, by in zip(jobs, choice, strict=True) if by == who]
                )
            )
            for who in set(made)
        ):
            best = len(made)
    return best


@settings(max_examples=150, deadline=None)
@given(days())
def test_no_plan_keeps_more_than_the_bound(jobs: list[Wanted]) -> None:
    assert most_kept(jobs) >= best_by_trying(jobs)


@settings(max_examples=60, deadline=None)
@given(days(), st.integers(1, 3))
def test_nor_with_a_limit_on_what_a_firm_takes_in_a_day(jobs: list[Wanted], most: int) -> None:
    firms = {(one, job.closes): Firm("all in one firm", most) for one in (1, 2, 3) for job in jobs}
    bound = most_kept(jobs, firm_on=firms)
    assert best_by_trying(jobs, most) <= bound <= most


@settings(max_examples=60, deadline=None)
@given(days())
def test_where_visits_fill_their_window_the_bound_is_exact(jobs: list[Wanted]) -> None:
    """Then each technician makes one visit in each window, whatever the rest do."""
    apart = [
        Wanted(job.closes - 240, job.closes, 241, job.technicians)
        for job in jobs
        if (job.closes - 240, job.closes) in WINDOWS
    ]
    one_each = [job for job in apart if job.closes == 240]
    # The last visit of a window may run into the next, so one window at a time is exact.
    assert most_kept(one_each) == best_by_trying(one_each)


def test_nobody_can_be_at_two_places() -> None:
    same = Wanted(0, 60, 90, frozenset({1}))
    assert most_kept([same, same, Wanted(0, 60, 90, frozenset())]) == 1


def test_a_swap_is_found_that_the_first_come_first_served_would_miss() -> None:
    anybody = Wanted(0, 60, 90, frozenset({1, 2}))
    only_1 = Wanted(0, 60, 90, frozenset({1}))
    assert most_kept([anybody, only_1]) == 2


def test_what_was_seen_to_work_always_counts() -> None:
    same = Wanted(0, 60, 90, frozenset())
    assert most_kept([same, same, same], done=[(0, 1), (1, 1)]) == 2


def test_the_last_visit_may_run_over_the_end_of_its_window() -> None:
    assert most_visits([60, 60, 60, 60, 60, 60], 240) == 5
    assert most_visits([400, 400], 240) == 1
    assert most_visits([10, 400, 30], 45) == 3
    assert most_visits([10], -1) == 0
    assert most_visits([], 240) == 0
