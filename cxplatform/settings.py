"""All settings in one file, driven by the environment; with no variable set it runs on the embedded services.

| variable | meaning | default |
|---|---|---|
| DATABASE_URL | PostgreSQL 15 or newer | the embedded server, set by start.py |
| CX_BROKER_URL | amqp:// or redis:// | files under var/queue |
| CX_CACHE_URL | redis:// shared cache | a table in the database |
| CX_SECRET_KEY | signing key, 50 characters or more | var/secret_key, made once |
| CX_PUBLIC_URL | where people reach the site | http://localhost:8000 |
| CX_ALLOWED_HOSTS | further host names, comma-separated | the public URL's host, this machine |
| CX_SMTP_URL | smtp://user:password@host:port?tls=1 | mail is kept and shown in the app |
| CX_MAIL_FROM | sender of mails | cx@<public host> |
| CX_VAR | folder for uploads, queue and logs | var |
| CX_DEBUG | developers only | no |
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from cxplatform import env

BASE_DIR = Path(__file__).resolve().parent.parent
VAR = Path(env.text("CX_VAR", str(BASE_DIR / "var"))).resolve()
DEBUG = env.boolean("CX_DEBUG")
TESTING = env.boolean("CX_TESTING")
PUBLIC_URL = env.text("CX_PUBLIC_URL", "http://localhost:8000").rstrip("/")
SECURE = PUBLIC_URL.startswith("https://")
PUBLIC_HOST = urlsplit(PUBLIC_URL).hostname or "localhost"


def _secret_key() -> str:
    """The configured key, else one made once and kept beside the data, readable by its owner only."""
    configured = env.text("CX_SECRET_KEY")
    if configured:
        if len(configured) < 50:
            raise env.BadEnvironment("CX_SECRET_KEY: at least 50 random characters are needed.")
        return configured
    path = VAR / "secret_key"
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        VAR.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = secrets.token_urlsafe(60)
        try:
            with open(path, "x", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
                file.write(key)
        except FileExistsError:
            return path.read_text().strip()
        return key


SECRET_KEY = _secret_key()
ALLOWED_HOSTS = [
    PUBLIC_HOST,
    "localhost",
    "127.0.0.1",
    "[::1]",
    *env.words("CX_ALLOWED_HOSTS"),
    *(["testserver"] if TESTING else []),
]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

INSTALLED_APPS = [
    "apps.core",
    "apps.audit",
    "apps.accounts",
    "apps.notifications",
    "apps.journeys",
    "apps.customers",
    "apps.feedback",
    "apps.kpis",
    "apps.cases",
    "apps.initiatives",
    "apps.returns",
    "apps.intake",
    "apps.portfolio",
    "apps.home",
    "apps.demo",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "treebeard",
    "allauth",
    "allauth.account",
    "django_htmx",
    "django_filters",
    "django_tables2",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
    "django.forms",
]

MIDDLEWARE = [
    "apps.core.middleware.RequestId",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "apps.accounts.middleware.ActorMiddleware",
    "apps.core.middleware.DomainErrors",
    "apps.accounts.middleware.FirstRun",
]

ROOT_URLCONF = "cxplatform.urls"
WSGI_APPLICATION = "cxplatform.wsgi.application"
AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
FORM_RENDERER = "apps.core.forms.CxFormRenderer"

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
                "django.template.context_processors.i18n",
                "apps.home.context.frame",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "apps.core.templatetags.cx",
            ],
        },
    }
]

# --- data -----------------------------------------------------------------------------------------------------------

_database_url = env.text("DATABASE_URL")
DATABASES = {
    "default": {
        **env.database(_database_url or "postgresql:///cxplatform"),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }
}

_cache_url = env.text("CX_CACHE_URL")
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": _cache_url}
    if _cache_url
    else {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "core_cache",
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
}

MEDIA_ROOT = VAR / "media"
FILE_UPLOAD_TEMP_DIR = None
FILE_UPLOAD_PERMISSIONS = 0o600
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
DATA_UPLOAD_MAX_NUMBER_FILES = 5
CX_UPLOAD_LIMIT = env.integer("CX_UPLOAD_LIMIT_MB", 200, least=1) * 1024 * 1024

# --- background work ------------------------------------------------------------------------------------------------

CX_BROKER_URL = env.text("CX_BROKER_URL")

# --- sign-in --------------------------------------------------------------------------------------------------------

AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = (
    ["django.contrib.auth.hashers.MD5PasswordHasher"]
    if TESTING
    else [
        "django.contrib.auth.hashers.Argon2PasswordHasher",
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    ]
)
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_ADAPTER = "apps.accounts.adapter.Adapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_RATE_LIMITS = {
    "login": "60/m/ip",
    "login_failed": "20/m/ip,8/10m/key",
    "reset_password": "20/m/ip,5/m/key",
    "reset_password_from_key": "20/m/ip",
    "change_password": "5/m/user",
    "reauthenticate": "10/m/user",
}
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home:index"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_ENGINE = "django.contrib.sessions.backends.db"

# --- mail: every mail is a row first; the relay hands it to this delivery back end ------------------------------------

EMAIL_BACKEND = "apps.notifications.mail.OutboxBackend"
_smtp = urlsplit(env.text("CX_SMTP_URL"))
CX_SMTP = bool(_smtp.hostname)
EMAIL_HOST = _smtp.hostname or ""
EMAIL_PORT = _smtp.port or 587
EMAIL_HOST_USER = unquote(_smtp.username or "")
EMAIL_HOST_PASSWORD = unquote(_smtp.password or "")
EMAIL_USE_TLS = parse_qs(_smtp.query).get("tls", ["1"])[-1] == "1" and _smtp.scheme != "smtps"
EMAIL_USE_SSL = _smtp.scheme == "smtps"
EMAIL_TIMEOUT = 15
DEFAULT_FROM_EMAIL = env.text("CX_MAIL_FROM", f"cx@{PUBLIC_HOST}")

# --- language and time ----------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en-gb"
LANGUAGES = [("en-gb", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

# --- static files ---------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
_plain_static = DEBUG or TESTING
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if _plain_static
        else "cxplatform.static.HashedStaticFiles"
    },
}
WHITENOISE_USE_FINDERS = _plain_static

# --- what a browser is told -----------------------------------------------------------------------------------------

_HOST_PREFIX = "__Host-" if SECURE else ""
SESSION_COOKIE_NAME = f"{_HOST_PREFIX}session"
CSRF_COOKIE_NAME = f"{_HOST_PREFIX}csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = False  # the proxy that ends TLS does it
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.boolean("CX_BEHIND_PROXY") else None
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SILENCED_SYSTEM_CHECKS = [
    "security.W008",  # redirecting to https is the proxy's part, see SECURE_SSL_REDIRECT
    "auth.W004",  # e-mail addresses are unique without regard to case, by a constraint on lower(email)
]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}
PERMISSIONS_POLICY: dict[str, list[str]] = {
    name: [] for name in ("camera", "geolocation", "microphone", "payment", "usb", "display-capture")
}

# --- API ------------------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "apps.accounts.api.authentication.ApiKeyAuthentication",
        "apps.accounts.api.authentication.SessionActorAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["apps.core.api.permissions.HasActor"],
    "DEFAULT_RENDERER_CLASSES": ["apps.core.api.renderers.OrjsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["apps.core.api.parsers.StrictJSONParser"],
    "DEFAULT_PAGINATION_CLASS": "apps.core.api.pagination.KeysetPagination",
    "PAGE_SIZE": 50,
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": ["apps.core.api.throttles.ActorThrottle"],
    "DEFAULT_THROTTLE_RATES": {
        "actor": env.text("CX_API_RATE", "1200/min"),
        "bulk": env.text("CX_API_BULK_RATE", "120/min"),
        "recompute": "30/min",
        "export": "30/min",
    },
    "EXCEPTION_HANDLER": "apps.core.api.problems.handler",
    "UNAUTHENTICATED_USER": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "CX platform API",
    "DESCRIPTION": "One road for people and programs: the same verbs, filters and permissions as the pages.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["apps.core.api.permissions.HasActor"],
    "SERVE_AUTHENTICATION": None,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "TouchpointChannel": "apps.journeys.models.Channel.choices",
        "KpiKind": "apps.kpis.models.KpiKind.choices",
        "SourceKind": "apps.feedback.models.SourceKind.choices",
        "KeyDateKind": "cxplatform.schema.key_date_kinds",
        "CaseEventKind": "cxplatform.schema.case_event_kinds",
        "Stage": "apps.initiatives.models.Stage.choices",
        "ImportKind": "cxplatform.schema.import_kinds",
        "JobKind": "apps.intake.models.Kind.choices",
        "ValueBand": "cxplatform.schema.value_bands",
    },
}

DJANGO_TABLES2_TEMPLATE = "components/table.html"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "apps.core.logs.LineFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.text("CX_LOG_LEVEL", "INFO")},
    "loggers": {"django.server": {"level": "WARNING"}, "django.db.backends": {"level": "WARNING"}},
}
