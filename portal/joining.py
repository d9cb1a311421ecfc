"""The wizard's bookkeeping: whose application, which step, and what was typed but not yet saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import HttpRequest, QueryDict

from network.models import Application, ApplicationState, ContractorUser, User
from network.services.applications import MEND, STEPS, save_step, what_is_missing
from network.services.businesses import SAYS_FIRM
from portal.access import SESSION_CONTRACTOR, Acting
from portal.sections import Section, SectionRefused, sections_of_step

TYPED = "typed"
"""Key of ``Application.data``: by step, what was sent and could not be saved, to be shown again."""
MOST_TYPED = 40_000
"""Characters kept of one step; beyond that only a program would be typing."""
NOT_TYPED = {"csrfmiddlewaretoken", "go", "act"}

STEP_NAMES = {
    1: ("Your business", "your business"),
    2: ("What you do", "what you do"),
    3: ("Where you work", "where you work"),
    4: ("When you work", "when you work"),
    5: ("Papers and pay", "papers and pay"),
}


@dataclass(frozen=True, slots=True)
class StepMark:
    """One mark of the bar above the wizard."""

    number: int
    name: str
    state: str
    """``done``, ``here``, ``open`` (reached before) or ``ahead``."""


class Applicant:
    """A user with the application they work on."""

    def __init__(self, acting: Acting, application: Application) -> None:
        self.acting = acting
        self.application = application
        acting.contractor = application.contractor
        if application.data.get(SAYS_FIRM):
            # Said in step 1; the people's names come in step 2.
            acting.is_firm = True

    @property
    def is_editable(self) -> bool:
        return self.application.state in (ApplicationState.DRAFT, ApplicationState.SENT_BACK)

    @property
    def is_sent_back(self) -> bool:
        return bool(self.application.state == ApplicationState.SENT_BACK)

    @property
    def reached(self) -> int:
        """The furthest step that may be opened; after sending back, every one."""
        return STEPS if self.is_sent_back else min(self.application.step, STEPS)

    @property
    def to_mend(self) -> list[int]:
        """The steps that the office has named."""
        return [int(step) for step in self.application.data.get(MEND, []) if 1 <= step <= STEPS]

    @property
    def goes_on_at(self) -> int:
        """The step to open when the applicant comes back."""
        return self.to_mend[0] if self.is_sent_back and self.to_mend else self.reached

    def missing(self) -> list[tuple[int, str]]:
        return what_is_missing(contractor_id=self.application.contractor_id)

    def sections(
        self, step: int, *, now: datetime, data: Any = None, files: Any = None
    ) -> list[Section]:
        return [
            section(self.acting, now=now, data=data, files=files, in_wizard=True)
            for section in sections_of_step(step, self.acting)
        ]

    # -- what was typed ----------------------------------------------------------------------

    def typed(self, step: int) -> QueryDict | None:
        """What was sent and could not be saved, as a form's data."""
        kept = self.application.data.get(TYPED, {}).get(str(step))
        if not kept:
            return None
        data = QueryDict(mutable=True)
        for name, values in kept.items():
            data.setlist(name, values)
        return data

    def save(self, sections: Sequence[Section], step: int) -> bool:
        """Save a step's sections together, or none of them. True: all are saved.

        Files of a section that was saved before another refused are deleted again.
        """
        saved = False
        try:
            saved = self._save(sections, step)
        finally:
            if not saved:
                for section in sections:
                    section.forget_files()
        return saved

    def _save(self, sections: Sequence[Section], step: int) -> bool:
        with transaction.atomic():
            valid = [section.is_valid() for section in sections]
            if not all(valid):
                return False
            try:
                for section in sections:
                    section.save()
            except SectionRefused:
                transaction.set_rollback(True)
                return False
            self._note(max(self.application.step, min(step + 1, STEPS)), step, None)
        return True

    def keep(self, step: int, data: QueryDict) -> None:
        """Keep what was typed in a step that cannot be saved as it is."""
        typed = {
            name: values
            for name, values in data.lists()
            if name not in NOT_TYPED and any(value.strip() for value in values)
        }
        if sum(len(value) for values in typed.values() for value in values) <= MOST_TYPED:
            self._note(self.application.step, step, typed)

    def _note(self, reached: int, step: int, typed: dict[str, list[str]] | None) -> None:
        # Read again: a section may have written there too.
        self.application.refresh_from_db(fields=["data"])
        kept = dict(self.application.data.get(TYPED, {}))
        kept.pop(str(step), None)
        if typed:
            kept[str(step)] = typed
        data: dict[str, Any] = {TYPED: kept}
        if typed is None and step in self.to_mend:
            data[MEND] = [number for number in self.to_mend if number != step]
        self.application = save_step(
            contractor_id=self.application.contractor_id, step=reached, data=data
        )

    def marks(self, here: int) -> list[StepMark]:
        return step_marks(here, self.reached)


def step_marks(here: int, reached: int) -> list[StepMark]:
    """The bar with five marks, standing at ``here``; those up to ``reached`` can be opened."""
    marks = []
    for number, (name, _) in STEP_NAMES.items():
        if number == here:
            state = "here"
        elif number < reached or number < here:
            state = "done"
        else:
            state = "open" if number <= reached else "ahead"
        marks.append(StepMark(number, name, state))
    return marks


def applicant_of(request: HttpRequest, user: User) -> Applicant | None:
    """The application the user works on: the chosen contractor's, else the newest open one.

    A login of one technician only has none.
    """
    links = list(
        ContractorUser.objects.for_user(user)
        .filter(technician__isnull=True, contractor__application__isnull=False)
        .select_related("contractor__application")
        .order_by("-contractor__application__started_at", "-pk")
    )
    if not links:
        return None
    chosen = request.session.get(SESSION_CONTRACTOR)
    open_states = {ApplicationState.DRAFT, ApplicationState.SENT_BACK, ApplicationState.SUBMITTED}
    link = (
        next((link for link in links if link.contractor_id == chosen), None)
        or next((link for link in links if link.contractor.application.state in open_states), None)
        or links[0]
    )
    application = link.contractor.application
    application.contractor = link.contractor
    return Applicant(Acting(user, link, links), application)
