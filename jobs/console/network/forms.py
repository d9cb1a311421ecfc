"""The small forms behind the actions on contractors, applications, papers and invitations."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms

from network.models import Branch, Requirement


def _words(label: str, help_text: str, *, most: int, required: bool = True) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        max_length=most,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say why: it is kept, and people ask later."},
    )


def _day(label: str, help_text: str = "", *, required: bool = False) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=required,
        help_text=help_text,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Give a day as 2026-11-24."},
    )


class ReasonForm(forms.Form):
    """Why: kept in the history, and read by the contractor where the label says so."""

    reason = _words("Reason", "", most=500)

    def __init__(self, *args: Any, reader: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if reader:
            self.fields["reason"].label = f"Reason, {reader} will read it"


class SendBackForm(ReasonForm):
    """Why, and which steps of the application are to be mended."""

    steps = forms.MultipleChoiceField(
        label="What to mend",
        required=False,
        choices=[
            ("1", "Business"),
            ("2", "Trades and skills"),
            ("3", "Where"),
            ("4", "When"),
            ("5", "Prices and papers"),
        ],
        widget=forms.CheckboxSelectMultiple,
    )


class ApproveForm(forms.Form):
    """Take an applicant into the network."""

    cleared_until = _day(
        "Cleared until", "Leave it empty and the papers decide, as they are approved and expire."
    )

    def __init__(self, *args: Any, needs_papers: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not needs_papers:
            self.fields[
                "cleared_until"
            ].help_text = "This branch asks for no papers: without a day it is a year from today."


class PauseForm(forms.Form):
    """No new offers until a day's morning."""

    until = _day("Paused until", "Offers begin again on the morning of this day.", required=True)
    reason = _words("Reason", "Kept in the history; the contractor reads it.", most=500)

    def __init__(self, *args: Any, branch: Branch, at: datetime, **kwargs: Any) -> None:
        self.branch = branch
        today = at.astimezone(branch.zone).date()
        super().__init__(*args, **kwargs)
        self.initial.setdefault("until", today + timedelta(days=7))
        self.fields["until"].widget.attrs["min"] = (today + timedelta(days=1)).isoformat()

    def clean_until(self) -> datetime:
        """The branch-local midnight at which the day begins."""
        return datetime.combine(self.cleaned_data["until"], time(), self.branch.zone)


class ClearanceForm(forms.Form):
    """Until when somebody is cleared, whatever the papers say."""

    until = _day("Cleared until", "Through the end of this day.", required=True)
    note = _words("Why", "Stays visible on the page.", most=300)
    seen = forms.CharField(required=False, widget=forms.HiddenInput)


class NoteForm(forms.Form):
    """A note of staff for staff."""

    text = forms.CharField(
        label="New note",
        max_length=4000,
        help_text="Only staff reads it. It stays as it is: a correction is another note.",
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Write the note first."},
    )


class PaperApproveForm(forms.Form):
    """Let a paper count."""

    expires_on = _day("Counts through", "As printed on the paper; empty for one without an end.")


class AskPaperForm(forms.Form):
    """Ask for a paper."""

    requirement = forms.ModelChoiceField(
        label="Paper",
        queryset=Requirement.objects.none(),
        empty_label="Choose a paper",
        error_messages={"required": "Choose a paper."},
    )
    due_on = _day("Wanted by")
    note = _words("Note", "The contractor reads it.", most=500, required=False)

    def __init__(self, *args: Any, branch: Branch, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice: Any = self.fields["requirement"]
        choice.queryset = Requirement.objects.for_branch(branch).order_by("name")


class MessageForm(forms.Form):
    """A message in free words."""

    subject = forms.CharField(
        max_length=120, error_messages={"required": "Give the message a subject."}
    )
    text = forms.CharField(
        label="Message",
        max_length=4000,
        help_text="“Hello …” and the branch's name are added.",
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": "Write the message."},
    )


class InviteForm(forms.Form):
    """Addresses as they come out of a list: one a line, a name beside each where there is one."""

    addresses = forms.CharField(
        label="E-mail addresses",
        max_length=40_000,
        help_text="One a line; a name may stand beside it, as in “ada@pipe.example, Ada Pipe”.",
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": "Paste at least one address."},
    )


def until_words(until: datetime, branch: Branch) -> str:
    """``Wed 2 Dec``."""
    day: date = until.astimezone(branch.zone).date()
    return f"{day:%a} {day.day} {day:%b}"
