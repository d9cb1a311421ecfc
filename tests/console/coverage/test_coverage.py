"""Demand against free capacity: what counts, what does not, and which gaps are told."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from jobs.console.coverage.balance import unmet
from jobs.console.coverage.period import Period
from jobs.console.coverage.view import load_coverage
from jobs.console.coverage.words import gap_sentence
from jobs.services.jobs import cancel_job
from network.models import (
    CalendarEntry,
    Contractor,
    Document,
    ServiceType,
    Skill,
    Technician,
    TechnicianSkill,
    WorkingHours,
)
from network.services.skills import leave_service_out
from network.services.territory import set_radius_territory, set_zip_territory
from network.zip_index import nearest_zip
from tests.console.coverage.conftest import HYDE_PARK, TODAY, counted, figures, local
from tests.jobs.papers import paper, requirement
from tests.jobs.steps import SYSTEM, booked
from tests.jobs.world import SITE, START, add_technician, make_branch, make_service_type

SATURDAY = date(2026, 11, 7)
TUESDAY = date(2026, 11, 3)
FENWAY = "Fenway"


def past(weekday: date) -> list[date]:
    """Every such weekday of the 90 days before today, newest first."""
    days = [TODAY - timedelta(days=age) for age in range(1, 91)]
    return [day for day in days if day.weekday() == weekday.weekday()]


@pytest.fixture
def nine_a_saturday(asked_for):
    """Nine requests in Fenway on each Saturday morning of the last 90 days."""
    for day in past(SATURDAY):
        asked_for(*[local(day, 9)] * 9)


class TestDemand:
    def test_what_is_asked_for_every_saturday_is_expected_on_saturdays(
        self, branch, trio, nine_a_saturday
    ):
        coverage = counted(branch)
        assert figures(coverage, FENWAY, SATURDAY, "am")[0] == 9
        assert figures(coverage, FENWAY, SATURDAY + timedelta(7), "am")[0] == 9
        assert figures(coverage, FENWAY, SATURDAY, "pm")[0] == 0
        assert figures(coverage, FENWAY, TUESDAY, "am")[0] == 0

    def test_newer_requests_count_more(self, branch, trio, asked_for):
        newest, *_, oldest = past(TUESDAY)
        asked_for(local(newest, 9), local(oldest, 14))
        coverage = counted(branch)
        new, old = (figures(coverage, FENWAY, TUESDAY, half)[0] for half in ("am", "pm"))
        assert new > 5 * old > 0

    def test_jobs_count_like_past_requests_and_mistakes_do_not(self, clock, branch, trio, make_job):
        clock.set(START - timedelta(days=8))
        start = datetime(2026, 10, 27, 13, 0, tzinfo=UTC)  # the Tuesday before, 9:00 local
        for reason in ("no_longer_needed", "duplicate", "booked_by_mistake"):
            job = make_job(window_start=start, window_end=start + timedelta(hours=4))
            cancel_job(job_id=job.pk, by="customer", reason=reason, actor=SYSTEM)
        clock.set(START)
        found = counted(branch).trades["plumbing"]
        assert found.demand.seen.sum() == 1

    def test_what_is_booked_is_placed_and_what_waits_is_certain(
        self, clock, branch, trio, make_job, nine_a_saturday
    ):
        start = datetime(2026, 11, 7, 13, 0, tzinfo=UTC)
        booked(make_job(window_start=start, window_end=start + timedelta(hours=4)))
        assert figures(counted(branch), FENWAY, SATURDAY, "am")[:2] == (9, 8)
        make_job()  # tomorrow, where nothing was expected
        assert figures(counted(branch), FENWAY, TUESDAY, "am")[:2] == (0, 1)

    def test_of_today_only_the_rest_is_to_come(self, clock, branch, trio, asked_for):
        asked_for(*[local(day, hour) for day in past(TODAY) for hour in (9, 15)])
        coverage = counted(branch)  # it is 9:00: half of the morning is left
        assert figures(coverage, FENWAY, TODAY, "am")[0] == 0.5
        assert figures(coverage, FENWAY, TODAY, "pm")[0] == 1
        evening = load_coverage(branch, at=START + timedelta(hours=12))
        assert figures(evening, FENWAY, TODAY, "pm")[:2] == (0, 0)

    def test_another_branch_counts_for_itself(self, branch, trio, asked_for, nine_a_saturday):
        other = make_branch("worcester")
        make_service_type(other)
        assert load_coverage(other, at=START).trades == {}
        assert set(counted(branch).trades) == {"plumbing"}


def leave_work_out(contractor: Contractor) -> None:
    """Have the contractor asked about water heaters no more."""
    service = ServiceType.objects.get(branch=contractor.branch)
    leave_service_out(contractor_id=contractor.pk, service_type_id=service.pk)


def leave_zip_out(contractor: Contractor) -> None:
    """Take the ZIP code of ``SITE`` out of the contractor's circle."""
    area = contractor.territory
    set_radius_territory(
        contractor_id=contractor.pk,
        latitude=area.latitude,
        longitude=area.longitude,
        radius_km=area.radius_km,
        left_out=[nearest_zip(*SITE)],
    )


class TestCapacity:
    def technicians(self, branch, day=SATURDAY, half="am") -> int:
        return figures(counted(branch), FENWAY, day, half)[2]

    def test_everybody_with_the_skill_who_covers_the_area_could_come(
        self, branch, trio, nine_a_saturday
    ):
        assert self.technicians(branch) == 3
        add_technician(trio[0], "Harriet")
        assert self.technicians(branch) == 4

    CHANGES = {
        "suspended": lambda h: Contractor.objects.filter(pk=h.pk).update(status="suspended"),
        "paused": lambda h: Contractor.objects.filter(pk=h.pk).update(status="paused"),
        "paused until Sunday": lambda h: Contractor.objects.filter(pk=h.pk).update(
            paused_until=datetime(2026, 11, 8, 5, 0, tzinfo=UTC)
        ),
        "not cleared by then": lambda h: Contractor.objects.filter(pk=h.pk).update(
            cleared_until=date(2026, 11, 6)
        ),
        "needs more notice": lambda h: Contractor.objects.filter(pk=h.pk).update(
            notice_minutes=6 * 1440
        ),
        "technician gone": lambda h: Technician.objects.filter(contractor=h).update(active=False),
        "skill gone": lambda h: TechnicianSkill.objects.filter(technician__contractor=h).delete(),
        "level too low": lambda h: TechnicianSkill.objects.filter(
            technician__contractor=h
        ).update(level=1),
        "certificate over by then": lambda h: TechnicianSkill.objects.filter(
            technician__contractor=h
        ).update(expires_on=date(2026, 11, 6)),
        "no Saturdays": lambda h: WorkingHours.objects.filter(
            technician__contractor=h, weekday=5
        ).delete(),
        "works elsewhere": lambda h: set_radius_territory(
            contractor_id=h.pk, latitude=42.27, longitude=-71.8, radius_km=10
        ),
        "works in other ZIPs": lambda h: set_zip_territory(contractor_id=h.pk, zips="02136"),
        "leaves this ZIP out": leave_zip_out,
        "leaves this kind of work out": leave_work_out,
        "off that morning": lambda h: CalendarEntry.objects.create(
            branch=h.branch,
            technician=h.technicians.get(),
            kind="time_off",
            period=(
                datetime(2026, 11, 7, 11, 0, tzinfo=UTC),
                datetime(2026, 11, 7, 17, 0, tzinfo=UTC),
            ),
        ),
    }  # fmt: skip

    @pytest.mark.parametrize("change", CHANGES)
    def test_who_cannot_come_is_not_counted(self, branch, trio, nine_a_saturday, change):
        assert self.technicians(branch) == 3
        self.CHANGES[change](trio[0])
        assert self.technicians(branch) == 2

    def test_a_kind_of_work_left_out_by_one_firm_leaves_its_other_work(
        self, branch, trio, asked_for, nine_a_saturday
    ):
        """Drains are most of what is asked for, so Harold goes on counting for plumbing."""
        drains = make_service_type(branch, "drain-cleaning")
        for day in past(SATURDAY):
            asked_for(*[local(day, 9)] * 10, service_type=drains)
        leave_service_out(
            contractor_id=trio[0].pk,
            service_type_id=ServiceType.objects.get(slug="water-heater-repair").pk,
        )
        assert self.technicians(branch) == 3
        leave_service_out(contractor_id=trio[0].pk, service_type_id=drains.pk)
        assert self.technicians(branch) == 2

    def test_a_day_of_clearance_counts_to_its_end(self, branch, trio, nine_a_saturday):
        Contractor.objects.update(cleared_until=SATURDAY)
        assert self.technicians(branch, SATURDAY, "am") == 3
        assert self.technicians(branch, SATURDAY + timedelta(7), "am") == 0

    def test_papers_of_a_skill_count(self, branch, trio, nine_a_saturday):
        licence = requirement(branch, "Licence", skill=Skill.objects.get())
        assert self.technicians(branch) == 0
        paper(trio[0], licence, SATURDAY)
        paper(trio[1], licence, SATURDAY - timedelta(1))
        paper(trio[2], licence, None)
        assert self.technicians(branch) == 2
        Document.objects.filter(contractor=trio[1]).update(expires_on=SATURDAY)
        assert self.technicians(branch) == 3

    def test_holidays_of_those_who_keep_them(self, branch, trio, asked_for):
        veterans = date(2026, 11, 11)
        asked_for(*[local(day, 9) for day in past(veterans)])
        Contractor.objects.filter(pk=trio[0].pk).update(works_on_holidays=False)
        assert self.technicians(branch, veterans) == 2

    def test_the_most_visits_a_day_of_a_firm(self, clock, branch, trio, make_job, nine_a_saturday):
        start = datetime(2026, 11, 7, 17, 0, tzinfo=UTC)
        booked(make_job(window_start=start, window_end=start + timedelta(hours=4)))
        assert self.technicians(branch) == 3
        Contractor.objects.filter(pk=trio[0].pk).update(most_jobs_a_day=1)
        assert self.technicians(branch) == 2

    def test_a_visit_takes_its_time_and_the_drive(self, branch, trio, nine_a_saturday):
        """Six hours of a morning hold four visits of 75 minutes with the drives between them."""
        room = counted(branch).trades["plumbing"].capacity.visits
        column = 5 * 2
        assert room[:, column].tolist() == [4, 4, 4]


class TestGaps:
    def test_nine_jobs_and_one_technician_are_a_gap_in_words(self, branch, trio, nine_a_saturday):
        for contractor in trio[1:]:
            WorkingHours.objects.filter(technician__contractor=contractor, weekday=5).delete()
        first, second = counted(branch).gaps
        assert (first.day, second.day) == (SATURDAY, SATURDAY + timedelta(7))
        assert gap_sentence(first, [first.day, second.day]) == (
            "Plumbing in Fenway on Saturdays 7 Nov and 14 Nov morning: 9 jobs, 1 technician"
        )
        assert round(first.lacking) == 5

    def test_the_worst_comes_first_and_enough_is_no_gap(self, branch, trio, asked_for):
        for day in past(SATURDAY):
            asked_for(*[local(day, 9)] * 2)
            asked_for(*[local(day, 9)] * 20, site=HYDE_PARK)
        gaps = counted(branch).gaps
        assert {gap.area for gap in gaps[:2]} == {"Hyde Park"}
        assert gaps[0].lacking > 9

    def test_time_is_shared_among_areas(self, branch, trio, asked_for):
        """Each alone would find room for its twelve jobs; both together do not."""
        for day in past(SATURDAY):
            asked_for(*[local(day, 9)] * 12)
        assert counted(branch).gaps == []
        for day in past(SATURDAY):
            asked_for(*[local(day, 9)] * 12, site=HYDE_PARK)
        gaps = counted(branch).gaps
        assert {gap.area for gap in gaps} == {"Fenway", "Hyde Park"}
        assert round(sum(gap.lacking for gap in gaps if gap.day == SATURDAY)) == 12

    def test_few_past_jobs_say_so(self, branch, trio, asked_for):
        Contractor.objects.update(status="suspended")
        asked_for(*[local(past(SATURDAY)[0], 9)] * 3)
        asked_for(*[local(day, 9) for day in past(TUESDAY)])
        vague = {gap.day: gap.is_vague for gap in counted(branch).gaps}
        assert vague[SATURDAY]
        assert not vague[TUESDAY]

    def test_the_queries_are_few_and_do_not_grow(
        self, branch, trio, nine_a_saturday, django_assert_num_queries
    ):
        with django_assert_num_queries(8):
            counted(branch)
        for number in range(12):
            technician = add_technician(trio[number % 3], f"More {number}")
            requirement(branch, f"Licence {number}", skill=Skill.objects.get())
            assert technician.active
        with django_assert_num_queries(8):
            counted(branch)


COUNTS = st.integers(1, 5)


@st.composite
def shared_out(draw):
    areas, firms, times = draw(COUNTS), draw(COUNTS), draw(st.integers(1, 3))
    amounts = st.floats(0, 30, width=32)
    return (
        draw(arrays.arrays(np.float64, (areas, times), elements=amounts)),
        draw(arrays.arrays(np.float64, (firms, times), elements=amounts)),
        draw(arrays.arrays(np.bool_, (firms, areas))),
    )


@given(shared_out())
def test_sharing_out_never_gives_more_than_there_is(case):
    needed, visits, covers = case
    left = unmet(needed, visits, covers)
    assert (left >= -1e-9).all()
    assert (left <= needed + 1e-9).all()
    placed = (needed - left).sum(axis=0)
    assert (placed <= visits.sum(axis=0) + 1e-6).all()
    reached = covers.any(axis=0)
    assert np.allclose(left[~reached], needed[~reached])


@given(shared_out())
def test_one_area_with_room_enough_lacks_nothing(case):
    needed, visits, covers = case
    needed = needed[:1]
    left = unmet(needed, visits, covers[:, :1])
    room = covers[:, :1].astype(float).T @ visits
    assert np.allclose(left, np.maximum(needed - room, 0.0), atol=1e-4)


def test_half_days_follow_the_change_of_the_clock(branch):
    """A spring morning that skips an hour has eleven."""
    spring = Period(datetime(2027, 3, 13, 17, 0, tzinfo=UTC), branch.zone)
    lengths = [end - start for start, end in spring.stretches()]
    assert lengths[2:4] == [660, 720]
    assert sum(lengths) == 14 * 1440 - 60
