"""The list of papers that end soon, on the coverage page."""

from __future__ import annotations

from datetime import timedelta

from network.models import Contractor
from tests.console.conftest import text_of, url
from tests.console.coverage.conftest import TODAY
from tests.jobs.papers import paper, requirement


def listed(nora) -> str:
    text = text_of(nora.get(url("branch_coverage")))
    return text[text.index("Papers ending soon") :]


def test_those_that_end_first_stand_on_top_with_what_it_would_do(nora, branch, trio):
    insurance = requirement(branch)
    paper(trio[0], insurance, TODAY + timedelta(days=30))
    paper(trio[1], insurance, TODAY + timedelta(days=3))
    paper(trio[2], insurance, TODAY - timedelta(days=2))
    page = nora.get(url("branch_coverage"))
    text = listed(nora)
    order = [text.index(name) for name in ("James", "Lisa", "Harold")]
    assert order == sorted(order)
    assert "3 in the next 45 days" in text
    assert "Insurance ended on Sat 31 Oct" in text
    assert "Insurance ends in 3 days, on Thu 5 Nov" in text
    what_if = f"?what=lapse&amp;who={trio[1].public_id}&amp;start=2026-11-06"
    assert what_if in page.content.decode()


def test_renewed_ones_later_ones_and_those_who_left_are_not_listed(nora, branch, trio):
    insurance = requirement(branch)
    paper(trio[0], insurance, TODAY + timedelta(days=3))
    paper(trio[0], insurance, TODAY + timedelta(days=300))
    paper(trio[1], insurance, TODAY + timedelta(days=46))
    paper(trio[2], insurance, TODAY + timedelta(days=3))
    Contractor.objects.filter(pk=trio[2].pk).update(status="left")
    assert "None: no approved paper of an active firm ends within 45 days" in listed(nora)


def test_a_long_list_is_cut_and_says_so(nora, branch, trio, django_assert_max_num_queries):
    for number in range(15):
        paper(trio[0], requirement(branch, f"Paper {number}"), TODAY + timedelta(days=9))
    with django_assert_max_num_queries(22):
        text = listed(nora)
    assert "15 in the next 45 days" in text
    assert "3 more end later" in text
