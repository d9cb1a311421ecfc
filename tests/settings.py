"""The settings of the test runs: the site's own, pointed at servers whose data is thrown away.

The site's settings file reads the environment, so this only prepares it. The servers themselves
are started by conftest.py; where they will listen is known beforehand.
"""

import os
from pathlib import Path

from dispatch_site.embedded.paths import Layout, var_dir
from dispatch_site.env import redis_url_with_db


def _test_var() -> Path:
    """One folder per suffix, so that test runs beside each other share no Redis database."""
    return var_dir() / "test-{}".format(os.environ.get("FIRSTCALL_TEST_SUFFIX") or "servers")


TEST_LAYOUT = Layout.of(_test_var())
OWN_SERVERS = "DATABASE_URL" not in os.environ or "FIRSTCALL_TEST_LAYOUT" in os.environ
if OWN_SERVERS:
    os.environ["FIRSTCALL_TEST_LAYOUT"] = str(TEST_LAYOUT.var)
    os.environ["DATABASE_URL"] = TEST_LAYOUT.database_url
    os.environ["REDIS_URL"] = TEST_LAYOUT.redis_url
# Each xdist worker has a Redis database of its own; the controller and plain runs have 0.
_worker = os.environ.get("PYTEST_XDIST_WORKER", "")
os.environ["REDIS_URL"] = redis_url_with_db(
    os.environ["REDIS_URL"], int(_worker[2:]) + 1 if _worker else 0
)
os.environ["DEMO"] = "1"
os.environ["DEBUG"] = "0"
os.environ.setdefault("SECRET_KEY", "only-for-tests-" + "x" * 40)
os.environ["BASE_URL"] = "http://testserver"
os.environ["LOG_LEVEL"] = os.environ.get("LOG_LEVEL", "WARNING")
for name in ("MAP_TILE_URL", "METRICS_TOKEN", "EMAIL_HOST", "DATABASE_POOL_SIZE"):
    os.environ.pop(name, None)

from dispatch_site.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
SMS_BACKEND = "jobs.channels.sms.MemoryBackend"
KEEP_MESSAGE_SECRETS = False
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
