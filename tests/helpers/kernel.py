"""A real Jupyter kernel, as notebooks have it, in which tests run cells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

__all__ = ["Kernel", "kernel"]

Output = Mapping[str, Any]


class Kernel:
    """A kernel that has been started; its outputs are what a saved notebook would hold."""

    def __init__(self, client: NotebookClient) -> None:
        self._client = client

    def run(self, source: str) -> Sequence[Output]:
        """Run one cell, and return its outputs."""
        cell = nbformat.v4.new_code_cell(source)
        self._client.nb.cells.append(cell)
        self._client.execute_cell(cell, len(self._client.nb.cells) - 1)
        outputs: list[Output] = cell.outputs
        return outputs

    def forget(self) -> None:
        """Forget all names, as a new notebook; modules stay imported."""
        self.run("%reset -f")


@contextmanager
def kernel(folder: Path, environment: Mapping[str, str]) -> Iterator[Kernel]:
    """Start a kernel in a folder, with further variables of the environment."""
    client = NotebookClient(
        nbformat.v4.new_notebook(), timeout=120, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    )
    with client.setup_kernel(env=dict(environment)):
        yield Kernel(client)
