"""The new-job form: one page, in the order of a phone call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import uuid4

from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, Div, Field, Layout
from django import forms
from django.utils import timezone

from jobs.states import Priority
from network import display
from network.geo import lookup_zip, site_time_zone
from network.models import Branch, Client, ServiceType

#: The usual arrival windows, local time: key → from, to.
SLOTS = {"08-12": (time(8), time(12)), "12-16": (time(12), time(16)), "16-20": (time(16), time(20))}
SLOT_CHOICES = [
    ("08-12", "08–12"),
    ("12-16", "12–16"),
    ("16-20", "16–20"),
    ("own", "Other times"),
]


@dataclass(frozen=True, slots=True)
class Window:
    """An arrival window as aware instants."""

    start: datetime
    end: datetime


class ServiceSelect(forms.Select):
    """Options that carry what the kind of work usually takes, for the page's script."""

    usual: dict[str, ServiceType] = {}

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        service = self.usual.get(str(value))
        if service is not None:
            option["attrs"] |= {
                "data-duration": service.usual_duration_minutes,
                "data-priority": service.default_priority,
                "data-limit": "" if service.not_to_exceed is None else f"{service.not_to_exceed:f}",
            }
        return option


class NewJobForm(forms.Form):
    """What the dispatcher types. Times are those of the site, which its ZIP tells."""

    key = forms.CharField(widget=forms.HiddenInput, max_length=64)
    follows = forms.CharField(widget=forms.HiddenInput, max_length=64, required=False)
    latitude = forms.FloatField(widget=forms.HiddenInput, required=False)
    longitude = forms.FloatField(widget=forms.HiddenInput, required=False)

    customer_name = forms.CharField(label="Name", max_length=120)
    customer_phone = forms.CharField(label="Phone", max_length=40, required=False)
    customer_email = forms.EmailField(label="E-mail", required=False)
    client = forms.ModelChoiceField(
        label="Client, who pays",
        queryset=Client.objects.none(),
        required=False,
        empty_label="The customer",
    )
    address = forms.CharField(label="Street, number, unit", max_length=200)
    postcode = forms.CharField(label="ZIP", max_length=10)
    service_type = forms.ModelChoiceField(
        label="Service",
        queryset=ServiceType.objects.none(),
        empty_label="Choose the kind of work",
        widget=ServiceSelect,
    )
    priority = forms.ChoiceField(
        choices=[("", "As usual for this work"), *Priority.choices], required=False
    )
    duration_minutes = forms.IntegerField(
        label="Minutes of work", min_value=1, max_value=1440, required=False
    )
    not_to_exceed = forms.DecimalField(
        label="Limit price", max_digits=10, decimal_places=2, required=False
    )
    description = forms.CharField(
        label="What is wrong, in the customer’s words",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    day = forms.DateField(
        label="Day", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    slot = forms.ChoiceField(
        label="Arrival between", choices=SLOT_CHOICES, widget=forms.RadioSelect
    )
    starts = forms.TimeField(
        label="From", required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    ends = forms.TimeField(
        label="To", required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )

    def __init__(self, *args: Any, branch: Branch, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.branch = branch
        services = ServiceType.objects.filter(branch=branch, active=True).order_by("trade", "name")
        by_trade: dict[str, list[tuple[int, str]]] = {}
        usual = {}
        for service in services:
            usual[str(service.pk)] = service
            trade = service.trade.replace("-", " ").capitalize()
            by_trade.setdefault(trade, []).append((service.pk, service.name))
        field: Any = self.fields["service_type"]
        field.queryset = services
        field.choices = [("", "Choose the kind of work"), *by_trade.items()]
        field.widget.usual = usual
        clients: Any = self.fields["client"]
        clients.queryset = Client.objects.filter(branch=branch)
        today = display.in_zone(at, branch.time_zone).date()
        self.fields["day"].widget.attrs["min"] = today.isoformat()
        self.fields["not_to_exceed"].help_text = f"In {branch.currency}. Empty: the usual one."
        self.fields["duration_minutes"].help_text = "Empty: the usual ones."
        for name in ("customer_name", "customer_phone", "customer_email", "address", "postcode"):
            self.fields[name].widget.attrs["autocomplete"] = "off"
        self.fields["postcode"].widget.attrs["inputmode"] = "numeric"
        self.helper = _helper(branch, at)

    @staticmethod
    def fresh(branch: Branch, at: datetime) -> dict[str, Any]:
        """First values: tomorrow morning, and a key of its own."""
        today = display.in_zone(at, branch.time_zone).date()
        return {"key": uuid4().hex, "day": today + timedelta(days=1), "slot": "08-12"}

    def zone(self) -> str:
        """The site's time zone as far as its ZIP is known, else the branch's."""
        return site_time_zone(self.cleaned_data.get("postcode", ""), self.branch.time_zone)

    def clean_postcode(self) -> str:
        text = self.cleaned_data["postcode"].strip()
        if lookup_zip(text) is None:
            raise forms.ValidationError(f"The ZIP code {text} is not known; check its five digits.")
        return text

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        window = self._window(cleaned)
        if window is not None:
            cleaned["window"] = window
        return cleaned

    def _window(self, cleaned: dict[str, Any]) -> Window | None:
        day, slot = cleaned.get("day"), cleaned.get("slot")
        if day is None or not slot:
            return None
        if slot == "own":
            first, last = cleaned.get("starts"), cleaned.get("ends")
            missing = [n for n in ("starts", "ends") if not cleaned.get(n) and n not in self.errors]
            for name in missing:
                self.add_error(name, "Give both times, or choose a usual window.")
            if first is None or last is None:
                return None
        else:
            first, last = SLOTS[slot]
        zone = display.zone(self.zone())
        with timezone.override(zone):
            start, end = self._instant(day, first), self._instant(day, last)
        if start is None or end is None:
            return None
        return Window(start, end)

    def _instant(self, day: date, clock: time) -> datetime | None:
        try:
            return forms.utils.from_current_timezone(datetime.combine(day, clock))
        except forms.ValidationError:
            self.add_error(
                "day",
                f"{clock:%H:%M} is there twice or not at all on that day, because the clocks "
                "change; choose other times.",
            )
            return None


def _helper(branch: Branch, at: datetime) -> FormHelper:
    helper = FormHelper()
    helper.form_tag = False
    helper.disable_csrf = True
    helper.layout = Layout(
        "key",
        "follows",
        "latitude",
        "longitude",
        _section(
            "Who",
            "",
            Div("customer_name", "customer_phone", css_class="g2"),
            Div("customer_email", "client", css_class="g2"),
        ),
        _section(
            "Where",
            "the ZIP puts the pin",
            Div(
                Div("address", "postcode", css_class="stack-3 top-only"),
                HTML("{% include 'console/_pin.html' %}"),
                css_class="g21 wide-map",
            ),
        ),
        _section(
            "What",
            "",
            "service_type",
            Div("priority", "duration_minutes", "not_to_exceed", css_class="g3"),
            "description",
        ),
        _section(
            "When",
            f"the site’s time, {display.zone_name(at, branch.time_zone)} here",
            Div("day", Field("slot", template="console/_slots.html"), css_class="g-when"),
            Div("starts", "ends", css_class="g2 own-times"),
        ),
    )
    return helper


def _section(title: str, hint: str, *fields: Any) -> Div:
    small = f"<small>{hint}</small>" if hint else ""
    ident = f"f-{title.lower()}"
    return Div(
        HTML(f'<h2 id="{ident}">{title}{small}</h2>'),
        Div(*fields, css_class="stack-3"),
        css_class="fs",
        role="group",
        aria_labelledby=ident,
    )
