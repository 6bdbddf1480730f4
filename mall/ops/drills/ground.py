"""The ground of a drill: a whole mall on servers of its own in a throw-away folder, and somebody inside it."""

from __future__ import annotations

import contextlib
import json
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from mall.ops.drills.crowd import Crowd
from mall.ops.drills.report import DrillFailed
from mall.ops.stack import PROJECT, Stack

WELL_SECONDS = 240.0
DEED_SECONDS = 180.0
COMMAND_SECONDS = 1800.0
# made of every demo photo after the seeding, for minutes: no drill is about them
SEEDED_WORK = ("picture.added", "picture.look", "listings.match")
Say = Callable[[str], None]


class Ground:
    """A mall with its demo goods, opened by `with`. Everything of it is gone afterwards.

    products: so many in all, made up beside the demo's, 0: the demo's alone. Raises NotInstalled, OpenSearchError,
    StackFailed, AlreadyRunning.
    """

    def __init__(
        self,
        say: Say = lambda _line: None,
        *,
        nodes: int = 1,
        heap: str = "512m",
        products: int = 0,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.say, self._products = say, products
        # not the default permissions: a root's servers run as others, who must get in
        self.folder = Path(tempfile.mkdtemp(prefix="mall-drill-"))
        self.folder.chmod(0o755)
        chosen = {"MALL_SEARCH_REQUESTS_PER_MINUTE": "0", "MALL_SEARCH_MODEL": "auto", **(settings or {})}
        self.stack = Stack(self.folder, nodes=nodes, heap=heap, settings=chosen, is_short_lived=not products)
        self._inside: Inside | None = None
        self._walk: dict[str, list[str]] = {}

    def __enter__(self) -> Self:
        try:
            self._open()
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def _open(self) -> None:
        self.stack.start_servers(self.say)
        self.stack.prepare(self.say)
        if self._products:
            self.manage("seed_offers", "--products", str(self._products), "--offers", str(3 * self._products))
            self.manage("rebuild_search", "--quiet")
        self.enter()
        self.do("forget_waiting", topics=list(SEEDED_WORK))
        self.stack.open()
        for name in self.stack.names:
            if name.startswith(("worker", "beat")):
                self.stack.wait_for(name)
        self.until_well()
        self._walk = self.do("walk")

    def enter(self) -> None:
        """Have somebody inside again, after `leave`."""
        self._inside = Inside(self.stack.environment, self.folder / "logs" / "inside.log")

    def leave(self) -> None:
        """Have nobody inside, who would hold a connection to the database. What was written is forgotten."""
        if self._inside is not None:
            self._inside.close()
            self._inside = None

    def _close(self) -> None:
        self.leave()
        self.stack.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    # what a drill does

    def do(self, deed: str, **arguments: Any) -> Any:
        """A deed within the mall, see `inside`. Raises DrillFailed with its error."""
        assert self._inside is not None
        return self._inside.do(deed, arguments)

    def manage(self, *words: str) -> str:
        """A management command of the mall, to its end; what it printed. Raises DrillFailed when it ends badly."""
        process = self.start_command(*words)
        out, error = process.communicate(timeout=COMMAND_SECONDS)
        if process.returncode:
            raise DrillFailed(f"manage.py {' '.join(words)} ended with {process.returncode}: {(out + error)[-2000:]}")
        return out

    def start_command(self, *words: str) -> subprocess.Popen[str]:
        """The same in the background."""
        command = [sys.executable, "manage.py", *words]
        return subprocess.Popen(
            command,
            cwd=PROJECT,
            env=self.stack.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def crowd(self, *, buyers: int = 5, per_second: float = 0.0, kinds: tuple[str, ...] = ()) -> Crowd:
        """Buyers of this mall, to be let in by `with`. kinds: the only pages they ask for, all when empty."""
        walk = {kind: paths for kind, paths in self._walk.items() if not kinds or kind in kinds}
        return Crowd(self.stack.url, walk, buyers=buyers, per_second=per_second)

    @contextlib.contextmanager
    def writing(self, figures: dict[str, Any], *, per_second: float = 4.0) -> Iterator[None]:
        """Sellers who change prices meanwhile; what was acknowledged to them goes into the figures."""
        self.do("start_writing", per_second=per_second)
        try:
            yield
        finally:
            figures |= self.do("stop_writing")

    def mend(self) -> None:
        """Every part runs, as it was made: what a drill that broke off may have left otherwise."""
        stack = self.stack
        for name in list(stack.changed):
            stack.stop_part(name)
            stack.change_part(name)
        for node in stack.nodes:
            if node.is_paused:
                node.resume()
        # the clock before the workers, which show that they live once it gives them something to do
        for name in sorted(stack.names, key=lambda name: name.startswith("worker")):
            stack.start_part(name)

    # what a drill sees

    def get(self, path: str) -> tuple[int, bytes]:
        """Status and body, whatever the status. Raises OSError without an answer."""
        try:
            with urllib.request.urlopen(self.stack.url + path, timeout=30) as answer:  # noqa: S310 - our own address
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()

    def parts(self) -> dict[str, Any]:
        """What /ready says of each part, by name; nothing without an answer."""
        try:
            return dict(json.loads(self.get("/ready")[1])["parts"])
        except OSError:
            return {}

    def search(self, words: str) -> dict[str, Any]:
        """The answer for programs, in French. Raises DrillFailed for anything but 200."""
        status, body = self.get(f"/api/search?{urllib.parse.urlencode({'q': words, 'language': 'fr'})}")
        if status != 200:
            raise DrillFailed(f"a search was answered {status}: {body[:300]!r}")
        return dict(json.loads(body))

    def log_of(self, name: str) -> str:
        """What a part of the stack has said so far."""
        return Path(self.stack.files.log(name)).read_text(encoding="utf-8", errors="replace")

    def until(self, is_so: Callable[[], bool], what: str, *, within: float) -> float:
        """Seconds until it is so. Raises DrillFailed naming `what` after `within` seconds."""
        started = time.monotonic()
        while not is_so():
            if time.monotonic() - started > within:
                raise DrillFailed(f"{what} did not happen within {within:.0f} s")
            time.sleep(0.1)
        return time.monotonic() - started

    def until_well(self, within: float = WELL_SECONDS) -> float:
        """Seconds until every part answers and nothing waits: drills begin and end so."""

        def is_well() -> bool:
            parts = self.parts()
            names = ("database", "search", "redis", "outbox", "worker")
            if any(parts.get(name, {}).get("state") != "ok" for name in names):
                return False
            return not parts["outbox"]["facts"]["waiting"] and not self._stands_in()

        try:
            return self.until(is_well, "a mall in which all is well", within=within)
        except DrillFailed as error:
            told = {name: one["message"] for name, one in self.parts().items() if one["state"] != "ok"}
            raise DrillFailed(f"{error}: {told or self.do('outbox_now')}") from None

    def _stands_in(self) -> bool:
        """Whether a web process still asks the engine that stands in: each of them knows for itself."""
        return any("fallback" in self.search("lampe")["notices"] for _time in range(4))

    def until_drained(self, within: float = 120.0) -> float:
        """Seconds until nothing waits in the outbox, dead letters apart."""
        return self.until(lambda: not self.do("outbox_now")["waiting"], "an empty outbox", within=within)

    def request_ids_in_log(self) -> set[str]:
        """Ids of requests of which the web processes wrote something."""
        return set(re.findall(r"request_id=([0-9a-zA-Z-]{8,64})", self.log_of("web")))


class Inside:
    """The process of `inside`, asked over its standard input."""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        with log.open("ab") as file:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "mall.ops.drills.inside"],
                cwd=PROJECT,
                env=dict(environment),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=file,
            )
        self._log = log
        self._answer("the start of what does the deeds")

    def do(self, deed: str, arguments: Mapping[str, Any]) -> Any:
        """One deed. Raises DrillFailed with its error, or when it takes DEED_SECONDS."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"deed": deed, "with": arguments}).encode() + b"\n")
        self._process.stdin.flush()
        answer = self._answer(deed)
        if "error" in answer:
            raise DrillFailed(f"{deed}: {answer['error']}")
        return answer["ok"]

    def _answer(self, what: str) -> dict[str, Any]:
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], DEED_SECONDS)
        line = self._process.stdout.readline() if ready else b""
        if not line:
            said = self._log.read_text(encoding="utf-8", errors="replace")[-1500:]
            raise DrillFailed(f"{what} was not answered within {DEED_SECONDS:.0f} s:\n{said}")
        return dict(json.loads(line))

    def close(self) -> None:
        """End it: it ends with its input."""
        assert self._process.stdin is not None and self._process.stdout is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
