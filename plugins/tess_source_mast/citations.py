"""How papers cite the data sets of MAST: only what is documented, with its source in a comment.

MAST has DOIs for more than these: what is missing here is said to be unknown, never guessed.
"""

from __future__ import annotations

from tess_source.hooks.records import Citation

__all__ = ["ACKNOWLEDGEMENT", "CITATIONS"]

ACKNOWLEDGEMENT = (  # https://archive.stsci.edu/publishing/mission-acknowledgements
    "This paper includes data collected with the TESS mission, obtained from the MAST data archive at the Space Telescope Science "
    "Institute (STScI). Funding for US Institutions for the TESS mission is provided by the NASA Explorer Program. STScI is "
    "operated by the Association of Universities for Research in Astronomy, Inc., under NASA contract NAS5-26555."
)
OTHERS = "MAST lists its DOIs at https://archive.stsci.edu/publishing/doi"


def _citation(pipeline: str, kind: str | None, title: str, doi: str) -> Citation:
    return Citation(pipeline, kind, f"{title}, STScI/MAST", doi, ACKNOWLEDGEMENT, OTHERS)


CITATIONS = (
    # DataCite's record of the DOI: "TESS Light Curves - All Sectors", STScI/MAST, 2021: the 2-minute light curves
    _citation("SPOC", "lc", "TESS Light Curves - All Sectors", "10.17909/t9-nmc8-f686"),
    # landing page of the DOI: "TESS calibrated full-frame images: all sectors"
    _citation("SPOC", "ffi", "TESS Calibrated Full-Frame Images: All Sectors", "10.17909/0cp4-2j79"),
    # https://archive.stsci.edu/hlsp/tess-spoc, and Caldwell et al. 2020, RNAAS 4, 201
    _citation("TESS-SPOC", None, 'TESS Light Curves From Full Frame Images ("TESS-SPOC")', "10.17909/t9-wpz1-8s54"),
    # https://archive.stsci.edu/hlsp/qlp, and Huang et al. 2020, RNAAS 4, 204
    _citation("QLP", None, 'High Level Science Product "QLP"', "10.17909/t9-r086-e880"),
    # https://archive.stsci.edu/hlsp/gsfc-eleanor-lite
    _citation(
        "GSFC-ELEANOR-LITE",
        None,
        "TESS FFI-Based Light Curves from the GSFC Team (GSFC-ELEANOR-LITE)",
        "10.17909/j2yt-t417",
    ),
    # https://archive.stsci.edu/hlsp/tglc, and Han & Brandt 2023, AJ 165, 71
    _citation("TGLC", None, 'High Level Science Product "TGLC"', "10.17909/610m-9474"),
    # https://archive.stsci.edu/hlsp/tica, and Fausnaugh et al. 2020, RNAAS 4, 251
    _citation("TICA", None, 'High Level Science Product "TICA"', "10.17909/t9-9j8c-7d30"),
)
