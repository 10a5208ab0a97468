"""The sample archive's TESScut: which CCDs saw a place, and cut-outs of simulated images in zip files."""

from __future__ import annotations

import io
import json
import math
import zipfile
from collections.abc import Callable, Mapping
from functools import lru_cache

from tess_source._lazy import np
from tess_source_sample import facts
from tess_source_sample.contents import Contents
from tess_source_sample.exchange import HttpRequest, Reply
from tess_source_sample.facts import Star
from tess_source_sample.files import cutout, fits
from tess_source_sample.files.cutout import Cut

LARGEST = 200
"""Most rows and columns of a cut-out."""
ARCSECONDS = {"d": 3600.0, "m": 60.0, "s": 1.0, "px": 21.0}
"""Unit of a radius → arc seconds."""


class _BadRequestError(ValueError):
    """A request that cannot be understood."""


def _chips(held: Contents, ra: float, dec: float, radius: float = 0.0) -> list[tuple[int, int, int]]:
    """Return sector, camera and CCD of all images on which a place lies, or with a radius [deg] a part of the circle around it.

    As for the service itself, the columns and rows that are not exposed count.
    """
    angles = np.arange(8) * math.pi / 4
    around = np.clip(dec + radius * np.sin(angles), -90, 90)
    along = ra + radius * np.cos(angles) / max(0.01, math.cos(math.radians(dec)))
    seen = cutout.chips(held.sectors).seeing(*(([ra], [dec]) if not radius else ([ra, *along], [dec, *around])))
    return sorted(set(seen.select("sector", "camera", "ccd").rows()))


def sectors_of(held: Contents, request: HttpRequest) -> Reply:
    """Answer which CCDs saw a place; numbers are text."""
    ra, dec = _number(request, "ra"), _number(request, "dec")
    text = _said(request, "radius") or "0"
    unit = next((unit for unit in ("px", "d", "m", "s") if text.endswith(unit)), "d")
    try:
        radius = float(text.removesuffix(unit)) * ARCSECONDS[unit] / 3600
    except ValueError:
        raise _BadRequestError(f"radius {text!r} is not an angle in d, m, s or px") from None
    rows = [
        {
            "sectorName": f"tess-s{sector:04d}-{camera}-{ccd}",
            "sector": str(sector),
            "camera": str(camera),
            "ccd": str(ccd),
        }
        for sector, camera, ccd in _chips(held, ra, dec, radius)
    ]
    return _json({"results": rows})


def cutouts_of(held: Contents, request: HttpRequest) -> Reply:
    """Answer with a zip file of cut-outs, one per CCD; if there is none, with a message."""
    place = _number(request, "ra"), _number(request, "dec")
    scale = 1.0 if _said(request, "units") in {"", "px"} else 3600 / ARCSECONDS["px"]
    columns, rows = (math.ceil(round(_number(request, name) * scale, 6)) for name in ("x", "y"))
    if not (1 <= columns <= LARGEST and 1 <= rows <= LARGEST):
        raise _BadRequestError(f"a cut-out has 1 to {LARGEST} rows and columns")
    if (_said(request, "product") or "SPOC").upper() != "SPOC":
        raise _BadRequestError("product is SPOC: there are no cut-outs of TICA's images any more")
    wanted = _said(request, "sector")
    seen = _chips(held, *place)
    if wanted.isdecimal():
        seen = [chip for chip in seen if chip[0] == int(wanted)]
    elif wanted.lower() not in {"", "all"}:
        raise _BadRequestError(f"sector {wanted!r} is no number")
    if not seen:
        return _json({"msg": "No TESS FFI cutouts were found for this place and sector."})
    body = _packed(*place, columns, rows, tuple(seen), held.known.stars())
    return Reply(200, {"Content-Type": "application/zip"}, body)


@lru_cache(maxsize=32)
def _packed(
    ra: float, dec: float, columns: int, rows: int, seen: tuple[tuple[int, int, int], ...], stars: tuple[Star, ...]
) -> bytes:
    """Return a zip file with the cut-outs of some sectors, cameras and CCDs."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as pack:
        for sector, camera, ccd in seen:
            cut = Cut(ra, dec, columns, rows, facts.sector(sector), camera, ccd, stars)
            pack.writestr(zipfile.ZipInfo(cut.filename), fits.write(cutout.hdus(cut)), zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _said(request: HttpRequest, name: str) -> str:
    """Return a field of the query, or of the form that astroquery sends."""
    return request.first(name) or request.body.get(name, "")


def _number(request: HttpRequest, name: str) -> float:
    try:
        number = float(_said(request, name))
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or (name == "dec" and abs(number) > 90):
        raise _BadRequestError(f"{name} is {_said(request, name)!r}, which is no such number")
    return number


def _json(value: Mapping[str, object], status: int = 200) -> Reply:
    return Reply(status, {"Content-Type": "application/json"}, json.dumps(value).encode())


def _answering(answer: Callable[[Contents, HttpRequest], Reply]) -> Callable[[Contents, HttpRequest], Reply]:
    """Return a route that answers 400 with a message to what cannot be understood."""

    def route(held: Contents, request: HttpRequest) -> Reply:
        try:
            return answer(held, request)
        except _BadRequestError as error:
            return _json({"msg": str(error)}, 400)

    return route


ROUTES: Mapping[str, Callable[[Contents, HttpRequest], Reply]] = {
    "/tesscut/api/v0.1/sector": _answering(sectors_of),
    "/tesscut/api/v0.1/astrocut": _answering(cutouts_of),
}
"""Path → what answers there, from the contents of an archive. Moving targets are not served."""
