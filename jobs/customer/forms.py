"""The customer's forms. What is missing is said beside the field; what was typed stays."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms

from jobs.services.customer_notes import LONGEST_TEXT
from jobs.services.ratings import LONGEST_WORDS
from jobs.states import CancelReason

#: What a customer is asked; the other reasons are the office's.
REASONS = [
    CancelReason.NO_LONGER_NEEDED,
    CancelReason.FOUND_ANOTHER,
    CancelReason.PRICE,
    CancelReason.BOOKED_BY_MISTAKE,
    CancelReason.OTHER,
]


def window_value(start: datetime, end: datetime) -> str:
    """A window as the value of a choice."""
    return f"{start.isoformat()}/{end.isoformat()}"


class MoveForm(forms.Form):
    """A window to choose; ``seen`` is the start of the one on the page."""

    window = forms.CharField(error_messages={"required": "Choose a time."})
    seen = forms.CharField(required=False)
    note = forms.CharField(max_length=500, required=False)

    def clean_window(self) -> tuple[datetime, datetime]:
        start, _, end = self.cleaned_data["window"].partition("/")
        try:
            found = (datetime.fromisoformat(start), datetime.fromisoformat(end))
        except ValueError as error:
            raise forms.ValidationError("Choose one of the times shown.") from error
        if found[0].tzinfo is None or found[1].tzinfo is None:
            raise forms.ValidationError("Choose one of the times shown.")
        return found

    def clean_seen(self) -> datetime | None:
        try:
            found = datetime.fromisoformat(self.cleaned_data["seen"])
        except ValueError:
            return None
        return found if found.tzinfo is not None else None


class CancelForm(forms.Form):
    """Why, and a few words."""

    reason = forms.ChoiceField(
        choices=[(str(reason), reason.label) for reason in REASONS],
        error_messages={"required": "Choose why.", "invalid_choice": "Choose why."},
    )
    note = forms.CharField(max_length=500, required=False)


class NoteForm(forms.Form):
    """Words for whoever comes, a picture, or both."""

    text = forms.CharField(
        max_length=LONGEST_TEXT,
        required=False,
        error_messages={"max_length": f"Please keep it under {LONGEST_TEXT:,} characters."},
    )
    file = forms.FileField(
        required=False,
        error_messages={"empty": "The picture is empty. Take or save it anew."},
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors and not data.get("text") and not data.get("file"):
            self.add_error("text", "Write a few words, or choose a picture.")
        return data


class RateForm(forms.Form):
    """One to five stars and a word."""

    stars = forms.TypedChoiceField(
        choices=[(n, str(n)) for n in range(1, 6)],
        coerce=int,
        error_messages={
            "required": "Choose one to five stars.",
            "invalid_choice": "Choose one to five stars.",
        },
    )
    words = forms.CharField(
        max_length=LONGEST_WORDS,
        required=False,
        error_messages={"max_length": f"Please keep it under {LONGEST_WORDS} characters."},
    )
