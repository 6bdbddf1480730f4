from django.apps import AppConfig


class OpsConfig(AppConfig):
    name = "mall.ops"
    label = "ops"
