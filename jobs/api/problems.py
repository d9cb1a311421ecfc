"""Every refusal of the API is a problem document (RFC 9457).

``type`` is an address that ends in a stable code and leads to its explanation in the
documentation; ``detail`` says what to do about this very case.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from ninja.errors import AuthenticationError, HttpError, ValidationError

from jobs.errors import DomainError, InvalidInput, NotFound
from network.errors import NetworkError

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
DOCS = "/api/v1/docs"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem: its status, its title, and what the documentation says about it."""

    status: int
    title: str
    meaning: str


KINDS: dict[str, Kind] = {
    "unauthorized": Kind(
        401, "No valid token", "The Authorization header is missing or its token is not valid."
    ),
    "wrong-scope": Kind(
        403,
        "Not with this token",
        "The token is valid, but has the other scope: dispatch operations take a branch's token, "
        "contractor operations a contractor's.",
    ),
    "not-found": Kind(404, "Not found", "It is not there, or not yours: the two look the same."),
    "method-not-allowed": Kind(405, "Method not allowed", "See the Allow header."),
    "offer-no-longer-open": Kind(
        409,
        "This offer is no longer open",
        "It was answered, expired or withdrawn before this answer came. Nothing changed.",
    ),
    "job-is-final": Kind(
        409, "This job is closed", "It is completed or cancelled; nothing changes any more."
    ),
    "move-not-allowed": Kind(
        409,
        "This step is not possible now",
        "The job, the visit or the technician's time is not in a state that allows it; "
        "the detail says why.",
    ),
    "idempotency-key-reused": Kind(
        409,
        "This idempotency key was used for something else",
        "The key came with another body before. Use a new key for a new request.",
    ),
    "content-too-large": Kind(413, "Too large", "A request may have 256 KiB."),
    "unsupported-media-type": Kind(415, "Not JSON", "Send the body as application/json, in UTF-8."),
    "invalid-input": Kind(
        422,
        "Please correct the input",
        "errors names each field that cannot be used, with what to do about it.",
    ),
    "too-many-requests": Kind(
        429, "Too many requests", "Wait for as many seconds as Retry-After says."
    ),
    "internal-error": Kind(
        500, "Something went wrong here", "Our fault, and noted. Try again; the key makes it safe."
    ),
    "unavailable": Kind(
        503, "Not available for a moment", "The database cannot be reached. Try again."
    ),
}


class Problem(Exception):
    """A refusal that is no domain error. ``code`` is a key of KINDS."""

    def __init__(
        self,
        code: str,
        detail: str = "",
        *,
        errors: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail or code)
        self.code = code
        self.detail = detail or KINDS[code].meaning
        self.errors = errors
        self.headers = dict(headers or {})


def type_of(code: str) -> str:
    """The ``type`` of a kind of problem: an address that ends in its code."""
    return f"{settings.BASE_URL}{DOCS}#{code}"


def answer(
    code: str,
    detail: str,
    *,
    status: int | None = None,
    title: str | None = None,
    errors: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """A problem document as a response."""
    kind = KINDS.get(code)
    status = status or (kind.status if kind else 409)
    body: dict[str, Any] = {
        "type": type_of(code),
        "title": title or (kind.title if kind else HTTPStatus(status).phrase),
        "status": status,
        "detail": detail,
    }
    if errors is not None:
        body["errors"] = [{"field": field, "message": message} for field, message in errors.items()]
    return JsonResponse(body, status=status, headers=dict(headers or {}), content_type=MEDIA_TYPE)


# The services name their own inputs; a client knows the fields of the request.
_FIELDS = {
    "address": "site.address",
    "postcode": "site.postcode",
    "latitude": "site.latitude",
    "longitude": "site.longitude",
    "customer_name": "customer.name",
    "customer_phone": "customer.phone",
    "customer_email": "customer.email",
}


def answer_to(request: HttpRequest, error: Exception) -> HttpResponse:
    """The problem document for whatever was raised while answering ``request``."""
    match error:
        case Problem():
            return answer(error.code, error.detail, errors=error.errors, headers=error.headers)
        case InvalidInput():
            errors = {_FIELDS.get(name, name): text for name, text in error.errors.items()}
            return answer("invalid-input", error.detail, errors=errors)
        case NotFound():
            return answer("not-found", error.detail)
        case DomainError():
            return answer(error.code, error.detail, title=error.title, status=409)
        case NetworkError():
            return answer(
                "invalid-input", error.detail, errors={error.field or "body": error.detail}
            )
        case ValidationError():
            return _invalid(error)
        case AuthenticationError():
            return unauthorized()
        case RequestDataTooBig():
            return answer("content-too-large", KINDS["content-too-large"].meaning)
        case Http404():
            return answer("not-found", "There is nothing at this address.")
        case HttpError():
            return _of_http_error(request, error)
        case SuspiciousOperation():
            return answer("invalid-input", "The request cannot be read.", errors={"body": "?"})
        case OperationalError() | InterfaceError():
            log.exception("api request failed: database", path=request.path)
            return answer("unavailable", KINDS["unavailable"].meaning, headers={"Retry-After": "2"})
        case _:
            log.exception("api request failed", path=request.path, method=request.method)
            return answer("internal-error", KINDS["internal-error"].meaning)


def unauthorized() -> HttpResponse:
    return answer(
        "unauthorized",
        "Send a valid token: Authorization: Bearer TOKEN.",
        headers={"WWW-Authenticate": 'Bearer realm="firstcall"'},
    )


def _of_http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    # The framework wraps what the parser raised; the cause is what the client must know.
    if isinstance(error.__cause__, Problem):
        return answer_to(request, error.__cause__)
    if error.status_code == HTTPStatus.BAD_REQUEST:
        return answer(
            "invalid-input",
            "The body is not valid JSON.",
            errors={"body": "Send one JSON object in UTF-8."},
        )
    return answer("invalid-input", str(error), status=error.status_code)


def _invalid(error: ValidationError) -> HttpResponse:
    if any(item["loc"][0] == "path" for item in error.errors):
        return answer("not-found", "There is nothing with this id.")
    errors: dict[str, str] = {}
    for item in error.errors:
        errors.setdefault(_field_of(item["loc"]), _sentence_of(item))
    return answer("invalid-input", " ".join(errors.values()), errors=errors)


def _field_of(location: tuple[Any, ...]) -> str:
    # (“body”, parameter's name, field, …) or (“query”, name)
    parts = location[2:] if location[0] == "body" else location[1:]
    return ".".join(str(part) for part in parts) or "body"


_SENTENCES: dict[str, str] = {
    "model_type": "Send one JSON object.",
    "model_attributes_type": "Send one JSON object.",
    "missing": "This field is required.",
    "extra_forbidden": "There is no such field; remove it or correct its name.",
    "json_invalid": "This is not valid JSON.",
    "string_type": "Send text.",
    "uuid_parsing": "Send a UUID.",
    "int_parsing": "Send a whole number.",
    "int_type": "Send a whole number.",
    "float_type": "Send a number.",
    "float_parsing": "Send a number.",
    "finite_number": "Send a finite number.",
}


def _sentence_of(item: Mapping[str, Any]) -> str:
    kind = item["type"]
    if kind in _SENTENCES:
        return _SENTENCES[kind]
    if kind in ("enum", "literal_error"):
        return f"Choose one of: {item['ctx']['expected'].replace(' or ', ', ')}."
    if kind == "value_error":
        return str(item["ctx"]["error"])
    text = str(item["msg"])
    return text if text.endswith(".") else f"{text}."


def guarded(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A view whose refusals are problem documents, also those made outside the framework."""

    def call(view: Callable[..., HttpResponse], request: HttpRequest, **path: Any) -> HttpResponse:
        try:
            response = view(request, **path)
        except Exception as error:
            response = answer_to(request, error)
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            allowed = response.headers["Allow"]
            response = answer(
                "method-not-allowed",
                f"This address answers to {allowed} only.",
                headers={"Allow": allowed},
            )
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    wrapped = partial(call, view)
    wrapped.csrf_exempt = True  # type: ignore[attr-defined]
    return wrapped


def nothing_here(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Any address under the API that is none."""
    raise Http404
