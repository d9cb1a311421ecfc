"""Which contractors the list shows: a filter that lives in the address."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import cos, radians
from typing import Any
from urllib.parse import urlencode

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Exists, ExpressionWrapper, F, FloatField, OuterRef, Q, QuerySet
from django.http import QueryDict

from jobs.console.network.loads import read_loads
from jobs.console.network.places import Place, find_place
from jobs.models import Offer
from network.display import trade_name
from network.geo import cell_and_ancestors
from network.models import (
    Branch,
    Contractor,
    ServiceType,
    ServiceTypeSkill,
    Technician,
    TechnicianSkill,
    TerritoryCell,
)
from network.outlines import KM_PER_DEGREE

KM_PER = {"km": 1.0, "mi": 1.609344}
#: After so many days without an offer somebody is called idle.
IDLE_DAYS = 14
STATUSES = [
    ("active", "Active"),
    ("paused", "Paused"),
    ("suspended", "Suspended"),
    ("applicant", "Applicants"),
    ("left", "Left"),
    ("all", "Everybody"),
]
CLEARED = [
    ("yes", "Cleared today"),
    ("no", "Not cleared"),
    ("by_hand", "Set by hand"),
]
RATINGS = [
    ("4.5", "4.5 and better"),
    ("4", "4 and better"),
    ("low", "Under 4"),
    ("none", "No rating yet"),
]
LOADS = [
    ("free", "Less than half taken"),
    ("half", "Half to nine tenths taken"),
    ("full", "Full"),
    ("none", "No open hours"),
]
SORTS = [
    ("name", "Name"),
    ("rating", "Rating"),
    ("answers", "Says yes"),
    ("cleared", "Papers that end first"),
    ("load", "Load"),
    ("newest", "Newest"),
]
_ORDERS: dict[str, list[Any]] = {
    "rating": [
        F("scorecard__rating_average").desc(nulls_last=True),
        F("scorecard__rating_count").desc(nulls_last=True),
    ],
    "answers": [F("scorecard__accept_rate").desc(nulls_last=True)],
    "cleared": [F("cleared_until").asc(nulls_first=True)],
    "newest": [F("joined_on").desc()],
}


class PlaceField(forms.CharField):
    """A ZIP code or a neighbourhood; gives the place."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        found = find_place(text)
        if found is None:
            raise ValidationError(
                f"“{text[:40]}” is neither a US ZIP code nor a neighbourhood that is known here."
            )
        return found


class PlaceFilter(django_filters.Filter):
    field_class = PlaceField


class ContractorFilter(django_filters.FilterSet):
    """The list's filter. Whoever is in the network now, unless ``status`` says otherwise."""

    q = django_filters.CharFilter(method="by_text", label="Search")
    status = django_filters.ChoiceFilter(
        method="by_status", choices=STATUSES, label="Status", empty_label="In the network"
    )
    trade = django_filters.MultipleChoiceFilter(
        method="by_trade", choices=[], label="Trade", widget=forms.CheckboxSelectMultiple
    )
    area = PlaceFilter(method="by_area", label="Works in")
    near = PlaceFilter(method="by_near", label="Based near")
    within = django_filters.NumberFilter(
        method="by_within", label="Within", min_value=1, max_value=200
    )
    cleared = django_filters.ChoiceFilter(
        method="by_clearance", choices=CLEARED, label="Clearance", empty_label="Any"
    )
    ends = django_filters.NumberFilter(
        method="by_end", label="Papers end within", min_value=0, max_value=366
    )
    rating = django_filters.ChoiceFilter(
        method="by_rating", choices=RATINGS, label="Rating", empty_label="Any"
    )
    load = django_filters.ChoiceFilter(
        method="by_load", choices=LOADS, label="Next 7 days", empty_label="Any"
    )
    idle = django_filters.BooleanFilter(
        method="by_idle", label="Not asked lately", widget=forms.CheckboxInput
    )
    sort = django_filters.ChoiceFilter(
        method="by_sort", choices=SORTS, label="Order", empty_label="Name"
    )

    class Meta:
        model = Contractor
        fields: list[str] = []

    def __init__(self, data: QueryDict, *, branch: Branch, at: datetime) -> None:
        super().__init__(data, queryset=Contractor.objects.for_branch(branch))
        self.branch = branch
        self.at = at
        self.today = at.astimezone(branch.zone).date()
        trades = sorted(
            set(ServiceType.objects.filter(branch=branch).values_list("trade", flat=True))
        )
        self.filters["trade"].extra["choices"] = [(trade, trade_name(trade)) for trade in trades]

    def filter_queryset(self, queryset: QuerySet[Contractor]) -> QuerySet[Contractor]:
        chosen = self.form.cleaned_data
        queryset = super().filter_queryset(queryset)
        if not chosen.get("status"):
            queryset = queryset.filter(status__in=["active", "paused", "suspended"])
        if chosen.get("load"):
            # The last of the filters, so that only those are counted who are left.
            wanted = chosen["load"]
            ids = list(queryset.values_list("pk", flat=True))
            loads = read_loads(self.branch, at=self.at, contractor_ids=ids)
            kept = [pk for pk in ids if (loads[pk].kind if pk in loads else "none") == wanted]
            queryset = queryset.filter(pk__in=kept)
        return queryset

    def ordered_ids(self) -> list[int]:
        """Everybody of the filter in the chosen order; one query (two when by load)."""
        sort = self.form.cleaned_data.get("sort") if self.form.is_valid() else ""
        order = [*_ORDERS.get(sort or "", []), "name", "pk"]
        ids = list(self.qs.order_by(*order).values_list("pk", flat=True))
        if sort == "load":
            loads = read_loads(self.branch, at=self.at, contractor_ids=ids)
            ids.sort(key=lambda pk: -(loads[pk].share if pk in loads else -1.0))
        return ids

    # -- one filter each -------------------------------------------------------------------------

    def by_text(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        value = value.replace("\0", "").strip()
        technician = Technician.objects.filter(
            contractor=OuterRef("pk"), active=True, name__icontains=value
        )
        skill = TechnicianSkill.objects.filter(
            contractor=OuterRef("pk"), skill__name__icontains=value
        )
        return queryset.filter(
            Q(name__icontains=value)
            | Q(email__icontains=value)
            | Q(phone__icontains=value)
            | Q(external_ref=value)
            | Exists(technician)
            | Exists(skill)
        )

    def by_status(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        paused = Q(status="paused") | Q(status="active", paused_until__gt=self.at)
        if value == "all":
            return queryset
        if value == "paused":
            return queryset.filter(paused)
        if value == "active":
            return queryset.filter(status="active").exclude(paused_until__gt=self.at)
        return queryset.filter(status=value)

    def by_trade(self, queryset: QuerySet[Any], name: str, value: list[str]) -> QuerySet[Any]:
        if not value:
            return queryset
        skills = ServiceTypeSkill.objects.filter(
            service_type__branch=self.branch, service_type__trade__in=value
        ).values("skill_id")
        has = TechnicianSkill.objects.filter(contractor=OuterRef("pk"), skill_id__in=skills)
        return queryset.filter(Exists(has))

    def by_area(self, queryset: QuerySet[Any], name: str, value: Place) -> QuerySet[Any]:
        covering = TerritoryCell.objects.filter(
            branch=self.branch, cell__in=cell_and_ancestors(value.cell)
        )
        return queryset.filter(pk__in=covering.values("contractor_id"))

    def by_near(self, queryset: QuerySet[Any], name: str, value: Place) -> QuerySet[Any]:
        unit = self.branch.distance_unit
        km = float(self.form.cleaned_data.get("within") or 10) * KM_PER.get(unit, 1.0)
        east = KM_PER_DEGREE * cos(radians(value.latitude))
        x = (F("base_longitude") - value.longitude) * east
        y = (F("base_latitude") - value.latitude) * KM_PER_DEGREE
        # Flat kilometres around the place are exact enough over so short a way.
        square = ExpressionWrapper(x * x + y * y, output_field=FloatField())
        return queryset.alias(away_squared=square).filter(away_squared__lte=km * km)

    def by_within(self, queryset: QuerySet[Any], name: str, value: Any) -> QuerySet[Any]:
        return queryset  # read by by_near

    def by_clearance(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        cleared = Q(cleared_until__gte=self.today)
        if value == "by_hand":
            return queryset.filter(clearance_override_until__isnull=False)
        return queryset.filter(cleared) if value == "yes" else queryset.exclude(cleared)

    def by_end(self, queryset: QuerySet[Any], name: str, value: Any) -> QuerySet[Any]:
        last = self.today + timedelta(days=int(value))
        return queryset.filter(cleared_until__gte=self.today, cleared_until__lte=last)

    def by_rating(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        if value == "none":
            return queryset.filter(
                Q(scorecard__isnull=True) | Q(scorecard__rating_average__isnull=True)
            )
        if value == "low":
            return queryset.filter(scorecard__rating_average__lt=4)
        return queryset.filter(scorecard__rating_average__gte=float(value))

    def by_load(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset  # the last of all, in filter_queryset

    def by_idle(self, queryset: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        if not value:
            return queryset
        asked = Offer.objects.filter(
            contractor=OuterRef("pk"), made_at__gt=self.at - timedelta(days=IDLE_DAYS)
        )
        return queryset.filter(~Exists(asked))

    def by_sort(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset  # read by ordered_ids


#: Names that choose contractors; ``sort`` and ``page`` only say how they are shown.
CHOOSING = [name for name in ContractorFilter.base_filters if name != "sort"]
NAMES = [*CHOOSING, "sort"]


def address_of(data: QueryDict, **changes: Any) -> str:
    """The query string of the filter, with some values changed (None: left out)."""
    kept = [
        (name, value)
        for name, values in data.lists()
        for value in values
        if name in NAMES and name not in changes and value != ""
    ]
    kept += [(name, value) for name, value in changes.items() if value is not None]
    return "?" + urlencode(kept)
