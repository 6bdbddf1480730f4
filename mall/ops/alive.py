"""Is this container's process well? `python mall/ops/alive.py web [PORT]`, or `worker` (the clock too).

Health checks run it every few seconds, so it uses the standard library only and loads nothing of the mall. It prints
one line and ends with 0 or 1.

A worker that hangs is ended here, since a container engine only looks on: its container ends, and is started again.
"""

from __future__ import annotations

import http.client
import os
import signal
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

PORT = 8000
ASK_SECONDS = 4
# as in supervisor.py
SILENT_SECONDS = 60.0


def main() -> int:
    words = sys.argv[1:]
    if words[:1] == ["web"]:
        return web(int(words[1]) if len(words) > 1 else PORT)
    if words == ["worker"]:
        return worker(Path(os.environ.get("MALL_HEARTBEAT_FILE", "")), Path("/proc"))
    print("usage: python mall/ops/alive.py web [PORT] | worker")
    return 2


def web(port: int = PORT) -> int:
    """0 while shoppers can be served. Asked under the mall's own name: it answers to no other."""
    host = urlsplit(os.environ.get("MALL_PUBLIC_URL", "")).netloc or "localhost"
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ASK_SECONDS)
    try:
        connection.request("GET", "/ready", headers={"Host": host})
        status = connection.getresponse().status
    except OSError as error:
        print(f"no answer: {type(error).__name__}")
        return 1
    finally:
        connection.close()
    print(f"/ready answers {status}")
    return 0 if status == 200 else 1


def worker(heartbeat: Path, processes: Path) -> int:
    """0 while the heartbeat is young; else what the container runs is ended, and 1."""
    started = (processes / "1").stat().st_mtime
    last = max(started, heartbeat.stat().st_mtime if heartbeat.is_file() else 0.0)
    age = time.time() - last
    print(f"the last sign of life is {age:.0f} s old")
    if age <= SILENT_SECONDS:
        return 0
    for pid in _children_of_init(processes):
        os.kill(pid, signal.SIGKILL)
    return 1


def _children_of_init(processes: Path) -> list[int]:
    """What the container's init started, this check (a guest, whose parent is outside: 0) left out."""
    found = []
    for folder in processes.glob("[0-9]*"):
        try:
            parent = (folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1]
        except OSError:
            continue
        if parent == "1" and int(folder.name) != os.getpid():
            found.append(int(folder.name))
    return found


if __name__ == "__main__":
    sys.exit(main())
