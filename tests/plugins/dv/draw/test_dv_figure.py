"""Pictures as files."""

from __future__ import annotations

from pathlib import Path

from matplotlib import rcParams

from tess_source_dv.draw.figure import new_figure, save


def test_a_pdf_embeds_truetype_fonts_and_matplotlibs_settings_stay(tmp_path: Path) -> None:
    figure = new_figure(2, 2)
    figure.text(0.5, 0.5, "TIC 1")
    before = rcParams["pdf.fonttype"]
    save(figure, tmp_path / "a.pdf")
    assert b"/FontFile2" in (tmp_path / "a.pdf").read_bytes()
    assert rcParams["pdf.fonttype"] == before
