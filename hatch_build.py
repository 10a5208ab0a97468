"""The long description of the package: README.md, whose relative links lead to the repository."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

__all__ = ["Readme", "with_absolute_links"]

ELSEWHERE = r"(?![a-z][a-z0-9+.-]*:|//|#)"
"""Not followed by what begins an address of its own, or leads to a place on the same page."""
END = r"(?=\)|\s+\")"
"""Followed by the end of the link, or by its title."""
LINKS = (
    rf"(?P<image>!?)(?P<before>\[[^][]*\]\()(?P<path>{ELSEWHERE}[^)\s]+){END}",  # [text](path), ![text](path)
    rf"(?P<image>)(?P<before>\]\()(?P<path>{ELSEWHERE}[^)\s]+){END}",  # of an image that is a link: [![text](path)](path)
    rf"(?P<image>)(?P<before>^ {{0,3}}\[[^][]+\]:\s+)(?P<path>{ELSEWHERE}\S+)",  # [text]: path
    rf"(?P<image>)(?P<before><a\s[^>]*?\bhref=\")(?P<path>{ELSEWHERE}[^\"]+)",
    rf"(?P<image><img|<source)(?P<before>\s[^>]*?\bsrc(?:set)?=\")(?P<path>{ELSEWHERE}[^\"]+)",
)
CODE = re.compile(r"(^```.*?^```|`[^`\n]+`)", re.DOTALL | re.MULTILINE)


class Readme(MetadataHookInterface):
    """Gives the long description."""

    PLUGIN_NAME = "custom"

    def update(self, metadata: dict[str, Any]) -> None:
        """Set the description from README.md."""
        text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        described = with_absolute_links(text, metadata["urls"]["Source"])
        metadata["readme"] = {"content-type": "text/markdown", "text": described}


def with_absolute_links(text: str, repository: str) -> str:
    """Return Markdown whose relative links and images are those of a repository.

    Parameters
    ----------
    text : str
    repository : str
        Its address on GitHub. ``HEAD`` is its main branch, whatever its name.
    """

    def absolute(found: re.Match[str]) -> str:
        kind = "raw" if found["image"] else "blob"
        return f"{found['image']}{found['before']}{repository}/{kind}/HEAD/{found['path'].removeprefix('./')}"

    parts = CODE.split(text)
    for link in LINKS:
        parts[::2] = [re.sub(link, absolute, part, flags=re.MULTILINE) for part in parts[::2]]
    return "".join(parts)
