"""The mall: catalogue, sellers, pages and what they stand on."""

from mall.celery import app as celery_app

__all__ = ["celery_app"]
