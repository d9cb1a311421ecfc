"""Call-out fee and hourly rate, and prices of single kinds of work from a day on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms

from network import display
from network.errors import NetworkError
from network.models import RateCard, ServiceType, ServiceTypeSkill, TechnicianSkill
from network.services.rates import remove_rate, set_own_rates, set_rate
from portal.sections.base import Section, SectionRefused
from portal.sections.skill_list import trade_name

MOST_DIGITS = 8


def amount_field(label: str, *, required: bool = False, help_text: str = "") -> forms.DecimalField:
    wrong = "Give an amount such as 85 or 85.50."
    return forms.DecimalField(
        label=label,
        required=required,
        min_value=Decimal(0),
        max_digits=MOST_DIGITS,
        decimal_places=2,
        help_text=help_text,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={
            "required": "Give an amount; 0 is allowed.",
            "invalid": wrong,
            "min_value": "An amount must be 0 or more.",
            "max_digits": "This is more than anybody pays. Give a smaller amount.",
            "max_whole_digits": "This is more than anybody pays. Give a smaller amount.",
            "max_decimal_places": "Give cents with two digits at most, as in 85.50.",
        },
    )


class RatesForm(forms.Form):
    """What counts where there is no price for a kind of work."""

    hourly_rate = amount_field("An hour", required=True)
    call_out_fee = amount_field("Call-out", required=True)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors and not data["hourly_rate"] and not data["call_out_fee"]:
            self.add_error("hourly_rate", "Give a call-out fee or an hourly rate above 0.")
        return data


class PriceForm(forms.Form):
    """The price of one kind of work; all empty: the own rates count."""

    fixed_price = amount_field("Fixed price for the visit")
    call_out_fee = amount_field("or call-out")
    hourly_rate = amount_field("and an hour")
    valid_from = forms.DateField(
        label="From",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Give a date."},
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    @property
    def amounts(self) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
        data = self.cleaned_data
        return data.get("fixed_price"), data.get("call_out_fee"), data.get("hourly_rate")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors:
            return data
        fixed, fee, rate = self.amounts
        if fixed is not None and (fee is not None or rate is not None):
            self.add_error(
                "fixed_price", "Give either a fixed price, or a call-out fee and an hourly rate."
            )
        elif fixed is not None and not fixed:
            self.add_error("fixed_price", "A fixed price must be above 0.")
        elif (fee is None) != (rate is None):
            missing = "call_out_fee" if fee is None else "hourly_rate"
            self.add_error(missing, "Give both, the call-out fee and the hour; 0 is allowed.")
        day = data.get("valid_from")
        if day is not None and day < self.today and self.has_changed():
            self.add_error("valid_from", "A price counts from today at the earliest.")
        return data


@dataclass(slots=True)
class PriceRow:
    """One kind of work: what counts today, what is to come, and its form."""

    id: int
    name: str
    now: str
    coming: list[str]
    form: PriceForm
    is_own: bool

    @property
    def is_open(self) -> bool:
        return bool(self.form.errors)


class Prices(Section):
    key = "prices"
    step = 5
    title = "What do you charge?"
    lead = "Offers show your pay before you answer. Visits you have accepted keep theirs."
    label = "Prices"
    icon = "coin"
    template = "portal/sections/prices.html"
    sheets = ("css/sections.css",)

    def __init__(self, acting: Any, **rest: Any) -> None:
        super().__init__(acting, **rest)
        self.today = self.now.astimezone(self.branch.zone).date()
        self.errors: list[str] = []
        contractor = self.contractor
        is_new = not contractor.hourly_rate and not contractor.call_out_fee
        self.rates = RatesForm(
            data=self.data,
            prefix=self.key,
            initial={}
            if is_new
            else {
                "hourly_rate": _plain(contractor.hourly_rate),
                "call_out_fee": _plain(contractor.call_out_fee),
            },
        )
        self.cards = self._cards()
        self.rows = self._rows()

    def context(self) -> dict[str, Any]:
        trades: dict[str, list[PriceRow]] = {}
        for trade, row in self.rows:
            trades.setdefault(trade, []).append(row)
        return {
            "rates": self.rates,
            "trades": sorted(trades.items()),
            "own_prices": sum(1 for _, row in self.rows if row.is_own),
            "sign": display.money(0, self.branch.currency).rstrip("0"),
            "errors": self.errors,
        }

    def summary(self) -> str:
        contractor, currency = self.contractor, self.branch.currency
        if not (contractor.hourly_rate or contractor.call_out_fee or self.cards):
            return ""
        text = f"{display.money(contractor.hourly_rate, currency)} an hour"
        if contractor.call_out_fee:
            text += f", {display.money(contractor.call_out_fee, currency)} call-out"
        count = sum(1 for _, row in self.rows if row.is_own)
        return f"{text} · {count} own {'price' if count == 1 else 'prices'}" if count else text

    def _cards(self) -> dict[int, list[RateCard]]:
        found: dict[int, list[RateCard]] = {}
        for card in RateCard.objects.filter(contractor=self.contractor).order_by("-valid_from"):
            found.setdefault(card.service_type_id, []).append(card)
        return found

    def _rows(self) -> list[tuple[str, PriceRow]]:
        """The kinds of work that the people's skills allow, and those with a price."""
        skills = set(
            TechnicianSkill.objects.filter(
                contractor=self.contractor, technician__active=True
            ).values_list("skill_id", flat=True)
        )
        needed: dict[int, set[int]] = {}
        for service, skill in ServiceTypeSkill.objects.filter(
            service_type__branch=self.branch
        ).values_list("service_type_id", "skill_id"):
            needed.setdefault(service, set()).add(skill)
        rows = []
        for service_type in ServiceType.objects.for_branch(self.branch).filter(active=True):
            has_price = service_type.pk in self.cards
            fits = needed.get(service_type.pk, set()) <= skills
            if has_price or (fits and skills):
                rows.append((trade_name(service_type.trade), self._row(service_type)))
        return rows

    def _row(self, service_type: ServiceType) -> PriceRow:
        cards = self.cards.get(service_type.pk, [])
        current = next((card for card in cards if card.valid_from <= self.today), None)
        coming = sorted(
            (card for card in cards if card.valid_from > self.today),
            key=lambda card: card.valid_from,
        )
        shown = current or (coming[0] if coming else None)
        initial: dict[str, Any] = {"valid_from": self.today}
        if shown is not None:
            initial |= {
                "fixed_price": _plain(shown.fixed_price),
                "call_out_fee": _plain(shown.call_out_fee),
                "hourly_rate": _plain(shown.hourly_rate),
                "valid_from": max(shown.valid_from, self.today),
            }
        prefix = f"{self.key}-{service_type.pk}"
        # A price that came on record since the form was made is left as it is.
        was_shown = self.data is not None and f"{prefix}-valid_from" in self.data
        form = PriceForm(
            data=self.data if was_shown else None,
            prefix=prefix,
            initial=initial,
            today=self.today,
        )
        return PriceRow(
            id=service_type.pk,
            name=service_type.name,
            now="your own rates" if current is None else self._text(current),
            coming=[
                f"{self._text(card)} from {card.valid_from.day} {card.valid_from:%b %Y}"
                for card in coming
            ],
            form=form,
            is_own=bool(cards),
        )

    def _text(self, card: RateCard) -> str:
        currency = self.branch.currency
        if card.fixed_price is not None:
            return f"{display.money(card.fixed_price, currency)} fixed"
        return (
            f"{display.money(card.call_out_fee, currency)} + "
            f"{display.money(card.hourly_rate, currency)} an hour"
        )

    # -- what is sent ------------------------------------------------------------------------

    def is_valid(self) -> bool:
        wrong = [row for _, row in self.rows if row.form.is_bound and not row.form.is_valid()]
        return self.rates.is_valid() and not wrong

    def save(self) -> None:
        form: forms.Form = self.rates
        try:
            set_own_rates(
                contractor_id=self.contractor.pk,
                call_out_fee=self.rates.cleaned_data["call_out_fee"],
                hourly_rate=self.rates.cleaned_data["hourly_rate"],
                actor_id=self.user.pk,
            )
            for row in [row for _, row in self.rows if row.form.is_bound]:
                form = row.form
                self._save_row(row)
        except NetworkError as error:
            form.add_error(error.field if error.field in form.fields else None, error.detail)
            raise SectionRefused(error.detail) from error

    def _save_row(self, row: PriceRow) -> None:
        changed = set(row.form.changed_data)
        fixed, fee, rate = row.form.amounts
        if fixed is None and fee is None and rate is None:
            if row.is_own and changed & {"fixed_price", "call_out_fee", "hourly_rate"}:
                remove_rate(
                    contractor_id=self.contractor.pk,
                    service_type_id=row.id,
                    actor_id=self.user.pk,
                )
            return
        if not changed:
            return
        set_rate(
            contractor_id=self.contractor.pk,
            service_type_id=row.id,
            fixed_price=fixed,
            call_out_fee=fee,
            hourly_rate=rate,
            valid_from=row.form.cleaned_data["valid_from"] or self.today,
            actor_id=self.user.pk,
        )


def _plain(amount: Decimal | None) -> str | None:
    """``96`` for 96.00, ``96.50``: as one would type it."""
    if amount is None:
        return None
    return f"{amount:.0f}" if amount == amount.to_integral_value() else f"{amount:.2f}"
