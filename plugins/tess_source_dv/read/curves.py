"""The light curve of one TCE, and those of one file, as lightkurve's objects.

Importing this module imports lightkurve; all_products else of the plugin does so when it is used.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tess_source._lazy import np
from tess_source.errors import LoadError, QueryError
from tess_source_dv.read.light_curves import load_light_curves
from tess_source_dv.read.series import curve_of_tce, read_statistics
from tess_source_lightkurve.readers import lightkurve

if TYPE_CHECKING:
    from astropy.time import Time
    from astropy.units import Quantity
    from lightkurve import FoldedLightCurve, LightCurveCollection, TessLightCurve

    from tess_source.tables.found import Found
else:
    LightCurveCollection, TessLightCurve = lightkurve().LightCurveCollection, lightkurve().TessLightCurve

__all__ = ["DVLightCurve", "DVTimeSeries"]

AROUND_ZERO = frozenset({"lc_init", "lc_detrend", "model_init"})
"""Columns that hold the flux relative to the star's, minus one."""


class DVLightCurve(TessLightCurve):  # type: ignore[misc]
    """Time series of one threshold crossing event (TCE), with its ephemeris.

    A lightkurve `TessLightCurve`: what can be done with one can be done with this. All that it knows beyond the columns is in ``meta``,
    so that slices, copies, pickles and folded curves know it as well; lightkurve gives every entry as an attribute too
    (``lc.tce``, ``lc.maxmes``). Besides the cards of the file's headers there are:

    ==================  ======================================================================================
    ``PERIOD``          Quantity [d]; None if the fit gave none, like the next three
    ``EPOCH_TIME``      Time (BTJD, TDB): the middle of the first transit
    ``DURATION``        Quantity [h]
    ``DEPTH``           Quantity [ppm]
    ``TCE``             number of the TCE in its run
    ``DV_SET``          key of the run's products for this target, e.g. ``"SPOC/12862099/s0003-s0003/00405"``
    ``RUN``             number of the run; None for TESS-SPOC, which numbers none
    ``FIRST_SECTOR``    range of sectors that was searched, with ``LAST_SECTOR``
    ``USED_SECTORS``    tuple of int: the sectors of the range that held data; None if the file does not say
    ``TIME_BIN``        Quantity [s]: exposure time of one row, 120 s or, in later multi-sector runs, 600 s
    ==================  ======================================================================================
    """

    @property
    def period(self) -> Quantity | None:
        """Orbital period [d] (header TPERIOD)."""
        return self.meta.get("PERIOD")

    @property
    def epoch_time(self) -> Time | None:
        """Middle of the first transit, BTJD in TDB (header TEPOCH)."""
        return self.meta.get("EPOCH_TIME")

    @property
    def duration(self) -> Quantity | None:
        """Transit duration, first to last contact [h] (header TDUR)."""
        return self.meta.get("DURATION")

    @property
    def depth(self) -> Quantity | None:
        """Fitted transit depth [ppm] (header TDEPTH)."""
        return self.meta.get("DEPTH")

    @property
    def used_sectors(self) -> tuple[int, ...] | None:
        """Sectors that the run used for this target; None if the file does not say. Not to be taken for the header's SECTORS."""
        used = self.meta.get("USED_SECTORS")
        return None if used is None else tuple(sorted(set(used)))  # stitching puts them one behind the other

    @classmethod
    def read(cls, *args: Any, **kwargs: Any) -> DVLightCurve:
        """Read one TCE of a DV time series: see `tess_source_dv.read.read_dvt.read_tce`; with another `format`, as lightkurve does."""
        if kwargs.get("format") not in {None, "dvt"}:
            return super().read(*args, **kwargs)  # type: ignore[no-any-return]
        return curve_of_tce(DVLightCurve, *args, **{name: value for name, value in kwargs.items() if name != "format"})

    def fold(
        self,
        period: Any = None,
        epoch_time: Any = None,
        epoch_phase: Any = 0,
        wrap_phase: Any = None,
        normalize_phase: bool = False,
    ) -> FoldedLightCurve:
        """Fold, on this TCE's own period and epoch if no period is given.

        Parameters
        ----------
        period, epoch_time, epoch_phase, wrap_phase, normalize_phase
            As for `lightkurve.LightCurve.fold`. Without `period`, it is the TCE's own, and so is `epoch_time` unless that is given:
            transits are at phase 0. With `period`, all is as in lightkurve, where `epoch_time` is the first time unless given.

        Raises
        ------
        QueryError
            If no period is given and the TCE has none, since its fit failed.
        """
        if period is None:
            period, own = self.period, self.epoch_time
            epoch_time = own if epoch_time is None else epoch_time
            if period is None or epoch_time is None:
                raise QueryError(f"the fit of {self.title()} gave no ephemeris: give a period and an epoch_time")
        return super().fold(period, epoch_time, epoch_phase, wrap_phase, normalize_phase)

    def normalize(self, unit: str = "unscaled") -> DVLightCurve:
        """Normalize to a median of one, so that `stitch` can be used.

        The flux of a DV time series is relative to the star's and around zero: one is added before lightkurve divides by the median. A
        flux in other units (whitened, electrons per second) is lightkurve's to normalize.
        """
        curve = self
        if self.meta.get("FLUX_ORIGIN") in AROUND_ZERO and np.abs(np.nanmedian(self.flux.value)) < 0.5:
            curve = self.copy()
            curve.flux = curve.flux + 1
        return TessLightCurve.normalize(curve, unit)  # type: ignore[no-any-return]

    def statistics(self) -> TessLightCurve:
        """Read the extension ``Statistics`` of the file that this comes from: see `tess_source_dv.read.series.read_statistics`.

        It is read again each time, rather than carried along: with 30 columns it is four times as large as the light curve.

        Raises
        ------
        OSError
            If the file is not there any more.
        """
        return read_statistics(_file_of(self))

    def light_curves(
        self, found: Found | None = None, root: str | Path | None = None, **options: Any
    ) -> LightCurveCollection:
        """Fetch and open the light curves in which this TCE was found: one per sector that the run used.

        ``tce.light_curves().stitch()`` is all of them in one.

        Parameters
        ----------
        found : Found, optional
            A search for the target; without it, the default session searches.
        root : str or Path, optional
            Where files go, or are, the cache folder if None: what is there is not fetched again.
        **options
            Of lightkurve's reader, e.g. ``flux_column="sap_flux"``.

        Returns
        -------
        lightkurve.LightCurveCollection
            By sector.

        Raises
        ------
        LoadError
            If the sectors are not known, or one of them could not be had; the message names it. Never fewer than all.
        """
        return load_light_curves(self, found, root, options)

    def title(self) -> str:
        """Return the TCE in words, e.g. ``TCE 1 of SPOC/390988385/s0014-s0086/00971``."""
        return f"TCE {self.meta.get('TCE')} of {self.meta.get('DV_SET') or self.meta.get('LABEL')}"

    def _repr_simple_(self) -> str:
        period = "" if self.period is None else f" PERIOD={self.period:.6g}"
        return f"<{type(self).__name__} {self.title()}{period} FLUX_ORIGIN={self.meta.get('FLUX_ORIGIN')}>"


class DVTimeSeries(LightCurveCollection, Sequence[DVLightCurve]):  # type: ignore[misc]
    """The light curves of one DV file, one per TCE: a lightkurve `LightCurveCollection`.

    Parameters
    ----------
    lightcurves : iterable of DVLightCurve
        In the order of their numbers; none for a file without TCEs.
    """

    def __init__(self, lightcurves: Iterable[DVLightCurve]) -> None:
        super().__init__(list(lightcurves))

    def statistics(self) -> TessLightCurve:
        """Read the extension ``Statistics`` of the file: see `tess_source_dv.read.series.read_statistics`."""
        if not self:
            raise LoadError("without a TCE there is no file that this comes from")
        return self[0].statistics()


def _file_of(curve: DVLightCurve) -> str:
    path = curve.meta.get("FILENAME")
    if not path:
        raise LoadError(f"{curve.title()} was not read from a file with a name: its statistics are not at hand")
    return str(path)
