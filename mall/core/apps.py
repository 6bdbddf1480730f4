from django.apps import AppConfig
from django.contrib.staticfiles.apps import StaticFilesConfig


class CoreConfig(AppConfig):
    name = "mall.core"
    label = "core"

    def ready(self) -> None:
        from mall.core import pictures  # noqa: F401  (its outbox handler registers itself)


class MallStaticFilesConfig(StaticFilesConfig):
    """Leaves out what packages ship and no page uses; some of it imports files that are not there."""

    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "django_htmx/ext/*", "ninja/redoc*"]
