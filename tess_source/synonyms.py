"""Words of lightkurve, lksearch, astroquery and of people for what is called otherwise here, for "did you mean"."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches

__all__ = ["absent", "misspelt_same", "same_as"]

SAME: Mapping[tuple[str, ...], tuple[str, ...]] = {
    # arguments of searches
    ("exptime",): ("cadence", "exposure", "exposure_time", "exposures", "exp_time", "texp", "t_exptime", "obs_mode"),
    ("pipeline",): ("author", "authors", "provenance", "provenance_name", "hlsp", "pipelines"),
    ("kind",): (
        "dataproduct_type", "product_type", "producttype", "productsubgroupdescription", "filetype", "dataproduct", "mrp_only",
        "product", "products", "type",
    ),
    ("sector",): ("sectors", "sequence_number", "sector_number", "sectornum", "first_sector", "last_sector"),
    ("tic", "targetid"): ("ticid", "tic_id", "tics", "target_id", "starid"),
    ("targets",): (
        "target", "target_name", "object", "objectname", "object_name", "objects", "coordinates", "coords", "coord", "position",
        "skycoord", "star", "stars", "ra", "dec",
    ),
    ("radius",): ("search_radius", "cone", "r"),
    ("limit",): ("max", "max_results", "maxrows", "nrows", "rows", "pagesize", "page_size", "head", "n"),
    ("name",): ("filename", "productfilename", "pattern", "extension", "glob", "filenames"),
    ("size",): ("filesize", "file_size"),
    ("where",): ("filter", "filters", "filter_products", "query"),
    ("criterion",): ("criteria", "column", "columns"),
    ("latest",): ("newest", "most_recent", "current"),
    ("wildcards",): ("wildcard", "regex"),
    ("refresh",): ("no_cache", "nocache", "cache", "force", "update"),
    # arguments of downloads and of sessions
    ("root", "to", "path", "html"): (
        "download_dir", "downloaddir", "download_directory", "output", "output_dir", "outdir", "out", "o", "destination", "dest",
        "directory", "folder", "dir", "data_dir", "local_path", "save_to", "target_dir",
    ),
    ("cache",): ("cache_dir", "cachedir", "cache_folder", "download_dir", "store"),
    ("layout",): ("flat", "structure", "template"),
    ("jobs",): (
        "workers", "threads", "nthreads", "parallel", "concurrency", "j", "max_workers", "n_jobs", "batch_size",
    ),
    ("processes",): ("nprocesses", "n_processes", "multiprocessing", "nproc"),
    ("progress",): ("verbose", "progressbar", "progress_bar", "quiet"),
    ("dry_run",): ("dryrun", "test", "simulate", "curl_flag"),
    ("replace",): ("overwrite", "clobber", "force", "overwrite_existing"),
    ("server",): ("url", "base_url", "host", "mirror", "portal"),
    ("archive",): ("archives", "service", "mission_archive"),
    ("token",): ("mast_token", "api_token", "password", "login"),
    ("format",): ("fmt", "output_format", "to_format"),
    ("show", "what"): ("table",),
    # arguments of readers
    ("flux_column",): ("flux", "column", "fluxcolumn", "flux_type", "flux_col"),
    ("quality_bitmask",): ("bitmask", "quality", "quality_mask", "quality_flags", "flags"),
    ("columns",): ("column", "names", "fields", "cols"),
    ("dtypes",): ("dtype", "types"),
    ("verify",): ("check", "checksum", "validate"),
    # kinds of files
    ("lc",): (
        "lightcurve", "lightcurves", "light_curve", "light_curves", "llc", "lcf", "timeseries", "time_series", "curve",
    ),
    ("fast-lc",): ("fast_lightcurve", "fast_lightcurves", "fast_light_curve"),
    ("tp",): (
        "tpf", "tpfs", "target_pixel", "target_pixels", "targetpixelfile", "target_pixel_file", "targetpixel", "pixel", "pixels",
        "pixelfile",
    ),
    ("fast-tp",): ("fast_tpf", "fast_targetpixelfile"),
    ("ffi",): ("ffis", "ffic", "full_frame_image", "full_frame_images", "full_frame", "image", "images", "long"),
    ("cutout",): ("tesscut", "cutouts"),
    ("dvt",): ("dv_timeseries", "dv_time_series", "dvts"),
    ("dvr-pdf",): ("dvr_report", "dv_report", "pdf", "report"),
    ("dvr-xml",): ("dv_xml", "xml"),
    ("dvm",): ("mini_report", "dv_mini_report"),
    ("dvs",): ("summary", "dv_summary"),
    ("cbv",): ("cbvs", "cotrending", "cotrending_basis_vectors"),
    ("cube",): ("cubes",),
    ("prf",): ("prfs", "pixel_response", "pixel_response_function", "pixelresponse", "psf", "psfs"),
    ("col",): ("collateral", "collateral_pixels"),
    ("script",): ("scripts", "bulk", "curl_script"),
    # exposure times
    ("fast",): ("ultrafast", "20s", "20_s"),
    ("short",): ("2min", "2_min", "120s", "120_s"),
    # choices of data-validation sets
    ("widest",): ("multi", "longest"),
    ("current",): ("newest", "latest"),
    # addresses
    ("prefer",): ("prefer_cloud", "cloud", "cloud_only", "enable_cloud_dataset", "download_cloud"),
    ("urls",): ("url", "uris", "addresses", "get_cloud_uris", "get_cloud_uri"),
    # commands
    ("get",): ("download", "fetch", "download_products", "pull", "download_all", "retrieve"),
    ("search",): (
        "query", "find", "list", "ls", "query_criteria", "query_object", "query_region", "resolve", "search_lightcurve",
        "search_targetpixelfile", "products", "observations", "get_product_list",
    ),
    ("show",): ("page", "report", "html", "summary"),
    ("dv",): ("search_dv", "data_validation"),
    ("plot",): ("draw", "lightcurve", "view"),
    ("rm",): ("remove", "delete", "clear", "clean", "del"),
    ("prune",): ("gc", "purge", "cleanup"),
    ("ls",): ("list", "show", "contents"),
    ("info",): ("path", "dir", "where", "stats", "status"),
    ("fields",): ("columns", "metadata", "get_metadata"),
    ("cite",): ("citation", "bibtex"),
    ("diff",): ("compare",),
    ("script", "curl"): ("bulk", "wget"),
    ("serve",): ("run", "start", "server"),
    ("contents",): ("list", "ls"),
}  # fmt: skip
"""Our words, best first → words that others use for the same thing. A word may stand in several lines: the first of which one of our words
is known, where the word was written, decides. Only our words are answers: ``where`` is our filter, and `info` is no option."""

ABSENT: Mapping[tuple[str, ...], str] = {
    ("any", "all", "*"): "for all of them, leave it out",
    ("mission", "missions", "obs_collection", "collection"): "only TESS is searched: leave it out",
    ("quarter", "quarters", "campaign", "campaigns", "month"): "it is for Kepler and K2; TESS has sectors",
    ("camera", "ccd"): "the archive tells neither camera nor CCD of its targets; full-frame images have them in their names",
    ("prefer", "cloud_only", "cloud", "enable_cloud_dataset", "force_on_prem"):
        "where files come from is said by prefer: Session(prefer='cloud-only'), or --prefer cloud-only",
    ("download_dir", "root", "to", "directory", "local_path"):
        "the folder is given where files are planned or downloaded, as root",
    ("quality_bitmask", "bitmask", "flux_column"): "a search opens no files: give it when you load them",
    ("cutout_size",):
        "it is for cut-outs alone: search(target, kind='cutout', size=11), or search_tesscut(target).download(cutout_size=11)",
    ("server", "offline", "token", "timeout", "insecure_redirects"):
        "it is a setting of the session, e.g. Session(offline=True)",
    ("open", "load", "read"): "files are opened in Python: tess_source.open",
}  # fmt: skip
"""Words for what does not exist here → why."""


def _plain(word: str) -> str:
    return word.strip().lstrip("-").lower().replace("-", "_").replace(" ", "_")


_LINES = [(tuple(map(_plain, ours)), frozenset(map(_plain, (*ours, *others)))) for ours, others in SAME.items()]
_WORDS = sorted(frozenset().union(*(words for _, words in _LINES)))


def same_as(word: str, choices: Iterable[str]) -> Sequence[str]:
    """Return the choices that mean the same as a word, best first; e.g. ``exptime`` for ``cadence``, or ``--exptime`` for ``--cadence``."""
    spelling = {_plain(choice): choice for choice in reversed([*choices])}
    wanted = _plain(word)
    for ours, words in _LINES:
        if wanted in words and (known := [spelling[same] for same in ours if same in spelling]):
            return known
    return ()


def misspelt_same(word: str, choices: Iterable[str]) -> Sequence[str]:
    """Return the choices that mean the same as a word that is spelled like this one; e.g. ``pipeline`` for ``autor``."""
    close = get_close_matches(_plain(word), _WORDS, n=1, cutoff=0.8)
    return same_as(close[0], choices) if close else ()


def absent(word: str) -> str:
    """Return why there is nothing of that name here, or an empty text."""
    return next((why for words, why in ABSENT.items() if _plain(word) in words), "")
