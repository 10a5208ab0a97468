"""The pictures on the pages, drawn from the sample archive while the site is built, so that they show what the code draws today.

``python docs/hooks/pictures.py`` draws again the one picture that is kept in the sources, that of the README.
"""

from __future__ import annotations

import hashlib
import logging
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

    from tess_source import Session

ROOT = Path(__file__).resolve().parents[2]
OF_README = ROOT / "docs" / "assets" / "kelt9.png"
INPUTS = (
    Path(__file__),
    ROOT / "plugins" / "tess_source_pictures" / "panels.py",
    ROOT / "plugins" / "tess_source_pictures" / "plot.py",
)
"""What the README's picture depends on; when these change, it has to be drawn again."""


def light_curves(session: Session) -> Figure:
    """Draw the light curves of KELT-9 in two sectors."""
    return session.search("TIC 16740101").select(sector=[14, 15]).plot(root="data")


def coverage(session: Session) -> Figure:
    """Draw which sectors of KELT-9 each data-validation run used."""
    found = session.search("TIC 16740101")
    found.dv(exact=True, root="data")
    return found.plot_coverage(root="data")


def planets(session: Session) -> Figure:
    """Draw the light curves of L 98-59, with the transits of its planets."""
    return session.search("TIC 307210830").plot(root="data")


def image(session: Session) -> Figure:
    """Draw a full-frame image with its coordinates."""
    from matplotlib.figure import Figure

    one = session.search(kind="ffi", sector=1, camera=1, ccd=1, limit=1).download("data").load()[0]
    figure = Figure(figsize=(6.6, 5.6), layout="constrained")
    axes: Any = figure.add_subplot(projection=one.wcs)
    shown = axes.imshow(one.data, vmin=90, vmax=200, cmap="gray_r", origin="lower")
    axes.coords.grid(color="tab:blue", alpha=0.7)
    axes.set(
        xlabel="right ascension",
        ylabel="declination",
        title=f"sector 1, camera 1, CCD 1 (simulated)\n{one.time.iso[:16]} TDB",
    )
    figure.colorbar(shown, extend="max", label="flux [electron / s per pixel]")
    return figure


def cutout(session: Session) -> Figure:
    """Draw the pixels around WASP-44, and the sum of those of an aperture."""
    import numpy as np
    from matplotlib.figure import Figure

    [pixels] = session.search("TIC 12862099", kind="cutout", size=11).download("data").load()
    flux = pixels.flux.value
    median, chosen = np.nanmedian(flux, axis=0), pixels.create_threshold_mask(threshold=3)
    curve = flux[:, chosen].sum(axis=1) - chosen.sum() * np.nanmedian(flux[:, ~chosen], axis=1)
    figure = Figure(figsize=(10.5, 3.8), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=[2, 3])
    row, column = pixels.row, pixels.column
    shown = left.imshow(median, origin="lower", extent=(column - 0.5, column + 10.5, row - 0.5, row + 10.5))
    figure.colorbar(shown, label="median flux [electron / s]")
    for at_row, at_column in zip(*np.nonzero(chosen), strict=True):
        left.add_patch(_square(column + at_column - 0.5, row + at_row - 0.5))
    left.set(xlabel="CCD column", ylabel="CCD row", title="WASP-44 in sector 3 (simulated)")
    right.plot(pixels.time.value, curve / np.nanmedian(curve), ".", markersize=3)
    right.set(xlabel="time [BTJD]", ylabel="relative flux", title="sum of the outlined pixels, less the background")
    return figure


def _square(x: float, y: float) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle((x, y), 1, 1, fill=False, edgecolor="white")


PICTURES: dict[str, Callable[[Session], Figure]] = {
    "light-curves": light_curves, "coverage": coverage, "planets": planets, "ffi": image, "cutout": cutout,
}  # fmt: skip
"""Name of a picture → what draws it; a page shows it as ``assets/drawn/name.png``."""


@contextmanager
def sample_session() -> Iterator[Session]:
    """Give a session of a sample archive, in a folder of its own that is removed afterwards."""
    from tess_source import Session
    from tess_source_sample.server import SampleArchive

    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder, SampleArchive() as archive:
        os.chdir(folder)
        try:
            yield Session(archive.url, cache="cache")
        finally:
            os.chdir(before)


def written(figure: Figure, dpi: int = 100, **metadata: str) -> bytes:
    """Return a figure as PNG."""
    out = BytesIO()
    figure.savefig(out, format="png", dpi=dpi, metadata={"Software": None, **metadata})
    return out.getvalue()


def digest() -> str:
    """Return the sum of what the README's picture depends on, whose blanks and line ends do not count."""
    return hashlib.sha256(
        "".join("".join(file.read_text(encoding="utf-8").split()) for file in INPUTS).encode()
    ).hexdigest()


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pictures to the files of the site."""
    from mkdocs.structure.files import File

    drawn = dict.fromkeys(PICTURES, b"")  # a site without its reference is for tests: it needs no pictures either
    if config.plugins["mkdocstrings"].config.enabled:
        logging.getLogger("mkdocs").info("drawing %d pictures from the sample archive", len(PICTURES))
        with sample_session() as session:
            drawn = {name: written(draw(session)) for name, draw in PICTURES.items()}
    for name, content in drawn.items():
        files.append(File.generated(config, f"assets/drawn/{name}.png", content=content))
    return files


def of_readme(session: Session) -> bytes:
    """Return the README's picture, in few colours, so that it is small."""
    from PIL import Image, PngImagePlugin

    picture = Image.open(BytesIO(written(light_curves(session)))).convert("RGB").quantize(48, dither=Image.Dither.NONE)
    note, out = PngImagePlugin.PngInfo(), BytesIO()
    note.add_text("Source", digest())
    picture.save(out, "PNG", optimize=True, pnginfo=note)
    return out.getvalue()


if __name__ == "__main__":
    with sample_session() as session:
        OF_README.write_bytes(of_readme(session))
    sys.stdout.write(f"{OF_README.relative_to(ROOT)}: {OF_README.stat().st_size} bytes\n")
