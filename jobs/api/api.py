"""The API as it is mounted at /api/v1/: ``api.urls``."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import URLPattern, URLResolver, re_path
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from jobs.api import problems
from jobs.api.docs import DocumentationPage
from jobs.api.reading import StrictParser, refuse_unknown_parameters
from jobs.api.views import changes, jobs, steps, work

DESCRIPTION = """\
Send `Authorization: Bearer TOKEN`. A token belongs to one branch (scope `dispatch`) or to one
contractor (scope `contractor`); what belongs to others is not there for it.

Ids are UUIDs, instants RFC 3339 with offset, money is `{"amount": "120.00", "currency": "USD"}`.
Lists are `{"items": […], "next": cursor or null}`. Unknown fields are refused.

Refusals are problem documents (RFC 9457) whose `type` ends in a stable code.

Retries are normal: repeating your own accept, decline or step is 200 with the present state. With
an `Idempotency-Key`, the same request gets the first answer again.\
"""


class DispatchAPI(NinjaAPI):
    """Ninja, with problem documents everywhere and a schema that says so."""

    def _get_urls(self) -> list[URLResolver | URLPattern]:
        patterns = super()._get_urls()
        for pattern in patterns:
            if isinstance(pattern, URLPattern) and pattern.callback is not None:
                pattern.callback = problems.guarded(pattern.callback)
        nothing = problems.guarded(problems.nothing_here)
        return [*patterns, re_path(r"^(?P<rest>.+)$", nothing, name="nothing-here")]

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        schema = super().get_openapi_schema(**options)
        for path in schema["paths"].values():
            for operation in path.values():
                for status, response in operation["responses"].items():
                    content = response.get("content", {})
                    if int(status) >= 400 and "application/json" in content:
                        content[problems.MEDIA_TYPE] = content.pop("application/json")
        return schema

    def on_exception(self, request: HttpRequest, exc: Any) -> Any:
        return problems.answer_to(request, exc)


api = DispatchAPI(
    title="Firstcall API",
    version="1",
    description=DESCRIPTION,
    urls_namespace="api",
    docs=DocumentationPage(),
    parser=StrictParser(),
)
api.add_decorator(refuse_unknown_parameters, mode="operation")
api.add_router("", jobs.router)
api.add_router("", changes.router)
api.add_router("", work.router)
api.add_router("", steps.router)
