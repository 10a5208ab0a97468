"""Patterns of addresses: what the files of one sort have in common, and the number of the star in its place.

``mast:TESS/product/tess2018206045859-s0001-{tic:16}-0120-s_lc.fits`` and a column of TIC numbers say the same as a column of addresses,
in a thirtieth of the space. A sector has a few patterns, so names are read once per pattern, not once per file.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property, lru_cache
from string import Formatter

from tess_source import names
from tess_source._lazy import pl

__all__ = ["Patterns", "Texts", "described", "packed"]

FIELDS = ("tic/", "tic:16", "tic:11", "tic:10", "gaia/", "gaia:22", "gaia:20", "gaia:1")
"""What may stand in a pattern: a number of at least so many digits, wider ones first; with a slash, in groups of four, as in folders."""
SAMPLE = {"tic": 1, "gaia": 1_234_567_890_123_456_789}
"""Numbers with which a pattern is read."""
CHUNK = 2**18
"""Texts that are made at a time, which bounds the memory for their parts."""
FEW = 1000
"""Texts that are made in Python, which takes less time than operations on a column."""
_FOLDER = "(?:/[0-9]{4}){4}/"
HLSP_PRODUCTS = ("tp", "llc", "lc", "dvt", None)
"""Ends of the obs_ids of high-level science products, likelier ones first: MAST names TESS-SPOC's observations by their target pixels."""


def packed(texts: pl.Series, tics: pl.Series, gaia: pl.Series) -> pl.Series:
    """Return the patterns of addresses, or of other texts.

    Parameters
    ----------
    texts : polars.Series of str, shape (n,)
    tics, gaia : polars.Series of int, shape (n,)
        The numbers that their names hold, or null.

    Returns
    -------
    polars.Series of str, shape (n,)
        With these numbers, `Patterns.rendered` gives the texts again. A text without any of its numbers is its own pattern.
        Braces, which a URI cannot hold, become ``%7B`` and ``%7D``.
    """
    rows = pl.DataFrame({"pattern": texts, "tic": tics, "gaia": gaia})
    escaped = pl.col("pattern").str.replace_all("{", "%7B", literal=True).str.replace_all("}", "%7D", literal=True)
    rows = rows.with_columns(escaped)
    for field in FIELDS:
        number = _number(field)
        unmarked = pl.col(number).is_not_null() & ~pl.col("pattern").str.contains(f"{{{number}:", literal=True)
        if field.endswith("/"):
            unmarked &= pl.col("pattern").str.contains(_FOLDER)
        if rows.select(unmarked.any()).item():
            marked = pl.col("pattern").str.split(_digits(field)).list.join(f"{{{field}}}")
            rows = rows.with_columns(pattern=pl.when(unmarked).then(marked).otherwise("pattern"))
    return rows["pattern"]


class Patterns:
    """Patterns that are read once, and of which texts are made.

    Parameters
    ----------
    patterns : polars.Series of str
        Each pattern once.
    """

    def __init__(self, patterns: pl.Series) -> None:
        self._patterns = patterns.to_list()

    @cached_property
    def _by_shape(self) -> tuple[list[pl.Expr], pl.Series]:
        """The text of rows whose patterns have the same fields, and for each pattern, which of these it is."""
        shapes: dict[tuple[str, ...], dict[int, list[str]]] = {}
        for code, pattern in enumerate(self._patterns):
            literals, fields = _pieces(pattern)
            shapes.setdefault(fields, {})[code] = literals
        texts = [_text(fields, own, len(self._patterns)) for fields, own in shapes.items()]
        shape_of = {code: shape for shape, own in enumerate(shapes.values()) for code in own}
        return texts, pl.Series([shape_of[code] for code in range(len(self._patterns))], dtype=pl.UInt32)

    def rendered(self, codes: pl.Series, tics: pl.Series, gaia: pl.Series) -> pl.Series:
        """Return the texts of rows; the inverse of `packed`.

        Parameters
        ----------
        codes : polars.Series of int, shape (n,)
            Place of each row's pattern among them; of a null, the text is null.
        tics, gaia : polars.Series of int, shape (n,)
            Each row's numbers.
        """
        if not self._patterns or not len(codes):
            return pl.repeat(None, len(codes), dtype=pl.String, eager=True)
        if len(codes) <= FEW:
            rows_of_few = zip(codes.to_list(), tics.to_list(), gaia.to_list(), strict=True)
            return pl.Series("text", [self._of_one(*row) for row in rows_of_few], pl.String)
        if len(codes) > CHUNK:
            some = (
                self.rendered(*(column.slice(start, CHUNK) for column in (codes, tics, gaia)))
                for start in range(0, len(codes), CHUNK)
            )
            return pl.concat(some, rechunk=True)
        rows = pl.DataFrame([codes.cast(pl.UInt32).alias("code"), tics.alias("tic"), gaia.alias("gaia")])
        texts, shapes = self._by_shape
        shapes = shapes[codes] if len(texts) > 1 else shapes
        if shapes.n_unique() <= 1:
            return rows.select(texts[shapes[0] or 0]).to_series()
        rows, parts = rows.with_row_index("row"), []
        for shape, text in enumerate(texts):
            part = rows.filter(shapes == shape)
            parts.append(part.select("row", text))
        parts.append(rows.filter(shapes.is_null()).select("row", text=pl.lit(None, pl.String)))
        return pl.concat(parts).sort("row")["text"]

    def _of_one(self, code: int | None, tic: int | None, gaia: int | None) -> str | None:
        """Return the text of one row."""
        if code is None:
            return None
        literals, fields = _pieces(self._patterns[code])
        text = literals[0]
        for field, literal in zip(fields, literals[1:], strict=True):
            if (number := tic if field.startswith("tic") else gaia) is None:
                return None
            text += f"{_written_digits(field, number)}{literal}"
        return text


class Texts:
    """Texts of rows, of a column of patterns.

    Parameters
    ----------
    patterns : polars.Series of str, shape (n,)
    """

    def __init__(self, patterns: pl.Series) -> None:
        distinct = patterns.drop_nulls().unique(maintain_order=True).rename("pattern")
        codes = distinct.to_frame().with_row_index("code")
        column = patterns.rename("pattern").to_frame()
        self._codes = column.join(codes, on="pattern", how="left", maintain_order="left")["code"].rechunk()
        self._patterns = Patterns(distinct)

    def of(self, places: pl.Series, rows: pl.DataFrame) -> pl.Series:
        """Return the text of each row, of the pattern at a place of the column.

        Parameters
        ----------
        places : polars.Series of int, shape (m,)
        rows : polars.DataFrame, shape (m, …)
            With `tic` and `gaia`.
        """
        return self._patterns.rendered(self._codes[places], rows["tic"], rows["gaia"])


def described(patterns: pl.Series) -> pl.DataFrame:
    """Return what names of each pattern say.

    Parameters
    ----------
    patterns : polars.Series of str, shape (n,)

    Returns
    -------
    polars.DataFrame, shape (n, …)
        `pattern`, the columns of `tess_source.names.columns` without the numbers of the star, `obs_id` (the pattern of the obs_id of its
        observation; null where the name is not understood) and `of` (kind of the observation).
    """
    codes = pl.int_range(len(patterns), dtype=pl.UInt32, eager=True)
    samples = {name: pl.repeat(value, len(patterns), dtype=pl.Int64, eager=True) for name, value in SAMPLE.items()}
    texts = Patterns(patterns).rendered(codes, samples["tic"], samples["gaia"])
    said = names.columns(texts)
    obs_ids = [_obs_id(text) for text in texts.to_list()]
    own = {"tic": said["tic"], "gaia": said["gaia"]}
    found = pl.DataFrame(
        {
            "pattern": patterns,
            "obs_id": packed(pl.Series([obs_id for obs_id, _ in obs_ids], dtype=pl.String), own["tic"], own["gaia"]),
            "of": pl.Series([kind for _, kind in obs_ids], dtype=pl.String),
        }
    )
    return pl.concat([found, said.drop("tic", "gaia")], how="horizontal")


@lru_cache(maxsize=100_000)
def _obs_id(uri: str) -> tuple[str | None, str]:
    """Return the obs_id of the observation to which a file belongs, as far as its own name tells, and the kind of the observation."""
    name = replace(names.parse(uri), run=None, tce=None, compression=None, method=None)
    if name.pipeline == "SPOC":
        kinds = {"lc": "target", "tp": "target", "fast-lc": "fast", "fast-tp": "fast"}
        kind = "dv" if name.kind.startswith("dv") else kinds.get(name.kind, "other")
        return _written(replace(name, kind=kind)), kind
    candidates = (_written(replace(name, kind="hlsp", product=product)) for product in HLSP_PRODUCTS)
    found = next((obs_id for obs_id in candidates if obs_id), None)
    return found, "hlsp" if found else "other"


def _written(name: names.Name) -> str | None:
    try:
        return names.format_obs_id(name)
    except ValueError:
        return None


def _number(field: str) -> str:
    return field.partition(":")[0].rstrip("/")


def _digits(field: str) -> pl.Expr:
    """Return the digits of a field."""
    number, folder = pl.col(_number(field)), field.endswith("/")
    if folder:
        digits = (number // 100_000 if field == "gaia/" else number).cast(pl.String).str.zfill(16)
        return pl.concat_str([digits.str.slice(start, 4) for start in range(0, 16, 4)], separator="/")
    return number.cast(pl.String).str.zfill(int(field.partition(":")[2]))


def _written_digits(field: str, number: int) -> str:
    """Return the digits of a field of one row, as `_digits`."""
    if field.endswith("/"):
        digits = str(number // 100_000 if field == "gaia/" else number).zfill(16)
        return "/".join(digits[start : start + 4] for start in range(0, 16, 4))
    return str(number).zfill(int(field.partition(":")[2]))


@lru_cache(maxsize=4096)
def _pieces(pattern: str) -> tuple[list[str], tuple[str, ...]]:
    """Return the constant texts of a pattern, and the fields between them."""
    literals, fields = [""], []
    for literal, field, spec, _ in Formatter().parse(pattern):
        literals[-1] += literal
        if field is not None:
            fields.append(f"{field}:{spec}" if spec else field)
            literals.append("")
    return literals, tuple(fields)


def _text(fields: tuple[str, ...], literals: dict[int, list[str]], count: int) -> pl.Expr:
    """Return the text of rows whose patterns have these fields."""
    parts: list[pl.Expr] = []
    for place in range(len(fields) + 1):
        values = [literals[code][place] if code in literals else None for code in range(count)]
        parts.append(pl.lit(pl.Series(values, dtype=pl.String)).gather(pl.col("code")))
        parts += [_digits(field) for field in fields[place : place + 1]]
    return pl.concat_str(parts).alias("text")
