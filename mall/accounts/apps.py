from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "mall.accounts"
    label = "accounts"
