"""What the board and the messages page show: filters that live in the address."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

import django_filters
from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import QueryDict

from jobs.console.deliveries import STATES as MESSAGE_STATES
from jobs.console.deliveries import in_state
from jobs.models import Escalation, Job, Message, Offer
from jobs.states import FINAL, LIVE, SEARCHING, JobStatus, OfferStatus, Priority
from network.models import Branch, ServiceType

STATES = [
    ("searching", "Searching"),
    ("under_way", "Booked and under way"),
    ("closed", "Closed"),
    ("all", "Open and closed"),
]
_STATUSES: dict[str, frozenset[JobStatus]] = {
    "searching": SEARCHING,
    "under_way": LIVE,
    "closed": FINAL,
}


def local_day(branch: Branch, day: date) -> tuple[datetime, datetime]:
    """The instants at which a day of the branch begins and ends."""
    zone = ZoneInfo(branch.time_zone)
    return (
        datetime.combine(day, time(), zone),
        datetime.combine(day + timedelta(days=1), time(), zone),
    )


class DayField(forms.Field):
    """``today``, ``tomorrow`` or an ISO date."""

    widget = forms.DateInput(attrs={"type": "date"})

    def to_python(self, value: Any) -> str | date | None:
        if value in (None, ""):
            return None
        if value in ("today", "tomorrow"):
            return str(value)
        try:
            return date.fromisoformat(str(value))
        except ValueError as error:
            raise forms.ValidationError(
                "Give a day as 2026-11-24, or today or tomorrow."
            ) from error


class DayFilter(django_filters.Filter):
    field_class = DayField


class JobFilter(django_filters.FilterSet):
    """The board's filter. Open jobs unless ``state`` or ``needs`` says otherwise."""

    q = django_filters.CharFilter(method="by_text", label="Search")
    state = django_filters.ChoiceFilter(
        method="by_state", choices=STATES, label="State", empty_label="Open"
    )
    status = django_filters.MultipleChoiceFilter(choices=JobStatus.choices, label="Status")
    trade = django_filters.MultipleChoiceFilter(
        field_name="service_type__trade",
        choices=[],
        label="Trade",
        widget=forms.CheckboxSelectMultiple,
    )
    service = django_filters.ModelMultipleChoiceFilter(
        field_name="service_type__slug",
        to_field_name="slug",
        queryset=ServiceType.objects.none(),
        label="Service",
    )
    priority = django_filters.MultipleChoiceFilter(
        choices=Priority.choices, label="Priority", widget=forms.CheckboxSelectMultiple
    )
    day = DayFilter(method="by_day", label="Window on")
    needs = django_filters.BooleanFilter(
        method="by_needs", label="Needs you", widget=forms.CheckboxInput
    )

    class Meta:
        model = Job
        fields: list[str] = []

    def __init__(self, data: QueryDict, *, branch: Branch, at: datetime) -> None:
        super().__init__(data, queryset=Job.objects.filter(branch=branch))
        self.branch = branch
        self.at = at
        services = list(ServiceType.objects.filter(branch=branch).order_by("trade", "name"))
        trades = sorted({service.trade for service in services})
        self.filters["trade"].extra["choices"] = [
            (trade, trade.replace("-", " ").capitalize()) for trade in trades
        ]
        self.filters["service"].queryset = ServiceType.objects.filter(branch=branch)

    def filter_queryset(self, queryset: QuerySet[Job]) -> QuerySet[Job]:
        queryset = super().filter_queryset(queryset)
        chosen = self.form.cleaned_data
        if not any(chosen.get(name) for name in ("state", "status", "needs")):
            queryset = queryset.exclude(status__in=sorted(FINAL))
        return queryset

    def by_text(self, queryset: QuerySet[Job], name: str, value: str) -> QuerySet[Job]:
        asked = Offer.objects.filter(
            job=OuterRef("pk"),
            status__in=[OfferStatus.PENDING, OfferStatus.ACCEPTED],
            contractor__name__icontains=value,
        )
        found: Any = (
            Q(reference__icontains=value)
            | Q(customer_name__icontains=value)
            | Q(customer_phone__icontains=value)
            | Q(address__icontains=value)
            | Q(area__icontains=value)
            | Q(postcode__startswith=value)
            | Q(description__icontains=value)
            | Q(service_type__name__icontains=value)
            | Q(external_ref=value)
            | Exists(asked)
        )
        with suppress(ValueError):
            found |= Q(public_id=UUID(value))
        return queryset.filter(found)

    def by_state(self, queryset: QuerySet[Job], name: str, value: str) -> QuerySet[Job]:
        wanted = _STATUSES.get(value)
        return queryset.filter(status__in=sorted(wanted)) if wanted else queryset

    def by_day(self, queryset: QuerySet[Job], name: str, value: str | date) -> QuerySet[Job]:
        start, end = local_day(self.branch, self.day_of(value))
        return queryset.filter(window_start__gte=start, window_start__lt=end)

    def by_needs(self, queryset: QuerySet[Job], name: str, value: bool) -> QuerySet[Job]:
        if not value:
            return queryset
        return queryset.filter(
            Exists(Escalation.objects.filter(job=OuterRef("pk"), closed_at__isnull=True))
        )

    @property
    def day_value(self) -> str:
        """The day filtered for, as a date input wants it."""
        value = self.form.cleaned_data.get("day") if self.form.is_valid() else None
        return self.day_of(value).isoformat() if value else ""

    def day_of(self, value: str | date) -> date:
        if isinstance(value, date):
            return value
        today = self.at.astimezone(ZoneInfo(self.branch.time_zone)).date()
        return today + timedelta(days=value == "tomorrow")


class MessageFilter(django_filters.FilterSet):
    """The messages page's filter."""

    q = django_filters.CharFilter(method="by_text", label="Search")
    status = django_filters.ChoiceFilter(
        method="by_state", choices=MESSAGE_STATES, label="State", empty_label="Any state"
    )
    by = django_filters.ChoiceFilter(
        field_name="channel",
        choices=Message.Channel.choices,
        label="By",
        empty_label="Any way",
    )
    to = django_filters.ChoiceFilter(
        field_name="recipient_kind",
        choices=Message.Recipient.choices,
        label="To",
        empty_label="Anybody",
    )
    what = django_filters.ChoiceFilter(
        field_name="template",
        choices=Message.Template.choices,
        label="What",
        empty_label="Anything",
    )

    class Meta:
        model = Message
        fields: list[str] = []

    def by_state(self, queryset: QuerySet[Message], name: str, value: str) -> QuerySet[Message]:
        return in_state(queryset, value)

    def by_text(self, queryset: QuerySet[Message], name: str, value: str) -> QuerySet[Message]:
        return queryset.filter(
            Q(address__icontains=value)
            | Q(subject__icontains=value)
            | Q(body__icontains=value)
            | Q(job__reference__icontains=value)
            | Q(job__customer_name__icontains=value)
            | Q(contractor__name__icontains=value)
        )


@dataclass(frozen=True, slots=True)
class Chip:
    """An active filter, and the address without it."""

    label: str
    value: str
    url: str


def chips(filterset: django_filters.FilterSet, data: QueryDict) -> list[Chip]:
    """The active filters but for the search text, which stands in its own field."""
    found: list[Chip] = []
    cleaned = filterset.form.cleaned_data if filterset.form.is_valid() else {}
    for name, value in cleaned.items():
        if name == "q" or not value:
            continue
        found.append(
            Chip(
                label=str(filterset.filters[name].label),
                value=_words(filterset.form.fields[name], value),
                url=without(data, name),
            )
        )
    return found


def _words(field: forms.Field, value: Any) -> str:
    if value is True:
        return "only"
    if isinstance(value, date):
        return f"{value:%a} {value.day} {value:%b}"
    if isinstance(value, str) and not hasattr(field, "choices"):
        return value
    if not isinstance(value, Iterable):
        return str(value)
    labels = (
        {}
        if isinstance(value, QuerySet)
        else {str(k): str(v) for k, v in getattr(field, "choices", [])}
    )
    many = [value] if isinstance(value, str) else list(value)
    return ", ".join(labels.get(str(one), str(one)) for one in many)


def without(data: QueryDict, *names: str) -> str:
    """The query string without these names (and without how many rows are shown)."""
    kept = [
        (name, value)
        for name, values in data.lists()
        for value in values
        if name not in names and name != "show" and value != ""
    ]
    return "?" + urlencode(kept)


def with_value(data: QueryDict, name: str, value: str | int) -> str:
    """The query string with one value changed."""
    base = without(data, name)
    return base + ("&" if base != "?" else "") + urlencode({name: value})
