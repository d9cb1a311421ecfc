"""Weekly hours of each of the people, and what is asked for before an offer comes."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any

from django import forms

from network.errors import NetworkError
from network.models import Technician, WorkingHours
from network.models.contractor import LONGEST_NOTICE_MINUTES
from network.public_holidays import public_holidays
from network.services.contractors import set_wishes
from network.services.hours import set_contact_hours, set_working_hours
from network.services.technicians import first_technician
from network.shifts import (
    DAYS,
    MOST_A_DAY,
    Shift,
    ShiftError,
    check_shifts,
    clock_change_notes,
    span_text,
)
from network.wishes import notice_text
from portal.sections.base import Section, SectionRefused
from portal.wording import contact_hours, for_reader

#: What an applicant starts from (ours): a usual week.
USUAL_WEEK = [Shift(day, time(8), time(17)) for day in range(5)]
NOTICES = (0, 60, 120, 240, 480, 1440, 2 * 1440, 3 * 1440, 7 * 1440)
_TIME = {"invalid": "Give a time, as in 8:00 am."}
_FORMATS = ["%H:%M", "%H:%M:%S", "%I:%M %p", "%I %p", "%I:%M%p", "%I%p"]


def time_field(label: str) -> forms.TimeField:
    return forms.TimeField(
        label=label,
        required=False,
        input_formats=_FORMATS,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages=_TIME,
    )


class WishesForm(forms.Form):
    """What a contractor asks for; the database's own limits say it again."""

    notice = forms.TypedChoiceField(
        label="Notice you need",
        coerce=int,
        help_text="No visit begins sooner than this after you were asked.",
        error_messages={"required": "Choose one.", "invalid_choice": "Choose one."},
    )
    most_jobs_a_day = forms.IntegerField(
        label="Most visits a day",
        required=False,
        min_value=1,
        max_value=200,
        help_text="Empty: as many as fit.",
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "min": 1, "max": 200}),
        error_messages={
            "invalid": "Give a number, or nothing for no limit.",
            "min_value": "Give 1 to 200 visits, or nothing for no limit.",
            "max_value": "Give 1 to 200 visits, or nothing for no limit.",
        },
    )
    contact_from = time_field("Offers may come from")
    contact_until = time_field("until")
    emergencies = forms.ChoiceField(
        label="Emergencies after hours",
        choices=[("no", "No, only in my hours"), ("yes", "Yes, ask me at any hour")],
        widget=forms.RadioSelect,
        error_messages={"required": "Say yes or no.", "invalid_choice": "Say yes or no."},
    )
    holidays = forms.ChoiceField(
        label="Public holidays",
        choices=[("yes", "I work as on any day"), ("no", "I am closed")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose one.", "invalid_choice": "Choose one."},
    )

    def __init__(self, *args: Any, notices: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["notice"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = notices

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors:
            return data
        begin, end = data.get("contact_from"), data.get("contact_until")
        if (begin is None) != (end is None):
            missing = "contact_from" if begin is None else "contact_until"
            self.add_error(missing, "Give both times, or neither to be asked at any hour.")
        elif begin is not None and begin == end:
            self.add_error("contact_until", "This is the same time. Give a different one.")
        return data


class Hours(Section):
    key = "hours"
    step = 4
    title = "When do you work?"
    lead = "Visits are planned into these hours. Holidays and days off go into your calendar."
    label = "When you work"
    icon = "clock"
    template = "portal/sections/hours.html"
    sheets = ("css/sections.css",)

    def __init__(self, acting: Any, **rest: Any) -> None:
        super().__init__(acting, **rest)
        self.people: list[Technician] = list(acting.technicians)
        self.recorded = self._recorded()
        #: Person → weekday → what is wrong there.
        self.day_errors: dict[int, dict[int, str]] = {}
        self.errors: list[str] = []
        self.shifts: dict[int, list[Shift]] = {}
        self.wishes = (
            None
            if acting.technician_id is not None
            else WishesForm(
                data=self.data,
                prefix=self.key,
                initial=self._initial(),
                notices=self._notices(),
            )
        )

    @classmethod
    def is_for(cls, acting: Any) -> bool:
        return True

    # -- what is shown -----------------------------------------------------------------------

    def context(self) -> dict[str, Any]:
        today = self.now.astimezone(self.branch.zone).date()
        people = [
            {"id": pk, "name": name, "days": self._days(pk), "total": self._total(pk)}
            for pk, name in self._who()
        ]
        notes: list[str] = []
        for pk, name in self._who():
            found = clock_change_notes(self._shown(pk), self.branch.zone, today)
            notes += [f"{name}: {note}" if len(people) > 1 else note for note in found]
        return {
            "people": people,
            "several": len(people) > 1,
            "wishes": self.wishes,
            "errors": self.errors,
            "clock_notes": notes[:6],
            "holidays": self._coming_holidays(today),
            "is_suggested": not self.is_bound
            and self.in_wizard
            and not any(self.recorded.values()),
        }

    def summary(self) -> str:
        weeks = {tuple(self.recorded.get(person.pk, [])) for person in self.people}
        if not weeks or weeks == {()}:
            return ""
        if len(weeks) > 1:
            return "Different hours for each of you"
        [week] = weeks
        days = sorted({shift.weekday for shift in week})
        spans = {span_text(shift) for shift in week}
        named = _days_text(days)
        text = f"{named}, {next(iter(spans))}" if len(spans) == 1 else named
        return f"{text} · offers {contact_hours(self.contractor)}"

    def _who(self) -> list[tuple[int, str]]:
        if self.people:
            return [(person.pk, person.name) for person in self.people]
        return [(0, self.user.name or self.contractor.name)]

    def _recorded(self) -> dict[int, list[Shift]]:
        found: dict[int, list[Shift]] = {}
        rows = WorkingHours.objects.filter(technician__in=self.people).order_by("weekday", "starts")
        for row in rows:
            found.setdefault(row.technician_id, []).append(Shift(row.weekday, row.starts, row.ends))
        return found

    def _suggested(self, person: int) -> list[Shift]:
        """What is on record; for an applicant without hours a usual week to start from."""
        on_record = self.recorded.get(person, [])
        return on_record or (USUAL_WEEK if self.in_wizard else [])

    def _shown(self, person: int) -> list[Shift]:
        if self.is_bound:
            return self.shifts.get(person, [])
        return self._suggested(person)

    def _days(self, person: int) -> list[dict[str, Any]]:
        """Seven days; each with its stretches and one empty row to add another."""
        known: dict[int, list[Shift]] = {}
        for shift in self._suggested(person):
            known.setdefault(shift.weekday, []).append(shift)
        days = []
        for weekday, name in enumerate(DAYS):
            rows = []
            count = min(MOST_A_DAY, max(1, len(known.get(weekday, []))) + 1)
            if self.is_bound:
                count = MOST_A_DAY
            for number in range(count):
                begin, end = self._typed(person, weekday, number)
                if not self.is_bound and number < len(known.get(weekday, [])):
                    shift = known[weekday][number]
                    begin, end = f"{shift.starts:%H:%M}", f"{shift.ends:%H:%M}"
                rows.append(
                    {
                        "from_name": self._name(person, weekday, number, "from"),
                        "until_name": self._name(person, weekday, number, "until"),
                        "from": begin,
                        "until": end,
                        "number": number,
                    }
                )
            filled = [row for row in rows if row["from"] or row["until"]]
            shown = filled or rows[:1]
            spare = next((row for row in rows if row not in shown), None)
            days.append(
                {
                    "weekday": weekday,
                    "name": name,
                    "rows": shown,
                    "spare": spare,
                    "error": self.day_errors.get(person, {}).get(weekday, ""),
                    "overnight": any(
                        shift.is_overnight
                        for shift in self._shown(person)
                        if shift.weekday == weekday
                    ),
                }
            )
        return days

    def _total(self, person: int) -> str:
        minutes = sum(shift.length for shift in self._shown(person))
        hours, rest = divmod(minutes, 60)
        return f"{hours} h {rest} min a week" if rest else f"{hours} h a week"

    def _name(self, person: int, weekday: int, number: int, part: str) -> str:
        return f"{self.key}-{person}-{weekday}-{number}-{part}"

    def _typed(self, person: int, weekday: int, number: int) -> tuple[str, str]:
        if self.data is None:
            return "", ""
        return (
            str(self.data.get(self._name(person, weekday, number, "from"), "")).strip(),
            str(self.data.get(self._name(person, weekday, number, "until"), "")).strip(),
        )

    def _coming_holidays(self, today: date) -> list[str]:
        coming = public_holidays(self.branch.holiday_calendar, today, today + timedelta(days=120))
        return [f"{day:%a} {day.day} {day:%b}, {name}" for day, name in sorted(coming.items())][:3]

    def _initial(self) -> dict[str, Any]:
        contractor = self.contractor
        return {
            "notice": contractor.notice_minutes,
            "most_jobs_a_day": contractor.most_jobs_a_day,
            "contact_from": contractor.contact_from,
            "contact_until": contractor.contact_until,
            "emergencies": "yes" if contractor.after_hours_emergencies else "no",
            "holidays": "yes" if contractor.works_on_holidays else "no",
        }

    def _notices(self) -> list[tuple[int, str]]:
        own = self.contractor.notice_minutes
        minutes = sorted({*NOTICES, min(own, LONGEST_NOTICE_MINUTES)})
        return [
            (
                number,
                "None, ask me any time"
                if not number
                else notice_text(number).replace("s’", "s").replace("’s", ""),
            )
            for number in minutes
        ]

    # -- what is sent ------------------------------------------------------------------------

    def _sent(self) -> list[tuple[int, str]]:
        """Those whose hours were in the form; somebody added since is left as they are."""
        assert self.data is not None
        return [who for who in self._who() if f"{self.key}-{who[0]}-shown" in self.data]

    def is_valid(self) -> bool:
        for pk, name in self._sent():
            self._read(pk)
            if pk in self.day_errors:
                continue
            try:
                self.shifts[pk] = check_shifts(self.shifts[pk])
            except ShiftError as error:
                self.day_errors[pk] = {error.weekday: error.detail}
            if self.in_wizard and not self.shifts[pk] and pk not in self.day_errors:
                who = f"{name}: give" if len(self._who()) > 1 else "Give"
                self.errors.append(f"{who} the hours of at least one day.")
        wishes_hold = self.wishes is None or self.wishes.is_valid()
        return wishes_hold and not self.day_errors and not self.errors

    def _read(self, person: int) -> None:
        shifts: list[Shift] = []
        for weekday in range(7):
            for number in range(MOST_A_DAY):
                begin, end = self._typed(person, weekday, number)
                if not begin and not end:
                    continue
                if not begin or not end:
                    self._wrong(person, weekday, "Give both times, or neither for a day off.")
                    continue
                starts, ends = _clock(begin), _clock(end)
                if starts is None or ends is None:
                    self._wrong(person, weekday, "Give times as in 8:00 am.")
                    continue
                shifts.append(Shift(weekday, starts, ends))
        self.shifts[person] = shifts

    def _wrong(self, person: int, weekday: int, detail: str) -> None:
        self.day_errors.setdefault(person, {}).setdefault(weekday, detail)

    def save(self) -> None:
        person = 0
        try:
            for person, name in self._sent():
                pk = person
                if not pk:
                    pk = first_technician(
                        contractor_id=self.contractor.pk, name=name, actor_id=self.user.pk
                    ).pk
                    self.acting.__dict__.pop("technicians", None)
                set_working_hours(
                    contractor_id=self.contractor.pk,
                    technician_id=pk,
                    shifts=self.shifts[person],
                    actor_id=self.user.pk,
                )
            if self.wishes is not None:
                self._save_wishes(self.wishes.cleaned_data)
        except NetworkError as error:
            self._refuse(error, person)
            raise SectionRefused(error.detail) from error

    def _save_wishes(self, sent: dict[str, Any]) -> None:
        set_wishes(
            contractor_id=self.contractor.pk,
            notice_minutes=sent["notice"],
            most_jobs_a_day=sent["most_jobs_a_day"],
            after_hours_emergencies=sent["emergencies"] == "yes",
            works_on_holidays=sent["holidays"] == "yes",
            actor_id=self.user.pk,
        )
        set_contact_hours(
            contractor_id=self.contractor.pk,
            contact_from=sent["contact_from"],
            contact_until=sent["contact_until"],
            actor_id=self.user.pk,
        )

    def _refuse(self, error: NetworkError, person: int) -> None:
        if error.field.startswith("day-"):
            self.day_errors[person] = {int(error.field[4:]): error.detail}
        elif self.wishes is not None and error.field in self.wishes.fields:
            self.wishes.add_error(error.field, error.detail)
        else:
            self.errors.append(for_reader(error.detail, is_firm=len(self.people) > 1))


def _clock(text: str) -> time | None:
    try:
        cleaned: time | None = time_field("").clean(text.upper())
    except forms.ValidationError:
        return None
    return cleaned


def _days_text(days: list[int]) -> str:
    short = [DAYS[day][:3] for day in days]
    if len(days) == 7:
        return "Every day"
    if len(days) > 2 and days == list(range(days[0], days[-1] + 1)):
        return f"{short[0]} to {short[-1]}"
    return ", ".join(short)
