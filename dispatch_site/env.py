"""Reading addresses of servers from the environment, strictly.

django-environ does not decode a percent-encoded socket folder in a host (``%2Frun%2Fpg``), so the
database address is taken apart here.
"""

from __future__ import annotations

from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

POSTGRES_SCHEMES = {"postgres", "postgresql"}


def database_from_url(url: str) -> dict[str, object]:
    """Django's NAME, USER, PASSWORD, HOST, PORT and OPTIONS for a PostgreSQL address.

    A socket folder may be given as a percent-encoded host or as ``?host=/folder``; every other
    query parameter becomes a libpq option. Raises ImproperlyConfigured for anything that is not
    a PostgreSQL address with a database name.
    """
    parts = urlsplit(url)
    if parts.scheme not in POSTGRES_SCHEMES:
        raise ImproperlyConfigured(
            "DATABASE_URL must begin with postgres:// (only PostgreSQL keeps the constraints "
            f"that Firstcall relies on), not {parts.scheme or 'nothing'}://"
        )
    name = unquote(parts.path.lstrip("/"))
    if not name:
        raise ImproperlyConfigured("DATABASE_URL names no database (postgres://host/NAME)")
    options: dict[str, object] = dict(parse_qsl(parts.query))
    host = options.pop("host", None) or unquote(_raw_host(parts.netloc))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(options.pop("port", None) or parts.port or ""),
        "OPTIONS": options,
    }


def redis_url_with_db(url: str, db: int) -> str:
    """The same Redis server with another database number."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        query = dict(parse_qsl(parts.query))
        query["db"] = str(db)
        encoded = "&".join(f"{key}={value}" for key, value in query.items())
        # Not geturl(), which drops the empty host: redis-py wants all three slashes.
        return f"unix://{parts.path}?{encoded}"
    return parts._replace(path=f"/{db}").geturl()


def _raw_host(netloc: str) -> str:
    """The host as written: urlsplit's ``hostname`` would lower-case a socket folder."""
    host = netloc.rpartition("@")[2]
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]
