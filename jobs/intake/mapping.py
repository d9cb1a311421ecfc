"""The mapping: a TOML file that says how a CSV file of requests is to be read.

docs/examples/boston.toml shows every setting. Everything is checked when the mapping is loaded,
so that a mistake in it is one clear message and not a million rejected rows.
"""

from __future__ import annotations

import codecs
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from pathlib import Path
from string import Formatter
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from jobs.intake.errors import IntakeError
from jobs.states import Priority

#: What a row must and may give; the values are names of columns.
REQUIRED_COLUMNS = ("external_ref", "opened", "type")
OPTIONAL_COLUMNS = ("target", "postcode", "latitude", "longitude")
REQUIRED_TEXTS = ("address", "customer_name")
OPTIONAL_TEXTS = ("description", "customer_phone", "customer_email")

_SECTIONS = {"name", "file", "columns", "texts", "dates", "priority", "window", "types"}


@dataclass(frozen=True, slots=True)
class TypeRule:
    """What a request type becomes; ``minutes`` None takes the service type's usual duration."""

    service_type: str
    minutes: int | None = None


@dataclass(frozen=True, slots=True)
class IntakeMapping:
    """A checked mapping. ``shift`` is (a day of the file, what it becomes), or None.

    ``limits`` are (most hours from opening to target, priority), ascending. ``windows`` are local
    arrival windows of a day.
    """

    name: str
    encoding: str
    delimiter: str
    columns: Mapping[str, str]
    texts: Mapping[str, str]
    date_format: str
    zone: ZoneInfo
    shift: tuple[date, date | str] | None
    limits: tuple[tuple[float, str], ...]
    priority_above: str
    priority_without_target: str | None
    windows: tuple[tuple[time, time], ...]
    working_days: int
    same_day: frozenset[str]
    seed: str
    types: Mapping[str, TypeRule]
    left_out: frozenset[str] = field(default_factory=frozenset)

    def needed_columns(self) -> list[str]:
        """Every column of the file that the mapping reads, once, in a stable order."""
        placeholders = [
            name for text in self.texts.values() for name in placeholders_of(text) if name
        ]
        return list(dict.fromkeys([*self.columns.values(), *placeholders]))


def load_mapping(path: Path) -> IntakeMapping:
    """Read and check a mapping file. Raises IntakeError, naming file and setting."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise IntakeError(f"There is no mapping file {path}.") from error
    except UnicodeDecodeError as error:
        raise IntakeError(f"The mapping {path} is not UTF-8; save it as UTF-8.") from error
    except OSError as error:
        raise IntakeError(f"The mapping {path} cannot be read: {error.strerror}.") from error
    except tomllib.TOMLDecodeError as error:
        raise IntakeError(f"The mapping {path} is not valid TOML: {error}.") from error
    return parse_mapping(data, default_name=path.stem)


def parse_mapping(data: Mapping[str, Any], *, default_name: str) -> IntakeMapping:
    """Check a mapping's data. Raises IntakeError."""
    if unknown := sorted(set(data) - _SECTIONS):
        raise IntakeError(
            f"The mapping has an unknown section “{unknown[0]}”. "
            f"Known: {', '.join(sorted(_SECTIONS))}."
        )
    file = _table(data, "file", {"encoding", "delimiter"})
    columns = _names(data, "columns", REQUIRED_COLUMNS, OPTIONAL_COLUMNS)
    if ("latitude" in columns) != ("longitude" in columns):
        raise IntakeError("[columns] names latitude or longitude; name both or neither.")
    if "postcode" not in columns and "latitude" not in columns:
        raise IntakeError("[columns] needs postcode, or latitude and longitude.")
    texts = _names(data, "texts", REQUIRED_TEXTS, OPTIONAL_TEXTS)
    for key, text in texts.items():
        _check_template(key, text)
    dates = _table(data, "dates", {"format", "time_zone", "shift"})
    window = _table(data, "window", {"hours", "working_days", "same_day", "seed"})
    limits, above, without = _priority(data)
    types, left_out = _types(data)
    return IntakeMapping(
        name=_text(data.get("name", default_name), "name", longest=40),
        encoding=_encoding(file.get("encoding", "utf-8")),
        delimiter=_delimiter(file.get("delimiter", ",")),
        columns=columns,
        texts=texts,
        date_format=_text(dates.get("format"), "[dates] format"),
        zone=_zone(dates.get("time_zone")),
        shift=_shift(dates.get("shift")),
        limits=limits,
        priority_above=above,
        priority_without_target=without,
        windows=_windows(window.get("hours", ["08:00-12:00", "12:00-16:00", "16:00-20:00"])),
        working_days=_whole(window.get("working_days", 5), "[window] working_days", 1, 30),
        same_day=_same_day(window.get("same_day", [Priority.EMERGENCY])),
        seed=str(window.get("seed", default_name)),
        types=types,
        left_out=left_out,
    )


def placeholders_of(template: str) -> list[str]:
    """The names between braces of a template."""
    return [name for _, name, _, _ in Formatter().parse(template) if name is not None]


def _table(data: Mapping[str, Any], name: str, known: set[str]) -> dict[str, Any]:
    table = data.get(name, {})
    if not isinstance(table, dict):
        raise IntakeError(f"“{name}” of the mapping must be a table: [{name}].")
    if unknown := sorted(set(table) - known):
        raise IntakeError(
            f"[{name}] has an unknown setting “{unknown[0]}”. Known: {', '.join(sorted(known))}."
        )
    return table


def _names(
    data: Mapping[str, Any], section: str, required: tuple[str, ...], optional: tuple[str, ...]
) -> dict[str, str]:
    table = _table(data, section, {*required, *optional})
    for key in required:
        if key not in table:
            raise IntakeError(f"[{section}] lacks “{key}”.")
    return {key: _text(value, f"[{section}] {key}") for key, value in table.items()}


def _text(value: Any, where: str, longest: int = 300) -> str:
    if not isinstance(value, str) or not value.strip():
        raise IntakeError(f"{where} is missing or empty in the mapping; give it a text.")
    if len(value) > longest:
        raise IntakeError(f"{where} is longer than {longest} characters.")
    return value


def _whole(value: Any, where: str, low: int, high: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise IntakeError(f"{where} must be a whole number from {low} to {high}.")
    return value


def _check_template(key: str, text: str) -> None:
    try:
        parts = list(Formatter().parse(text))
    except ValueError as error:
        raise IntakeError(f"[texts] {key}: {error}. Write a column as {{NAME}}.") from error
    for _, name, spec, conversion in parts:
        if name is not None and (not name or spec or conversion):
            raise IntakeError(f"[texts] {key}: write a column as {{NAME}}, nothing else in braces.")


def _encoding(value: Any) -> str:
    try:
        found = codecs.lookup(_text(value, "[file] encoding"))
    except LookupError as error:
        raise IntakeError(f"[file] encoding “{value}” is not known.") from error
    # The file is cut into lines before it is decoded.
    if "\n".encode(found.name)[-1:] != b"\n" or len("\n".encode(found.name)) != 1:
        raise IntakeError(f"[file] encoding “{value}” cannot be streamed; save the file as UTF-8.")
    return found.name


def _delimiter(value: Any) -> str:
    if not isinstance(value, str) or len(value) != 1 or value in '"\r\n':
        raise IntakeError("[file] delimiter must be one character, such as “,” or “;”.")
    return value


def _zone(value: Any) -> ZoneInfo:
    if value not in available_timezones():
        raise IntakeError(
            f"[dates] time_zone “{value}” is not an IANA time zone such as America/New_York."
        )
    return ZoneInfo(value)


def _shift(value: Any) -> tuple[date, date | str] | None:
    if value is None:
        return None
    day = value.get("day") if isinstance(value, dict) else None
    becomes = value.get("becomes") if isinstance(value, dict) else None
    # type() and not isinstance(): a datetime is a date too, and is not meant here.
    if type(day) is not date or not (type(becomes) is date or becomes in ("today", "tomorrow")):
        raise IntakeError(
            "[dates] shift must read { day = 2015-08-03, becomes = "
            '"tomorrow" }, with "today", "tomorrow" or a date.'
        )
    return day, becomes


def _priority(
    data: Mapping[str, Any],
) -> tuple[tuple[tuple[float, str], ...], str, str | None]:
    table = _table(data, "priority", {"up_to_hours", "above", "without_target"})
    hours = table.get("up_to_hours", {})
    if not isinstance(hours, dict):
        raise IntakeError("[priority] up_to_hours must be a table: priority = hours.")
    limits = []
    for name, most in hours.items():
        if isinstance(most, bool) or not isinstance(most, int | float) or most <= 0:
            raise IntakeError(f"[priority] up_to_hours: {name} needs a number of hours above 0.")
        limits.append((float(most), _known_priority(name)))
    return (
        tuple(sorted(limits)),
        _known_priority(table.get("above", Priority.STANDARD)),
        _known_priority(table["without_target"]) if "without_target" in table else None,
    )


def _known_priority(value: Any) -> str:
    if value not in Priority.values:
        raise IntakeError(f"“{value}” is not a priority. Choose from {', '.join(Priority.values)}.")
    return str(value)


def _same_day(value: Any) -> frozenset[str]:
    if not isinstance(value, list):
        raise IntakeError("[window] same_day must be a list of priorities.")
    return frozenset(_known_priority(one) for one in value)


def _windows(value: Any) -> tuple[tuple[time, time], ...]:
    wrong = '[window] hours must be a list such as ["08:00-12:00", "12:00-16:00"], in order.'
    if not isinstance(value, list) or not value:
        raise IntakeError(wrong)
    found = []
    for text in value:
        try:
            first, last = (time.fromisoformat(part.strip()) for part in text.split("-"))
        except (AttributeError, ValueError) as error:
            raise IntakeError(wrong) from error
        if first >= last:
            raise IntakeError(f"[window] hours: “{text}” ends before it starts.")
        found.append((first, last))
    if found != sorted(found):
        raise IntakeError(wrong)
    return tuple(found)


def _types(data: Mapping[str, Any]) -> tuple[dict[str, TypeRule], frozenset[str]]:
    table = data.get("types")
    if not isinstance(table, dict) or not table:
        raise IntakeError(
            "[types] is missing: say which service type each request type becomes, such as "
            '"Plumbing" = { service_type = "leak-repair", minutes = 75 }.'
        )
    rules, left_out = {}, set()
    for name, rule in table.items():
        if rule is False:
            left_out.add(name)
        elif isinstance(rule, str):
            rules[name] = TypeRule(rule)
        elif isinstance(rule, dict) and "service_type" in rule:
            if unknown := sorted(set(rule) - {"service_type", "minutes"}):
                raise IntakeError(f"[types] “{name}” has an unknown setting “{unknown[0]}”.")
            minutes = rule.get("minutes")
            rules[name] = TypeRule(
                _text(rule["service_type"], f"[types] “{name}” service_type"),
                None if minutes is None else _whole(minutes, f"[types] “{name}” minutes", 1, 1440),
            )
        else:
            raise IntakeError(
                f"[types] “{name}” must be a service type, a table with service_type, or false "
                "to leave such rows out."
            )
    return rules, frozenset(left_out)
