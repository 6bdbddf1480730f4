from django.apps import AppConfig
from django.contrib.staticfiles.apps import StaticFilesConfig


class CoreConfig(AppConfig):
    # said aloud, because with two configurations in one file Django would take neither
    default = True
    name = "mall.core"
    label = "core"

    def ready(self) -> None:
        from mall.core import heartbeat, pictures  # noqa: F401  (its signals, its outbox handler register themselves)


class MallStaticFilesConfig(StaticFilesConfig):
    """Leaves out what packages ship and no page uses; some of it imports files that are not there."""

    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "django_htmx/ext/*", "ninja/redoc*"]
