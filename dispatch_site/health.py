"""Is it alive, is it ready, how is it doing."""

from __future__ import annotations

import secrets
from typing import Any

import redis
import structlog
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from dispatch_site.heartbeat import clock_age_seconds
from dispatch_site.metrics import REGISTRY

log = structlog.get_logger(__name__)
REDIS_TIMEOUT_SECONDS = 1.0


@never_cache
@require_safe
def alive(request: HttpRequest) -> JsonResponse:
    """The process answers; nothing else is looked at, so that a lost database restarts nobody."""
    return JsonResponse({"status": "alive"})


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Whether dispatching works: database, Redis and the clock's heartbeat, each by name.

    503 as soon as one is not well. Redis being down is reported but does not make the answer 503:
    the clock does the work itself then, and taking the web machines out would stop everything.
    """
    checks = {"database": _database(), "redis": _redis(), "clock": _clock()}
    well = all(checks[name]["ok"] for name in ("database", "clock"))
    return JsonResponse(
        {"status": "ready" if well else "not ready", "checks": checks}, status=200 if well else 503
    )


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus figures, for superusers and for whoever brings ``METRICS_TOKEN``."""
    if not _may_read_metrics(request):
        return HttpResponse("Metrics need a superuser or METRICS_TOKEN.\n", status=403)
    return HttpResponse(generate_latest(REGISTRY), content_type=CONTENT_TYPE_LATEST)


def _may_read_metrics(request: HttpRequest) -> bool:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if settings.METRICS_TOKEN and scheme.lower() == "bearer":
        return secrets.compare_digest(token.strip().encode(), settings.METRICS_TOKEN.encode())
    return bool(request.user.is_authenticated and request.user.is_superuser)


def _database() -> dict[str, Any]:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        log.warning("database unreachable", error=str(error))
        return {"ok": False, "detail": "unreachable"}
    return {"ok": True}


def _redis() -> dict[str, Any]:
    client = redis.Redis.from_url(
        settings.REDIS_URL,
        socket_connect_timeout=REDIS_TIMEOUT_SECONDS,
        socket_timeout=REDIS_TIMEOUT_SECONDS,
    )
    try:
        client.ping()
    except redis.exceptions.RedisError as error:
        log.warning("redis unreachable", error=str(error))
        return {"ok": False, "detail": "unreachable"}
    finally:
        client.close()
    return {"ok": True}


def _clock() -> dict[str, Any]:
    try:
        age = clock_age_seconds()
    except DatabaseError:
        return {"ok": False, "detail": "database unreachable"}
    if age is None:
        return {"ok": False, "detail": "no clock has run yet (manage.py clock)"}
    return {"ok": age <= settings.CLOCK_HEARTBEAT_MAX_AGE_SECONDS, "age_seconds": round(age, 1)}
