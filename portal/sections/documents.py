"""Papers: what the branch asks for, what became of what was sent, and sending the next one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms

from network.errors import NetworkError
from network.models import (
    Document,
    DocumentRequest,
    DocumentState,
    Requirement,
    ServiceTypeSkill,
    TechnicianSkill,
)
from network.services.documents import submit_document
from portal.sections.base import Section, SectionRefused
from portal.sections.uploads import FILE_HELP, TOO_LARGE, file_field

#: A paper that ends within so many days is shown as a warning: the first reminder's day.
SOON_DAYS = 45


class PaperForm(forms.Form):
    """One paper; empty as a whole when nothing is sent for it."""

    number = forms.CharField(label="Number on it", max_length=60, required=False)
    expires_on = forms.DateField(
        label="Valid until",
        required=False,
        help_text="Empty: it has no end.",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Give a date."},
    )
    file = file_field("Photo or PDF of it")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        typed = data.get("number") or data.get("expires_on")
        if not self.errors and typed and not data.get("file"):
            self.add_error("file", f"Choose the file. {FILE_HELP}")
        return data


@dataclass(slots=True)
class Paper:
    """One thing the branch asks for, with the newest that counts and the newest that was sent."""

    requirement: Requirement
    form: PaperForm
    counts: Document | None
    newest: Document | None
    asked: DocumentRequest | None
    today: date

    @property
    def state(self) -> str:
        """``missing``, ``waiting``, ``rejected``, ``ended``, ``soon`` or ``good``."""
        if self.newest is not None and self.newest.state == DocumentState.SUBMITTED:
            return "waiting"
        if self.newest is not None and self.newest.state == DocumentState.REJECTED:
            return "rejected"
        if self.counts is None:
            return "missing"
        if self.counts.expires_on is None:
            return "good"
        left = (self.counts.expires_on - self.today).days
        return "ended" if left < 0 else "soon" if left <= SOON_DAYS else "good"

    @property
    def days_left(self) -> int | None:
        if self.counts is None or self.counts.expires_on is None:
            return None
        return (self.counts.expires_on - self.today).days

    @property
    def is_needed(self) -> bool:
        """Whether the next step is the contractor's."""
        return self.asked is not None or self.state in ("missing", "rejected", "ended", "soon")

    @property
    def is_open(self) -> bool:
        return bool(self.form.errors) or self.is_needed

    @property
    def scope(self) -> str:
        """Which work needs it; empty for a paper that everybody needs."""
        of = self.requirement.skill or self.requirement.service_type
        return "" if of is None else of.name


class Documents(Section):
    key = "documents"
    step = 5
    title = "Papers"
    lead = "Your branch looks at each of them. Nobody else sees them."
    label = "Papers"
    icon = "certificate"
    template = "portal/sections/documents.html"
    scripts = ("js/uploads.js",)
    sheets = ("css/sections.css",)

    def __init__(self, acting: Any, **rest: Any) -> None:
        super().__init__(acting, **rest)
        self.today = self.now.astimezone(self.branch.zone).date()
        self.papers = self._papers()

    def context(self) -> dict[str, Any]:
        return {
            "papers": self.papers,
            "nothing": not self.papers,
        }

    def summary(self) -> str:
        if not self.papers:
            return "none are asked for"
        counts: dict[str, int] = {}
        for paper in self.papers:
            counts[paper.state] = counts.get(paper.state, 0) + 1
        said = {
            "rejected": "sent back",
            "missing": "missing",
            "ended": "ended",
            "soon": "ending soon",
            "waiting": "being looked at",
            "good": "in order",
        }
        return " · ".join(
            f"{counts[state]} {word}" for state, word in said.items() if state in counts
        )

    def _papers(self) -> list[Paper]:
        """What everybody needs, what the contractor's own work needs, and what staff asked for."""
        skills = set(
            TechnicianSkill.objects.filter(
                contractor=self.contractor, technician__active=True
            ).values_list("skill_id", flat=True)
        )
        services: dict[int, set[int]] = {}
        for service, skill in ServiceTypeSkill.objects.filter(
            service_type__branch=self.branch
        ).values_list("service_type_id", "skill_id"):
            services.setdefault(service, set()).add(skill)
        counts: dict[int, Document] = {}
        newest: dict[int, Document] = {}
        for document in (
            Document.objects.filter(contractor=self.contractor, requirement__isnull=False)
            .exclude(state=DocumentState.REPLACED)
            .order_by("-submitted_at", "-id")
        ):
            assert document.requirement_id is not None
            newest.setdefault(document.requirement_id, document)
            if document.state == DocumentState.APPROVED:
                best = counts.get(document.requirement_id)
                if best is None or _end(document) > _end(best):
                    counts[document.requirement_id] = document
        asked = {
            request.requirement_id: request
            for request in DocumentRequest.objects.open().filter(contractor=self.contractor)
        }
        requirements = (
            Requirement.objects.for_branch(self.branch)
            .filter(active=True)
            .select_related("skill", "service_type")
        )
        papers = []
        for requirement in requirements:
            is_ours = (
                (requirement.skill_id is None and requirement.service_type_id is None)
                or requirement.skill_id in skills
                or (
                    requirement.service_type_id is not None
                    and bool(skills)
                    and services.get(requirement.service_type_id, set()) <= skills
                )
            )
            if not (is_ours or requirement.pk in newest or requirement.pk in asked):
                continue
            papers.append(
                Paper(
                    requirement=requirement,
                    form=PaperForm(
                        data=self.data,
                        files=self.files,
                        prefix=f"{self.key}-{requirement.pk}",
                    ),
                    counts=counts.get(requirement.pk),
                    newest=newest.get(requirement.pk),
                    asked=asked.get(requirement.pk),
                    today=self.today,
                )
            )
        return sorted(papers, key=lambda paper: (not paper.is_needed, paper.requirement.name))

    # -- what is sent ------------------------------------------------------------------------

    def is_valid(self) -> bool:
        wrong = [paper for paper in self.papers if not paper.form.is_valid()]
        if self.too_large and self.papers:
            # What came after the file is lost, so it was the first one whose text is there.
            at_fault = next(
                (
                    paper
                    for paper in reversed(self.papers)
                    if paper.form.has_changed() or paper.form.errors
                ),
                self.papers[0],
            )
            at_fault.form.errors.pop("file", None)
            at_fault.form.add_error("file", TOO_LARGE)
            return False
        return not wrong

    def save(self) -> None:
        for paper in self.papers:
            sent = paper.form.cleaned_data
            if not sent.get("file"):
                continue
            try:
                document = submit_document(
                    contractor_id=self.contractor.pk,
                    file=sent["file"],
                    requirement_id=paper.requirement.pk,
                    number=sent["number"],
                    expires_on=sent["expires_on"],
                    actor_id=self.user.pk,
                )
            except NetworkError as error:
                field = error.field if error.field in paper.form.fields else None
                paper.form.add_error(field, error.detail)
                raise SectionRefused(error.detail) from error
            self.kept_files.append(document.file_name)


def _end(document: Document) -> date:
    return document.expires_on or date.max
