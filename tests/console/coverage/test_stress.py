"""What if somebody drops out: visits placed anew, first calls asked again, nothing changed."""

from __future__ import annotations

from datetime import time, timedelta

import pytest

from jobs.console.coverage.stress import BACK_DAYS, Stress, stress_test
from jobs.models import Booking, JobEvent, Offer
from network.models import Contractor, WorkingHours
from ranking.models import Decision
from tests.console.conftest import text_of, url
from tests.console.coverage.conftest import HYDE_PARK, TODAY, local
from tests.console.coverage.test_coverage import (
    SATURDAY,
    leave_work_out,
    leave_zip_out,
    past,
)
from tests.jobs.steps import booked
from tests.jobs.world import START, make_contractor, run_due


def without(branch, *absent, days=7, **changes) -> Stress:
    return stress_test(
        branch,
        absent=[one.pk for one in absent],
        start=START,
        end=START + timedelta(days=days),
        at=START,
        **changes,
    )


@pytest.fixture
def two_visits(clock, trio, make_job):
    """Harold has two visits tomorrow morning."""
    bookings = [booked(make_job()) for _ in range(2)]
    assert {one.contractor for one in bookings} == {trio[0]}
    return bookings


class TestBookedVisits:
    def test_the_next_in_the_ranking_who_can_come_gets_them(self, branch, trio, two_visits):
        found = without(branch, trio[0])
        assert [one.booking for one in found.visits] == two_visits
        first = found.visits[0]
        assert [(one.name, one.rank) for one in first.substitutes] == [("Lisa", 2), ("James", 3)]
        assert first.more_travel > 0
        assert (found.losing, found.with_nobody, found.to_second) == (2, 0, 2)

    def test_a_substitutes_time_is_given_once(self, branch, trio, two_visits):
        """Lisa works the one hour only, so that the second visit goes to James."""
        WorkingHours.objects.filter(technician__contractor=trio[1]).update(
            starts=time(8), ends=time(9, 30)
        )
        names = [visit.substitute.name for visit in without(branch, trio[0]).visits]
        assert names == ["Lisa", "James"]

    def test_who_cannot_come_does_not_count(self, branch, trio, two_visits):
        Contractor.objects.filter(pk=trio[1].pk).update(status="suspended")
        Contractor.objects.filter(pk=trio[2].pk).update(cleared_until=START.date())
        found = without(branch, trio[0])
        assert [visit.substitute for visit in found.visits] == [None, None]
        assert found.with_nobody == 2

    @pytest.mark.parametrize("leave_out", [leave_work_out, leave_zip_out])
    def test_who_leaves_the_work_or_the_zip_out_gets_none_of_it(
        self, branch, trio, two_visits, leave_out
    ):
        leave_out(trio[1])
        first = without(branch, trio[0]).visits[0]
        assert [one.name for one in first.substitutes] == ["James"]

    def test_somebody_new_counts_without_a_rank(self, branch, trio, two_visits):
        Contractor.objects.filter(pk__in=[trio[1].pk, trio[2].pk]).update(status="left")
        make_contractor(branch, "Nadia", kilometres_north=2)
        found = without(branch, trio[0])
        assert [(v.substitute.name, v.substitute.rank) for v in found.visits] == [
            ("Nadia", None),
            ("Nadia", None),
        ]
        assert found.to_later == 2

    def test_visits_outside_the_period_and_of_others_stay(self, branch, trio, two_visits):
        assert without(branch, trio[0], days=0.5).visits == []
        assert without(branch, trio[1]).visits == []
        assert without(branch, trio[0], keeps_visits=True).visits == []

    def test_nothing_is_changed(self, branch, trio, two_visits):
        before = JobEvent.objects.count(), Offer.objects.count(), Decision.objects.count()
        without(branch, *trio)
        assert (
            JobEvent.objects.count(), Offer.objects.count(), Decision.objects.count(),
        ) == before  # fmt: skip
        assert Booking.objects.filter(live=True).count() == 2


class TestExpectedCalls:
    @pytest.fixture
    def four_calls(self, clock, branch, trio, make_job):
        """Four first calls of Harold's in the last days, one of them with nobody behind him."""
        clock.set(START - timedelta(days=3))
        for _ in range(3):
            make_job()
        run_due()
        Contractor.objects.filter(pk__in=[trio[1].pk, trio[2].pk]).update(status="suspended")
        make_job()
        run_due()
        Contractor.objects.update(status="active")
        clock.set(START)

    def test_first_calls_are_asked_again_without_them(self, branch, trio, four_calls):
        found = without(branch, trio[0], days=BACK_DAYS)
        assert found.all_calls == 4
        assert sorted(call.next_rank or 0 for call in found.calls) == [0, 2, 2, 2]
        assert (found.losing, found.with_nobody, found.to_second) == (4, 1, 3)
        assert found.more_travel > 0
        both = without(branch, trio[0], trio[1], days=BACK_DAYS)
        assert sorted(call.next_rank or 0 for call in both.calls) == [0, 3, 3, 3]

    def test_a_shorter_period_expects_fewer(self, branch, trio, four_calls):
        assert without(branch, trio[0], days=BACK_DAYS // 2).losing == 2

    def test_others_first_calls_stay(self, branch, trio, four_calls):
        assert without(branch, trio[2], days=BACK_DAYS).losing == 0

    def test_what_is_booked_is_not_expected_once_more(self, branch, trio, four_calls, make_job):
        start = START + timedelta(days=4)
        booked(make_job(window_start=start, window_end=start + timedelta(hours=4)))
        found = without(branch, trio[0], days=BACK_DAYS)
        assert (found.all_visits, round(found.expected), found.losing) == (1, 3, 4)


class TestPage:
    def test_it_says_what_would_happen_in_words(self, nora, trio, two_visits):
        page = nora.get(
            url("what_if"), {"what": "lapse", "find": "Harold", "start": "2026-11-03", "days": "1"}
        )
        text = text_of(page)
        assert "If Harold’s papers lapse on Tuesday 3 Nov" in text
        assert "2 jobs lose their first call 0 have nobody" in text
        assert two_visits[0].job.reference in text
        assert "Lisa rank 2" in text
        assert f"?who={trio[0].public_id}" not in text
        assert f'name="who" value="{trio[0].public_id}"' in page.content.decode()

    @pytest.mark.parametrize("what", ["suspended", "left", "sick", "lapse"])
    def test_every_way_of_dropping_out_frees_visits(self, nora, trio, two_visits, what):
        page = nora.get(url("what_if"), {"what": what, "who": trio[0].public_id, "days": "5"})
        assert "2 jobs lose their first call" in text_of(page)

    def test_a_pause_keeps_visits(self, nora, trio, two_visits):
        page = nora.get(url("what_if"), {"what": "paused", "who": trio[0].public_id})
        assert "0 jobs lose their first call" in text_of(page)

    def test_a_whole_trade_and_a_whole_area(self, nora, trio, two_visits):
        trade = text_of(nora.get(url("what_if"), {"what": "trade", "trade": "plumbing"}))
        assert "If every Plumbing firm is away" in trade
        assert "2 jobs lose their first call 2 have nobody" in trade
        Contractor.objects.filter(pk=trio[1].pk).update(
            base_latitude=HYDE_PARK[0], base_longitude=HYDE_PARK[1]
        )
        area = text_of(nora.get(url("what_if"), {"what": "area", "area": "hyde park"}))
        assert "If every firm based in Hyde Park is away" in area
        assert "0 jobs lose their first call" in area

    def test_bad_input_is_told_and_kept(self, nora, trio):
        def said(**asked):
            return text_of(nora.get(url("what_if"), asked))

        assert "That day has passed" in said(start="2026-11-01")
        assert "No contractor’s name holds “Acme”" in said(find="Acme")
        assert "less than or equal to 28" in said(days="90")
        assert "Choose the trade" in said(what="trade")
        assert "No firm is based in “Atlantis”" in said(what="area", area="Atlantis")
        assert "Select a valid choice" in said(what="meteor")
        assert nora.get(url("what_if"), {"who": "nonsense", "find": "\0"}).status_code == 200

    def test_several_of_a_name_are_shown_to_choose_from(self, nora, branch, trio):
        make_contractor(branch, "Harold Two")
        make_contractor(branch, "Haroldson")
        text = text_of(nora.get(url("what_if"), {"find": "harol"}))
        assert "Several are called like that" in text
        assert "Haroldson" in text

    def test_firms_of_another_branch_cannot_be_chosen(self, nora, other_dispatcher, trio):
        other = Contractor.objects.create(
            branch=other_dispatcher.branch_roles.get().branch,
            name="Far Away",
            base_latitude=42.27,
            base_longitude=-71.8,
            joined_on=START.date(),
        )
        text = text_of(nora.get(url("what_if"), {"who": other.public_id}))
        assert "Far Away" not in text

    def test_the_queries_do_not_grow_with_the_visits(
        self, nora, branch, trio, two_visits, make_job, django_assert_max_num_queries
    ):
        for day in range(2, 6):
            start = START + timedelta(days=day)
            booked(make_job(window_start=start, window_end=start + timedelta(hours=4)))
        with django_assert_max_num_queries(28):
            nora.get(url("what_if"), {"who": trio[0].public_id})


class TestCoveragePage:
    def test_an_empty_branch_says_that_there_is_nothing_to_go_by(self, nora, branch):
        assert "Nothing to go by yet" in text_of(nora.get(url("branch_coverage")))

    def test_the_picked_half_day_says_why_others_cannot_come(self, nora, branch, trio, asked_for):
        for day in past(SATURDAY):
            asked_for(*[local(day, 9)] * 9)
        Contractor.objects.filter(pk=trio[1].pk).update(cleared_until=START.date())
        WorkingHours.objects.filter(technician__contractor=trio[2], weekday=5).delete()
        page = nora.get(
            url("branch_coverage"), {"trade": "plumbing", "area": "fenway", "at": "2026-11-07-am"}
        )
        text = text_of(page)
        assert "Plumbing 2 gaps" in text or "Plumbing 1 gap" in text
        assert "Fenway, Saturday 7 Nov, morning." in text
        assert "9 jobs to place (9 jobs expected" in text
        assert "1 not working then, 1 not cleared" in text
        assert "room for 4 of 9" in text

    @pytest.mark.parametrize(
        "asked", [{"trade": "nonsense"}, {"at": "2026-13-99-am", "area": "x"}, {"week": "9"},
                  {"q": "02215"}, {"q": "nowhere"}, {"gaps": "all"}, {"q": "\0"}]
    )  # fmt: skip
    def test_strange_addresses_show_a_page(self, nora, trio, asked_for, asked):
        asked_for(local(TODAY - timedelta(days=7), 9))
        assert nora.get(url("branch_coverage"), asked).status_code == 200
