from django.apps import AppConfig


class SellersConfig(AppConfig):
    name = "mall.sellers"
    label = "sellers"
