from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    name = "mall.catalogue"
    label = "catalogue"

    def ready(self) -> None:
        from mall.catalogue import search_documents

        search_documents.register()
