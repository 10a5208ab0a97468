"""The sides: tess-source, astroquery and lightkurve, each used as its own documentation shows, with its default settings."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, ClassVar, Protocol

ROOT = Path(__file__).resolve().parent.parent


class Side(Protocol):
    """One way of doing the work; answers are opaque, and read outside of measured intervals only."""

    remembers: ClassVar[bool]
    """Whether a search that is repeated in the same process is answered from memory, and would measure nothing."""

    def start(self, url: str) -> None:
        """Import what is needed, and turn to the archive at a base URL."""

    def search(self, tics: Sequence[int]) -> Any:
        """Search targets and list their products."""

    def light_curves(self, answer: Any) -> list[str]:
        """Give the URIs of the light curves that a search listed."""

    def choose(self, tics: Sequence[int], uris: Sequence[str]) -> Any:
        """Search targets, and give those products that are to be fetched, in the form that `fetch` takes."""

    def fetch(self, chosen: Any, folder: Path) -> None:
        """Fetch products into a folder."""

    def load(self, chosen: Any, folder: Path) -> int:
        """Fetch products into a folder and open them as lightkurve objects; give their number."""


class TessSource:
    """tess-source: one session."""

    remembers: ClassVar[bool] = False

    def start(self, url: str) -> None:
        """Make a session."""
        from tess_source import Session

        self._session = Session(server=url)

    def search(self, tics: Sequence[int]) -> Any:
        """Search all targets at once; links and columns of all plugins are made too."""
        return self._session.search(list(tics))

    def light_curves(self, answer: Any) -> list[str]:
        """Read the URIs of kind ``lc``."""
        import polars as pl

        uris: list[str] = answer.to_polars().filter(pl.col("kind") == "lc")["uri"].to_list()
        return uris

    def choose(self, tics: Sequence[int], uris: Sequence[str]) -> Any:
        """Keep the wanted products."""
        import polars as pl

        found = self.search(tics)
        return found.replace(products=found.products.where(pl.col("uri").is_in(list(uris))))

    def fetch(self, chosen: Any, folder: Path) -> None:
        """Plan and download."""
        chosen.plan(folder).download()

    def load(self, chosen: Any, folder: Path) -> int:
        """Plan, download, open."""
        return len(chosen.plan(folder).download().load())


class Astroquery:
    """astroquery.mast: all targets in one query, all observations in one request for products."""

    remembers: ClassVar[bool] = False

    def start(self, url: str) -> None:
        """Import it and change its addresses."""
        self._observations = astroquery_at(url)

    def search(self, tics: Sequence[int]) -> Any:
        """Search all targets at once."""
        observations = self._observations.query_criteria(target_name=[str(tic) for tic in tics])
        return self._observations.get_product_list(observations)

    def light_curves(self, answer: Any) -> list[str]:
        """Read the URIs in sub-group LC."""
        return [str(uri) for uri in answer["dataURI"][answer["productSubGroupDescription"] == "LC"]]

    def choose(self, tics: Sequence[int], uris: Sequence[str]) -> Any:
        """Keep the wanted rows."""
        import numpy as np

        products = self.search(tics)
        return products[np.isin(products["dataURI"], list(uris))]

    def fetch(self, chosen: Any, folder: Path) -> None:
        """Download one by one, as it does."""
        self._observations.download_products(chosen, download_dir=str(folder))

    def load(self, chosen: Any, folder: Path) -> int:
        """It opens nothing."""
        raise NotImplementedError("astroquery does not open files")


class Lightkurve:
    """lightkurve: a loop over the targets, for it takes one at a time."""

    remembers: ClassVar[bool] = True

    def start(self, url: str) -> None:
        """Import it and change the addresses of the astroquery below it."""
        import lightkurve

        astroquery_at(url)
        self._lightkurve = lightkurve

    def search(self, tics: Sequence[int]) -> Any:
        """Search target after target; each search lists the products too."""
        return [self._lightkurve.search_lightcurve(f"TIC {tic}") for tic in tics]

    def light_curves(self, answer: Any) -> list[str]:
        """Read the URIs, all of light curves."""
        return [str(uri) for result in answer for uri in result.table["dataURI"]]

    def choose(self, tics: Sequence[int], uris: Sequence[str]) -> Any:
        """Put the wanted rows of all searches into one result."""
        import numpy as np
        from astropy.table import vstack

        table = vstack([result.table for result in self.search(tics)], metadata_conflicts="silent")
        return self._lightkurve.SearchResult(table[np.isin(table["dataURI"], list(uris))])

    def fetch(self, chosen: Any, folder: Path) -> None:
        """Its downloads open the files too."""
        self.load(chosen, folder)

    def load(self, chosen: Any, folder: Path) -> int:
        """Download and open one by one, as it does."""
        return len(chosen.download_all(download_dir=str(folder)))


SIDES: dict[str, Callable[[], Side]] = {
    "tess-source": TessSource,
    "astroquery": Astroquery,
    "lightkurve": Lightkurve,
}
"""Name → how to make one. The first is what the others are compared with."""

_OPEN = ExitStack()  # never closed: the process ends with its job


def astroquery_at(url: str) -> Any:
    """Point astroquery to the archive until the process ends, as the tests do, and give its ``Observations``."""
    spec = importlib.util.spec_from_file_location("peers", ROOT / "tests" / "helpers" / "peers.py")
    if spec is None or spec.loader is None:
        raise ImportError("tests/helpers/peers.py is not beside the folder bench: run from a source tree")
    peers = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(peers)
    return _OPEN.enter_context(peers.astroquery_at(url))
