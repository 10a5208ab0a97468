"""The public cloud copy: its objects and listings; and the archive's path look-up."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from urllib.parse import quote, urlencode

from mast_contract.asking import LARGEST, Asking, Got, Strange
from mast_contract.file_lines import ABSENT, FIRST, LC, LC_SIZE, check_part, check_validators
from mast_contract.line import expect, line
from mast_contract.portal_lines import SEVERAL
from tess_source_cloud.keys import BUCKET, key_of
from tess_source_cloud.lookup import ADDRESS, MOST

SEVERAL_FILE = f"mast:TESS/product/{SEVERAL}-00512_dvt.fits"


def object_at(key: str) -> str:
    """Return the address of an object of the bucket."""
    return f"{BUCKET}/{quote(key)}"


# -- the bucket --


@line(
    "bucket-object", "bucket", "Anybody may read an object over https, and parts of it; its key follows from the name of a light curve.",
    "V (key), O (access)", "files with `prefer='cloud'`",
)  # fmt: skip
def _object(ask: Asking) -> None:
    got = ask.file(object_at(key_of(LC) or ""), FIRST)
    check_part(got, LC_SIZE)
    check_validators(got)


@line(
    "bucket-encryption", "bucket", "Objects are not encrypted with keys of their own (`aws:kms`), for which ETags would be no MD5s.", "U",
    "check of MD5s",
)  # fmt: skip
def _encryption(ask: Asking) -> str:
    got = ask.file(object_at(key_of(LC) or ""), FIRST)
    expect(got.status == 206, "HTTP 206", got.said)
    said = got.headers.get("x-amz-server-side-encryption", "")
    expect(said in {"", "AES256"}, "none, or AES256", said)
    return said or "none"


@line(
    "bucket-unchanged",
    "bucket",
    "`If-None-Match` with an object's ETag is answered by 304.",
    "D (S3)",
    "speed of what is fetched again",
)
def _unchanged(ask: Asking) -> None:
    tag = ask.file(object_at(key_of(LC) or ""), FIRST).headers.get("ETag", "")
    got = ask.file(object_at(key_of(LC) or ""), {"If-None-Match": tag})
    expect(got.status == 304, "HTTP 304", got.said)


@line(
    "bucket-absent", "bucket", "A key that does not exist is answered by 404 and XML with the code NoSuchKey.", "D (S3)",
    "that what the cloud lacks comes from the archive",
)  # fmt: skip
def _no_key(ask: Asking) -> None:
    got = ask.file(object_at(key_of(ABSENT) or ""))
    expect(
        got.status == 404 and b"<Code>NoSuchKey</Code>" in got.body,
        "HTTP 404, NoSuchKey",
        f"{got.said} {got.text[:100]}",
    )


class Listing:
    """One page of a listing."""

    def __init__(self, got: Got) -> None:
        expect(got.status == 200, "HTTP 200", got.said)
        try:
            root = ET.fromstring(got.plain)
        except ET.ParseError as error:
            raise Strange(f"no XML: {got.text[:100]}") from error
        self.space = root.tag.rpartition("}")[0] + "}"
        expect(root.tag == "{http://s3.amazonaws.com/doc/2006-03-01/}ListBucketResult", "ListBucketResult", root.tag)
        self.said = {child.tag.removeprefix(self.space): child.text or "" for child in root}
        self.objects = [
            {part.tag.removeprefix(self.space): part.text or "" for part in child}
            for child in root.iter(f"{self.space}Contents")
        ]
        self.keys = [one["Key"] for one in self.objects]
        self.folders = [
            child.findtext(f"{self.space}Prefix") or "" for child in root.iter(f"{self.space}CommonPrefixes")
        ]


def listing(ask: Asking, prefix: str, **more: object) -> Listing:
    """Return a page of a listing."""
    question = urlencode(
        {"list-type": "2", "prefix": prefix, **{name.replace("_", "-"): value for name, value in more.items()}}
    )
    return Listing(ask.file(f"{BUCKET}/?{question}", most=LARGEST))


FOLDER = (key_of(LC) or "").rpartition("/")[0] + "/"


@line(
    "bucket-listing", "bucket",
    "A listing tells `Key`, `Size`, `ETag` in quotation marks and `LastModified` of each object, and `KeyCount` and `IsTruncated`.",
    "D (S3); no recorded answer was at hand", "exact sizes, ETags, full-frame images, `verify --cloud`",
)  # fmt: skip
def _listing(ask: Asking) -> None:
    found = listing(ask, FOLDER)
    expect(key_of(LC) in found.keys, f"{key_of(LC)} among them", found.keys)
    expect(
        found.said["KeyCount"] == str(len(found.keys)) and found.said["IsTruncated"] == "false",
        "KeyCount, IsTruncated",
        found.said,
    )
    for one in found.objects:
        expect(one["Size"].isdigit() and re.fullmatch(r'"[0-9a-f]{32}(-\d+)?"', one["ETag"]), "Size, and ETag", one)
        expect(
            re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", one["LastModified"]),
            "LastModified in ISO form",
            one,
        )


@line(
    "bucket-same", "bucket", "Size and ETag in a listing are those of the object's own answer.", "D (S3)", "`verify --cloud`",
)  # fmt: skip
def _same(ask: Asking) -> None:
    (one,) = [one for one in listing(ask, FOLDER).objects if one["Key"] == key_of(LC)]
    got = ask.file(object_at(key_of(LC) or ""), FIRST)
    said = [one["ETag"], one["Size"]]
    expect(
        said == [got.headers.get("ETag"), got.headers.get("Content-Range", "").rpartition("/")[2]],
        f"{said} in both",
        got.said,
    )


@line(
    "bucket-pages", "bucket", "Keys come in ascending order; `max-keys`, `continuation-token` and `start-after` give parts of a listing.",
    "D (S3)",
    "listings of whole sectors",
)  # fmt: skip
def _listing_pages(ask: Asking) -> None:
    first = listing(ask, "tess/public/tid/s0001/", max_keys=2)
    expect(len(first.keys) == 2 and first.said["IsTruncated"] == "true", "two keys, and more to come", first.said)
    second = listing(ask, "tess/public/tid/s0001/", max_keys=2, continuation_token=first.said["NextContinuationToken"])
    keys = [*first.keys, *second.keys]
    expect(len(set(keys)) == 4 and keys == sorted(keys), "four keys in order", keys)
    after = listing(ask, "tess/public/tid/s0001/", max_keys=2, start_after=first.keys[-1])
    expect(after.keys == second.keys, f"{second.keys} after the first page", after.keys)


@line(
    "bucket-folders",
    "bucket",
    "With `delimiter=/`, a listing has the folders: a folder per sector.",
    "D (S3), O (sectors)",
    "which sectors the cloud has",
)
def _folders(ask: Asking) -> str:
    found = listing(ask, "tess/public/tid/", delimiter="/").folders
    expect({"tess/public/tid/s0001/", "tess/public/tid/s0075/"} <= set(found), "folders of sectors 1 and 75", found)
    return f"{len(found)} folders, to {max(found)}"


@line(
    "bucket-hlsp", "bucket", "High-level products lie in the folders of their URIs below `mast/hlsp/`: those of QLP, TESS-SPOC and TGLC.",
    "V for QLP, O for the others", "these products with `prefer='cloud'`",
)  # fmt: skip
def _hlsp(ask: Asking) -> str:
    found = {
        folder.removeprefix("mast/hlsp/").strip("/") for folder in listing(ask, "mast/hlsp/", delimiter="/").folders
    }
    expect({"qlp", "tess-spoc", "tglc"} <= found, "qlp, tess-spoc, tglc", sorted(found))
    return ", ".join(sorted(found & {"cdips", "pathos", "qlp", "t16", "tasoc", "tess-spoc", "tglc", "tica"}))


@line(
    "bucket-images", "bucket",
    "Full-frame images lie in a folder per sector, year, day and CCD; that of the day holds calibrated and raw ones.",
    "V for calibrated images (4,482,130 paths), U for raw ones", "`kind='ffi'` and `'ffir'`",
)  # fmt: skip
def _images(ask: Asking) -> None:
    names = {key.rpartition("/")[2] for key in listing(ask, "tess/public/ffi/s0001/2018/206/1-1/").keys}
    stem = "tess2018206192942-s0001-1-1-0120-s"
    expect({f"{stem}_ffic.fits", f"{stem}_ffir.fits"} <= names, f"{stem}_ffic.fits and {stem}_ffir.fits", sorted(names))


@line(
    "bucket-vectors", "bucket", "Basis vectors lie beside the images of the day in their name.", "V (one name), U for the place",
    "`kind='cbv'`; if it is not so, they come from the archive",
)  # fmt: skip
def _vectors(ask: Asking) -> str:
    found = [key.rpartition("/")[2] for key in listing(ask, "tess/public/ffi/s0001/2018/206/1-1/").keys]
    vectors = [name for name in found if name.endswith("_cbv.fits")]
    expect(vectors, "a name that ends in _cbv.fits in tess/public/ffi/s0001/2018/206/1-1/", sorted(found))
    return ", ".join(vectors)


@line(
    "bucket-cubes", "bucket", "Cubes lie together: `tess/public/mast/tess-s0001-1-1-cube.fits`, those by TICA in `tess/public/mast/tica/`.",
    "V (code of astrocut)", "`kind='cube'`",
)  # fmt: skip
def _cubes(ask: Asking) -> None:
    for prefix, key in (
        ("tess/public/mast/tess-s0001-", "tess/public/mast/tess-s0001-1-1-cube.fits"),
        ("tess/public/mast/tica/tica-s0027-", "tess/public/mast/tica/tica-s0027-1-1-cube.fits"),
    ):
        found = listing(ask, prefix).keys
        expect(key in found, key, found)


@line(
    "bucket-footprints", "bucket",
    "The footprints of full-frame images are a JSON object of columns with `obs_id`, `t_min`, `t_max` [MJD] and "
    "`s_region`, a closed polygon.",
    "V (a copy of September 2024)", "`tess-source sectors --refresh`",
)  # fmt: skip
def _footprints(ask: Asking) -> str:
    table = ask.file(object_at("tess/public/footprints/tess_ffi_footprint_cache.json"), most=LARGEST).json
    columns = [table[name] for name in ("obs_id", "t_min", "t_max", "s_region")]
    expect(
        len({len(column) for column in columns}) == 1,
        "columns of one length",
        {name: len(table[name]) for name in table},
    )
    for obs_id, start, end, region in zip(*columns, strict=True):
        numbers = str(region).split()[1:]
        closed = str(region).startswith("POLYGON ") and len(numbers) == 10 and numbers[:2] == numbers[-2:]
        expect(
            re.fullmatch(r"tess-s\d{4}-[1-4]-[1-4]", obs_id) and 58000 < start < end and closed,
            "a CCD, its days, a polygon",
            [obs_id, start, end, region],
        )
    return f"{len(columns[0]):,} CCDs, to {max(columns[0])}"


# -- the path look-up --


def looked_up(ask: Asking, *uris: str) -> dict[str, dict[str, object]]:
    """Return what the path look-up says of URIs."""
    found: dict[str, dict[str, object]] = ask.up(
        ask.get(f"{ADDRESS}?{urlencode([('uri', uri) for uri in uris])}", most=LARGEST)
    ).json
    expect(set(found) == set(uris), "an answer for each URI", sorted(found))
    return found


@line(
    "lookup-path", "path look-up", "It tells `status_code` and `path` of each URI: `/` and the key; 404 and null for what there is not.",
    "V (an answer recorded by astroquery)", "keys of files whose names do not tell them",
)  # fmt: skip
def _path(ask: Asking) -> None:
    found = looked_up(ask, LC, ABSENT)
    expect(found[LC] == {"status_code": 200, "path": f"/{key_of(LC)}"}, f"200, /{key_of(LC)}", found[LC])
    expect(found[ABSENT]["status_code"] == 404 and found[ABSENT]["path"] is None, "404, null", found[ABSENT])


@line(
    "lookup-several",
    "path look-up",
    "It knows data validation of several sectors.",
    "U",
    "such files with `prefer='cloud'`",
)
def _several(ask: Asking) -> str:
    found = looked_up(ask, SEVERAL_FILE)[SEVERAL_FILE]
    name = SEVERAL_FILE.rpartition("/")[2]
    expect(
        found["status_code"] == 200 and str(found["path"]).endswith(f"/{name}"),
        f"200, and a path that ends in {name}",
        found,
    )
    return str(found["path"]).removesuffix(name)


@line("lookup-many", "path look-up", f"It takes {MOST} URIs in one question.", "V (code of astroquery)", "speed")
def _many(ask: Asking) -> None:
    uris = [LC, *(ABSENT.replace("0000000000000000", f"{number:016d}") for number in range(1, MOST))]
    found = looked_up(ask, *uris)
    expect(found[LC]["status_code"] == 200, "200 for the light curve", found[LC])
