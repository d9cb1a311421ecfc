"""What a visit pays: client's fixed price, rate card, own rates, each from its day on."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest

from network.errors import NetworkError
from network.models import ClientPrice, RateCard
from network.services.rates import remove_rate, set_rate
from tests.network.factories import (
    MONDAY,
    load,
    make_branch,
    make_client,
    make_contractor,
    make_service_type,
    make_skill,
    work_order,
)

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 23)


@pytest.fixture
def one() -> SimpleNamespace:
    branch = make_branch()
    contractor = make_contractor(branch, call_out_fee=50, hourly_rate=100)
    service_type = make_service_type(branch, {make_skill(branch): 1})
    return SimpleNamespace(
        branch=branch,
        contractor=contractor,
        service_type=service_type,
        client=make_client(branch),
    )


def pay(one, minutes=90, starts_at=MONDAY, with_client=False) -> Decimal:
    client_id = one.client.pk if with_client else None
    work = work_order(one.service_type, client_id=client_id)
    return load(work, one.contractor).pay_for(
        one.contractor.pk,
        minutes,
        service_type_id=one.service_type.pk,
        client_id=client_id,
        starts_at=starts_at,
    )


def card(one, day=TODAY, **amounts) -> RateCard:
    return RateCard.objects.create(
        contractor=one.contractor, service_type=one.service_type, valid_from=day, **amounts
    )


def test_without_a_card_the_own_rates_count(one) -> None:
    assert pay(one) == Decimal("200.00")


def test_a_card_by_the_hour_and_a_fixed_one(one) -> None:
    card(one, call_out_fee=20, hourly_rate="80.01")
    assert pay(one) == Decimal("140.02")  # 20 + 120.015, half a cent up
    card(one, TODAY + timedelta(days=7), fixed_price=175)
    assert pay(one) == Decimal("140.02")
    assert pay(one, starts_at=MONDAY + timedelta(days=7)) == Decimal("175.00")
    assert pay(one, starts_at=MONDAY - timedelta(days=1)) == Decimal("200.00"), "not yet valid"


def test_the_day_is_the_branchs_local_one(one) -> None:
    card(one, fixed_price=175)
    last_of_sunday = datetime(2026, 11, 23, 4, 59, tzinfo=UTC)
    assert pay(one, starts_at=last_of_sunday) == Decimal("200.00")
    assert pay(one, starts_at=last_of_sunday + timedelta(minutes=1)) == Decimal("175.00")


def test_the_clients_fixed_price_comes_first(one) -> None:
    card(one, fixed_price=175)
    ClientPrice.objects.create(
        client=one.client, service_type=one.service_type, valid_from=TODAY, amount="149.90"
    )
    assert pay(one, with_client=True) == Decimal("149.90")
    assert pay(one, with_client=True, starts_at=MONDAY - timedelta(days=1)) == Decimal("200.00")
    assert pay(one) == Decimal("175.00"), "another payer"


def test_another_service_is_not_touched(one) -> None:
    card(one, fixed_price=175)
    other = make_service_type(one.branch, {})
    known = load(work_order(other), one.contractor)
    assert known.pay_for(one.contractor.pk, 60, service_type_id=other.pk) == Decimal("150.00")
    assert known.pay_for(one.contractor.pk, 60) == Decimal("150.00")


class TestSetting:
    def set(self, one, **fields) -> RateCard:
        values = {"contractor_id": one.contractor.pk, "service_type_id": one.service_type.pk}
        return set_rate(**(values | fields))

    def test_the_same_day_is_replaced_and_earlier_ones_stay(self, one, clock) -> None:
        clock.set(MONDAY)
        assert self.set(one, fixed_price=Decimal(100)).valid_from == TODAY
        self.set(one, call_out_fee=Decimal(0), hourly_rate=Decimal(70))
        [only] = RateCard.objects.all()
        assert (only.fixed_price, only.hourly_rate) == (None, Decimal(70))
        clock.advance(days=1)
        self.set(one, fixed_price=Decimal(90))
        assert RateCard.objects.count() == 2
        assert (
            remove_rate(contractor_id=one.contractor.pk, service_type_id=one.service_type.pk) == 2
        )

    @pytest.mark.parametrize(
        ("fields", "code"),
        [
            ({}, "no-price"),
            ({"fixed_price": Decimal(0)}, "no-price"),
            ({"call_out_fee": Decimal(10)}, "no-price"),
            ({"fixed_price": Decimal(10), "hourly_rate": Decimal(1)}, "fixed-or-hourly"),
            ({"fixed_price": Decimal(-1)}, "bad-amount"),
            ({"fixed_price": Decimal("NaN")}, "bad-amount"),
            ({"fixed_price": Decimal(10) ** 12}, "bad-amount"),
            ({"fixed_price": Decimal(10), "valid_from": TODAY - timedelta(days=1)}, "in-the-past"),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, one, clock, fields, code) -> None:
        clock.set(MONDAY)
        with pytest.raises(NetworkError) as refusal:
            self.set(one, **fields)
        assert refusal.value.code == code

    def test_another_branchs_service_is_refused(self, one) -> None:
        foreign = make_service_type(make_branch(), {})
        with pytest.raises(NetworkError) as refusal:
            self.set(one, service_type_id=foreign.pk, fixed_price=Decimal(10))
        assert refusal.value.field == "service_type"
