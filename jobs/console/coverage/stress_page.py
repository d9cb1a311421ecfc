"""The stress test's page: who drops out, how and when, all of it in the address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.http import QueryDict
from django.urls import NoReverseMatch, reverse

from jobs.console.coverage.stress import BACK_DAYS, LostVisit, Stress, stress_test
from jobs.models import Job
from network.area_names import area_of_cell
from network.display import clock, duration, trade_name
from network.geo import site_cell
from network.models import Branch, Contractor, ServiceType, ServiceTypeSkill, TechnicianSkill

LONGEST_DAYS = 28
#: Firms proposed when nobody is chosen, and matches shown of a search.
PROPOSED = 6
MATCHES = 8
#: Lines of each list at first.
LINES = 25

WHAT = [
    ("lapse", "Their papers lapse"),
    ("suspended", "They are suspended"),
    ("left", "They leave"),
    ("sick", "They are sick or away"),
    ("paused", "They pause: no new work"),
    ("trade", "Every firm of a trade is away"),
    ("area", "Every firm based in an area is away"),
]
# Singular and plural, then what is said of the day.
_SAID = {
    "lapse": ("{who}’s papers lapse", "the papers of {who} lapse", "on"),
    "suspended": ("{who} is suspended", "{who} are suspended", "on"),
    "left": ("{who} leaves", "{who} leave", "on"),
    "sick": ("{who} is away", "{who} are away", "from"),
    "paused": ("{who} pauses", "{who} pause", "from"),
    "trade": ("every {who} firm is away", "every {who} firm is away", "from"),
    "area": ("every firm based in {who} is away", "every firm based in {who} is away", "from"),
}


class StressForm(forms.Form):
    """What is asked. Contractors come beside it, as ``who`` in the address."""

    what = forms.ChoiceField(choices=WHAT, initial="lapse", label="If")
    find = forms.CharField(required=False, max_length=120, label="Contractor")
    trade = forms.ChoiceField(required=False, label="Trade")
    area = forms.CharField(required=False, max_length=80, label="Area")
    start = forms.DateField(label="From", widget=forms.DateInput(attrs={"type": "date"}))
    days = forms.IntegerField(min_value=1, max_value=LONGEST_DAYS, initial=14, label="Days")

    def __init__(self, data: Any, *, trades: list[str], today: date) -> None:
        super().__init__(data)
        self.today = today
        self.fields["trade"].choices = [  # type: ignore[attr-defined]
            ("", "Choose"),
            *((name, trade_name(name)) for name in trades),
        ]

    def clean_start(self) -> date:
        start: date = self.cleaned_data["start"]
        if start < self.today:
            raise ValidationError("That day has passed; choose today or a later one.")
        if start > self.today + timedelta(days=366):
            raise ValidationError("Choose a day within a year.")
        return start

    def clean(self) -> None:
        super().clean()
        what = self.cleaned_data.get("what")
        if what == "trade" and not self.cleaned_data.get("trade"):
            self.add_error("trade", "Choose the trade.")
        if what == "area" and not self.cleaned_data.get("area"):
            self.add_error("area", "Name a neighbourhood or a town.")


@dataclass(frozen=True, slots=True)
class Person:
    """A contractor as a link that adds or takes away."""

    id: UUID
    name: str
    note: str
    url: str


class StressPage:
    """Reads the address and works the page out."""

    def __init__(self, branch: Branch, query: QueryDict, *, at: datetime) -> None:
        self.branch = branch
        self.query = query
        self.at = at
        self.zone: ZoneInfo = branch.zone
        self.today = at.astimezone(self.zone).date()
        trades = sorted(
            set(ServiceType.objects.filter(branch=branch).values_list("trade", flat=True))
        )
        data = {
            "what": "lapse",
            "start": (self.today + timedelta(days=1)).isoformat(),
            "days": "14",
            **{name: value for name, value in query.items() if name != "who"},
        }
        self.form = StressForm(data, trades=trades, today=self.today)
        self.who = self._who()
        self.matches: list[Person] = []

    def _who(self) -> list[Contractor]:
        ids = []
        for text in self.query.getlist("who")[:50]:
            try:
                ids.append(UUID(text))
            except ValueError:
                continue
        return list(
            Contractor.objects.for_branch(self.branch)
            .filter(public_id__in=ids)
            .order_by("name", "pk")
        )

    def context(self) -> dict[str, Any]:
        valid = self.form.is_valid()
        chosen = self.form.cleaned_data if valid else {}
        what = chosen.get("what") or self.form["what"].value()
        by_firm = what not in ("trade", "area")
        if by_firm:
            self._find(str(self.form["find"].value() or "").replace("\0", "").strip())
        context: dict[str, Any] = {
            "page": self,
            "form": self.form,
            "by_firm": by_firm,
            "people": [
                Person(one.public_id, one.name, "", self._address(without=one.public_id))
                for one in self.who
            ],
            "matches": self.matches,
            "proposed": self._proposed() if by_firm and not self.who and not self.matches else [],
            "back_days": BACK_DAYS,
        }
        if not valid:
            return context
        absent, name = self._absent(what, chosen)
        if not absent:
            if what == "area" and chosen.get("area"):
                self.form.add_error("area", f"No firm is based in “{chosen['area']}”.")
            elif what == "trade":
                self.form.add_error("trade", "No firm does this work.")
            return context
        start = datetime(
            chosen["start"].year, chosen["start"].month, chosen["start"].day, tzinfo=self.zone
        )
        stress = stress_test(
            self.branch,
            absent=absent,
            start=max(start, self.at),
            end=start + timedelta(days=chosen["days"]),
            keeps_visits=what == "paused",
            at=self.at,
        )
        context |= self._outcome(stress)
        context["sentence"] = self._sentence(what, name, len(absent), chosen)
        context["firms"] = len(absent)
        return context

    # -- who ---------------------------------------------------------------------------------------

    def _find(self, text: str) -> None:
        """Take a name that was typed: one match is chosen, several are shown to choose from."""
        if not text:
            return
        if any(text.casefold() == one.name.casefold() for one in self.who):
            return
        found = (
            Contractor.objects.for_branch(self.branch)
            .exclude(status="left")
            .exclude(pk__in=[one.pk for one in self.who])
        )
        listed = list(found.filter(name__iexact=text)[:2])
        if len(listed) != 1:
            listed = list(found.filter(name__icontains=text).order_by("name", "pk")[: MATCHES + 1])
        if len(listed) == 1:
            self.who.append(listed[0])
            self.form.data = {**self.form.data, "find": ""}
        elif not listed:
            self.form.add_error("find", f"No contractor’s name holds “{text[:60]}”.")
        else:
            self.matches = [
                Person(
                    one.public_id,
                    one.name,
                    one.get_status_display(),
                    self._address(add=one.public_id),
                )
                for one in listed[:MATCHES]
            ]
            self.form.add_error("find", "Several are called like that; choose one of them.")

    def _proposed(self) -> list[Person]:
        """Those with the most booked visits ahead."""
        ahead = Q(bookings__live=True, bookings__ends_at__gt=self.at)
        busiest = (
            Contractor.objects.for_branch(self.branch)
            .annotate(visits=Count("bookings", filter=ahead))
            .filter(visits__gt=0)
            .order_by("-visits", "name")[:PROPOSED]
        )
        return [
            Person(
                one.public_id,
                one.name,
                f"{one.visits} visit{'' if one.visits == 1 else 's'} ahead",
                self._address(add=one.public_id),
            )
            for one in busiest
        ]

    def _absent(self, what: str, chosen: dict[str, Any]) -> tuple[list[int], str]:
        """The contractors who drop out, and what they are called together."""
        there = Contractor.objects.for_branch(self.branch).filter(status__in=["active", "paused"])
        if what == "trade":
            skills = ServiceTypeSkill.objects.filter(
                service_type__branch=self.branch, service_type__trade=chosen["trade"]
            ).values("skill_id")
            able = TechnicianSkill.objects.filter(skill_id__in=skills).values("contractor_id")
            ids = there.filter(pk__in=able).values_list("pk", flat=True)
            return list(ids), trade_name(chosen["trade"])
        if what == "area":
            wanted = chosen["area"].strip().casefold()
            based = there.values_list("pk", "base_latitude", "base_longitude")
            found = [
                (pk, name)
                for pk, latitude, longitude in based
                for name in (area_of_cell(site_cell(latitude, longitude)),)
                if name.casefold() == wanted
            ]
            return [pk for pk, _ in found], found[0][1] if found else ""
        names = [one.name for one in self.who]
        together = (
            " and ".join(names) if len(names) < 3 else f"{names[0]} and {len(names) - 1} more"
        )
        return [one.pk for one in self.who], together

    def _sentence(self, what: str, name: str, count: int, chosen: dict[str, Any]) -> str:
        one, many, preposition = _SAID[what]
        said = (many if count > 1 else one).format(who=name)
        start, days = chosen["start"], chosen["days"]
        when = f"{preposition} {start:%A} {start.day} {start:%b}"
        if preposition == "from":
            last = start + timedelta(days=days - 1)
            when += f" to {last:%a} {last.day} {last:%b}"
        return f"If {said} {when}"

    # -- outcome -----------------------------------------------------------------------------------

    def _outcome(self, stress: Stress) -> dict[str, Any]:
        listed = stress.visits if self.query.get("show") == "all" else stress.visits[:LINES]
        # The worst first: those with nobody.
        listed = sorted(listed, key=lambda visit: visit.substitute is not None)
        nobody = [call for call in stress.calls if call.next_rank is None][:LINES]
        jobs = {
            job.public_id: job
            for job in Job.objects.filter(
                branch=self.branch, public_id__in=[call.job_ref for call in nobody]
            ).select_related("service_type")
        }
        links = self._contractor_links(stress)
        return {
            "stress": stress,
            "visits": [self._line(visit, links) for visit in listed],
            "expected": round(stress.expected),
            "travel": None if stress.more_travel is None else abs(round(stress.more_travel)),
            "more_visits": max(0, len(stress.visits) - len(listed)),
            "all_url": self._address(show="all"),
            "unlisted": stress.all_visits - len(stress.visits),
            "nobody_calls": [(call, jobs[call.job_ref]) for call in nobody if call.job_ref in jobs],
            "bar": _bar(stress),
        }

    def _contractor_links(self, stress: Stress) -> dict[int, str]:
        ids = {one.contractor_id for visit in stress.visits for one in visit.substitutes}
        found = {}
        for pk, public_id in Contractor.objects.filter(pk__in=ids).values_list("pk", "public_id"):
            try:
                found[pk] = reverse(
                    "console:contractor",
                    kwargs={"branch": self.branch.slug, "contractor": public_id},
                )
            except NoReverseMatch:
                break
        return found

    def _line(self, visit: LostVisit, links: dict[int, str]) -> dict[str, Any]:
        """One row of the table: the visit, and who could take it in words."""
        line: dict[str, Any] = {"visit": visit, "job": visit.booking.job}
        if visit.substitute is not None:
            one = visit.substitute
            at = clock(one.starts_at, visit.booking.job.time_zone)
            facts = [f"rank {one.rank}"] if one.rank else []
            facts += [at, f"{duration(one.travel_minutes)} drive"]
            line |= {
                "name": one.name,
                "url": links.get(one.contractor_id, ""),
                "facts": ", ".join(facts),
                "also": ", ".join(other.name for other in visit.substitutes[1:]),
            }
        return line

    # -- addresses ---------------------------------------------------------------------------------

    def _address(
        self, *, add: UUID | None = None, without: UUID | None = None, **changes: str
    ) -> str:
        query = self.query.copy()
        who = [str(one.public_id) for one in self.who if one.public_id != without]
        if add is not None:
            who.append(str(add))
        query.pop("find", None)
        query.setlist("who", who)
        for name, value in changes.items():
            query[name] = value
        return f"?{query.urlencode()}"


def _bar(stress: Stress) -> list[tuple[str, str, str, str]]:
    """Pieces of a bar 100 wide: class, x, width, words; nothing where nothing is lost."""
    whole = stress.losing
    pieces = []
    x = 0.0
    for tone, count, words in (
        ("is-good", stress.to_second, "to rank 2"),
        ("is-warn", stress.to_later, "to rank 3 or later, or to somebody new"),
        ("is-bad", stress.with_nobody, "to nobody"),
    ):
        if count and whole:
            width = 100 * count / whole
            pieces.append((tone, f"{x:.1f}", f"{max(0.5, width - 0.6):.1f}", f"{count} {words}"))
            x += width
    return pieces
