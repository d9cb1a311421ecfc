"""The form of a draft: one number from 0 to 100 for each criterion, and a note."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django import forms

from ranking.criteria import REGISTRY, default_weights
from ranking.errors import PolicyError
from ranking.models import RankingPolicy
from ranking.weights import MAX_WEIGHT, clean_weights


def field_name(key: str) -> str:
    return f"weight_{key}"


class PolicyForm(forms.ModelForm):
    """Weights as labelled numbers instead of raw JSON; ``weights`` after cleaning."""

    class Meta:
        model = RankingPolicy
        fields = ["branch", "note"]

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

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        names = {key: field_name(key) for key in REGISTRY}
        if any(name in self.errors for name in names.values()):
            return cleaned
        weights = {key: self.cleaned_data[name] for key, name in names.items()}
        try:
            self.weights = clean_weights(weights)
        except PolicyError as error:
            self.add_error(names.get(error.field), error.detail)
        return cleaned


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


def fingerprint(draft: RankingPolicy, live: RankingPolicy | None) -> str:
    """Changes when the draft's weights or the live revision change."""
    return _digest({"weights": draft.weights, "live": live.pk if live else None})


def _digest(data: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:20]
