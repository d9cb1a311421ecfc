"""The small forms behind the dispatcher's actions on one job."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone

from jobs.models import Job
from jobs.states import (
    CONTRACTOR_RELEASE_REASONS,
    CancelBy,
    CancelReason,
    DeclineReason,
    JobStatus,
    VisitResult,
)
from network import display
from network.models import Contractor, Technician
from ranking.models import OverrideReason


class SiteMomentField(forms.DateTimeField):
    """A local date and time at the job's site; gives an aware instant."""

    def __init__(self, *, job: Job, **kwargs: Any) -> None:
        self.zone = display.zone(job.time_zone)
        low, high = (
            display.in_zone(at, job.time_zone) for at in (job.window_start, job.window_end)
        )
        widget = forms.DateTimeInput(
            format="%Y-%m-%dT%H:%M",
            attrs={
                "type": "datetime-local",
                "min": f"{low:%Y-%m-%dT%H:%M}",
                "max": f"{high:%Y-%m-%dT%H:%M}",
            },
        )
        super().__init__(widget=widget, **kwargs)

    def to_python(self, value: Any) -> datetime | None:
        with timezone.override(self.zone):
            return super().to_python(value)

    def prepare_value(self, value: Any) -> Any:
        with timezone.override(self.zone):
            return super().prepare_value(value)


def _note(label: str = "Note", help_text: str = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        max_length=500,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class WhyForm(forms.Form):
    """Why this one, and not whoever the ranking puts first: the ranking learns from it."""

    contractor = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.ChoiceField(
        choices=[("", "Choose"), *OverrideReason.choices],
        error_messages={"required": "Say why; the ranking learns from it."},
    )
    note = _note()

    def __init__(self, *args: Any, first: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = f"Why not {first} first?"


class AssignForm(forms.Form):
    """Give the job to somebody who has agreed outside the cascade.

    With ``first``, the name of whoever is passed over, it asks why.
    """

    contractor = forms.ModelChoiceField(queryset=Contractor.objects.none())
    technician = forms.ModelChoiceField(
        queryset=Technician.objects.none(), required=False, empty_label="The best one who is free"
    )
    note = _note()

    def __init__(
        self,
        *args: Any,
        job: Job,
        choices: list[tuple[str, list[tuple[int, str]]]],
        contractor_id: int | None,
        first: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        if first:
            self.fields["reason"] = WhyForm(first=first).fields["reason"]
        of_branch = Contractor.objects.filter(branch=job.branch, status="active")
        contractor: Any = self.fields["contractor"]
        contractor.queryset = of_branch
        contractor.choices = [("", "Choose a contractor"), *choices]
        technicians = Technician.objects.filter(branch=job.branch, active=True).order_by("name")
        if contractor_id is not None:
            technicians = technicians.filter(contractor_id=contractor_id)
            if technicians.count() < 2:
                del self.fields["technician"]
            else:
                chosen: Any = self.fields["technician"]
                chosen.queryset = technicians
        else:
            del self.fields["technician"]
        self.fields["starts_at"] = SiteMomentField(
            job=job,
            required=False,
            label="Start",
            help_text="Empty: the earliest that fits. "
            + display.window_long(job.window_start, job.window_end, job.time_zone),
        )
        self.order_fields(["contractor", "technician", "reason", "starts_at", "note"])


class PhoneAnswerForm(forms.Form):
    """What the contractor said on the phone."""

    offer = forms.UUIDField(widget=forms.HiddenInput)
    answer = forms.ChoiceField(
        choices=[("yes", "Yes, takes it"), ("no", "No")], widget=forms.RadioSelect
    )
    reason = forms.ChoiceField(
        choices=[("", "Only with a no"), *DeclineReason.choices], required=False
    )
    note = _note()

    def __init__(self, *args: Any, job: Job, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["starts_at"] = SiteMomentField(
            job=job, required=False, label="Start", help_text="Empty: as planned."
        )
        self.order_fields(["offer", "answer", "reason", "starts_at", "note"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("answer") == "no" and not cleaned.get("reason"):
            self.add_error("reason", "Choose why the answer is no.")
        return cleaned


class VisitStepForm(forms.Form):
    """What the contractor reports about the visit, recorded by the dispatcher."""

    booking = forms.UUIDField(widget=forms.HiddenInput)
    step = forms.ChoiceField(label="What happened", widget=forms.RadioSelect)
    result = forms.ChoiceField(
        choices=[("", "Only when the visit is over"), *VisitResult.choices], required=False
    )
    note = _note()

    def __init__(self, *args: Any, job: Job, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        steps = [("done", "The visit is over")]
        if job.status != JobStatus.ON_SITE:
            steps = [("eta", "Will arrive at"), ("arrived", "Has arrived")]
            if job.status == JobStatus.BOOKED:
                steps.insert(1, ("en_route", "Is on the way"))
            del self.fields["result"]
            del self.fields["note"]
            self.fields["eta"] = SiteMomentField(
                job=job,
                required=False,
                label="Expected arrival",
                help_text="In the promised window.",
            )
        step: Any = self.fields["step"]
        step.choices = steps
        if len(steps) == 1:
            step.initial = "done"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("step") == "eta" and not cleaned.get("eta") and "eta" not in self.errors:
            self.add_error("eta", "Give the expected time of arrival.")
        if cleaned.get("step") == "done" and not cleaned.get("result"):
            self.add_error("result", "Choose how the visit ended.")
        return cleaned


class ReleaseForm(forms.Form):
    """The contractor gives the visit back by phone."""

    booking = forms.UUIDField(widget=forms.HiddenInput)
    reason = forms.ChoiceField(
        choices=[("", "Choose a reason"), *((r.value, r.label) for r in CONTRACTOR_RELEASE_REASONS)]
    )
    note = _note()


class RebookForm(forms.Form):
    """Take the visit from its contractor and search again, for the same promise."""

    note = _note(help_text="Kept in the history.")


class CancelForm(forms.Form):
    """Cancel the job."""

    by = forms.ChoiceField(label="Who cancels", choices=CancelBy.choices, widget=forms.RadioSelect)
    reason = forms.ChoiceField(choices=[("", "Choose a reason"), *CancelReason.choices])
    note = _note()


class SettleForm(forms.Form):
    """Close a question with a word about what was done."""

    resolution = forms.CharField(
        label="What was done",
        max_length=200,
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}),
    )
