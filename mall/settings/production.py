"""The mall on real servers, behind TLS. What must be set is checked at start."""

from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from mall.settings.base import *  # noqa: F403
from mall.settings.env import env

for name in ("secret_key", "database_url", "redis_url"):
    value = getattr(env, name)
    if not (value.get_secret_value() if name == "secret_key" else value):
        raise ImproperlyConfigured(f"MALL_{name.upper()} must be set in production")

SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = [r"^health$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True

if env.email_url:
    _mail = urlsplit(env.email_url)
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST = _mail.hostname or "localhost"
    EMAIL_PORT = _mail.port or 587
    EMAIL_HOST_USER = unquote(_mail.username or "")
    EMAIL_HOST_PASSWORD = unquote(_mail.password or "")
    EMAIL_USE_TLS = True
