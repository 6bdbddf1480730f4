from django.apps import AppConfig


class SearchConfig(AppConfig):
    name = "search"

    def ready(self) -> None:
        from search.indexing import handlers  # noqa: F401  (registers the outbox handlers)
