"""Writes prices."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation

from django.db import transaction

from network.clock import app_now
from network.errors import NetworkError
from network.models import Contractor, RateCard, ServiceType
from network.services.history import note_event

MOST = Decimal("99999999.99")


@transaction.atomic
def set_rate(
    *,
    contractor_id: int,
    service_type_id: int,
    fixed_price: Decimal | None = None,
    call_out_fee: Decimal | None = None,
    hourly_rate: Decimal | None = None,
    valid_from: date | None = None,
    actor_id: int | None = None,
) -> RateCard:
    """Set the contractor's price for a kind of work from a local day on (default: today).

    Give a fixed price, or call-out fee and hourly rate. A card for the same day is replaced;
    earlier cards stay, so that older visits keep their price. Raises NetworkError for amounts that
    make no sense, a day in the past and a service of another branch, and Contractor.DoesNotExist.
    """
    contractor = (
        Contractor.objects.select_for_update(no_key=True, of=("self",))
        .select_related("branch")
        .get(pk=contractor_id)
    )
    service_type = ServiceType.objects.filter(
        pk=service_type_id, branch_id=contractor.branch_id
    ).first()
    if service_type is None:
        raise NetworkError(
            "unknown-service", "Choose one of the branch's services.", "service_type"
        )
    fixed_price = _amount(fixed_price, "fixed_price")
    call_out_fee = _amount(call_out_fee, "call_out_fee")
    hourly_rate = _amount(hourly_rate, "hourly_rate")
    if fixed_price is not None and (call_out_fee is not None or hourly_rate is not None):
        raise NetworkError(
            "fixed-or-hourly",
            "Give either a fixed price, or a call-out fee and an hourly rate.",
            "fixed_price",
        )
    if fixed_price is None and (call_out_fee is None or hourly_rate is None):
        raise NetworkError(
            "no-price",
            "Give a fixed price, or both a call-out fee and an hourly rate (0 is allowed).",
            "fixed_price",
        )
    if fixed_price == 0:
        raise NetworkError("no-price", "A fixed price must be above 0.", "fixed_price")
    today = app_now().astimezone(contractor.branch.zone).date()
    if valid_from is not None and valid_from < today:
        raise NetworkError(
            "in-the-past", "A price counts from today at the earliest.", "valid_from"
        )
    card, _ = RateCard.objects.update_or_create(
        contractor=contractor,
        service_type=service_type,
        valid_from=valid_from or today,
        defaults={
            "fixed_price": fixed_price,
            "call_out_fee": call_out_fee,
            "hourly_rate": hourly_rate,
        },
    )
    note_event(
        contractor_id=contractor_id,
        action="price-set",
        actor_id=actor_id,
        note=f"{service_type.name} from {card.valid_from}",
        data={
            "fixed": None if fixed_price is None else str(fixed_price),
            "call_out": None if call_out_fee is None else str(call_out_fee),
            "hour": None if hourly_rate is None else str(hourly_rate),
        },
    )
    return card


@transaction.atomic
def set_own_rates(
    *,
    contractor_id: int,
    call_out_fee: Decimal,
    hourly_rate: Decimal,
    actor_id: int | None = None,
) -> Contractor:
    """Set the rates that count where there is no price for a kind of work.

    Offers that are out keep their pay. Raises NetworkError for amounts that make no sense, and for
    both being 0: nobody works for nothing.
    """
    contractor = Contractor.objects.select_for_update(no_key=True).get(pk=contractor_id)
    fee = _amount(call_out_fee, "call_out_fee")
    rate = _amount(hourly_rate, "hourly_rate")
    assert fee is not None
    assert rate is not None
    if not fee and not rate:
        raise NetworkError(
            "no-price", "Give a call-out fee or an hourly rate above 0.", "hourly_rate"
        )
    before = [str(contractor.call_out_fee), str(contractor.hourly_rate)]
    after = [str(fee), str(rate)]
    if before != after:
        contractor.call_out_fee, contractor.hourly_rate = fee, rate
        contractor.save(update_fields=["call_out_fee", "hourly_rate"])
        note_event(
            contractor_id=contractor_id,
            action="rates-changed",
            actor_id=actor_id,
            data={"before": before, "after": after},
        )
    return contractor


@transaction.atomic
def remove_rate(*, contractor_id: int, service_type_id: int, actor_id: int | None = None) -> int:
    """Let the contractor's own rates count again for a kind of work; returns cards removed."""
    Contractor.objects.select_for_update(no_key=True).get(pk=contractor_id)
    removed, _ = RateCard.objects.filter(
        contractor_id=contractor_id, service_type_id=service_type_id
    ).delete()
    if removed:
        note_event(
            contractor_id=contractor_id,
            action="price-removed",
            actor_id=actor_id,
            data={"service_type": service_type_id, "cards": removed},
        )
    return removed


def _amount(value: Decimal | None, name: str) -> Decimal | None:
    if value is None:
        return None
    try:
        amount = Decimal(value).quantize(Decimal("0.01"))
    except (InvalidOperation, ValueError) as error:
        raise NetworkError("bad-amount", "Give an amount such as 85 or 85.50.", name) from error
    if not amount.is_finite() or not 0 <= amount <= MOST:
        raise NetworkError("bad-amount", "An amount must be 0 or more.", name)
    return amount
