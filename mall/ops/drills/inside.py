"""`python -m mall.ops.drills.inside`: somebody within a mall, who does one deed for each line of standard input.

A line is {"deed": NAME, "with": {…}}; the answer is a line {"ok": …} or {"error": TEXT}. It ends with its input.
Started with the mall's own environment, so that a drill, which runs under another, reaches the mall's own services.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any

Deed = Callable[..., Any]


def main() -> int:
    # nothing but answers goes to the real output, whatever the mall prints
    answers = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8")
    os.dup2(2, 1)
    import django

    django.setup()
    deeds = find_deeds()
    print(json.dumps({"ok": sorted(deeds)}), file=answers)
    for line in sys.stdin:
        asked = json.loads(line)
        print(json.dumps(_done(deeds[asked["deed"]], asked["with"])), file=answers)
    return 0


def find_deeds() -> dict[str, Deed]:
    """By name, what the modules of `deeds` call public."""
    from mall.ops.drills.deeds import disks, indexing, photos, poison, state, writing

    return {
        name: getattr(module, name)
        for module in (disks, indexing, photos, poison, state, writing)
        for name in module.__all__
    }


def _done(deed: Deed, arguments: dict[str, Any]) -> dict[str, Any]:
    from django.db import close_old_connections

    # the last one may be of a server that was killed since
    close_old_connections()
    try:
        return {"ok": deed(**arguments)}
    except Exception as error:
        traceback.print_exc()
        return {"error": f"{type(error).__name__}: {error}"[:2000]}


if __name__ == "__main__":
    sys.exit(main())
