"""`make stack`: the whole mall on real servers, and what shoppers see while one of them is away."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from typing import Any

import pytest

from mall.ops.postgresql import NotInstalled
from mall.ops.stack import AlreadyRunning, Stack
from mall.ops.stack_files import web_command
from tests.services import PROJECT, free_port, get, wait_until

PAGES = ("/fr/", "/en/search/?q=lamp", "/api/search?q=lamp&language=en", "/fr/shops/")

ADD = """
import sys
from mall.catalogue.models import Offer
from mall.catalogue.services import touch_products
from tests.factories import OfferFactory, ProductFactory, VariantFactory
if Offer.objects.exists():
    from mall.catalogue.models import Product, ProductText
    product = Product.objects.get()
    ProductText.objects.filter(product=product, language="en").update(title=sys.argv[1])
else:
    product = ProductFactory(texts={"fr": "Lampe", "en": sys.argv[1]})
    OfferFactory(variant=VariantFactory(product=product))
touch_products([product.pk])
"""


def add(stack: Stack, title: str) -> None:
    """The mall's one product has this English title from now on."""
    command = [sys.executable, "-c", f"import django; django.setup()\n{ADD}", title]
    done = subprocess.run(command, cwd=PROJECT, env=stack.environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]


def titles(stack: Stack, word: str) -> list[str]:
    status, body, _headers = get(f"{stack.url}/api/search?q={word}&language=en")
    assert status == 200, body
    return [one["title"] for one in json.loads(body)["results"]]


def readiness(stack: Stack) -> tuple[int, dict[str, Any]]:
    status, body, _headers = get(f"{stack.url}/ready")
    return status, json.loads(body)["parts"]


def wait_until_all_is_well(stack: Stack) -> None:
    """Every part answers, and nothing waits: tests begin and end here."""

    def is_well() -> bool:
        _status, parts = readiness(stack)
        usable = {parts[name]["state"] for name in ("database", "redis", "outbox", "worker")}
        return usable == {"ok"} and not parts["outbox"]["facts"]["waiting"]

    wait_until(is_well, seconds=120, what="a mall in which all is well")


def test_every_part_answers_and_a_change_goes_the_whole_way_to_the_search_page(stack: Stack) -> None:
    wait_until_all_is_well(stack)
    add(stack, "Lamp of the first day")

    wait_until(lambda: titles(stack, "lamp") == ["Lamp of the first day"], seconds=90, what="the new lamp in search")

    assert [get(f"{stack.url}{path}")[0] for path in PAGES] == [200] * len(PAGES)
    status, parts = readiness(stack)
    assert status == 200
    assert list(parts) == ["database", "search", "text model", "redis", "outbox", "worker"]
    assert parts["database"]["facts"]["kind"] == "postgresql"
    assert parts["search"]["facts"]["engine"] == "opensearch"


def test_the_metrics_add_up_what_all_web_processes_did(stack: Stack) -> None:
    before = home_pages(stack)
    for _time in range(20):
        get(f"{stack.url}/fr/")

    assert len(stack.children("web")) == 2
    assert home_pages(stack) == before + 20


def home_pages(stack: Stack) -> float:
    status, text, headers = get(f"{stack.url}/metrics")
    assert (status, headers["content-type"].partition(";")[0]) == (200, "text/plain")
    found = re.search(r'^mall_requests_total\{method="GET",route="home",status="200"\} (\S+)$', text, re.MULTILINE)
    return float(found[1]) if found else 0.0


def test_without_redis_pages_go_on_and_what_changed_meanwhile_is_found_later(stack: Stack) -> None:
    """F14: the broker is killed with all that it held."""
    wait_until_all_is_well(stack)
    stack.kill("redis")

    statuses = [get(f"{stack.url}{path}")[0] for path in PAGES for _time in range(3)]
    assert statuses == [200] * len(statuses)
    status, parts = readiness(stack)
    assert (status, parts["redis"]["state"]) == (200, "degraded")
    add(stack, "Lamp without a broker")
    assert stack.is_running("worker") and stack.is_running("beat")

    stack.start_part("redis")

    wait_until(lambda: titles(stack, "lamp") == ["Lamp without a broker"], seconds=120, what="the change in search")
    assert [get(f"{stack.url}{path}")[0] for path in PAGES] == [200] * len(PAGES)


def test_a_redis_that_hangs_costs_one_short_wait(stack: Stack) -> None:
    wait_until_all_is_well(stack)
    stack.pause("redis")
    try:
        get(f"{stack.url}/fr/")
        get(f"{stack.url}/fr/")  # the other web process
        started = time.monotonic()
        answers = [get(f"{stack.url}/fr/")[0] for _time in range(6)]
        seconds = time.monotonic() - started
    finally:
        stack.resume("redis")

    assert answers == [200] * 6
    assert seconds < 4


def test_a_database_that_is_started_again_is_told_and_pages_are_back_in_ten_seconds(stack: Stack) -> None:
    """F05, without buyers: pages say when to come again, and the pool finds the new server by itself."""
    wait_until_all_is_well(stack)
    stack.kill("database")

    status, _body, headers = get(f"{stack.url}/fr/shops/?page=2")
    assert (status, "retry-after" in headers) == (503, True)
    status, parts = readiness(stack)
    assert (status, parts["database"]["state"]) == (503, "down")

    stack.start_part("database")

    wait_until(lambda: get(f"{stack.url}/fr/shops/?page=2")[0] == 200, seconds=10, what="pages from the database")
    wait_until(lambda: readiness(stack)[0] == 200, seconds=10, what="a mall that is ready")


def test_a_killed_worker_s_work_is_done_by_the_next_one(stack: Stack) -> None:
    """F02: killed with all its pool, it leaves its rows; they are done within ninety seconds of the next start."""
    wait_until_all_is_well(stack)
    stack.kill("worker")
    add(stack, "Lamp without a worker")

    stack.start_part("worker")

    wait_until(lambda: titles(stack, "lamp") == ["Lamp without a worker"], seconds=90, what="the change in search")


def test_a_pool_process_that_is_killed_is_replaced_and_two_clocks_do_no_harm(stack: Stack) -> None:
    wait_until_all_is_well(stack)
    second = subprocess.Popen(
        [*stack._child("beat").command[:-1], str(stack.folder / "second-schedule")],
        cwd=PROJECT,
        env=stack.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        os.kill(stack.children("worker")[0], 9)
        add(stack, "Lamp of two clocks")

        wait_until(lambda: titles(stack, "lamp") == ["Lamp of two clocks"], seconds=90, what="the change in search")
        assert len(stack.children("worker")) == 2
    finally:
        second.kill()
        second.wait()


def test_a_second_stack_in_one_folder_is_refused(stack: Stack) -> None:
    with pytest.raises(AlreadyRunning, match="a stack runs already"):
        Stack(stack.folder, engine="embedded")


def test_passwords_are_in_no_command_line_and_no_log(stack: Stack) -> None:
    passwords = [stack.files.password(name) for name in ("database", "redis")]
    lines = subprocess.run(["ps", "-eo", "args", "ww"], capture_output=True, text=True, check=True).stdout
    logs = "".join(path.read_text(errors="replace") for path in (stack.folder / "logs").iterdir())
    pages = get(f"{stack.url}/ready")[1] + get(f"{stack.url}/health")[1] + get(f"{stack.url}/metrics")[1]

    assert not [word for word in passwords if word in lines or word in logs or word in pages]


def test_production_answers_to_its_own_name_over_tls_and_its_health_check_finds_it_well(stack: Stack) -> None:
    """As the web image runs it, on the stack's servers, with no proxy before it but its headers."""
    port = free_port()
    environment = {
        **stack.environment,
        "DJANGO_SETTINGS_MODULE": "mall.settings.production",
        "MALL_SECRET_KEY": "k7" * 40 + "abcdefghij",
        "MALL_PUBLIC_URL": "https://mall.example",
        "MALL_ALLOWED_HOSTS": "mall.example",
        "MALL_LOG_FORMAT": "json",
        "MALL_WEB_PROCESSES": "1",
    }
    check = [sys.executable, "mall/ops/alive.py", "web", str(port)]

    def is_well() -> bool:
        return subprocess.run(check, cwd=PROJECT, env=environment, check=False, capture_output=True).returncode == 0

    with subprocess.Popen(web_command(port), cwd=PROJECT, env=environment, stderr=subprocess.PIPE) as web:
        try:
            wait_until(is_well, seconds=120, what="a web server that is well")
            name = {"Host": "mall.example"}
            plain, *_rest = get(f"http://127.0.0.1:{port}/ready", headers=name)
            served, _page, headers = get(f"http://127.0.0.1:{port}/fr/", headers={**name, "X-Forwarded-Proto": "https"})
            stranger, *_rest = get(f"http://127.0.0.1:{port}/fr/")
        finally:
            web.terminate()
        assert web.stderr is not None
        lines = [json.loads(line) for line in web.stderr.read().decode().splitlines()]

    assert (plain, served, stranger) == (200, 200, 400)
    assert "max-age=" in headers["strict-transport-security"]
    assert [line["status"] for line in lines if line["event"] == "request" and line["route"] == "home"] == [200]


def test_after_a_stop_and_a_start_all_data_are_there(stack: Stack) -> None:
    """The last test of this module: it stops the stack."""
    add(stack, "Lamp that stays")
    wait_until(lambda: titles(stack, "lamp") == ["Lamp that stays"], seconds=90, what="the lamp in search")
    processes = [stack.pid(name) for name in stack.names]
    stack.stop()
    assert not [pid for pid in processes if os.path.exists(f"/proc/{pid}")]

    again = Stack(stack.folder, heap="512m", settings={"MALL_SEARCH_MODEL": "none"})
    try:
        again.start(with_demo=False)
        assert titles(again, "lamp") == ["Lamp that stays"]
    finally:
        again.stop()


def test_a_missing_program_is_told_with_its_remedy(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(NotInstalled, match="apt-get install redis-server"):
        Stack(tmp_path / "stack", engine="embedded")
