"""`python -m tests.checks.templates`: are all templates indented as djhtml would do it?"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

TEMPLATES = Path(__file__).resolve().parents[2] / "frontend" / "templates"


def main() -> int:
    files = sorted(str(path) for path in TEMPLATES.rglob("*.html"))
    return subprocess.run(["djhtml", "--check", "--tabwidth", "2", *files], check=False).returncode if files else 0


if __name__ == "__main__":
    sys.exit(main())
