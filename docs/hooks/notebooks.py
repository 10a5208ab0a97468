"""Notebooks as pages: they are run against the sample archive while the site is built, and shown with what they output.

Each ``notebooks/<name>.ipynb`` becomes a page beside it, which links to the notebook itself. No front end and no template is needed: text
is Markdown already, and outputs are HTML, pictures or plain text.
"""

from __future__ import annotations

import base64
import html
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

WHOLE = os.environ.get("TESS_SOURCE_REFERENCE", "true") == "true"
"""Whether notebooks are run, and the API reference is made: both take most of the time."""
OUTPUT = '<div class="notebook-output" markdown="0">{}</div>'


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add a page, and its pictures, for each notebook."""
    from mkdocs.structure.files import File

    for file in [one for one in files if one.src_uri.endswith(".ipynb")]:
        stem = file.src_uri.removesuffix(".ipynb")
        pictures: list[bytes] = []
        source = Path(str(file.abs_src_path))
        text = page(run(source) if WHOLE else read(source), Path(stem).name, pictures)
        files.append(File.generated(config, f"{stem}.md", content=text))
        for number, picture in enumerate(pictures):
            files.append(File.generated(config, f"{stem}-{number}.png", content=picture))
    return files


def read(path: Path) -> Any:
    """Return a notebook as it is stored, without outputs."""
    import nbformat

    return nbformat.read(path, as_version=4)


def run(path: Path) -> Mapping[str, Any]:
    """Return a notebook with its outputs, made by a kernel of its own that asks a sample archive."""
    from nbclient import NotebookClient

    from tess_source_sample.server import SampleArchive

    notebook = read(path)
    with SampleArchive() as archive, tempfile.TemporaryDirectory() as folder:
        own = {
            "TESS_SOURCE_SERVER": archive.url,
            "TESS_SOURCE_CACHE": str(Path(folder) / "cache"),
            "TESS_SOURCE_CONFIG": os.devnull,
        }
        Path(own["TESS_SOURCE_CONFIG"]).touch()
        others = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}
        client = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": folder}})
        with client.setup_kernel(env={**others, **own}):
            for number, cell in enumerate(notebook.cells):
                client.execute_cell(cell, number)
        return _without(notebook, folder)


def _without(notebook: Any, folder: str) -> Mapping[str, Any]:
    """Return a notebook in whose outputs the folder of the run has another name, so that pages tell nothing of the machine."""
    import nbformat

    made: Mapping[str, Any] = nbformat.reads(nbformat.writes(notebook).replace(folder, "/home/you"), as_version=4)
    return made


def page(notebook: Mapping[str, Any], name: str, pictures: list[bytes]) -> str:
    """Return a notebook as Markdown; its pictures are added to a list."""
    parts = []
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append(source.replace(".ipynb)", ".md)"))
        else:
            parts.append(f"```python\n{source}\n```")
            parts += _outputs(cell, name, pictures)
    note = f"You can download this page as a notebook: [{name}.ipynb]({name}.ipynb). Its outputs come from the sample archive."
    return "\n\n".join([parts[0], f'!!! note ""\n    {note}', *parts[1:]]) + "\n"


def _outputs(cell: Mapping[str, Any], name: str, pictures: list[bytes]) -> Iterator[str]:
    for output in cell["outputs"]:
        data = output.get("data", {})
        if "text" in output:
            yield OUTPUT.format(f"<pre>{html.escape(''.join(output['text']))}</pre>")
        elif "image/png" in data:
            size = output["metadata"].get("image/png", {})
            sized = f' width="{size["width"]}"' if "width" in size else ""
            yield OUTPUT.format(f'<img src="{name}-{len(pictures)}.png" alt="the figure that the cell draws"{sized}>')
            pictures.append(base64.b64decode("".join(data["image/png"])))
        elif "text/html" in data:
            yield OUTPUT.format("".join(data["text/html"]).replace("\n\n", "\n"))
        elif data.get("text/plain"):
            yield OUTPUT.format(f"<pre>{html.escape(''.join(data['text/plain']))}</pre>")
