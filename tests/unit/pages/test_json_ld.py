"""JSON-LD that no text of a seller can break out of."""

from __future__ import annotations

import json

from mall.pages.json_ld import json_ld


def test_text_cannot_end_the_script_element() -> None:
    name = "Lampe </script><script>alert(1)</script> & «é» \u2028"

    element = json_ld({"name": name})

    inner = element.removeprefix('<script type="application/ld+json">').removesuffix("</script>")
    assert "<" not in inner
    assert "\u2028" not in inner
    assert json.loads(inner) == {"name": name}
