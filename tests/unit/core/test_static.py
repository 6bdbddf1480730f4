"""One stylesheet out of many, made when files are collected."""

from __future__ import annotations

from mall.core.static import join_stylesheet


def test_imports_are_put_into_their_layer_in_place() -> None:
    files = {
        "css/main.css": (
            '/* order */\n@layer base, parts;\n@import "base.css" layer(base);\n@import "parts/a.css" layer(parts);\n'
        ),
        "css/base.css": "p { margin: 0; }\n",
        "css/parts/a.css": "/* a part */\n.a {\n  color: red;\n}\n",
    }

    joined = join_stylesheet("css/main.css", files.__getitem__)

    assert joined == (
        "@layer base, parts;\n@layer base {\np { margin: 0; }\n}\n@layer parts {\n.a {\ncolor: red;\n}\n}"
    )


def test_addresses_hold_from_the_folder_of_the_joined_file() -> None:
    files = {
        "css/main.css": '@import "parts/a.css";',
        "css/parts/a.css": '.a { src: url("../../fonts/a.woff2"); } .b { background: url(data:image/png;base64,AA); }',
    }

    joined = join_stylesheet("css/main.css", files.__getitem__)

    assert joined == '.a { src: url("../fonts/a.woff2"); } .b { background: url(data:image/png;base64,AA); }'
