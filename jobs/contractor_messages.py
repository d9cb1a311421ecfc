"""The words of messages from the branch to contractors and applicants. Pure."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from jobs.paper_messages import day_text

Lines = tuple[str, list[str]]


def _link(path: str) -> str:
    return f"{settings.BASE_URL}{path}"


def invitation(c: dict[str, Any]) -> Lines:
    inviter = c["inviter"] or c["branch"]
    greeting = f"Hello {c['name']}," if c["name"] else "Hello,"
    return (
        f"{c['branch']} invites you to work with them",
        [
            greeting,
            "",
            f"{inviter} invites you to take jobs for {c['branch']}: you say what you do, where, "
            "when and for how much, and you are called first for what suits you.",
            "",
            f"Register here, by {day_text(c['until'])}: "
            f"{_link('/portal/join/invited/' + c['secret'] + '/')}",
            "It takes about ten minutes and can be left and resumed. If you do not want to, "
            "there is nothing to do.",
        ],
    )


def application_approved(c: dict[str, Any]) -> Lines:
    lines = [f"Hello {c['name']},", "", f"welcome: {c['branch']} has approved your application."]
    if c["cleared"]:
        lines.append("From now on you are offered jobs that suit you, one at a time.")
    else:
        lines.append(
            "You are offered jobs as soon as your papers have been looked at and are in order."
        )
    return (
        f"You are in: {c['branch']} has approved your application",
        [*lines, "", f"Your page: {_link('/portal/')}"],
    )


def application_sent_back(c: dict[str, Any]) -> Lines:
    return (
        "Your application: something is to be mended",
        [
            f"Hello {c['name']},",
            "",
            "we have looked at your application and ask you to mend something:",
            "",
            c["reason"],
            "",
            f"Everything you typed is still there. Go on here: {_link('/portal/join/')}",
        ],
    )


def application_rejected(c: dict[str, Any]) -> Lines:
    return (
        "Your application",
        [
            f"Hello {c['name']},",
            "",
            "thank you for applying. We cannot take you into the network:",
            "",
            c["reason"],
        ],
    )


def paper_approved(c: dict[str, Any]) -> Lines:
    until = f" It counts through {day_text(c['day'])}." if c["day"] else ""
    return (
        f"In order: {c['paper']}",
        [f"Hello {c['name']},", "", f"your paper “{c['paper']}” is in order.{until}"],
    )


def paper_rejected(c: dict[str, Any]) -> Lines:
    return (
        f"Please send it again: {c['paper']}",
        [
            f"Hello {c['name']},",
            "",
            f"your paper “{c['paper']}” cannot be used:",
            "",
            c["reason"],
            "",
            f"Send another one: {_link(c['path'])}",
        ],
    )


def paper_asked(c: dict[str, Any]) -> Lines:
    until = f" by {day_text(c['day'])}" if c["day"] else ""
    return (
        f"Please send: {c['paper']}",
        [
            f"Hello {c['name']},",
            "",
            f"please send us your paper “{c['paper']}”{until}.",
            *(["", c["note"]] if c["note"] else []),
            "",
            f"Send it here: {_link(c['path'])}",
        ],
    )


def from_the_office(c: dict[str, Any]) -> Lines:
    return c["subject"], [f"Hello {c['name']},", "", *c["text"].splitlines()]


_STANDING = {
    "pause": (
        "Your offers are paused",
        "{branch} has paused your offers until {day}; then they begin again by themselves. "
        "Visits that you have accepted stay yours.",
    ),
    "resume": ("Your offers are on again", "{branch} has ended the pause: offers come again."),
    "suspend": (
        "You are suspended",
        "{branch} has suspended you: there are no new offers, and visits that have not begun go "
        "to somebody else.",
    ),
    "reinstate": (
        "You are active again",
        "{branch} has made you active again: offers come as before.",
    ),
    "leave": (
        "You have left the network",
        "{branch} has marked you as left: there are no more offers, and visits that have not "
        "begun go to somebody else.",
    ),
}


def standing_changed(c: dict[str, Any]) -> Lines:
    subject, sentence = _STANDING[c["change"]]
    words = sentence.format(branch=c["branch"], day=day_text(c["day"]) if c["day"] else "")
    return (
        subject,
        [
            f"Hello {c['name']},",
            "",
            words,
            *(["", f"Reason: {c['reason']}"] if c["reason"] else []),
        ],
    )
