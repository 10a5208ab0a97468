"""What can be added to a sample archive: stars, files and rows of one's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from tess_source_sample.added import Transit, add_star
from tess_source_sample.own_files import add_file
from tess_source_sample.tabled import add_rows

if TYPE_CHECKING:
    from tess_source_sample.added import Flux
    from tess_source_sample.contents import Contents


class Additions:
    """Adds to what an archive has, before it starts or while it answers. Safe to use from many threads."""

    catalogue: Contents
    """Everything that it has."""

    def add(
        self,
        star: int | str,
        sectors: int | str | Iterable[int],
        light_curve: Flux | Mapping[int, Flux] | None = None,
        transits: Iterable[Transit | Mapping[str, float]] = (),
        dv: bool = False,
        *,
        exptime: int = 120,
        name: str | Iterable[str] = (),
        ra: float | None = None,
        dec: float | None = None,
        tmag: float | None = None,
    ) -> tuple[str, ...]:
        """Add observations of a star by SPOC: light curve, target pixels and, if asked for, data validation.

        They are found in every way in which the archive answers, also while it runs. The same call gives the same files.

        Parameters
        ----------
        star : int or str
            TIC number, ``"TIC n"``, or the name of a star that the archive knows.
        sectors : int, str or iterable of int
            Sectors of the mission: ``3``, ``[3, 4]``, ``range(1, 14)``, ``"1-3,5"``.
        light_curve : array_like, callable or mapping, optional
            Relative flux, all that the star does: transits are not put on it. An array has one value per cadence from the start of
            the sector on, NaN, None or masked where there is none; a short one makes a short file. A function is given the times
            [BTJD] of all cadences of a sector, shape (n,). One for all sectors, or a mapping from sector to its own. PDCSAP_FLUX is the
            relative flux times ``15000 * 10 ** (-0.4 * (tmag - 10))`` e-/s; there are no flags and no gaps. If None, light is
            simulated: transits, noise, flags and gaps.
        transits : iterable of Transit or mapping
            The star's planets: those in its simulated light, and the TCEs of its data validation, in this order.
        dv : bool
            Whether there is data validation: one run per sector, and one of all sectors if there are several.
        exptime : int
            120 or 20 s.
        name : str or iterable of str
            Names that the resolver shall know.
        ra, dec : float, optional
            Position [deg, ICRS]. If None, a place on the CCDs of the sectors, always the same for a star.
        tmag : float, optional
            Magnitude in the TESS band; 10 if None.

        Returns
        -------
        tuple of str
            URIs of the new files.

        Raises
        ------
        QueryError
            If something is not as described, if the star is there already in such a sector, or if what the archive knows of it is said
            otherwise. Nothing is added then.
        """
        return add_star(
            self.catalogue, star, sectors, light_curve, transits, dv, exptime=exptime, name=name, ra=ra, dec=dec, tmag=tmag,
        )  # fmt: skip

    def add_file(
        self,
        path: str | Path,
        *,
        uri: str | None = None,
        obs_id: str | None = None,
        star: int | None = None,
        sector: int | None = None,
        exptime: float | None = None,
        ra: float | None = None,
        dec: float | None = None,
    ) -> str:
        """Add a file as it is: a real one, or one of your own pipeline. It is sent byte by byte.

        Its rows are made of its name and, for FITS, of its header: star, sector, exposure time, position and times. It takes the place
        of a file that has the same URI. It is read now, and may be removed afterwards.

        Parameters
        ----------
        path : str or pathlib.Path
            File whose name is that of a product of SPOC or of a pipeline that `tess_source.names` knows.
        uri : str, optional
            Its URI, such as ``"mast:TESS/product/tess…_lc.fits"``. Then the name in it counts.
        obs_id : str, optional
            The observation that shall list it. If None, that of its name.
        star, sector : int, optional
            TIC number and sector, where neither name nor header tell, or tell otherwise.
        exptime : float, optional
            Exposure time [s], likewise.
        ra, dec : float, optional
            Position [deg, ICRS], likewise.

        Returns
        -------
        str
            Its URI.

        Raises
        ------
        QueryError
            If its name is not understood and neither `uri` nor `obs_id` is given, or if nothing says of which star or sector it is.
        OSError
            If it cannot be read.
        """
        told = {"uri": uri, "obs_id": obs_id, "star": star, "sector": sector, "exptime": exptime, "ra": ra, "dec": dec}
        return add_file(self.catalogue, path, {key: value for key, value in told.items() if value is not None})

    def add_rows(self, rows: object, products: object = None) -> int:
        """Add observations from a table, as astroquery writes the answers of the portal; the files behind them are simulated.

        Parameters
        ----------
        rows : str, pathlib.Path, table or iterable of mapping
            Observations: a CSV or ECSV file, a table of astropy, polars or pandas, or mappings. Columns are those of the portal's
            observations; one that is missing is null. They need ``obs_id``. One that the archive has already takes its place.
        products : likewise, optional
            Their products, by ``obsID`` or ``obs_id``. If None, those that the file name in ``dataURL`` implies.

        Returns
        -------
        int
            How many observations were added or replaced.

        Raises
        ------
        TableError
            If a value does not fit its column, an obs_id is missing or twice, or a product has no observation.
        UnknownNameError
            If a column is none of the portal's.
        """
        return add_rows(self.catalogue, rows, products)
