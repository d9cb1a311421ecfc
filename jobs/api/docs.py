"""The documentation page: the OpenAPI document as plain HTML.

Rendered here, so that it needs no script from elsewhere and none inline, and prints.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from ninja import NinjaAPI
from ninja.openapi.docs import DocsBase

from jobs.api.problems import KINDS


def marked(text: str) -> SafeString:
    """Paragraphs, with what stands between backticks as code."""

    def pieces(paragraph: str) -> SafeString:
        return format_html_join(
            "",
            "{}",
            (
                (format_html("<code>{}</code>", part) if number % 2 else part,)
                for number, part in enumerate(re.split("`", paragraph))
            ),
        )

    paragraphs = [one for one in text.split("\n\n") if one.strip()]
    return format_html_join("", "<p>{}</p>", ((pieces(one),) for one in paragraphs))


@dataclass(frozen=True, slots=True)
class Field:
    """One line of a table of fields."""

    name: str
    kind: str
    required: bool
    about: str


@dataclass(frozen=True, slots=True)
class Shape:
    """A named object of the schema."""

    name: str
    about: str
    fields: list[Field]


@dataclass(frozen=True, slots=True)
class OperationText:
    """One operation as the page shows it."""

    id: str
    method: str
    path: str
    title: str
    about: SafeString
    parameters: list[Field]
    request: str
    example: str
    answer: str
    answer_status: str
    refusals: list[str]


class DocumentationPage(DocsBase):
    """``/api/v1/docs``."""

    def render_page(self, request: HttpRequest, api: NinjaAPI, **kwargs: Any) -> HttpResponse:
        schema = api.get_openapi_schema(path_params=kwargs)
        groups: dict[str, list[OperationText]] = {}
        for path, methods in schema["paths"].items():
            for method, details in methods.items():
                text = _operation(path, method, details, schema)
                groups.setdefault(details["tags"][0], []).append(text)
        return render(
            request,
            "api/docs.html",
            {
                "title": api.title,
                "about": marked(api.description),
                "base": f"{settings.BASE_URL}{api.get_root_path(kwargs).rstrip('/')}",
                "groups": groups.items(),
                "shapes": [
                    Shape(name, one.get("description", ""), _fields(one))
                    for name, one in sorted(schema["components"]["schemas"].items())
                    if one.get("type") == "object"
                ],
                "problems": KINDS.items(),
                "schema_url": self.get_openapi_url(api, kwargs),
            },
        )


def _operation(
    path: str, method: str, details: dict[str, Any], schema: dict[str, Any]
) -> OperationText:
    request = _content(details.get("requestBody", {}))
    statuses = sorted(details["responses"])
    success = statuses[0]
    return OperationText(
        id=details["operationId"],
        method=method.upper(),
        path=path,
        title=details["summary"],
        about=marked(details.get("description", "")),
        parameters=[
            Field(
                name=one["name"],
                kind=f"{_kind(one['schema'])}, in the {one['in']}",
                required=one.get("required", False),
                about=one.get("description", ""),
            )
            for one in details["parameters"]
        ],
        request=_shape(request),
        example=_example(request, schema),
        answer=_shape(_content(details["responses"][success])),
        answer_status=str(success),
        refusals=[str(status) for status in statuses[1:]],
    )


def _content(holder: dict[str, Any]) -> dict[str, Any]:
    """The schema of the only media type of a request or response."""
    for media in holder.get("content", {}).values():
        return dict(media["schema"])
    return {}


def _fields(shape: dict[str, Any]) -> list[Field]:
    required = set(shape.get("required", []))
    return [
        Field(name, _kind(one), name in required, one.get("description", ""))
        for name, one in shape.get("properties", {}).items()
    ]


def _kind(schema: dict[str, Any]) -> str:
    """A schema in a few words: ``text``, ``JobOut``, ``list of JobOut``, ``a | b | c``."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    if "const" in schema:
        return str(schema["const"])
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            return " or ".join(_kind(one) for one in schema[key])
    match schema.get("type"):
        case "array":
            return f"list of {_kind(schema.get('items', {}))}"
        case "object":
            return "object"
        case "integer":
            return "whole number"
        case "string":
            return {"uuid": "UUID", "date-time": "instant"}.get(schema.get("format", ""), "text")
        case "null":
            return "null"
        case str(other):
            return other
        case _:
            return "anything"


def _shape(schema: dict[str, Any]) -> str:
    """The name of the object that a body is, '' for none."""
    for one in schema.get("anyOf", [schema]):
        if "$ref" in one:
            return _kind(one)
    return ""


def _example(request: dict[str, Any], schema: dict[str, Any]) -> str:
    for one in _resolved(request, schema):
        properties = one.get("properties", {})
        if one.get("examples"):
            given = one["examples"][0]
            in_order = {name: given[name] for name in properties if name in given}
            return json.dumps(in_order, indent=2, ensure_ascii=False)
        made = {
            name: value["examples"][0] for name, value in properties.items() if "examples" in value
        }
        if made:
            return json.dumps(made, indent=2, ensure_ascii=False)
    return ""


def _resolved(request: dict[str, Any], schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The objects that a request may be, references followed."""
    for one in request.get("anyOf", [request]):
        if "$ref" in one:
            yield schema["components"]["schemas"][one["$ref"].rsplit("/", 1)[-1]]
        elif one:
            yield one
