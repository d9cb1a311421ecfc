"""The words of messages about papers that end. Pure."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.conf import settings

Lines = tuple[str, list[str]]


def paper_ends(c: dict[str, Any]) -> Lines:
    day = day_text(c["day"])
    work = f" {c['work']} work" if c["work"] else " work"
    return (
        f"{c['paper']} ends on {day}",
        [
            f"Hello {c['name']},",
            "",
            f"your paper “{c['paper']}” ends on {day}, {left_text(c['days_left'])}.",
            f"Without a new one you are offered no more{work} for days after that, and visits "
            "booked beyond it go to somebody else.",
            "",
            f"Send the new one in time: {settings.BASE_URL}/portal/",
        ],
    )


def paper_ended(c: dict[str, Any]) -> Lines:
    day = day_text(c["day"])
    what = (
        f"your paper “{c['paper']}” ended on {day}" if c["paper"] else f"your date, {day}, is over"
    )
    if c["work"]:
        subject = f"Not cleared for {c['work']}"
        so = f"You are not cleared for {c['work']} any more"
    elif c["still_cleared"]:
        subject = f"{c['paper']} has ended"
        so = "You stay cleared for now, because the branch has set a later date for you"
    else:
        subject = "Not cleared for work"
        so = "You are not cleared for work any more"
    lines = [f"Hello {c['name']},", "", f"{what}. {so}."]
    if not c["still_cleared"] or c["work"]:
        lines += [
            "There are no new offers of such work until it is, and visits that were booked for "
            "later go to somebody else.",
        ]
    return subject, [*lines, "", f"Send the new one: {settings.BASE_URL}/portal/"]


def papers_to_staff(c: dict[str, Any]) -> Lines:
    papers = c["papers"]
    ended = sum(paper["days_left"] < 0 for paper in papers)
    ending = len(papers) - ended
    parts = []
    if ended:
        parts.append(f"{ended} ended" if ended > 1 else "1 has ended")
    if ending:
        parts.append(f"{ending} end soon" if ending > 1 else "1 ends soon")
    return (
        f"Papers at {c['branch']}: {', '.join(parts)}",
        [
            f"Hello {c['name']},",
            "",
            *[f"- {_staff_line(paper)}" for paper in papers],
            "",
            f"All that end soon: {settings.BASE_URL}/console/{c['slug']}/coverage/#papers",
        ],
    )


def _staff_line(paper: dict[str, Any]) -> str:
    day = day_text(paper["day"])
    what = paper["paper"] or "the date set by hand"
    if paper["work"]:
        what += f" ({paper['work']})"
    if paper["days_left"] >= 0:
        return f"{paper['name']}: {what} ends on {day}, {left_text(paper['days_left'])}"
    if paper["work"]:
        return f"{paper['name']}: {what} ended on {day}; not cleared for this work"
    if paper["still_cleared"]:
        return (
            f"{paper['name']}: {what} ended on {day}; cleared all the same, by a date set by hand"
        )
    return f"{paper['name']}: {what} ended on {day}; not cleared"


def day_text(text: str) -> str:
    """``4 May 2027`` of an ISO date."""
    day = date.fromisoformat(text)
    return f"{day.day} {day:%B %Y}"


def left_text(days: int) -> str:
    """``today``, ``tomorrow``, ``in 30 days``."""
    return {0: "today", 1: "tomorrow"}.get(days, f"in {days} days")
