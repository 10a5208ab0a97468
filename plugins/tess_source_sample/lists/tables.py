"""Tables of threshold crossing events, and the archive's page with links to them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from itertools import groupby

from tess_source import names
from tess_source_sample import facts
from tess_source_sample.contents import Contents
from tess_source_sample.files import dvt
from tess_source_sample.lists.document import Document, Listed, latest_release, listed_files
from tess_source_sample.sectors import stamps

_NAMES = """
tceid ticid tce_plnt_num sectors lastUpdate tce_period tce_period_err tce_time0bt tce_time0bt_err tce_time0 tce_time0_err
tce_ror tce_ror_err tce_dor tce_dor_err tce_incl tce_incl_err tce_impact tce_impact_err tce_duration tce_duration_err
tce_ingress tce_ingress_err tce_depth tce_depth_err tce_eccen tce_eccen_err tce_longp tce_longp_err tce_limbdark_mod
tce_ldm_coeff1 tce_ldm_coeff2 tce_ldm_coeff3 tce_ldm_coeff4 tce_num_transits tce_trans_mod tce_full_conv tce_model_snr
tce_model_chisq tce_model_dof tce_robstat tce_dof2 tce_chisq2 tce_chisqgofdof tce_chisqgof tce_prad tce_prad_err tce_sma
tce_sma_err tce_eqt tce_eqt_err tce_insol tce_insol_err tce_ntoi tce_sectors tce_steff tce_steff_err tce_slogg tce_slogg_err
tce_smet tce_smet_err tce_sradius tce_sradius_err tce_sdensity tce_sdensity_err tce_steff_prov tce_slogg_prov tce_smet_prov
tce_sradius_prov tce_sdensity_prov tcet_period tcet_period_err tcet_time0bt tcet_time0bt_err tcet_time0 tcet_time0_err
tcet_duration tcet_duration_err tcet_ingress tcet_ingress_err tcet_depth tcet_depth_err tcet_full_conv tcet_model_chisq
tcet_model_dof wst_robstat wst_depth tce_ws_mesmedian tce_ws_mesmad tce_ws_maxmes tce_ws_minmes tce_ws_maxmesd tce_ws_minmesd
tce_max_sngle_ev tce_max_mult_ev tce_bin_oedp_stat tce_bin_spc_stat tce_bin_lpc_stat tce_albedo tce_albedo_err tce_ptemp
tce_ptemp_err tce_albedo_stat tce_ptemp_stat boot_fap boot_mesthresh boot_mesmean boot_messtd bootstrap_transit_count
tce_cap_stat tce_hap_stat tce_dicco_mra tce_dicco_mra_err tce_dicco_mdec tce_dicco_mdec_err tce_dicco_msky tce_dicco_msky_err
tce_ditco_mra tce_ditco_mra_err tce_ditco_mdec tce_ditco_mdec_err tce_ditco_msky tce_ditco_msky_err
"""
COLUMNS: tuple[str, ...] = tuple(_NAMES.split())
"""Columns of the real tables, in their order."""

_TEXTS = {
    "tce_limbdark_mod": "claret_tess_nonlinear_limb_darkening_model",
    "tce_trans_mod": "mandel-agol_geometric_transit_model",
    "tce_full_conv": "true",
    "tcet_full_conv": "true",
    **{f"tce_{name}_prov": "TIC8.1" for name in ("steff", "slogg", "smet", "sradius", "sdensity")},
}
_COUNTS = ("tce_model_dof", "tce_chisqgofdof", "tcet_model_dof", "tce_dof2", "bootstrap_transit_count")

BJD_OF_BTJD_0 = 2457000
TABLE = "tess{stamp}-s{first:04d}-s{last:04d}_dvr-tcestats.csv"


def real(value: float) -> str:
    """Return a number as the tables write it: 17 digits, and an exponent in Java's manner."""
    text = f"{value:.17G}"
    mantissa, exponent, power = text.partition("E")
    if exponent:
        return f"{mantissa}E{int(power)}"
    return text if "." in text else f"{text}.0"


def sectors_cell(first: int, last: int) -> str:
    """Return the cell ``sectors``: that of a multi-sector table of 2026 names the last sector only."""
    return f"s{first:04d}-s{last:04d}" if first < last < 90 else f"s{last:04d}"


def head(stamp: str, first: int, last: int, created: date) -> str:
    """Return the lines above the rows."""
    words = (
        "Select Statistics Per TCE From the Data Validation XML Files",
        "Mission = TESS",
        f"Search = tess{stamp}",
        f"Sectors = s{first:04d}-s{last:04d}",
        f"Created Date = {created.isoformat()}",
        "",
    )
    return "".join(f"#{word:79}\n" for word in words) + ",".join(COLUMNS) + "\n"


def filled(values: Mapping[str, str]) -> list[str]:
    """Return a row; what `values` leaves out is filled in like a fit without uncertainties."""
    return [values.get(name) or _TEXTS.get(name) or _filler(name) for name in COLUMNS]


def _filler(name: str) -> str:
    if name.endswith("_err"):
        return "-1.0"
    return "1" if name in _COUNTS else "0.0"


def all_runs(contents: Contents) -> dict[tuple[int, int], list[Listed]]:
    """Return the time series of every run that the archive lists, by first and last sector."""
    found = [file for file in listed_files(contents, "SPOC") if file.name.endswith("_dvt.fits") and file.search]
    ordered = sorted(found, key=lambda file: (file.search, file.name[-15:]))
    return {key: list(group) for key, group in groupby(ordered, key=lambda file: file.search or (0, 0))}


def tce_table(contents: Contents, name: str) -> Document | None:
    """Return the table of this name: the TCEs of the latest run for each star. None if there is none."""
    ends = re.fullmatch(r"tess\d{13}-s(\d{4})-s(\d{4})_dvr-tcestats\.csv", name)
    files = all_runs(contents).get((int(ends[1]), int(ends[2])), []) if ends else []
    if ends is None or not files or table_name(int(ends[1]), int(ends[2])) != name:
        return None
    modified = latest_release(files)
    created = date(1858, 11, 17) + timedelta(days=int(modified))
    latest = {run.tic: run for run in (dvt.run(names.parse(file.name), contents.known) for file in files)}
    rows = [row for _, run in sorted(latest.items()) for row in _rows(run, created)]
    text = head(name[4:17], int(ends[1]), int(ends[2]), created) + "".join(",".join(row) + "\n" for row in rows)
    return Document(text, modified + 30, "text/csv")


def table_name(first: int, last: int) -> str:
    """Return the name of a table; its time stamp is that of the range's first sector."""
    return TABLE.format(stamp=stamps(first).dv_timestamp, first=first, last=last)


def _rows(run: facts.ValidationRun, created: date) -> Iterable[list[str]]:
    star, begin = run.star, facts.sector(run.sectors[0]).start
    for number, event in enumerate(dvt.events(run), 1):
        fit = {key: value for key, value in dvt.event_values(run, event, begin).items() if isinstance(value, float)}
        epoch = fit["epoch"]
        numbers = {
            **{f"{kind}_period": event.planet.period for kind in ("tce", "tcet")},
            **{f"{kind}_time0bt": epoch for kind in ("tce", "tcet")},
            **{f"{kind}_time0": epoch + BJD_OF_BTJD_0 for kind in ("tce", "tcet")},
            **{f"{kind}_duration": event.planet.duration for kind in ("tce", "tcet")},
            **{f"{kind}_ingress": fit["ingress"] for kind in ("tce", "tcet")},
            **{f"{kind}_depth": event.planet.depth for kind in ("tce", "tcet")},
            "tce_ror": fit["radius_ratio"],
            "tce_dor": fit["distance"],
            "tce_incl": fit["inclination"],
            "tce_impact": fit["impact"],
            "tce_model_snr": fit["snr"],
            "tce_prad": fit["planet_radius"],
            "tce_max_mult_ev": event.mes,
            "tce_max_sngle_ev": event.ses,
            "tce_steff": _known(star.teff),
            "tce_slogg": _known(star.logg),
            "tce_smet": _known(star.mh),
            "tce_sradius": _known(star.radius),
        }
        yield filled(
            {key: real(float(value)) for key, value in numbers.items()}
            | {
                "tceid": f"{run.tic:011d}-{number:02d}",
                "ticid": str(run.tic),
                "tce_plnt_num": str(number),
                "sectors": sectors_cell(run.first, run.last),
                "lastUpdate": created.isoformat(),
                "tce_num_transits": str(event.transits),
                "tce_ntoi": str(sum("TOI" in name for name in star.names)),
                "tce_sectors": dvt.sector_bits(run.sectors),
            }
        )


def _known(value: float | None) -> float:
    return 0.0 if value is None or math.isnan(value) else value
