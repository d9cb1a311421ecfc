"""The form of a draft: one number from 0 to 100 for each criterion, and a note."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django import forms

from network import display
from network.models import Branch, Client, ServiceType
from ranking.admin.rule_fields import (
    PARTS,
    SPARE_ROWS,
    RuleRow,
    contractor_names,
    make_fields,
    read_rules,
    rule_field,
)
from ranking.criteria import REGISTRY, default_weights
from ranking.errors import PolicyError
from ranking.fingerprint import fingerprint
from ranking.models import RankingPolicy
from ranking.rules.model import MOST_RULES
from ranking.weights import MAX_WEIGHT, clean_weights


def field_name(key: str) -> str:
    return f"weight_{key}"


class PolicyForm(forms.ModelForm):
    """Weights as labelled numbers instead of raw JSON; ``weights`` after cleaning."""

    class Meta:
        model = RankingPolicy
        fields = ["branch", "service_type", "client", "note"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        current = self.instance.weights if self.instance.pk else default_weights()
        for key, criterion in REGISTRY.items():
            self.fields[field_name(key)] = forms.FloatField(
                label=criterion.label,
                min_value=0,
                max_value=MAX_WEIGHT,
                initial=current.get(key, 0),
                widget=forms.NumberInput(attrs={"step": "any", "data-weight": key}),
            )

        self.rows = max(len(self.instance.rules or []) + SPARE_ROWS, self._rows_sent())
        stored = self.instance.rules or []
        self.fields |= make_fields(stored, self.rows, contractor_names(stored))

    def _rows_sent(self) -> int:
        """As many rows as were posted, so that nothing typed is lost when it comes back."""
        rows = 0
        while rows < MOST_RULES and self.data and rule_field(rows, "kind") in self.data:
            rows += 1
        return rows

    def rule_rows(self) -> list[RuleRow]:
        return [
            RuleRow(number + 1, {part: self[rule_field(number, part)] for part in PARTS})
            for number in range(self.rows)
        ]

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        branch = self.cleaned_data.get("branch") or (
            self.instance.branch if self.instance.pk else None
        )
        self._clean_scope(branch)
        if branch is not None and not any(name.startswith("rule_") for name in self.errors):
            try:
                self.rules = read_rules(self.cleaned_data, self.rows, branch.pk)
            except PolicyError as error:
                self.add_error(None, error.detail)
        names = {key: field_name(key) for key in REGISTRY}
        if any(name in self.errors for name in names.values()):
            return cleaned
        weights = {key: self.cleaned_data[name] for key, name in names.items()}
        try:
            self.weights = clean_weights(weights)
        except PolicyError as error:
            self.add_error(names.get(error.field), error.detail)
        return cleaned

    def _clean_scope(self, branch: Branch | None) -> None:
        for name in ("service_type", "client"):
            chosen = self.cleaned_data.get(name)
            if branch is not None and chosen is not None and chosen.branch_id != branch.pk:
                self.add_error(name, f"Choose one of {branch.name}.")


class WhichForm(forms.Form):
    """Which policy would apply to a job of this kind, for this client?"""

    kind = forms.ModelChoiceField(
        ServiceType.objects.none(), required=False, label="Kind of work", empty_label="any other"
    )
    payer = forms.ModelChoiceField(
        Client.objects.none(), required=False, label="Client", empty_label="no client, or another"
    )

    def __init__(self, *args: Any, branch_id: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, model in (("kind", ServiceType), ("payer", Client)):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = model.objects.filter(branch_id=branch_id).order_by("name")


def _day(label: str) -> forms.DateField:
    return forms.DateField(
        label=label, required=False, widget=forms.DateInput(attrs={"type": "date"})
    )


class ReplayForm(forms.Form):
    """The period to replay, and whether only one trade.

    Two dates, both included, go before the number of days; ``period()`` gives what was chosen.
    """

    days = forms.TypedChoiceField(
        label="Period",
        coerce=int,
        initial=30,
        choices=[
            (7, "Last 7 days"),
            (30, "Last 30 days"),
            (90, "Last 90 days"),
            (365, "Last year"),
        ],
    )
    since = _day("or from")
    until = _day("to, included")
    trade = forms.ChoiceField(label="Trade", required=False)

    def __init__(self, *args: Any, branch: Branch, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.branch = branch
        trades = ServiceType.objects.filter(branch=branch).values_list("trade", flat=True)
        field = self.fields["trade"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            ("", "Every trade"),
            *((trade, trade.replace("-", " ").capitalize()) for trade in sorted(set(trades))),
        ]

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        for name, other in (("since", until), ("until", since)):
            if other and not self.cleaned_data.get(name) and name not in self.errors:
                self.add_error(name, "Give both days, or neither.")
        if since and until and until < since:
            self.add_error("until", "It ends before it starts.")
        return cleaned

    def period(self, now: datetime) -> tuple[datetime, datetime]:
        """First moment and the one after the last, the days by the branch's clock."""
        since, until = self.cleaned_data["since"], self.cleaned_data["until"]
        if since and until:
            zone = display.zone(self.branch.time_zone)
            start = datetime.combine(since, time(), zone)
            end = datetime.combine(until + timedelta(days=1), time(), zone)
            return start, min(end, max(now, start))
        return now - timedelta(days=self.cleaned_data["days"]), now


class PublishForm(forms.Form):
    """Publishing asks for the reason, and for exactly what was on the screen."""

    note = forms.CharField(
        label="What changes, and why",
        max_length=300,
        error_messages={
            "required": "Say in a few words what changes and why; the history keeps it."
        },
        widget=forms.TextInput(attrs={"size": 60, "class": "vTextField"}),
    )
    seen = forms.CharField(widget=forms.HiddenInput)
    replay = forms.IntegerField(widget=forms.HiddenInput, required=False)


def looked_at(draft: RankingPolicy, live: RankingPolicy | None) -> str:
    """Changes when the draft's weights or rules, or the live revision, change."""
    return f"{fingerprint(draft)}{live.pk if live else 0}"
