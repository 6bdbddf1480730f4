"""Settings shared by every way of running the mall."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from celery.schedules import crontab
from csp.constants import NONE, SELF, UNSAFE_INLINE
from django.utils.translation import gettext_lazy as _
from whitenoise.compress import Compressor

from mall.settings.addresses import read_search_addresses
from mall.settings.databases import BROKER_SECONDS, broker_options, cache_from_url, database_from_url
from mall.settings.env import PROJECT_FOLDER, env
from mall.settings.logs import configure_logs, log_settings
from mall.settings.secret import secret_key

BASE_DIR: Path = PROJECT_FOLDER
DATA_FOLDER: Path = env.data_folder
DATA_FOLDER.mkdir(parents=True, exist_ok=True)

MALL_NAME = env.name
MALL_CURRENCY = env.currency
MALL_PUBLIC_URL = env.public_url.rstrip("/")

SECRET_KEY = secret_key(env.secret_key.get_secret_value(), DATA_FOLDER)
DEBUG = False
ALLOWED_HOSTS = list(env.allowed_hosts)
INTERNAL_IPS: list[str] = []

INSTALLED_APPS = [
    "mall.ops",
    "mall.desk",
    "mall.pages",
    "mall.api",
    "mall.demo",
    "brands",
    "listings",
    "mall.catalogue",
    "mall.sellers",
    "mall.accounts",
    "mall.core",
    "search",
    "laces",
    "django_htmx",
    "csp",
    "ninja",
    "allauth",
    "allauth.account",
    "wagtail.sites",
    "wagtail.users",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sitemaps",
    "mall.core.apps.MallStaticFilesConfig",
]

MIDDLEWARE = [
    "mall.core.middleware.RequestIdMiddleware",
    "mall.core.observability.ObservedMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "mall.api.problems.ProblemDocumentsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "mall.core.rate_limit.RateLimitMiddleware",
    "mall.core.middleware.DatabaseAwayMiddleware",
    "mall.core.middleware.DiskFullMiddleware",
]

ROOT_URLCONF = "mall.urls"
WSGI_APPLICATION = "mall.wsgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "frontend" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "mall.pages.context.mall",
            ],
        },
    }
]

IS_WEB = env.role == "web"
DATABASES = {
    "default": database_from_url(
        env.database_url,
        DATA_FOLDER,
        # its threads, and those that look at the parts for /ready
        pool_connections=env.web_threads + 2 if IS_WEB else 0,
        statement_seconds=env.database_statement_seconds if IS_WEB else 0,
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES: dict[str, dict[str, Any]] = {"default": cache_from_url(env.redis_url)}

AUTH_USER_MODEL = "accounts.Member"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "account"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = f"{MALL_NAME} : "
DEFAULT_FROM_EMAIL = f"{MALL_NAME} <bonjour@passage.example>"
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", _("French")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "mall" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Europe/Paris"
WAGTAIL_CONTENT_LANGUAGES = LANGUAGES
WAGTAIL_I18N_ENABLED = True

STATIC_URL = "/static/"
STATIC_ROOT = DATA_FOLDER / "static"
STATICFILES_DIRS = [
    ("css", BASE_DIR / "frontend" / "css"),
    ("js", BASE_DIR / "frontend" / "js"),
    ("fonts", BASE_DIR / "frontend" / "fonts"),
    ("img", BASE_DIR / "frontend" / "img"),
]
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "mall.core.storage.WholeFileStorage"},
    "staticfiles": {"BACKEND": "mall.core.static.MallStaticFilesStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (*Compressor.SKIP_COMPRESS_EXTENSIONS, "avif", "map")
MEDIA_URL = "/media/"
MEDIA_ROOT = DATA_FOLDER / "media"
ORIGINALS_FOLDER = DATA_FOLDER / "originals"

WAGTAIL_SITE_NAME = MALL_NAME
WAGTAILADMIN_BASE_URL = MALL_PUBLIC_URL
WAGTAILADMIN_PERMITTED_LANGUAGES = LANGUAGES
# The admin asks no other host for anything: no faces, no news.
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAILIMAGES_IMAGE_MODEL = "core.MallImage"
WAGTAILIMAGES_EXTENSIONS = ["avif", "jpg", "jpeg", "png", "webp"]
WAGTAILDOCS_SERVE_METHOD = "serve_view"
WAGTAILDOCS_EXTENSIONS = ["pdf", "csv", "txt"]
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "wagtail.search.backends.database", "AUTO_UPDATE": True}}

SEARCH_ENGINE = env.search_engine
OPENSEARCH_URLS = read_search_addresses(env.opensearch_url)
OPENSEARCH_USER = env.opensearch_user
OPENSEARCH_PASSWORD = env.opensearch_password.get_secret_value()
OPENSEARCH_CA_FILE = str(env.opensearch_ca_file) if env.opensearch_ca_file else ""
OPENSEARCH_INDEX = env.opensearch_index
OPENSEARCH_TIMEOUT_SECONDS = env.opensearch_timeout_seconds
OPENSEARCH_SHARDS = env.opensearch_shards
OPENSEARCH_REPLICAS = env.opensearch_replicas
SEARCH_FOLDER = DATA_FOLDER / "search"
SEARCH_MODEL = env.search_model
SEARCH_MODEL_FOLDER = DATA_FOLDER / "models"
SEARCH_REQUESTS_PER_MINUTE = env.search_requests_per_minute

MATCH_LINKS_BELOW_MINOR = env.match_links_below_minor

PROXY_COUNT = env.proxy_count
METRICS_ALLOWED = env.metrics_allowed
WEB_PROCESSES = env.web_processes
WEB_THREADS = env.web_threads
DATABASE_AWAY_VIEW = "mall.pages.views.errors.database_is_away"
DISK_FULL_VIEW = "mall.pages.views.errors.disk_is_full"
# Suggestions are asked for while typing, so they may come more often.
RATE_LIMITS: list[dict[str, Any]] = [
    {
        "path": r"/[a-z]{2}/search/",
        "scope": "search",
        "per_minute": SEARCH_REQUESTS_PER_MINUTE,
        "refusal": "mall.pages.views.errors.too_many_requests",
    },
    {
        "path": r"/api/search",
        "scope": "search",
        "per_minute": SEARCH_REQUESTS_PER_MINUTE,
        "refusal": "mall.api.problems.too_many_requests",
    },
    {
        # anybody may begin a draft: photos cost more than pages
        "path": r"/[a-z]{2}/sell/.*",
        "scope": "sell",
        "per_minute": 120,
        "refusal": "mall.pages.views.errors.too_many_requests",
    },
    {
        "path": r"/[a-z]{2}/suggest/",
        "scope": "suggest",
        "per_minute": SEARCH_REQUESTS_PER_MINUTE * 3,
        "refusal": "mall.pages.views.errors.too_many_requests",
    },
    {
        "path": r"/api/suggest",
        "scope": "suggest",
        "per_minute": SEARCH_REQUESTS_PER_MINUTE * 3,
        "refusal": "mall.api.problems.too_many_requests",
    },
]

# A rebuild of a million products takes hours; a turn of the outbox, a minute and the longest batch. The table of all
# tasks, with what becomes of one that is lost, is in mall/ops/README.md.
LONGEST_TASK_SECONDS = 3 * 3600
CELERY_TASK_ANNOTATIONS = {
    name: {"soft_time_limit": seconds - 60, "time_limit": seconds}
    for name, seconds in {
        "search.heal": LONGEST_TASK_SECONDS,
        "search.repair_drift": LONGEST_TASK_SECONDS,
        "outbox.drain": 780,
    }.items()
}
HEARTBEAT_FILE = str(env.heartbeat_file) if env.heartbeat_file else ""
CELERY_FOLDER = DATA_FOLDER / "broker"
CELERY_BROKER_URL = env.redis_url or "filesystem://localhost/"
# more than twice the longest task: a message must not run a second time while it still runs
VISIBILITY_SECONDS = 2 * LONGEST_TASK_SECONDS + 600
CELERY_BROKER_TRANSPORT_OPTIONS = broker_options(env.redis_url, CELERY_FOLDER, visibility_seconds=VISIBILITY_SECONDS)
CELERY_WORKER_ENABLE_REMOTE_CONTROL = bool(env.redis_url)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_TASK_TIME_LIMIT = 300
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# kB of one pool process, which is replaced after the task that passed it
CELERY_WORKER_MAX_MEMORY_PER_CHILD = env.worker_memory_mb * 1000
CELERY_TASK_SERIALIZER = "json"
CELERY_RESULT_SERIALIZER = "json"
CELERY_EVENT_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
# No page publishes: it writes an outbox row. Who does publish is told at once that the broker is away.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_CONNECTION_TIMEOUT = BROKER_SECONDS
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE = {
    "tidy-files": {"task": "core.tidy", "schedule": crontab(minute=50), "options": {"expires": 1800}},
    "drain-outbox": {"task": "outbox.drain", "schedule": 2.0, "options": {"expires": 10}},
    "heal-search": {"task": "search.heal", "schedule": 30.0, "options": {"expires": 20}},
    "repair-drift": {
        "task": "search.repair_drift",
        "schedule": crontab(hour=4, minute=40),
        "options": {"expires": 3600},
    },
    "tidy-drafts": {
        "task": "listings.tidy_drafts",
        "schedule": crontab(hour=4, minute=10),
        "options": {"expires": 3600},
    },
    "match-listings": {
        "task": "listings.match_all",
        "schedule": crontab(hour=3, minute=20),
        "options": {"expires": 3600},
    },
}

X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "mall.pages.views.errors.csrf_failure"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 300

# Wagtail's admin still has inline code: it gets its own, looser policy in mall.core.middleware.
CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "EXCLUDE_URL_PREFIXES": ("/admin/",),
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "manifest-src": [SELF],
    },
}
ADMIN_CONTENT_SECURITY_POLICY = {
    "default-src": [SELF],
    "script-src": [SELF, UNSAFE_INLINE],
    "style-src": [SELF, UNSAFE_INLINE],
    "img-src": [SELF, "data:", "blob:"],
    "frame-ancestors": [SELF],
}

LOG_FORMAT = env.log_format
LOGGING = log_settings(LOG_FORMAT)
configure_logs(LOG_FORMAT)

SILENCED_SYSTEM_CHECKS: list[str] = []
