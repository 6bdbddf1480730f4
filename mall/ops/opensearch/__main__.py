"""`python -m mall.ops.opensearch`: a server until Ctrl-C; with `-- COMMAND`, for as long as the command runs."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence

from mall.ops.opensearch.cluster import Cluster
from mall.ops.opensearch.errors import OpenSearchError
from mall.ops.opensearch.recipe import DEFAULT_VERSION, versions

PROGRAM = "python -m mall.ops.opensearch"


def main(words: Sequence[str]) -> int:
    """0 after Ctrl-C, the command's own status, 2 when there can be no server, 1 when it ended by itself."""
    options, command = _read(words)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(0))
    try:
        with Cluster(
            options.version, nodes=options.nodes, heap=options.heap, data=options.data, port=options.port
        ) as cluster:
            return _run(command, cluster) if command else _keep(cluster)
    except KeyboardInterrupt:
        return 0
    except OpenSearchError as error:
        print(error, file=sys.stderr)
        return 2


def _read(words: Sequence[str]) -> tuple[argparse.Namespace, Sequence[str]]:
    own, command = words, []
    if "--" in words:
        cut = list(words).index("--")
        own, command = words[:cut], list(words[cut + 1 :])
    parser = argparse.ArgumentParser(prog=PROGRAM, usage=f"{PROGRAM} [options] [-- COMMAND …]", description=__doc__)
    parser.add_argument("--version", default=DEFAULT_VERSION, choices=versions())
    parser.add_argument("--nodes", type=int, default=1)
    parser.add_argument("--heap", default="1g", help="of each node, as 512m or 1g")
    parser.add_argument("--data", help="a folder that is kept; without it nothing is")
    parser.add_argument("--port", type=int, help="of the first node; without it a free one")
    return parser.parse_args(own), command


def _run(command: Sequence[str], cluster: Cluster) -> int:
    return subprocess.run(command, env={**os.environ, "MALL_OPENSEARCH_URL": cluster.url}, check=False).returncode


def _keep(cluster: Cluster) -> int:
    print(f"OpenSearch {cluster.version} on Java {cluster.java.major} answers at {cluster.url}. Ctrl-C closes it.")
    for node in cluster.nodes[1:]:
        print(f"    and at {node.url}")
    print("The mall uses it with these settings, before make run or as lines of .env:")
    print(f"    MALL_SEARCH_ENGINE=opensearch MALL_OPENSEARCH_URL={cluster.url}", flush=True)
    while True:
        for node in cluster.nodes:
            node.must_be_running()
        time.sleep(0.5)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
