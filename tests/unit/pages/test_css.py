"""The stylesheets: colours come from tokens and brand themes only, and every pair that is read holds its contrast.

Text needs 4.5:1, borders of controls and marks 3:1 (WCAG 2.2, 1.4.3 and 1.4.11).
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings

CSS = Path(settings.BASE_DIR) / "frontend" / "css"
FILES = sorted(CSS.rglob("*.css"))
THEMES = sorted((CSS / "brands").glob("*.css"))
TEXT, SHAPE = 4.5, 3.0

GROUNDS = ("paper", "surface", "sand")
TILES = ("sand", "sage", "clay", "sky", "butter", "stone", "rose")
KINDS = ("new", "refurb", "used", "cash", "good", "warn", "bad")
PAIRS = [
    *((ink, ground, TEXT) for ink in ("ink", "ink-soft", *KINDS) for ground in GROUNDS),
    *(("ink-faint", ground, TEXT) for ground in ("paper", "surface")),
    *((ink, f"{kind}-tint", TEXT) for kind in KINDS for ink in (kind, "ink", "ink-soft")),
    *((f"on-{ground}", shade, TEXT) for ground in ("action", "sell") for shade in (ground, f"{ground}-hover")),
    ("on-sell", "cash-fill", TEXT),
    ("on-night", "night", TEXT),
    ("on-night-soft", "night", TEXT),
    ("paper", "ink", TEXT),
    ("paper", "used", TEXT),
    ("ink", "sand-deep", TEXT),
    *((ink, f"tile-{tile}", TEXT) for ink in ("on-tile", "on-tile-soft") for tile in TILES),
    *((edge, ground, SHAPE) for edge in ("line-strong", "action", "focus") for ground in ("paper", "surface")),
]


def _tokens(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})\b", block))


def _block(source: str, start: str) -> str:
    return source[source.index(start) :].split("}", 1)[0]


def _palettes() -> dict[str, dict[str, str]]:
    source = (CSS / "tokens.css").read_text(encoding="utf-8")
    day = _tokens(_block(source, ":root {"))
    return {"light": day, "dark": day | _tokens(_block(source, ':root[data-scheme="dark"]'))}


def _light(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, two: str) -> float:
    high, low = sorted((_light(one), _light(two)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_pair_of_colours_that_is_read_holds_its_contrast(scheme: str) -> None:
    palette = _palettes()[scheme]

    weak = {
        f"{one} on {two}": round(_contrast(palette[one], palette[two]), 2)
        for one, two, floor in PAIRS
        if _contrast(palette[one], palette[two]) < floor
    }

    assert weak == {}


@pytest.mark.parametrize("theme", THEMES, ids=lambda path: path.stem)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_brand_theme_can_be_read_in_both_schemes(scheme: str, theme: Path) -> None:
    palette = _palettes()[scheme]
    light, dark, *_rest = theme.read_text(encoding="utf-8").split("}")
    brand = _tokens(light) | (_tokens(dark) if scheme == "dark" else {})

    pairs = [
        (brand["on-brand"], brand["brand"]),
        (brand["on-brand-tint"], brand["brand-tint"]),
        *((brand["brand-text"], palette[ground]) for ground in GROUNDS),
    ]

    assert [pair for pair in pairs if _contrast(*pair) < TEXT] == []


def test_the_dark_scheme_is_the_same_by_preference_and_by_choice() -> None:
    source = (CSS / "tokens.css").read_text(encoding="utf-8")

    by_preference = _tokens(_block(source, ':root:not([data-scheme="light"])'))

    assert by_preference == _tokens(_block(source, ':root[data-scheme="dark"]'))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(CSS)))
def test_raw_colours_stand_in_tokens_and_brand_themes_only(path: Path) -> None:
    if path.name == "tokens.css" or path in THEMES:
        return

    raw = re.findall(r"#[0-9a-fA-F]{3,8}\b(?=[\s;,)])|\b(?:rgb|hsl|oklch)a?\(", path.read_text(encoding="utf-8"))

    assert raw == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(CSS)))
def test_every_block_of_a_stylesheet_is_closed(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert text.count("{") == text.count("}")


def test_the_main_stylesheet_imports_every_file_once_into_a_named_layer() -> None:
    main = (CSS / "main.css").read_text(encoding="utf-8")

    imported = re.findall(r'@import "([^"]+)" layer\((\w+)\);', main)

    order = re.search(r"@layer ([^;]+);", main)
    assert order is not None
    assert sorted(name for name, _layer in imported) == [
        str(path.relative_to(CSS)) for path in FILES if path.name != "main.css"
    ]
    assert {layer for _name, layer in imported} <= set(order[1].split(", "))
