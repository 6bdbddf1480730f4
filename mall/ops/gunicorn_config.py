"""How the web processes run; `gunicorn mall.wsgi:application --config mall/ops/gunicorn_config.py --bind HOST:PORT`.

Threads, because a page waits for the database now and then; no preloading, so that each process maps the index itself.
"""

import ctypes
import os
import shutil
import sys
import tempfile
from typing import Any

os.environ["MALL_ROLE"] = "web"
# where the processes leave their counts for each other; before anything imports prometheus_client
os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", tempfile.mkdtemp(prefix="mall-metrics-"))

from mall.settings.env import env
from mall.settings.logs import log_settings

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
if env.log_format == "json":
    logconfig_dict = log_settings("json")
if sys.platform == "linux":
    worker_tmp_dir = "/dev/shm"  # noqa: S108 - gunicorn's own heartbeat file

_M_ARENA_MAX = -8  # of glibc's malloc.h
# by then a process has loaded what it will ever need: templates, translations, names of the catalogue
SETTLED_REQUESTS = 100


def pre_fork(server: Any, worker: Any) -> None:
    """A number that no other living worker has. Its counts go on in the file of the last one that had it, so files do
    not grow in number with the workers that come and go.
    """
    taken = {other.slot for other in server.WORKERS.values()}
    worker.slot = next(slot for slot in range(len(taken) + 1) if slot not in taken)


def post_fork(server: Any, worker: Any) -> None:
    """On Linux: two heaps for all threads. Glibc gives each thread its own and keeps what one request once needed."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 2)
    from prometheus_client import values

    values.ValueClass = values.MultiProcessValue(lambda: worker.slot)  # type: ignore[no-untyped-call]


def post_worker_init(worker: Any) -> None:
    """The first worker says once what search lacks."""
    if worker.age == 1:
        from mall.ops.readiness import tell_search_state

        tell_search_state()


def post_request(worker: Any, request: Any, environ: Any, response: Any) -> None:
    """What a process has loaded is left alone by the garbage collector from here on."""
    if worker.nr == SETTLED_REQUESTS:
        from search.heap import keep_what_is_there

        keep_what_is_there()


def on_exit(server: Any) -> None:
    """The counts go with the server."""
    shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)
