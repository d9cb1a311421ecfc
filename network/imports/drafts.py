"""Turns rows of a list into drafts of contractors, or says line by line why not."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from network.geo import distance_km, lookup_zip
from network.imports.mapping import ImportMapping
from network.imports.reading import Row
from network.models import Branch, ServiceTypeSkill


@dataclass(frozen=True, slots=True)
class Draft:
    """A firm as the list has it. ``skills`` are ids of the branch's skills of its trades."""

    line: int
    external_ref: str
    name: str
    email: str
    phone: str
    latitude: float
    longitude: float
    trades: tuple[str, ...]
    skills: tuple[int, ...]
    technicians: int


@dataclass(frozen=True, slots=True)
class Rejected:
    """Why a row does not go in; ``column`` is the file's, or empty."""

    line: int
    column: str
    reason: str


@dataclass(slots=True)
class Drafts:
    """``without_trade`` counts rows by a trade cell that means none of the branch's trades."""

    drafts: list[Draft] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    without_trade: Counter[str] = field(default_factory=Counter)
    without_trade_lines: list[int] = field(default_factory=list)


class _RowError(Exception):
    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column = column
        self.reason = reason


def trade_skills(branch: Branch) -> dict[str, tuple[int, ...]]:
    """The skills that the branch's service types of each trade need."""
    found: dict[str, set[int]] = {}
    pairs = ServiceTypeSkill.objects.filter(service_type__branch=branch).values_list(
        "service_type__trade", "skill_id"
    )
    for trade, skill_id in pairs:
        found.setdefault(trade, set()).add(skill_id)
    return {trade: tuple(sorted(skills)) for trade, skills in found.items()}


def make_drafts(rows: Iterable[Row], *, branch: Branch, mapping: ImportMapping) -> Drafts:
    """Draft every row that can go in. Nothing is written; one query."""
    skills = trade_skills(branch)
    made = Drafts()
    keys: Counter[str] = Counter()
    names: Counter[str] = Counter()
    emails: dict[str, int] = {}
    for line, cells in rows:
        # Counted before anything is refused, so that a key does not hang on other rows' faults.
        key = _key(cells, mapping, keys)
        try:
            draft = _draft(line, cells, key, branch, mapping, skills, keys, names, emails)
        except _RowError as error:
            made.rejected.append(Rejected(line, error.column, error.reason))
            continue
        if draft is None:
            made.without_trade[cells[mapping.columns["trade"]]] += 1
            made.without_trade_lines.append(line)
        else:
            made.drafts.append(draft)
    return made


def _draft(
    line: int,
    cells: Mapping[str, str],
    key: str,
    branch: Branch,
    mapping: ImportMapping,
    skills: Mapping[str, tuple[int, ...]],
    keys: Counter[str],
    names: Counter[str],
    emails: dict[str, int],
) -> Draft | None:
    columns = mapping.columns
    if not cells[columns["trade"]]:
        raise _RowError(columns["trade"], "There is no trade.")
    trades = tuple(
        trade for trade in mapping.trades.get(cells[columns["trade"]], ()) if trade in skills
    )
    name = _name(cells, mapping, trades, names)
    if not trades:
        return None
    if not name:
        raise _RowError(columns.get("name", ""), "There is no name.")
    if len(name) > 120:
        raise _RowError(columns.get("name", ""), "The name has more than 120 characters.")
    if "key" in columns:
        if key.endswith(":"):
            raise _RowError(columns["key"], "There is no key.")
        if len(key) > 100:
            raise _RowError(columns["key"], "The key is too long.")
        if keys[key] > 1:
            raise _RowError(columns["key"], "An earlier line has the same key.")
    code = cells[columns["zip"]].split(".")[0]
    if mapping.pad_zip and code.isdecimal():
        code = code.zfill(5)
    place = lookup_zip(code)
    if place is None:
        raise _RowError(columns["zip"], f"“{cells[columns['zip']]}” is not a US ZIP code.")
    away = distance_km(branch.latitude, branch.longitude, place.latitude, place.longitude)
    # A base may lie outside as long as the firm's circle reaches in.
    if away > branch.service_radius_km + mapping.radius_km:
        raise _RowError(
            columns["zip"],
            f"{place.zip} ({place.city.title()}, {place.state}) lies too far outside the branch.",
        )
    email = cells[columns["email"]].lower() if "email" in columns else ""
    if email:
        try:
            validate_email(email)
        except ValidationError as error:
            raise _RowError(columns["email"], f"“{email}” is not an e-mail address.") from error
        if email in emails:
            raise _RowError(columns["email"], f"Line {emails[email]} has the same e-mail address.")
        emails[email] = line
    return Draft(
        line=line,
        external_ref=key,
        name=name,
        email=email,
        phone=cells[columns["phone"]][:32] if "phone" in columns else "",
        latitude=place.latitude,
        longitude=place.longitude,
        trades=trades,
        skills=tuple(sorted({skill for trade in trades for skill in skills[trade]})),
        technicians=_technicians(cells, mapping),
    )


def _key(cells: Mapping[str, str], mapping: ImportMapping, seen: Counter[str]) -> str:
    """The list's own key, else a hash of the row and its occurrence: real lists have twins."""
    if "key" in mapping.columns:
        key = f"{mapping.source}:{cells[mapping.columns['key']]}"
        seen[key] += 1
        return key
    text = "\x1f".join(f"{column}\x1e{cell}" for column, cell in sorted(cells.items()))
    digest = hashlib.sha256(text.encode()).hexdigest()[:20]
    seen[digest] += 1
    return f"{mapping.source}:{digest}:{seen[digest]}"


def _name(
    cells: Mapping[str, str],
    mapping: ImportMapping,
    trades: tuple[str, ...],
    names: Counter[str],
) -> str:
    if "name" in mapping.columns:
        return cells[mapping.columns["name"]]
    assert mapping.name_template is not None
    trade = trades[0].replace("_", " ").capitalize() if trades else ""
    values = {
        column: cell.title() if cell.isupper() else cell for column, cell in cells.items()
    } | {"trade": trade}
    name = mapping.name_template.format(**values).strip()
    names[name] += 1
    return name if names[name] == 1 else f"{name} No. {names[name]}"


def _technicians(cells: Mapping[str, str], mapping: ImportMapping) -> int:
    """Clipped to the mapping's bounds; an empty or odd number counts as the fewest."""
    text = cells[mapping.columns["technicians"]] if "technicians" in mapping.columns else ""
    try:
        count = int(float(text))
    except (ValueError, OverflowError):
        count = mapping.fewest_technicians
    return max(mapping.fewest_technicians, min(mapping.most_technicians, count))
