from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "mall.desk"
    label = "desk"

    def ready(self) -> None:
        from mall.desk import handlers  # noqa: F401  (handlers register themselves)
