"""Shapes shared by requests and answers."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from ninja import Schema
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
)


class In(Schema):
    """A request body: unknown fields are refused, numbers must be finite."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class Out(BaseModel):
    """An answer. Built by the presenters, checked once."""

    model_config = ConfigDict(extra="forbid")


def _without_nul(text: str) -> str:
    if "\x00" in text:
        raise ValueError("Remove the NUL character.")
    return text


def _email(text: str) -> str:
    if text:
        try:
            validate_email(text)
        except ValidationError as error:
            raise ValueError("Send a valid e-mail address, or leave it out.") from error
    return text


_RFC3339 = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})\Z", re.ASCII
)

_LOST_PLUS = re.compile(r"\d{2}(\.\d+)? \d{2}:\d{2}\Z", re.ASCII)


def _instant(value: Any) -> Any:
    # Numbers would be read as seconds since 1970, and far years overflow when zones are applied.
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not _RFC3339.match(value):
        if isinstance(value, str) and _LOST_PLUS.search(value):
            raise ValueError("Write the + of the offset as %2B in a query.")
        raise ValueError("Send an instant with its offset, as in 2026-11-24T08:00:00-05:00.")
    if not 2000 <= int(value[:4]) <= 2200:
        raise ValueError("Send a year between 2000 and 2200.")
    return value


NoNul = AfterValidator(_without_nul)
Instant = Annotated[AwareDatetime, BeforeValidator(_instant)]
ShortText = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), NoNul]
LongText = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000), NoNul]
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000), NoNul]
Slug = Annotated[str, StringConstraints(max_length=60, pattern=r"^[-a-zA-Z0-9_]+$")]
Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=254),
    NoNul,
    AfterValidator(_email),
    WithJsonSchema({"type": "string", "format": "email", "maxLength": 254}),
]
Id = Annotated[UUID, Field(examples=["019a9f3c-7c1e-7d44-9a41-3f2b7c0a51de"])]


class MoneyIn(In):
    """An amount above zero, as text with at most two decimals, in the branch's currency."""

    amount: Annotated[
        str, StringConstraints(pattern=r"^[0-9]{1,8}(\.[0-9]{1,2})?$"), Field(examples=["250.00"])
    ]
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$"), Field(examples=["USD"])]

    @property
    def decimal(self) -> Decimal:
        return Decimal(self.amount).quantize(Decimal("0.01"))


class Money(Out):
    """An amount, as text with two decimals, and its currency (ISO 4217)."""

    amount: str = Field(examples=["120.00"])
    currency: str = Field(examples=["USD"])


class WindowIn(In):
    """The arrival window promised to the customer: instants with offset."""

    start: Instant = Field(examples=["2026-11-24T08:00:00-05:00"])
    end: Instant = Field(examples=["2026-11-24T12:00:00-05:00"])


class Window(Out):
    """The arrival window promised to the customer, in the site's time zone."""

    start: AwareDatetime = Field(examples=["2026-11-24T08:00:00-05:00"])
    end: AwareDatetime = Field(examples=["2026-11-24T12:00:00-05:00"])


class Named(Out):
    """A contractor or technician."""

    id: UUID
    name: str = Field(examples=["Harold"])


class FieldError(Out):
    """One field that cannot be used, and what to do about it."""

    field: str = Field(examples=["site.postcode"])
    message: str = Field(examples=["The ZIP code 00000 is not known; check its five digits."])


class ProblemOut(Out):
    """A problem document (RFC 9457). ``type`` ends in a stable code."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldError] | None = Field(
        default=None, description="With 422: what is wrong with which field."
    )
