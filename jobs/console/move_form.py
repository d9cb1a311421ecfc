"""The dispatcher's form for moving a job: a window with capacity, or any other one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms

from jobs.console.action_forms import SiteMomentField
from jobs.models import Job

OTHER = "other"


class MoveForm(forms.Form):
    """``cleaned_data["chosen"]`` is the window, aware."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    window = forms.ChoiceField(
        label="Windows in which somebody can come",
        error_messages={"required": "Choose a window.", "invalid_choice": "Choose a window."},
    )
    by = forms.ChoiceField(
        label="Who asks for it",
        choices=[("customer", "The customer"), ("branch", "We do")],
        help_text="A late move by the customer may be paid to the contractor.",
    )
    note = forms.CharField(required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, job: Job, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        window: Any = self.fields["window"]
        window.choices = [*choices, (OTHER, "Another one:")]
        for name, label in (("start", "From"), ("end", "Until")):
            field = SiteMomentField(job=job, required=False, label=label)
            field.widget.attrs.pop("min", None)
            field.widget.attrs.pop("max", None)
            self.fields[name] = field
        self.order_fields(["seen", "window", "start", "end", "by", "note"])

    def clean_seen(self) -> datetime | None:
        try:
            return datetime.fromisoformat(self.cleaned_data["seen"])
        except ValueError:
            return None

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        chosen = data.get("window")
        if chosen == OTHER:
            for name in ("start", "end"):
                if not data.get(name) and name not in self.errors:
                    self.add_error(name, "Give the day and time.")
            data["chosen"] = (data.get("start"), data.get("end"))
        elif chosen:
            start, end = chosen.split("/")
            data["chosen"] = (datetime.fromisoformat(start), datetime.fromisoformat(end))
        return data
