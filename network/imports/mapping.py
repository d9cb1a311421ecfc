"""The mapping: a TOML file that says how a list of contractors is to be read.

docs/examples/boston-contractors.toml shows every setting. All of it is checked when it is loaded,
so that a slip in it is one clear message and not thousands of rejected rows.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal, InvalidOperation
from pathlib import Path
from string import Formatter
from typing import Any

from network.areas import LARGEST_RADIUS_KM, SMALLEST_RADIUS_KM
from network.errors import NetworkError
from network.models import ContractorStatus

REQUIRED_COLUMNS = ("zip", "trade")
OPTIONAL_COLUMNS = ("key", "name", "email", "phone", "technicians")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SECTIONS = {"source", "columns", "name", "zip", "trades", "rates", "new"}
_NEW = {
    "status",
    "cleared_until",
    "tier",
    "radius_km",
    "days",
    "hours",
    "level",
    "technicians",
    "made_up",
}


@dataclass(frozen=True, slots=True)
class Price:
    """A call-out fee and an hourly rate, in the branch's currency."""

    call_out_fee: Decimal
    hourly_rate: Decimal


@dataclass(frozen=True, slots=True)
class ImportMapping:
    """A checked mapping. ``trades`` maps a cell to slugs of trades; an empty list is left out."""

    source: str
    columns: Mapping[str, str]
    name_template: str | None
    pad_zip: bool
    trades: Mapping[str, tuple[str, ...]]
    rates: Mapping[str, Price]
    status: str = ContractorStatus.APPLICANT
    cleared_until: date | None = None
    tier: int = 2
    radius_km: float = 25
    days: tuple[int, ...] = (0, 1, 2, 3, 4)
    starts: time = time(8)
    ends: time = time(17)
    level: int = 2
    fewest_technicians: int = 1
    most_technicians: int = 8
    made_up: bool = False
    placeholders: tuple[str, ...] = field(default=())

    def needed_columns(self) -> list[str]:
        """Every column of the file that is read, once."""
        return list(dict.fromkeys([*self.columns.values(), *self.placeholders]))


def load_mapping(path: Path) -> ImportMapping:
    """Read and check a mapping file. Raises NetworkError, naming the setting."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise _bad(f"There is no mapping file {path}.") from error
    except UnicodeDecodeError as error:
        raise _bad(f"The mapping {path} is not UTF-8; save it as UTF-8.") from error
    except OSError as error:
        raise _bad(f"The mapping {path} cannot be read: {error.strerror}.") from error
    return parse_mapping(text)


def parse_mapping(text: str) -> ImportMapping:
    """Check a mapping's text. Raises NetworkError (field ``mapping``)."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _bad(f"The mapping is not valid TOML: {error}.") from error
    _only(data, _SECTIONS, "the mapping")
    columns = _table(data, "columns")
    _only(columns, {*REQUIRED_COLUMNS, *OPTIONAL_COLUMNS}, "[columns]")
    for name in REQUIRED_COLUMNS:
        if name not in columns:
            raise _bad(f"[columns] must name {name}.")
    for name, column in columns.items():
        if not isinstance(column, str) or not column:
            raise _bad(f"[columns] {name} must name a column.")
    template = _table(data, "name").get("template")
    if template is None and "name" not in columns:
        raise _bad("Give [columns] name, or [name] template for lists without names.")
    placeholders = _placeholders(template) if template is not None else []
    source = data.get("source")
    if not isinstance(source, str) or not 1 <= len(source) <= 40:
        raise _bad("source must be a short name: it begins every firm's key.")
    trades: dict[str, tuple[str, ...]] = {}
    for cell, slugs in _table(data, "trades").items():
        if not isinstance(slugs, list) or not all(isinstance(slug, str) for slug in slugs):
            raise _bad(f'[trades] “{cell}” must be a list of trades, as in ["plumbing"].')
        trades[cell] = tuple(slugs)
    if not trades:
        raise _bad("[trades] must say which cell means which trades.")
    rates = {
        trade: Price(_amount(rate, "call_out_fee", trade), _amount(rate, "hourly_rate", trade))
        for trade, rate in _table(data, "rates").items()
    }
    return ImportMapping(
        source=source,
        columns=columns,
        name_template=template,
        pad_zip=bool(_table(data, "zip").get("pad", False)),
        trades=trades,
        rates=rates,
        placeholders=tuple(name for name in placeholders if name != "trade"),
        **_new(_table(data, "new")),
    )


def _new(values: Mapping[str, Any]) -> dict[str, Any]:
    """What new contractors get beside their row."""
    _only(values, _NEW, "[new]")
    found: dict[str, Any] = {}
    if "status" in values:
        if values["status"] not in (ContractorStatus.APPLICANT, ContractorStatus.ACTIVE):
            raise _bad("[new] status must be applicant or active.")
        found["status"] = values["status"]
    if "cleared_until" in values:
        if type(values["cleared_until"]) is not date:
            raise _bad("[new] cleared_until must be a date such as 2027-12-31.")
        found["cleared_until"] = values["cleared_until"]
    for name, low, high in (("tier", 1, 3), ("level", 1, 3)):
        if name in values:
            if type(values[name]) is not int or not low <= values[name] <= high:
                raise _bad(f"[new] {name} must be {low} to {high}.")
            found[name] = values[name]
    if "radius_km" in values:
        radius = values["radius_km"]
        if not isinstance(radius, int | float) or not (
            SMALLEST_RADIUS_KM <= radius <= LARGEST_RADIUS_KM
        ):
            raise _bad(f"[new] radius_km must be {SMALLEST_RADIUS_KM} to {LARGEST_RADIUS_KM}.")
        found["radius_km"] = float(radius)
    if "days" in values:
        days = values["days"]
        if not isinstance(days, list) or not days or not set(days) <= set(DAYS):
            raise _bad(f"[new] days must be some of {', '.join(DAYS)}.")
        found["days"] = tuple(sorted(DAYS.index(day) for day in set(days)))
    if "hours" in values:
        try:
            starts, ends = (time.fromisoformat(part) for part in values["hours"].split("-"))
        except (AttributeError, ValueError) as error:
            raise _bad("[new] hours must be as in 08:00-17:00.") from error
        found["starts"], found["ends"] = starts, ends
    if "technicians" in values:
        bounds = values["technicians"]
        if (
            not isinstance(bounds, list)
            or len(bounds) != 2
            or not all(type(bound) is int for bound in bounds)
            or not 1 <= bounds[0] <= bounds[1] <= 200
        ):
            raise _bad("[new] technicians must be the fewest and the most, as in [1, 8].")
        found["fewest_technicians"], found["most_technicians"] = bounds
    if "made_up" in values:
        found["made_up"] = values["made_up"] is True
    return found


def _placeholders(template: Any) -> list[str]:
    if not isinstance(template, str) or not template.strip():
        raise _bad("[name] template must be a text such as “{trade}, {City}”.")
    try:
        parts = list(Formatter().parse(template))
    except ValueError as error:
        raise _bad(f"[name] template: {error}.") from error
    names = [name for _, name, _, _ in parts if name is not None]
    if "" in names or any(spec or conversion for _, _, spec, conversion in parts):
        raise _bad("[name] template may have only columns in its braces, as in {City}.")
    return names


def _amount(rate: Any, name: str, trade: str) -> Decimal:
    try:
        amount = Decimal(str(rate[name])).quantize(Decimal("0.01"))
    except (KeyError, TypeError, InvalidOperation) as error:
        raise _bad(f"[rates] {trade} needs {name}, an amount.") from error
    if not 0 <= amount < Decimal(100_000):
        raise _bad(f"[rates] {trade}: {name} must be 0 or more.")
    return amount


def _table(data: Mapping[str, Any], name: str) -> dict[str, Any]:
    table = data.get(name, {})
    if not isinstance(table, dict):
        raise _bad(f"[{name}] must be a section.")
    return table


def _only(data: Mapping[str, Any], known: set[str], where: str) -> None:
    if unknown := sorted(set(data) - known):
        raise _bad(f"{where} has an unknown “{unknown[0]}”. Known: {', '.join(sorted(known))}.")


def _bad(detail: str) -> NetworkError:
    return NetworkError("bad-mapping", detail, "mapping")
