"""How the web processes run; `gunicorn mall.wsgi:application --config mall/ops/gunicorn_config.py --bind HOST:PORT`.

Threads, because a page waits for the database now and then; no preloading, so that each process maps the index itself.
"""

import sys

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
