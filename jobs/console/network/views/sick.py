"""A technician calls in sick by phone: the time is off, and every visit is kept by somebody."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpResponse

from jobs.console.access import BranchRequest, staff_actor
from jobs.console.acting import Ask
from jobs.console.network.acting import act
from jobs.console.network.views.contractor import place_of
from jobs.console.words import counted
from jobs.services.sick import report_sick
from network.models import Contractor, Technician


class SickForm(forms.Form):
    """Who, and until the end of which day."""

    DAYS = (("1", "Today"), ("2", "Today and tomorrow"), ("3", "Three days"), ("7", "A week"))

    technician = forms.ModelChoiceField(Technician.objects.none(), label="Who", empty_label=None)
    days = forms.TypedChoiceField(label="How long", choices=DAYS, coerce=int, initial="1")

    def __init__(self, data: Any, *, contractor: Contractor) -> None:
        super().__init__(data)
        field = self.fields["technician"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Technician.objects.active().of_contractor(contractor.pk).order_by("name")


def sick(request: BranchRequest, found: Contractor, at: datetime) -> HttpResponse:
    """Take somebody out of work from now on; colleagues first, then other contractors."""

    def perform(cleaned: dict[str, Any]) -> str:
        technician = cleaned["technician"]
        report = report_sick(
            technician_id=technician.pk, days=cleaned["days"], actor=staff_actor(request)
        )
        return (
            f"{technician.name} is sick: {counted(report.swapped, 'visit')} taken over by a "
            f"colleague, {counted(report.released, 'visit')} passed on, "
            f"{counted(report.withdrawn, 'offer')} withdrawn."
        )

    ask = Ask(
        title=f"Somebody of {found.name} is sick",
        button="Take the time off",
        intro="From now on nobody calls them. A free colleague takes over each visit; what none "
        "can do goes to the next contractor, for the same window. Customers hear nothing.",
        danger=True,
    )
    form = SickForm(request.POST or None, contractor=found)
    return act(request, place_of(request, found), ask=ask, form=form, perform=perform)
