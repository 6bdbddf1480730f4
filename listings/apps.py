from django.apps import AppConfig


class ListingsConfig(AppConfig):
    name = "listings"

    def ready(self) -> None:
        from listings import handlers, search_documents  # noqa: F401  (handlers register themselves)

        search_documents.register()
