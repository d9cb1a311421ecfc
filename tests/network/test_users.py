"""Logging in by e-mail address, and who belongs where."""

from __future__ import annotations

import pytest
from django.contrib.auth import authenticate
from django.db import IntegrityError, connection, transaction

from network.models import Branch, BranchStaff, User
from tests.network.factories import make_branch

pytestmark = pytest.mark.django_db


def test_an_address_is_one_address_however_it_is_typed() -> None:
    user = User.objects.create_user("Dana@Example.COM", "secret")
    assert user.email == "dana@example.com"
    assert User.objects.get(email="DANA@example.com") == user
    assert authenticate(username="dANA@example.com", password="secret") == user
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user("dana@EXAMPLE.com", "other")


def test_upper_case_cannot_slip_in_by_sql() -> None:
    user = User.objects.create_user("dana@example.com", "secret")
    with (
        pytest.raises(IntegrityError, match="network_user_email_is_lower_case"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE network_user SET email = 'DANA@x.y' WHERE id = %s", [user.pk])


def test_a_user_without_address_is_refused() -> None:
    with pytest.raises(ValueError, match="e-mail"):
        User.objects.create_user("  ", "secret")


def test_staff_see_their_branches_and_superusers_all() -> None:
    mine, other = make_branch(), make_branch()
    dispatcher = User.objects.create_user("d@example.com", "x")
    root = User.objects.create_superuser("root@example.com", "x")
    BranchStaff.objects.create(user=dispatcher, branch=mine, role="dispatcher")
    assert list(Branch.objects.for_user(dispatcher)) == [mine]
    assert {mine, other} <= set(Branch.objects.for_user(root))
    assert [role.branch for role in BranchStaff.objects.for_user(dispatcher)] == [mine]
    dispatcher.is_active = False
    assert not Branch.objects.for_user(dispatcher).exists()
