"""Trades, skills and levels, with their certificates; for firms, of each of their people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.http import Http404

from network.errors import NetworkError
from network.models import Application, Document, DocumentState, Technician, TechnicianSkill
from network.models.skill import LEVELS
from network.services.businesses import SAYS_FIRM
from network.services.documents import submit_document
from network.services.skills import set_skills
from network.services.technicians import add_technician, deactivate_technician, first_technician
from portal.sections.base import Section, SectionRefused
from portal.sections.skill_list import trades_of
from portal.sections.uploads import FILE_HELP, TOO_LARGE, file_field
from portal.wording import for_reader

USUAL_LEVEL = 2
LEVEL_NAMES = {1: "Basic", 2: "Skilled", 3: "Expert"}


@dataclass(slots=True)
class Row:
    """One skill of one person, as it is shown: on record, or as it was sent."""

    id: int
    name: str
    works: str
    checked: bool
    level: int
    has_name: str
    level_name: str
    certificate: str = ""


class CertificateForm(forms.Form):
    """One certificate; empty as a whole when there is none to send."""

    subject = forms.ChoiceField(
        label="For which skill", required=False, error_messages={"invalid_choice": "Choose one."}
    )
    number = forms.CharField(label="Number on it", max_length=60, required=False)
    expires_on = forms.DateField(
        label="Valid until",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Give a date."},
    )
    # Last, so that everything typed has arrived when a file turns out to be too large.
    file = file_field("Photo or PDF of it")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors:
            return data
        if data.get("file") or data.get("number") or data.get("expires_on"):
            if not data.get("subject"):
                self.add_error("subject", "Choose the skill that this certificate is for.")
            if not data.get("file"):
                self.add_error("file", f"Choose the file. {FILE_HELP}")
        return data


class Skills(Section):
    key = "skills"
    step = 2
    title = "What do you do?"
    lead = "You are asked about work that needs these skills, and about nothing else."
    label = "Skills and certificates"
    icon = "tool"
    template = "portal/sections/skills.html"
    scripts = ("js/uploads.js",)
    sheets = ("css/sections.css",)

    def __init__(self, acting: Any, **rest: Any) -> None:
        super().__init__(acting, **rest)
        self.people: list[Technician] = list(acting.technicians)
        self.trades = trades_of(self.branch.pk)
        self.known = {skill.id: skill.name for trade in self.trades for skill in trade.skills}
        self.recorded = self._recorded()
        self.errors: list[str] = []
        self.name_error = ""
        self.certificate = CertificateForm(
            data=self.data, files=self.files, prefix=f"{self.key}-certificate"
        )
        subject = self.certificate.fields["subject"]
        assert isinstance(subject, forms.ChoiceField)
        subject.choices = self._subjects()

    @classmethod
    def is_for(cls, acting: Any) -> bool:
        return True

    # -- what is shown -----------------------------------------------------------------------

    def context(self) -> dict[str, Any]:
        several = len(self.people) > 1 or self._says_firm()
        return {
            "people": [
                {
                    "id": pk,
                    "name": name,
                    "trades": self._trades(pk),
                    "count": sum(1 for skill in self.known if self._has(pk, skill)),
                    "shown": ",".join(str(skill) for skill in sorted(self._shown(pk))),
                }
                for pk, name in self._who()
            ],
            "several": several,
            "may_add": several and self.in_wizard and self.acting.technician_id is None,
            "levels": [(level, LEVEL_NAMES[level]) for level, _ in LEVELS],
            "certificate": self.certificate,
            "certificates": self._certificates(),
            "errors": self.errors,
            "new_name": self.data.get("skills-new-name", "") if self.data else "",
            "name_error": self.name_error,
        }

    def summary(self) -> str:
        names = sorted(
            {
                self.known[skill]
                for rows in self.recorded.values()
                for skill in rows
                if skill in self.known
            }
        )
        if len(names) > 3:
            return f"{', '.join(names[:3])} and {len(names) - 3} more"
        return ", ".join(names)

    def _who(self) -> list[tuple[int, str]]:
        """People by id; 0 stands for the first one, who has no row yet."""
        if self.people:
            return [(person.pk, person.name) for person in self.people]
        return [(0, self.user.name or self.contractor.name)]

    def _sent(self) -> list[tuple[int, str]]:
        """Those whose skills were in the form; somebody added since is left as they are."""
        assert self.data is not None
        return [who for who in self._who() if f"{self.key}-{who[0]}-shown" in self.data]

    def _trades(self, person: int) -> list[dict[str, Any]]:
        shown = []
        for trade in self.trades:
            rows = [
                Row(
                    id=skill.id,
                    name=skill.name,
                    works=skill.works_text,
                    checked=self._has(person, skill.id),
                    level=self._level(person, skill.id),
                    has_name=self._name(person, "has", skill.id),
                    level_name=self._name(person, "level", skill.id),
                    certificate=self._certificate_text(person, skill.id),
                )
                for skill in trade.skills
            ]
            count = sum(1 for row in rows if row.checked)
            shown.append({"name": trade.name, "rows": rows, "count": count})
        return shown

    def _name(self, person: int, part: str, skill: int) -> str:
        return f"{self.key}-{person}-{part}-{skill}"

    def _has(self, person: int, skill: int) -> bool:
        if self.data is not None:
            return bool(self.data.get(self._name(person, "has", skill)))
        return skill in self.recorded.get(person, {})

    def _shown(self, person: int) -> set[int]:
        """The skills on record when the form was made: only these can have been taken away."""
        if self.data is None:
            return set(self.recorded.get(person, {}))
        sent = str(self.data.get(f"{self.key}-{person}-shown", ""))
        return {int(part) for part in sent.split(",") if part.isdigit()}

    def _levels(self, person: int) -> dict[int, int]:
        """What the person shall have: as sent, and what came on record since the form was made."""
        kept = {
            skill: row.level
            for skill, row in self.recorded.get(person, {}).items()
            if skill not in self._shown(person)
        }
        sent = {
            skill: self._level(person, skill) for skill in self.known if self._has(person, skill)
        }
        return kept | sent

    def _level(self, person: int, skill: int) -> int:
        if self.data is not None:
            sent = str(self.data.get(self._name(person, "level", skill), ""))
            return int(sent) if sent in ("1", "2", "3") else USUAL_LEVEL
        row = self.recorded.get(person, {}).get(skill)
        return USUAL_LEVEL if row is None else row.level

    def _recorded(self) -> dict[int, dict[int, TechnicianSkill]]:
        found: dict[int, dict[int, TechnicianSkill]] = {}
        for row in TechnicianSkill.objects.filter(technician__in=self.people):
            found.setdefault(row.technician_id, {})[row.skill_id] = row
        return found

    def _certificate_text(self, person: int, skill: int) -> str:
        row = self.recorded.get(person, {}).get(skill)
        if row is None or not (row.certificate_number or row.expires_on):
            return ""
        parts = [f"certificate {row.certificate_number}".strip()]
        if row.expires_on:
            ended = row.expires_on < self.now.astimezone(self.branch.zone).date()
            parts.append(f"{'ended' if ended else 'until'} {_day(row.expires_on)}")
        return " ".join(parts)

    def _subjects(self) -> list[tuple[str, Any]]:
        """Skills to send a certificate for; for firms under each name."""
        groups: list[tuple[str, Any]] = [("", "Choose a skill")]
        for pk, name in self._who():
            options = [
                (f"{pk}:{skill}", self.known[skill])
                for skill in sorted(self.known, key=lambda skill: self.known[skill])
                if self._has(pk, skill) or len(self._who()) == 1
            ]
            if len(self._who()) == 1:
                groups += options
            elif options:
                groups.append((name, options))
        return groups

    def _certificates(self) -> list[Document]:
        """The newest of each certificate that was sent and has not been replaced."""
        newest: dict[tuple[int, int], Document] = {}
        documents = (
            Document.objects.filter(technician__in=self.people, skill__isnull=False)
            .exclude(state=DocumentState.REPLACED)
            .select_related("skill", "technician")
            .order_by("-submitted_at", "-id")
        )
        for document in documents:
            assert document.technician_id is not None
            assert document.skill_id is not None
            newest.setdefault((document.technician_id, document.skill_id), document)
        return list(newest.values())

    def _says_firm(self) -> bool:
        if not self.in_wizard:
            return False
        application = Application.objects.filter(contractor=self.contractor).first()
        return bool(application is not None and application.data.get(SAYS_FIRM))

    # -- what is sent ------------------------------------------------------------------------

    def is_valid(self) -> bool:
        self.certificate.is_valid()
        if self.too_large:
            self.certificate.add_error("file", TOO_LARGE)
        if self.in_wizard and not any(
            self._has(pk, skill) for pk, _ in self._who() for skill in self.known
        ):
            self.errors.append("Choose at least one skill.")
        chosen = self.certificate.cleaned_data.get("subject", "")
        if chosen:
            person, _, skill = chosen.partition(":")
            if not self._has(int(person), int(skill)):
                self.certificate.add_error(
                    "subject", f"Tick {self.known[int(skill)]} above as well, or choose another."
                )
        return not self.errors and not self.certificate.errors

    def save(self) -> None:
        try:
            ids = self._save_skills()
        except NetworkError as error:
            self.errors.append(for_reader(error.detail, is_firm=len(self.people) > 1))
            raise SectionRefused(error.detail) from error
        sent = self.certificate.cleaned_data
        if not sent.get("file"):
            return
        person, _, skill = sent["subject"].partition(":")
        try:
            document = submit_document(
                contractor_id=self.contractor.pk,
                file=sent["file"],
                technician_id=ids[int(person)],
                skill_id=int(skill),
                number=sent["number"],
                expires_on=sent["expires_on"],
                actor_id=self.user.pk,
            )
        except NetworkError as error:
            field = error.field if error.field in self.certificate.fields else "subject"
            self.certificate.add_error(field, error.detail)
            raise SectionRefused(error.detail) from error
        self.kept_files.append(document.file_name)

    def _save_skills(self) -> dict[int, int]:
        """Write everybody's skills; the ids by which the form knew them → those they have."""
        ids = {}
        for pk, name in self._sent():
            if not pk:
                made = first_technician(
                    contractor_id=self.contractor.pk, name=name, actor_id=self.user.pk
                )
                self.acting.__dict__.pop("technicians", None)
            ids[pk] = pk or made.pk
            set_skills(
                contractor_id=self.contractor.pk,
                technician_id=ids[pk],
                levels=self._levels(pk),
                actor_id=self.user.pk,
            )
        return ids

    def act(self, word: str) -> bool:
        """``add-person`` and ``remove-<id>``; what is ticked by then is saved first."""
        verb, _, person = word.partition("-")
        if self.acting.technician_id is not None or verb not in ("add", "remove"):
            raise Http404(f"There is no {self.key}:{word}.")
        assert self.data is not None
        try:
            self._save_skills()
            if verb == "add":
                add_technician(
                    contractor_id=self.contractor.pk,
                    name=str(self.data.get("skills-new-name", "")),
                    actor_id=self.user.pk,
                )
            else:
                if not person.isdigit():
                    raise Http404(f"There is no {self.key}:{word}.")
                deactivate_technician(
                    contractor_id=self.contractor.pk,
                    technician_id=int(person),
                    actor_id=self.user.pk,
                )
        except NetworkError as error:
            if error.field == "name":
                self.name_error = error.detail
            else:
                self.errors.append(error.detail)
            return False
        return True


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"
