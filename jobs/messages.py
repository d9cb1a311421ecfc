"""The words of every message. Links show things; deciding needs a POST behind them.

Offers carry no street, name or phone of the customer: those appear after accepting.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from jobs import contractor_messages, paper_messages
from jobs.models.message import Message


def render(message: Message) -> tuple[str, str]:
    """Subject and plain-text body of a message, from its frozen context."""
    subject, lines = _TEMPLATES[message.template](message.context)
    signed = [*lines, "", message.context.get("branch", "Firstcall")]
    return " ".join(subject.split()), "\n".join(signed) + "\n"


def kept_body(message: Message) -> str:
    """The rendered body without the secret of its link: what is kept once it is sent."""
    secret = message.context.get("secret")
    return message.body.replace(secret, "…") if secret else message.body


def _link(path: str) -> str:
    return f"{settings.BASE_URL}{path}"


def clock_time(text: str, zone: str) -> str:
    """``Tue 24 Nov, 8:05 am EST`` in the site's zone."""
    moment = datetime.fromisoformat(text).astimezone(ZoneInfo(zone))
    return f"{moment:%a} {moment.day} {moment:%b}, {_hour(moment)} {moment:%Z}"


def window_text(context: dict[str, Any]) -> str:
    """``Tue 24 Nov, 8 am–12 pm EST`` in the site's zone."""
    zone = ZoneInfo(context["time_zone"])
    start = datetime.fromisoformat(context["window_start"]).astimezone(zone)
    end = datetime.fromisoformat(context["window_end"]).astimezone(zone)
    if start.date() == end.date():
        return f"{start:%a} {start.day} {start:%b}, {_hour(start)}–{_hour(end)} {end:%Z}"
    return (
        f"{start:%a} {start.day} {start:%b}, {_hour(start)} to "
        f"{end:%a} {end.day} {end:%b}, {_hour(end)} {end:%Z}"
    )


def _hour(moment: datetime) -> str:
    hour = moment.hour % 12 or 12
    minutes = f":{moment.minute:02d}" if moment.minute else ""
    return f"{hour}{minutes} {'am' if moment.hour < 12 else 'pm'}"


_SYMBOLS = {"USD": "$", "CAD": "CA$", "GBP": "£", "EUR": "€"}


def money_text(amount: str, currency: str) -> str:
    """``$246`` or ``$246.50``: no cents unless there are some."""
    value = Decimal(amount)
    shown = f"{value:,.0f}" if value == value.to_integral() else f"{value:,.2f}"
    symbol = _SYMBOLS.get(currency)
    return f"{symbol}{shown}" if symbol else f"{shown} {currency}"


def _where(context: dict[str, Any]) -> str:
    return " ".join(part for part in (context["area"], context["postcode"]) if part)


Lines = tuple[str, list[str]]


def _shared(c: dict[str, Any]) -> bool:
    """Whether the call is open to several at once. Contexts frozen earlier do not say."""
    return bool(c.get("first_to_accept"))


def _offer_made(c: dict[str, Any]) -> Lines:
    answer_by = clock_time(c["expires_at"], c["time_zone"])
    pay = money_text(c["pay"], c["currency"])
    return (
        f"{c['service']} in {_where(c)}: {pay}, answer before {answer_by}",
        [
            f"Hello {c['name']},",
            "",
            f"you get the call for this job: {c['service']} ({c['priority']}).",
            f"Arrive: {window_text(c)}, about {c['duration_minutes']} minutes of work.",
            f"Where: {_where(c)}, about {c['travel_minutes']} minutes' drive.",
            f"Pay: {pay}.",
            *(["First to accept: others are asked at the same time."] if _shared(c) else []),
            "",
            f"Answer before {answer_by}: {_link('/portal/offers/' + c['offer'] + '/')}",
            "The address and phone number appear when you accept. An honest no counts far "
            "less than no answer.",
        ],
    )


_TAKEN_BACK = {
    "taken": "Somebody else was first to accept.",
    "first_is_back": "The contractor who had the visit has reported in after all.",
}


def _offer_withdrawn(c: dict[str, Any]) -> Lines:
    why = _TAKEN_BACK.get(c.get("reason", ""), "Nobody's fault.")
    return (
        f"Withdrawn: {c['service']} in {_where(c)}",
        [
            f"Hello {c['name']},",
            "",
            f"the offer of {c['service']} on {window_text(c)} is no longer open. "
            f"{why} It does not count against you.",
        ],
    )


def _visit_booked(c: dict[str, Any]) -> Lines:
    return (
        f"Booked: {c['service']}, {window_text(c)}",
        [
            f"Hello {c['name']},",
            "",
            f"{c['reference']} is yours. {c['technician']} is planned to start "
            f"{clock_time(c['starts_at'], c['time_zone'])}; any arrival within "
            f"{window_text(c)} keeps the promise.",
            f"Pay: {money_text(c['pay'], c['currency'])}.",
            "",
            f"Address, phone and the next step: {_link('/portal/visits/' + c['booking'] + '/')}",
        ],
    )


def _visit_cancelled(c: dict[str, Any]) -> Lines:
    return (
        f"Cancelled: {c['service']}, {window_text(c)}",
        [
            f"Hello {c['name']},",
            "",
            f"your visit {c['reference']} in {_where(c)} on {window_text(c)} will not take "
            f"place: {c['reason'][0].lower() + c['reason'][1:]}. The time is free again.",
        ],
    )


def _appointment_booked(c: dict[str, Any]) -> Lines:
    return (
        f"Your appointment: {c['service']}, {window_text(c)}",
        [
            f"Hello {c['name']},",
            "",
            f"{c['contractor']} will come for {c['service']} ({c['reference']}).",
            f"Please expect the visit {window_text(c)}.",
        ],
    )


def _appointment_changed(c: dict[str, Any]) -> Lines:
    return (
        f"Your appointment: expected {clock_time(c['eta'], c['time_zone'])}",
        [
            f"Hello {c['name']},",
            "",
            f"{c['contractor']} expects to be with you {clock_time(c['eta'], c['time_zone'])} "
            f"for {c['service']} ({c['reference']}). Your window, {window_text(c)}, stands.",
        ],
    )


def _appointment_cancelled(c: dict[str, Any]) -> Lines:
    return (
        f"Cancelled: {c['service']}, {window_text(c)}",
        [
            f"Hello {c['name']},",
            "",
            f"your appointment {c['reference']} for {c['service']} on {window_text(c)} is "
            f"cancelled: {c['reason'][0].lower() + c['reason'][1:]}.",
        ],
    )


def _visit_link(c: dict[str, Any]) -> str:
    return _link("/portal/visits/" + c["booking"] + "/")


def _confirm_visit(c: dict[str, Any]) -> Lines:
    return (
        f"Please confirm: {c['service']}, {window_text(c)}",
        [
            f"Hello {c['name']},",
            "",
            f"{c['reference']} in {_where(c)} is yours, {window_text(c)}, planned to start "
            f"{clock_time(c['starts_at'], c['time_zone'])}.",
            f"When will you be there? One tap: {_visit_link(c)}",
            "Without a word from you, we have to look for somebody else in time.",
        ],
    )


def _nudge_visit(c: dict[str, Any]) -> Lines:
    return (
        f"Where are you? {c['service']}, expected {clock_time(c['expected'], c['time_zone'])}",
        [
            f"Hello {c['name']},",
            "",
            f"you were expected for {c['reference']} {clock_time(c['expected'], c['time_zone'])}, "
            "and nothing was reported since.",
            f"Say that you are on the way or on site: {_visit_link(c)}",
            "If we hear nothing, we ask others to take it over.",
        ],
    )


def _rescue_began(c: dict[str, Any]) -> Lines:
    return (
        f"We are asking others: {c['service']}, {window_text(c)}",
        [
            f"Hello {c['name']},",
            "",
            f"nothing was heard from you about {c['reference']}, so others are being asked.",
            f"Are you on the way or on site? Say so now and it is yours again, as long as nobody "
            f"has taken it: {_visit_link(c)}",
        ],
    )


def _rescue_undone(c: dict[str, Any]) -> Lines:
    return (
        f"Yours again: {c['service']}, {window_text(c)}",
        [
            f"Hello {c['name']},",
            "",
            f"thank you for reporting in: {c['reference']} is yours, and nobody else is asked "
            f"any more. {_visit_link(c)}",
        ],
    )


def _substitute_stays(c: dict[str, Any]) -> Lines:
    return (
        f"Still yours: {c['service']}, {window_text(c)}",
        [
            f"Hello {c['name']},",
            "",
            f"the contractor who had {c['reference']} before you has reported in late and was told "
            "that the visit is yours. Please go as planned; the branch knows.",
        ],
    )


def _standby_asked(c: dict[str, Any]) -> Lines:
    answer_by = clock_time(c["expires_at"], c["time_zone"])
    return (
        f"Standby for {c['service']} in {_where(c)}: {money_text(c['fee'], c['currency'])}",
        [
            f"Hello {c['name']},",
            "",
            f"will you stand by for this job: {c['service']}, {window_text(c)}, {_where(c)}?",
            "Somebody else has it. You keep the time free until they are on site, for "
            f"{money_text(c['fee'], c['currency'])}; if they do not come, the job is yours for "
            f"{money_text(c['pay'], c['currency'])}.",
            "",
            f"Answer before {answer_by}: {_link('/portal/standby/' + c['standby'] + '/')}",
        ],
    )


def _standby_ended(c: dict[str, Any]) -> Lines:
    return (
        f"Standby over: {c['service']}, {window_text(c)}",
        [
            f"Hello {c['name']},",
            "",
            f"your standby for {c['service']} in {_where(c)} on {window_text(c)} is over: "
            f"{c['why']}. The time is yours again.",
        ],
    )


_TEMPLATES: dict[str, Callable[[dict[str, Any]], Lines]] = {
    Message.Template.OFFER_MADE: _offer_made,
    Message.Template.OFFER_WITHDRAWN: _offer_withdrawn,
    Message.Template.VISIT_BOOKED: _visit_booked,
    Message.Template.VISIT_CANCELLED: _visit_cancelled,
    Message.Template.APPOINTMENT_BOOKED: _appointment_booked,
    Message.Template.APPOINTMENT_CHANGED: _appointment_changed,
    Message.Template.APPOINTMENT_CANCELLED: _appointment_cancelled,
    Message.Template.CONFIRM_VISIT: _confirm_visit,
    Message.Template.NUDGE_VISIT: _nudge_visit,
    Message.Template.RESCUE_BEGAN: _rescue_began,
    Message.Template.RESCUE_UNDONE: _rescue_undone,
    Message.Template.SUBSTITUTE_STAYS: _substitute_stays,
    Message.Template.STANDBY_ASKED: _standby_asked,
    Message.Template.STANDBY_ENDED: _standby_ended,
    Message.Template.PAPER_ENDS: paper_messages.paper_ends,
    Message.Template.PAPER_ENDED: paper_messages.paper_ended,
    Message.Template.PAPERS_TO_STAFF: paper_messages.papers_to_staff,
    Message.Template.INVITATION: contractor_messages.invitation,
    Message.Template.APPLICATION_APPROVED: contractor_messages.application_approved,
    Message.Template.APPLICATION_SENT_BACK: contractor_messages.application_sent_back,
    Message.Template.APPLICATION_REJECTED: contractor_messages.application_rejected,
    Message.Template.PAPER_APPROVED: contractor_messages.paper_approved,
    Message.Template.PAPER_REJECTED: contractor_messages.paper_rejected,
    Message.Template.PAPER_ASKED: contractor_messages.paper_asked,
    Message.Template.FROM_THE_OFFICE: contractor_messages.from_the_office,
    Message.Template.STANDING_CHANGED: contractor_messages.standing_changed,
}
