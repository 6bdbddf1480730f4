from django.apps import AppConfig


class SearchConfig(AppConfig):
    name = "search"

    def ready(self) -> None:
        from search.indexing import handlers, looks  # noqa: F401  (they register the outbox handlers)
