"""The background worker's application: `celery -A mall worker`."""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mall.settings.dev")

app = Celery("mall")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_our_log(**_facts: Any) -> None:
    """Somebody listens, so Celery leaves the log as the settings made it."""
