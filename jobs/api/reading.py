"""Reading requests strictly: JSON only, of bounded size, nothing unknown in it."""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import Callable
from typing import Any, NoReturn

from django.http import HttpRequest, HttpResponse
from ninja.params.models import Query as QueryParameter
from ninja.parser import Parser

from jobs.api.problems import Problem

#: A request for one job is under 10 kB; this leaves room and bounds the work of parsing.
LARGEST_BODY = 256 * 1024


class StrictParser(Parser):
    """JSON as RFC 8259 has it: UTF-8, no NaN, no Infinity; declared as JSON."""

    def parse_body(self, request: HttpRequest) -> Any:
        media_type = (request.content_type or "").lower()
        if media_type != "application/json" and not media_type.endswith("+json"):
            raise Problem(
                "unsupported-media-type",
                f"The body is declared as {media_type or 'nothing'}; send application/json.",
            )
        if len(request.body) > LARGEST_BODY:
            raise Problem("content-too-large")
        return json.loads(request.body.decode("utf-8"), parse_constant=_refuse_constant)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def refuse_unknown_parameters(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A view that answers 422 to query parameters it does not know, instead of ignoring them."""
    known = {
        name
        for name, parameter in inspect.signature(view).parameters.items()
        if isinstance(parameter.default, QueryParameter)
    }

    @functools.wraps(view)
    def strict(request: HttpRequest, **values: Any) -> HttpResponse:
        unknown = sorted(set(request.GET) - known)
        if unknown:
            allowed = f"Known: {', '.join(sorted(known))}." if known else "There are none here."
            raise Problem(
                "invalid-input",
                f"Unknown query parameters: {', '.join(unknown)}. {allowed}",
                errors=dict.fromkeys(unknown, f"There is no such parameter. {allowed}"),
            )
        return view(request, **values)

    return strict


def body_as_json(request: HttpRequest) -> Any:
    """The parsed body of a request that was validated already; None without one."""
    return json.loads(request.body) if request.body else None
