"""The mall on one machine: `make run` and a developer's shell."""

from mall.settings.base import *  # noqa: F403

ALLOWED_HOSTS = ["*"]
