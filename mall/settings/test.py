"""Settings of the test suite: everything in throw-away folders, cheap hashing, tasks run on the spot."""

import atexit
import shutil
import tempfile
from pathlib import Path

from mall.settings.base import *  # noqa: F403
from mall.settings.base import STORAGES

TEST_FOLDER = Path(tempfile.mkdtemp(prefix="mall-test-"))
atexit.register(shutil.rmtree, TEST_FOLDER, ignore_errors=True)
MEDIA_ROOT = TEST_FOLDER / "media"
ORIGINALS_FOLDER = TEST_FOLDER / "originals"
SEARCH_FOLDER = TEST_FOLDER / "search"
STATIC_ROOT = TEST_FOLDER / "static"
STATIC_ROOT.mkdir()
SEARCH_MODEL = "none"
SECRET_KEY = "the-key-of-the-test-suite-is-not-a-secret"  # noqa: S105
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
SEARCH_REQUESTS_PER_MINUTE = 0
RATE_LIMITS = []
