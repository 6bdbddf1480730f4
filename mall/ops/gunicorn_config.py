"""How the web processes run; `gunicorn mall.wsgi:application --config mall/ops/gunicorn_config.py --bind HOST:PORT`.

Threads, because a page waits for the database now and then; no preloading, so that each process maps the index itself.
"""

import ctypes
import sys
from typing import Any

from mall.settings.env import env

worker_class = "gthread"
workers = env.web_processes
threads = env.web_threads
preload_app = False
timeout = 60
graceful_timeout = 8
keepalive = 5
max_requests = 50_000
max_requests_jitter = 5_000
limit_request_line = 8_190
accesslog = None
loglevel = "warning"
control_socket_disable = True
if sys.platform == "linux":
    worker_tmp_dir = "/dev/shm"  # noqa: S108 - gunicorn's own heartbeat file

_M_ARENA_MAX = -8  # of glibc's malloc.h


def post_fork(server: Any, worker: Any) -> None:
    """On Linux: two heaps for all threads. Glibc gives each thread its own and keeps what one request once needed."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 2)
