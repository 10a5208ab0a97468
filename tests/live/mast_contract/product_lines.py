"""The portal's products and the description of its columns; the name resolver."""

from __future__ import annotations

import re

from mast_contract.asking import LARGEST, Asking
from mast_contract.line import expect, line
from mast_contract.portal_lines import FAST, PLACE, PRODUCT, S14, SLOW, XML, of_id, one, products, rows
from tess_source_mast.hosts import COLUMNS
from tess_source_mast.portal import TEXT_COLUMNS
from tess_source_mast.questions import FILTERED

# -- products --


@line(
    "products-columns", "portal", "A product has 20 columns.", "V (raw JSON of 2025)",
    "the list of products; `dataURI` and `productFilename` must be there",
)  # fmt: skip
def _products(ask: Asking) -> str:
    found = products(ask, S14)
    for row in found:
        expect(set(PRODUCT) <= set(row), "all 20 columns in each row", sorted(set(PRODUCT) - set(row)))
    more = sorted(set(found[0]) - set(PRODUCT))
    return f"further columns: {', '.join(more)}" if more else ""


@line(
    "products-several", "portal", "Products of several observations are asked for at once; `parent_obsid` says of which each is.", "V",
    "speed of all searches, and which product is whose",
)  # fmt: skip
def _parents(ask: Asking) -> None:
    wanted = {str(of_id(ask, name)["obsid"]) for name in (SLOW, FAST)}
    seen = {str(row["parent_obsid"]) for row in products(ask, SLOW, FAST)}
    expect(seen == wanted, f"products of {sorted(wanted)}", seen)


@line(
    "products-uri", "portal", "`dataURI` of the mission's own files is `mast:TESS/product/` and the name, which is `productFilename`.",
    "V (11,000 of them)", "addresses of files, and keys in the cloud",
)  # fmt: skip
def _uri(ask: Asking) -> None:
    for row in products(ask, SLOW, FAST):
        wanted = f"mast:TESS/product/{row['productFilename']}"
        expect(row["dataURI"] == wanted, wanted, row["dataURI"])


@line(
    "products-runs", "portal",
    "Runs of a single-sector search hang on the light curve at 120 s, old ones too: of KELT-9 in sector 14, runs 240, 290 and 745.",
    "V", "which data validation is current",
)  # fmt: skip
def _runs(ask: Asking) -> str:
    names = [row["productFilename"] for row in products(ask, S14)]
    runs = {int(found[1]) for name in names if (found := re.search(r"-(\d{5})_dvt\.fits$", name))}
    expect({240, 290, 745} <= runs, "runs 240, 290 and 745", runs)
    return f"runs {', '.join(map(str, sorted(runs)))}"


@line(
    "products-size", "portal", "`size` is the number of bytes of a file.", "V (six files agree to the byte)",
    "whether a download is whole; how large a plan is",
)  # fmt: skip
def _size(ask: Asking) -> None:
    tic, sector, name, size = XML
    filters = one(
        obs_collection="TESS",
        target_name=tic,
        sequence_number=sector,
        dataproduct_type="timeseries",
        provenance_name="SPOC",
    )
    obsids = ",".join(str(row["obsid"]) for row in rows(ask, FILTERED, {"columns": "*", "filters": filters}))
    sizes = {row["productFilename"]: row["size"] for row in rows(ask, "Mast.Caom.Products", {"obsid": obsids})}
    expect(sizes.get(name) == size, f"{size} bytes of {name}", sizes.get(name, sorted(sizes)))


# -- columns --


@line(
    "portal-described", "portal",
    f"`columnsconfig` describes the columns of observations; {', '.join(f'`{name}`' for name in TEXT_COLUMNS)} are text there.",
    "V (recorded by astroquery)", "how filters are worded: astroquery leaves out filters on texts that are called numbers",
)  # fmt: skip
def _described(ask: Asking) -> None:
    described = ask.up(ask.get(COLUMNS, form="colConfigId=Mast.Caom.Cone", most=LARGEST)).json
    for name in ("obs_id", "sequence_number", "t_min", "t_exptime", "provenance_name", *TEXT_COLUMNS):
        expect(isinstance(described.get(name), dict), f"a description of {name}", sorted(described)[:10])
    for name in TEXT_COLUMNS:
        kinds = {described[name].get(key) for key in ("vot.datatype", "type")}
        expect(
            {"char", "string"} & kinds and not described[name].get("treatNumeric"), f"{name} as text", described[name]
        )


@line(
    "whoami", "portal", "`/whoami` says who is signed in; without a token, `anon` is true.", "V (code of astroquery)",
    "astroquery's own check of tokens; tess-source does not ask",
)  # fmt: skip
def _whoami(ask: Asking) -> None:
    said = ask.up(ask.get("https://mast.stsci.edu/whoami")).json
    expect(said["anon"] is True, "anon: true", said.get("anon"))


# -- names --

RESOLVER = "https://mastresolver.stsci.edu/Santa-war/query?outputFormat=json&resolveAll=False&name="


@line(
    "resolver-name", "resolver",
    "A name is answered by `resolvedCoordinate` with `searchString`, `ra`, `decl`, `resolver` and `canonicalName`.",
    "V (recorded by astroquery)", "names of stars",
)  # fmt: skip
def _resolved(ask: Asking) -> str:
    found = ask.up(ask.get(f"{RESOLVER}KELT-9")).json["resolvedCoordinate"]
    entry = found[0]
    expect(entry["searchString"].lower() == "kelt-9", "the name that was asked for", entry)
    near = abs(entry["ra"] - PLACE[0]) < 0.01 and abs(entry["decl"] - PLACE[1]) < 0.01
    expect(near, f"ra, decl near {PLACE}", [entry["ra"], entry["decl"]])
    expect(all(isinstance(entry[key], str) for key in ("resolver", "canonicalName")), "who resolved it to what", entry)
    return f"by {entry['resolver']}: {entry['canonicalName']}"


@line(
    "resolver-tic", "resolver", "A TIC number is resolved to `TIC` and the number as `canonicalName`.", "V (recorded by astroquery)",
    "names that mean an entry of the TIC",
)  # fmt: skip
def _resolved_tic(ask: Asking) -> None:
    found = ask.up(ask.get(f"{RESOLVER}TIC%20307210830")).json["resolvedCoordinate"]
    names = [str(entry["canonicalName"]).lower().replace(" ", "") for entry in found]
    expect("tic307210830" in names, "TIC 307210830 as canonicalName", names)


@line(
    "resolver-none",
    "resolver",
    "A name that nobody knows is answered by an empty list.",
    "V (code of astroquery)",
    "that such a name is an error of its own",
)
def _unresolved(ask: Asking) -> None:
    found = ask.up(ask.get(f"{RESOLVER}no%20such%20star%20at%20all")).json["resolvedCoordinate"]
    expect(found == [], "an empty list", found)
