"""The drills by name, and how one is done."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from mall.ops.drills import backups, disks, models, search_server, servers, workers
from mall.ops.drills.ground import Ground
from mall.ops.drills.report import DrillFailed, Report
from mall.ops.stack import StackFailed


@dataclass(frozen=True, kw_only=True, slots=True)
class Drill:
    """does: fills the report. nodes: of OpenSearch. settings: MALL_… variables of its mall, where it needs its own."""

    does: Callable[[Ground, Report], None]
    nodes: int = 1
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """What is done, in a line."""
        return (self.does.__doc__ or "").partition(": ")[2] or (self.does.__doc__ or "")


DRILLS: Mapping[str, Drill] = {
    "F01": Drill(does=workers.kill_pool_process),
    "F02": Drill(does=workers.kill_worker),
    "F03": Drill(does=search_server.kill_server),
    "F03-stop": Drill(does=search_server.stop_server),
    "F04": Drill(does=search_server.show_old_index),
    "F05": Drill(does=servers.restart_database),
    "F06": Drill(does=disks.fill_disks),
    "F11": Drill(does=search_server.deliver_out_of_order),
    "F12": Drill(does=workers.poison),
    "F14": Drill(does=servers.lose_broker),
    "F15": Drill(does=models.break_model),
    "F18": Drill(does=backups.restore_backup),
    "rebuild": Drill(does=search_server.rebuild),
    "nodes": Drill(does=search_server.kill_node, nodes=3, settings={"MALL_OPENSEARCH_REPLICAS": "1"}),
}


def run_drill(name: str, ground: Ground) -> Report:
    """Do it on a ground that fits it, from a mall in which all is well. Raises CannotDrill, KeyError for no drill.

    What should have happened and did not, within its time, is a broken sentence of the report too.
    """
    report = Report(drill=name)
    started = time.monotonic()
    try:
        ground.mend()
        ground.until_well()
        DRILLS[name].does(ground, report)
    except (DrillFailed, StackFailed) as error:
        report.broken.append(str(error))
    report.figures["seconds"] = round(time.monotonic() - started, 1)
    return report
