from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "mall.core"
    label = "core"
