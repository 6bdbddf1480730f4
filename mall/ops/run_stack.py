"""`make stack`: the whole mall on its real servers, in the foreground; Ctrl-C closes all of it and keeps the data."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from mall.ops.opensearch.errors import OpenSearchError
from mall.ops.opensearch.recipe import DEFAULT_VERSION, versions
from mall.ops.postgresql import NotInstalled
from mall.ops.stack import PROJECT, AlreadyRunning, Stack, StackFailed


def main(words: Sequence[str]) -> int:
    """0 after Ctrl-C, 1 when a part kept ending, 2 when something is missing."""
    options = _read(words)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _close)
    started = time.monotonic()
    stack = None
    try:
        stack = Stack(
            options.folder,
            engine=options.engine,
            version=options.version,
            heap=options.heap,
            port=options.port,
            workers=options.workers,
            shows_lines=True,
        )
        stack.start(_say, with_demo=not options.without_demo)
        _say(welcome(stack, time.monotonic() - started))
        return _keep(stack)
    except KeyboardInterrupt:
        return 0
    except (NotInstalled, OpenSearchError, AlreadyRunning, StackFailed) as error:
        print(f"The stack cannot run: {error}", file=sys.stderr)
        return 2
    finally:
        if stack is not None:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            stack.stop()
            _say("The mall and its servers are closed. Their data are kept; `make stack` opens them again.")


def _read(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m mall.ops.run_stack", description=__doc__)
    parser.add_argument("--folder", type=Path, default=PROJECT / "var" / "stack", help="where everything is kept")
    parser.add_argument("--port", type=int, default=8000, help="the next free one is taken when it is in use")
    parser.add_argument("--engine", choices=("opensearch", "embedded"), default="opensearch")
    parser.add_argument("--version", choices=versions(), default=DEFAULT_VERSION, help="of OpenSearch")
    parser.add_argument("--heap", default="1g", help="of OpenSearch")
    parser.add_argument("--workers", type=int, default=1, help="worker processes, each with two at work")
    parser.add_argument("--without-demo", action="store_true", help="do not furnish the demo mall")
    return parser.parse_args(words)


def welcome(stack: Stack, seconds: float) -> str:
    """The address, and which process is which."""
    lines = [f"\n  The mall is open on its real servers:  {stack.url}/   (Ctrl-C closes it; {seconds:.0f} s to here)\n"]
    lines += [f"    {name:<10} process {stack.pid(name)}" for name in stack.names]
    lines += [f"\n    parts    {stack.url}/ready", f"    metrics  {stack.url}/metrics"]
    return "\n".join([*lines, f"    files    {os.path.relpath(stack.folder)}", ""])


def _keep(stack: Stack) -> int:
    while True:
        failed = stack.mend(_say)
        if failed:
            print(failed, file=sys.stderr)
            return 1
        time.sleep(0.5)


def _say(line: str) -> None:
    print(line, flush=True)


def _close(*_signal: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
