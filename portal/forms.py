"""The portal's forms. What is missing is said beside the field; what was typed stays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django import forms

from jobs.states import CONTRACTOR_RELEASE_REASONS, Because, DeclineReason, VisitResult
from network import display
from network.models import Technician

NOTE_LENGTH = 500


class NoteForm(forms.Form):
    """A reason or result to choose, and a few words."""

    note = forms.CharField(max_length=NOTE_LENGTH, required=False, strip=True)


class DeclineForm(NoteForm):
    reason = forms.ChoiceField(
        choices=DeclineReason.choices,
        error_messages={"required": "Choose a reason.", "invalid_choice": "Choose a reason."},
    )


class ReleaseForm(NoteForm):
    reason = forms.ChoiceField(
        choices=[(str(reason), reason.label) for reason in CONTRACTOR_RELEASE_REASONS],
        error_messages={"required": "Choose a reason.", "invalid_choice": "Choose a reason."},
    )


class ResultForm(NoteForm):
    """How a visit ended. A second visit needs to know what is missing."""

    result = forms.ChoiceField(
        choices=VisitResult.choices,
        error_messages={
            "required": "Choose how it ended.",
            "invalid_choice": "Choose how it ended.",
        },
    )

    because = forms.ChoiceField(
        choices=[("", ""), *Because.choices],
        required=False,
        error_messages={"invalid_choice": "Choose why another visit is needed."},
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("result") != VisitResult.NEEDS_ANOTHER_VISIT:
            data["because"] = ""
            return data
        if not data.get("note"):
            self.add_error("note", "Say what is missing: a part, a second person, more time.")
        if not data.get("because") and "because" not in self.errors:
            self.add_error("because", "Choose why another visit is needed.")
        return data


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time off, aware."""

    start: datetime
    end: datetime


class TimeOffForm(forms.Form):
    """Time off by one tap (rest of today, today, tomorrow) or by days and hours of the branch."""

    REST, TODAY, TOMORROW, RANGE = "rest", "today", "tomorrow", "range"

    when = forms.ChoiceField(
        choices=[(value, value) for value in (REST, TODAY, TOMORROW, RANGE)],
        error_messages={"required": "Choose when.", "invalid_choice": "Choose when."},
    )
    technician = forms.ModelChoiceField(
        queryset=Technician.objects.none(),
        required=False,
        empty_label=None,
        error_messages={"invalid_choice": "Choose who is away."},
    )
    first_day = forms.DateField(required=False, error_messages={"invalid": "Give a date."})
    last_day = forms.DateField(required=False, error_messages={"invalid": "Give a date."})
    from_time = forms.TimeField(required=False, error_messages={"invalid": "Give a time."})
    until_time = forms.TimeField(required=False, error_messages={"invalid": "Give a time."})
    note = forms.CharField(max_length=200, required=False)

    def __init__(
        self, *args: Any, technicians: list[Technician], now: datetime, tz: str, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._technicians = technicians
        self._now = now
        self._zone = display.zone(tz)
        field = self.fields["technician"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Technician.objects.filter(pk__in=[person.pk for person in technicians])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "technician" not in self.errors and not data.get("technician"):
            if len(self._technicians) == 1:
                data["technician"] = self._technicians[0]
            else:
                self.add_error("technician", "Choose who is away.")
        if data.get("when") == self.RANGE and not self.errors:
            if not data.get("first_day"):
                self.add_error("first_day", "Give the first day.")
            elif data.get("last_day") and data["last_day"] < data["first_day"]:
                self.add_error("last_day", "The last day lies before the first.")
            elif self._ends_before_it_starts(data):
                self.add_error(
                    "until_time",
                    "Time off must end after it starts. Past midnight? Give the next day as the "
                    "last day.",
                )
        return data

    @staticmethod
    def _ends_before_it_starts(data: dict[str, Any]) -> bool:
        is_one_day = (data.get("last_day") or data["first_day"]) == data["first_day"]
        begins, ends = data.get("from_time"), data.get("until_time")
        return bool(is_one_day and begins and ends and ends <= begins)

    @property
    def span(self) -> Span:
        """The stretch that a valid form asks for."""
        data = self.cleaned_data
        today = self._now.astimezone(self._zone).date()
        first = {self.TOMORROW: today + timedelta(days=1), self.RANGE: data["first_day"]}.get(
            data["when"], today
        )
        last = (data["last_day"] or first) if data["when"] == self.RANGE else first
        start = datetime.combine(first, time(0), self._zone)
        end = datetime.combine(last + timedelta(days=1), time(0), self._zone)
        if data["when"] == self.REST:
            start = self._now.replace(second=0, microsecond=0)
        elif data["when"] == self.RANGE:
            if data["from_time"]:
                start = datetime.combine(first, data["from_time"], self._zone)
            if data["until_time"]:
                end = datetime.combine(last, data["until_time"], self._zone)
        return Span(start, end)


class SickForm(forms.Form):
    """Who is sick, and until when; a sole trader is not asked who."""

    DAYS = (("1", "Today"), ("2", "Today and tomorrow"), ("3", "Three days"), ("7", "A week"))

    technician = forms.ModelChoiceField(
        Technician.objects.none(), error_messages={"required": "Say who is sick."}
    )
    days = forms.TypedChoiceField(choices=DAYS, coerce=int, initial="1")

    def __init__(self, data: Any, *, technicians: list[Technician]) -> None:
        if data is not None and len(technicians) == 1 and not data.get("technician"):
            data = {**data.dict(), "technician": technicians[0].pk}
        super().__init__(data)
        field = self.fields["technician"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Technician.objects.filter(pk__in=[person.pk for person in technicians])
