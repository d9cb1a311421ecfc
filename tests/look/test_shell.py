"""What every page knows: whose it is, which branch, and the domain clock."""

from datetime import UTC, date, datetime

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory

from network.context import SESSION_BRANCH, shell
from network.models import Branch, BranchStaff, Contractor, ContractorUser, User

pytestmark = pytest.mark.django_db


def branch(slug: str) -> Branch:
    return Branch.objects.create(
        slug=slug, name=slug.title(), reference_prefix="X", latitude=42.3, longitude=-71.1
    )


def shell_for(user, **session):
    request = RequestFactory().get("/")
    request.user = user
    request.session = session
    return shell(request)["shell"]


def test_a_visitor_has_the_clock_and_nothing_else(clock):
    clock.set(datetime(2026, 11, 17, 20, 41, tzinfo=UTC))
    page = shell_for(AnonymousUser())
    assert page.now == datetime(2026, 11, 17, 20, 41, tzinfo=UTC)
    assert page.now_ms == 1794948060000
    assert (page.scale, page.is_scaled) == (1, False)
    assert (page.branch, page.branches, page.role, page.contractor) == (None, [], "", None)
    assert not page.may_administer


def test_a_dispatcher_works_in_the_branch_of_the_session_among_their_own():
    boston, worcester, foreign = branch("boston"), branch("worcester"), branch("foreign")
    user = User.objects.create_user("nora@example.org")
    BranchStaff.objects.create(user=user, branch=boston)
    BranchStaff.objects.create(user=user, branch=worcester, role="admin")
    assert shell_for(user).branch == boston
    assert shell_for(user).role == "dispatcher"
    kept = shell_for(user, **{SESSION_BRANCH: worcester.pk})
    assert (kept.branch, kept.role) == (worcester, "admin")
    assert shell_for(user, **{SESSION_BRANCH: foreign.pk}).branch == boston


def test_a_contractor_sees_the_branch_of_their_firm():
    boston = branch("boston")
    user = User.objects.create_user("james@example.org")
    firm = Contractor.objects.create(
        branch=boston,
        name="James & Sons",
        email="james@example.org",
        base_latitude=42.3,
        base_longitude=-71.1,
        call_out_fee=69,
        hourly_rate=96,
        joined_on=date(2026, 1, 5),
    )
    ContractorUser.objects.create(user=user, contractor=firm)
    page = shell_for(user)
    assert (page.role, page.branch, page.contractor) == ("contractor", boston, firm)
    assert page.branches == []


def test_a_superuser_administers_every_branch():
    branch("boston")
    branch("worcester")
    page = shell_for(User.objects.create_superuser("root@example.org"))
    assert [one.slug for one in page.branches] == ["boston", "worcester"]
    assert page.role == "admin"
    assert page.may_administer


def test_a_page_that_shows_none_of_it_costs_no_query(django_assert_num_queries):
    user = User.objects.create_user("nora@example.org")
    with django_assert_num_queries(0):
        shell_for(user)


def test_the_clock_is_read_once_a_page(django_assert_num_queries):
    page = shell_for(AnonymousUser())
    with django_assert_num_queries(1):
        assert page.now == page.now
        assert page.scale == 1
