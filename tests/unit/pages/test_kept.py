"""Answers that are kept for minutes, and what concurrent visitors see of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from django.core.cache import cache

from mall.pages.selectors import kept as module
from mall.pages.selectors.kept import Kept, kept


def maker(*answers: object) -> Callable[[], object]:
    left = list(answers)
    return lambda: left.pop(0)


def test_an_answer_is_made_once_while_it_is_fresh_whatever_it_is() -> None:
    for answer in (7, 0, None, ()):
        make = maker(answer)

        assert kept(f"figure:{answer}", make, seconds=60) == kept(f"figure:{answer}", make, seconds=60) == answer


def test_an_answer_is_made_anew_when_it_is_old() -> None:
    make = maker(1, 2)

    assert kept("figure", make, seconds=0) == 1
    assert kept("figure", make, seconds=60) == 2


def test_another_process_finds_what_one_has_made() -> None:
    cache.set("kept:figure", Kept(value="theirs", fresh_until=time.time() + 60))

    assert kept("figure", maker(), seconds=60) == "theirs"


def test_while_the_cache_is_away_a_process_still_makes_it_once() -> None:
    make = maker(1)
    kept("figure", make, seconds=60)
    cache.clear()

    assert kept("figure", make, seconds=60) == 1


def test_while_one_makes_it_anew_the_others_see_the_old_answer_and_do_not_wait() -> None:
    kept("figure", lambda: "old", seconds=0)
    begun, go_on = threading.Event(), threading.Event()

    def make() -> str:
        begun.set()
        assert go_on.wait(10)
        return "new"

    first = threading.Thread(target=kept, args=("figure", make), kwargs={"seconds": 60})
    first.start()
    assert begun.wait(10)
    meanwhile = kept("figure", maker(), seconds=60)
    go_on.set()
    first.join(10)

    assert meanwhile == "old"
    assert kept("figure", maker(), seconds=60) == "new"


def test_those_who_come_first_together_wait_for_one_that_makes_it() -> None:
    made: list[int] = []
    answers: list[int] = []

    def make() -> int:
        time.sleep(0.05)
        made.append(1)
        return len(made)

    threads = [threading.Thread(target=lambda: answers.append(kept("figure", make, seconds=60))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert answers == [1] * 8
    assert made == [1]


def test_an_error_is_not_hidden_by_an_old_answer_and_the_next_one_tries_again() -> None:
    kept("figure", lambda: 1, seconds=0)

    with pytest.raises(ZeroDivisionError):
        kept("figure", lambda: 1 // 0, seconds=60)

    assert kept("figure", lambda: 2, seconds=60) == 2
    module.forget_kept()
    cache.clear()
    assert kept("figure", lambda: 3, seconds=60) == 3
