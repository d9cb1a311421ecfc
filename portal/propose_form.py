"""The form for a price or time of one's own."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms

from jobs.models import Offer
from network import display


class ProposeForm(forms.Form):
    """``cleaned_data["starts_at"]`` is aware; what stays as offered is None."""

    pay = forms.DecimalField(
        required=False,
        min_value=Decimal(0),
        max_digits=10,
        decimal_places=2,
        error_messages={
            "invalid": "Give an amount such as 280 or 280.50.",
            "min_value": "Give an amount above zero.",
            "max_decimal_places": "Give the amount in whole cents.",
            "max_digits": "Give a smaller amount.",
        },
    )
    starts_at = forms.CharField(required=False)
    note = forms.CharField(max_length=500, required=False)

    def __init__(self, offer: Offer, data: Any = None) -> None:
        super().__init__(data)
        self._zone = display.zone(offer.job.time_zone)
        local = offer.starts_at.astimezone(self._zone)
        self.fields["pay"].initial = f"{offer.pay:.2f}"
        self.fields["starts_at"].initial = f"{local:%Y-%m-%dT%H:%M}"

    def clean_starts_at(self) -> datetime | None:
        text = self.cleaned_data["starts_at"].strip()
        if not text:
            return None
        try:
            return datetime.fromisoformat(text).replace(tzinfo=self._zone)
        except ValueError as error:
            raise forms.ValidationError("Give a day and a time.") from error
