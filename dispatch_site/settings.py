"""The one settings file: everything that differs between machines is read from the environment.

Three ways to run, told apart by two names:

* ``EMBEDDED``: no ``DATABASE_URL``; PostgreSQL and Valkey run out of this checkout.
* ``DEMO``: sample data, printed passwords and a scaled clock are allowed. On by default with the
  embedded servers, off as soon as ``DATABASE_URL`` is given.
* ``PRODUCTION``: neither ``DEBUG`` nor ``DEMO``. Nothing has an unsafe default here: what is
  missing is an error that says its name.

docs/configuration.md lists every variable.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

import environ
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from dispatch_site.embedded.paths import Layout, var_dir
from dispatch_site.env import database_from_url
from dispatch_site.logs import logging_config
from dispatch_site.mail_providers import EMAIL_PROVIDERS
from dispatch_site.secret import local_secret_key

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

# -- which way to run ------------------------------------------------------------------------
VAR_DIR = var_dir()
EMBEDDED = env.bool("FIRSTCALL_EMBEDDED", default="DATABASE_URL" not in os.environ)
DEBUG = env.bool("DEBUG", default=False)
DEMO = env.bool("DEMO", default=EMBEDDED)
PRODUCTION = not DEBUG and not DEMO

if not EMBEDDED and ("DATABASE_URL" in os.environ) != ("REDIS_URL" in os.environ):
    raise ImproperlyConfigured(
        "Set both DATABASE_URL and REDIS_URL, or neither (then the embedded servers are used)."
    )

SECRET_KEY = env.str("SECRET_KEY", default="")
if not SECRET_KEY:
    if PRODUCTION:
        raise ImproperlyConfigured(
            "SECRET_KEY is not set. Production has no default: give it 50 or more random "
            "characters and keep it out of the repository."
        )
    SECRET_KEY = local_secret_key(VAR_DIR)
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])

BASE_URL = env.str("BASE_URL", default="" if PRODUCTION else "http://localhost:8000").rstrip("/")
if not BASE_URL:
    raise ImproperlyConfigured(
        "BASE_URL is not set: the address in links, https://dispatch.example"
    )
_base = urlsplit(BASE_URL)
if _base.scheme not in {"http", "https"} or not _base.hostname:
    raise ImproperlyConfigured("BASE_URL must be an http:// or https:// address")
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS",
    default=[_base.hostname] if PRODUCTION else ["localhost", "127.0.0.1", "[::1]", _base.hostname],
)
CSRF_TRUSTED_ORIGINS = env.list(
    "CSRF_TRUSTED_ORIGINS", default=[f"{_base.scheme}://{_base.netloc}"]
)

# -- applications ----------------------------------------------------------------------------
INSTALLED_APPS = [
    "dispatch_site",
    "network",
    "ranking",
    "jobs",
    "portal",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_filters",
    "django_htmx",
    "django_rq",
    "ninja",  # serves the API documentation's own files instead of a CDN's
    "template_partials",
    "csp",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "dispatch_site.static_files.StaticFilesMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "dispatch_site.urls"
ASGI_APPLICATION = "dispatch_site.asgi.application"
WSGI_APPLICATION = "dispatch_site.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "network.context.shell",
            ],
        },
    }
]
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

# -- servers ---------------------------------------------------------------------------------
_layout = Layout.of(VAR_DIR)
DATABASE_URL = env.str("DATABASE_URL", default=_layout.database_url)
REDIS_URL = env.str("REDIS_URL", default=_layout.redis_url)

# The web process answers each request in a thread of its own and would open a connection each
# time, so it pools (asgi.py turns that on); commands and workers keep the one they have.
DATABASE_POOL_SIZE = env.int("DATABASE_POOL_SIZE", default=0)
_database = database_from_url(DATABASE_URL)
_database["DISABLE_SERVER_SIDE_CURSORS"] = env.bool("DATABASE_BEHIND_PGBOUNCER", default=False)
# A connection that a restarted server broke is noticed before it is used again.
_database["CONN_HEALTH_CHECKS"] = True
if DATABASE_POOL_SIZE:
    _database["OPTIONS"] = {
        **_database["OPTIONS"],  # type: ignore[dict-item]
        "pool": {
            "min_size": min(2, DATABASE_POOL_SIZE),
            "max_size": DATABASE_POOL_SIZE,
            "timeout": 10,
        },
    }
else:
    _database["CONN_MAX_AGE"] = env.int("DATABASE_CONN_MAX_AGE", default=600)
_database["TEST"] = {
    "NAME": "test_{}{}".format(
        _database["NAME"],
        f"_{suffix}" if (suffix := env.str("FIRSTCALL_TEST_SUFFIX", default="")) else "",
    )
}
DATABASES = {"default": _database}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {
    "default": {
        "BACKEND": "dispatch_site.cache.ForgivingRedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "firstcall",
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 2},
    }
}

# One queue per worker, and the same key style for both: a worker that listens to two queues can
# lose a task when it is killed right after taking it, and mixed styles make two connections.
RQ_QUEUES = {
    name: {"URL": REDIS_URL, "DEFAULT_TIMEOUT": 120, "DEFAULT_RESULT_TTL": 0}
    for name in ("timeouts", "searches", "default")
}
RQ = {
    "COMMIT_MODE": "auto",  # network.queue enqueues after commit, for every kind of enqueueing
    "DEFAULT_RESULT_TTL": 0,
    "WORKER_CLASS": "dispatch_site.worker.DispatchWorker",
}
RQ_EXCEPTION_HANDLERS = ["dispatch_site.tasks.report_failed_task"]
RQ_SHOW_ADMIN_LINK = False

# -- accounts --------------------------------------------------------------------------------
AUTH_USER_MODEL = "network.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "account_login"
# Whether contractors may register by themselves; those with an invitation always may.
SIGN_UP_OPEN = env.bool("SIGN_UP_OPEN", default=True)
ACCOUNT_ADAPTER = "dispatch_site.accounts.AccountAdapter"
ACCOUNT_FORMS = {"signup": "dispatch_site.accounts.RegisterForm"}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_SIGNUP_REDIRECT_URL = "portal:join"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
# By a code that is typed: what a mail scanner opens changes nothing.
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
# The form for another address would be shown only where the account is new: it would tell.
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_CHANGE = False
# Also the way back in for somebody who has lost the device with the passkey's account.
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 10 * 60
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = True
MFA_ADAPTER = "dispatch_site.second_factor.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_PASSKEY_SIGNUP_ENABLED = True
MFA_TOTP_ISSUER = "Firstcall"
MFA_TOTP_TOLERANCE = 1
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)

# -- language and time -----------------------------------------------------------------------
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

# -- files -----------------------------------------------------------------------------------
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Collected for production only; elsewhere files are served from where they lie.
STATIC_ROOT = (
    env.path("STATIC_ROOT", default=str(BASE_DIR / "staticfiles"))() if PRODUCTION else None
)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "whitenoise.storage.CompressedManifestStaticFilesStorage"
            if PRODUCTION
            else "django.contrib.staticfiles.storage.StaticFilesStorage"
        )
    },
}
MEDIA_ROOT = env.path("MEDIA_ROOT", default=str(VAR_DIR / "media"))()
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_AUTOREFRESH = DEBUG

# -- mail ------------------------------------------------------------------------------------
if PRODUCTION and not {"EMAIL_HOST", "EMAIL_BACKEND", "EMAIL_PROVIDER"} & os.environ.keys():
    raise ImproperlyConfigured(
        "Neither EMAIL_HOST nor EMAIL_PROVIDER is set: contractors and customers would never "
        "hear of anything."
    )
# One of anymail's providers: its settings are read from ANYMAIL_… variables of the same names.
EMAIL_PROVIDER = env.str("EMAIL_PROVIDER", default="").lower()
EMAIL_TRACKING_VIEW = ""
ANYMAIL = {
    name.removeprefix("ANYMAIL_"): value
    for name, value in os.environ.items()
    if name.startswith("ANYMAIL_")
}
if EMAIL_PROVIDER:
    if EMAIL_PROVIDER not in EMAIL_PROVIDERS:
        raise ImproperlyConfigured(
            f"EMAIL_PROVIDER is {EMAIL_PROVIDER}; known are: {', '.join(sorted(EMAIL_PROVIDERS))}"
        )
    _class, _signs = EMAIL_PROVIDERS[EMAIL_PROVIDER]
    # Delivery events are taken only where nobody else can send them.
    if ANYMAIL.get("WEBHOOK_SECRET") or (_signs and ANYMAIL.get(_signs)):
        EMAIL_TRACKING_VIEW = f"anymail.webhooks.{EMAIL_PROVIDER}.{_class}TrackingWebhookView"
EMAIL_BACKEND = env.str(
    "EMAIL_BACKEND",
    default=(
        f"anymail.backends.{EMAIL_PROVIDER}.EmailBackend"
        if EMAIL_PROVIDER
        else "django.core.mail.backends.smtp.EmailBackend"
        if "EMAIL_HOST" in os.environ
        else "jobs.channels.demo.MailboxBackend"
        if DEMO
        else "dispatch_site.mail.LineBackend"
    ),
)
EMAIL_HOST = env.str("EMAIL_HOST", default="localhost")
EMAIL_PORT = env.int("EMAIL_PORT", default=25)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", default="")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", default="")
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", default=False)
EMAIL_USE_SSL = env.bool("EMAIL_USE_SSL", default=False)
EMAIL_TIMEOUT = env.int("EMAIL_TIMEOUT", default=10)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default=f"Firstcall <dispatch@{_base.hostname}>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# -- texts to phones ---------------------------------------------------------------------------
# docs/messages.md holds the contract. Without an address nothing is sent in production; elsewhere
# a line is printed for each text.
SMS_URL = env.str("SMS_URL", default="")
SMS_TOKEN = env.str("SMS_TOKEN", default="")
SMS_SENDER = env.str("SMS_SENDER", default="")
SMS_TIMEOUT = env.int("SMS_TIMEOUT", default=10)
# Signs what the provider tells us: whsec_ and base64, as Standard Webhooks have it.
SMS_WEBHOOK_SECRET = env.str("SMS_WEBHOOK_SECRET", default="")
SMS_BACKEND = env.str(
    "SMS_BACKEND",
    default=(
        "jobs.channels.sms.HttpBackend"
        if SMS_URL
        else ""
        if PRODUCTION
        else "jobs.channels.demo.MailboxTexts"
        if DEMO
        else "jobs.channels.sms.ConsoleBackend"
    ),
)
# -- notifications in browsers ---------------------------------------------------------------
# A PEM private key (P-256); on one machine it is made in var/ when it is first needed.
VAPID_PRIVATE_KEY = env.str("VAPID_PRIVATE_KEY", default="")
VAPID_CONTACT = env.str("VAPID_CONTACT", default=f"dispatch@{_base.hostname}")
# The browser makers' push services: notifications are sent nowhere else.
PUSH_SERVICES = env.list(
    "PUSH_SERVICES",
    default=[
        "fcm.googleapis.com",
        "push.services.mozilla.com",
        "notify.windows.com",
        "push.apple.com",
    ],
)
# A demo keeps sent messages whole, so that their links can be followed in the console.
KEEP_MESSAGE_SECRETS = DEMO

# -- the map ---------------------------------------------------------------------------------
# Empty: the map draws the bundled outlines only and no request leaves the browser's origin.
MAP_TILE_URL = env.str("MAP_TILE_URL", default="")
MAP_ATTRIBUTION = env.str("MAP_ATTRIBUTION", default="")
# What a contractor's "Route" button opens; understands {latitude}, {longitude} and {address}.
ROUTE_URL = env.str(
    "ROUTE_URL",
    default="https://www.google.com/maps/dir/?api=1&destination={latitude},{longitude}",
)
_tile = urlsplit(MAP_TILE_URL)
_tile_origin = (
    [f"{_tile.scheme}://{_tile.netloc.replace('{s}', '*')}"]
    if _tile.scheme and _tile.netloc
    else []
)

# -- security --------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:", *_tile_origin],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
if PRODUCTION:
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
    # Load balancers ask for health by plain HTTP from inside.
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
    SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31_536_000)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("SECURE_HSTS_INCLUDE_SUBDOMAINS", default=True)
    SECURE_HSTS_PRELOAD = env.bool("SECURE_HSTS_PRELOAD", default=True)
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    if ALLAUTH_TRUSTED_PROXY_COUNT:
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# -- the API ---------------------------------------------------------------------------------
# Requests a minute that one token may make; 0 lifts the limit.
API_REQUESTS_PER_MINUTE = env.int("API_REQUESTS_PER_MINUTE", default=6000)

# -- watching --------------------------------------------------------------------------------
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
# The clock writes a heartbeat about every second; past this age /readyz says no.
CLOCK_HEARTBEAT_MAX_AGE_SECONDS = env.int("CLOCK_HEARTBEAT_MAX_AGE_SECONDS", default=15)
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
LOGGING = logging_config(level=LOG_LEVEL, as_json=env.bool("LOG_JSON", default=PRODUCTION))
