"""The gallery shows the code of each plugin, taken from ``examples/gallery``, so that the page and the files cannot differ."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

GALLERY = Path(__file__).resolve().parents[2] / "examples" / "gallery"
PLUGIN = re.compile(r'with_plugin\("(\w+)"\)|gallery/(\w+)\.py')


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Put the code of a plugin under the heading of its section."""
    if page.file.src_uri != "gallery.md":
        return markdown
    first, *sections = re.split(r"^(?=## )", markdown, flags=re.MULTILINE)
    return "".join([first, *map(_with_code, sections)])


def _with_code(section: str) -> str:
    named = PLUGIN.search(section)
    if not named:
        return section
    name = f"{named[1] or named[2]}.py"
    heading, rest = section.split("\n", 1)
    code = (GALLERY / name).read_text(encoding="utf-8")
    return f'{heading}\n\n```python title="{name}"\n{code.rstrip()}\n```\n{rest}'
