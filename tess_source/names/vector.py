"""Reader of whole columns of names."""

from __future__ import annotations

from collections.abc import Sequence

from tess_source._lazy import pl

from .forms import Form, values
from .vocabulary import FFI, FFI_ERAS, NUMBERS, SECTORS

CHUNK = 200_000
"""Names read at a time, so that a chunk needs about 100 MB, independent of the length of the column."""

FEW = 500
"""Names up to which they are read one by one, which takes 0.01 ms per name. A column takes some 30 ms, however few names it has."""

HEAD = 4
"""Characters by which names that have no form are put aside at once: "tess", "hlsp", "tica"."""

KEPT = frozenset((*SECTORS, "tic", "exptime", "run", "tce", "camera", "ccd", "scid", "timestamp", "version", "gaia"))
"""Fields of a form that get a column."""


def schema() -> dict[str, pl.DataType]:
    """Return the columns of the result and their types, in order."""
    text, whole = pl.String(), pl.Int32()
    types = {"kind": text, "pipeline": text, "timestamp": text, "tic": pl.Int64(), "first_sector": whole}
    types |= {"last_sector": whole, "exptime": pl.Float64(), "run": whole, "tce": whole, "camera": whole}
    return types | {"ccd": whole, "scid": whole, "version": text, "gaia": pl.Int64()}


def read_column(texts: pl.Series, forms: Sequence[Form], *, last_component: bool = False) -> pl.DataFrame:
    """Return the fields of each name, one row per name; of kind "other" if no form fits."""
    if texts.dtype != pl.String:
        if texts.dtype not in (pl.Categorical, pl.Enum, pl.Null):
            raise TypeError(f"names are text, not {texts.dtype}")
        texts = texts.cast(pl.String)
    if len(texts) <= FEW:
        return _read_few(_last_component(texts) if last_component else texts, forms)
    chunks = [texts.slice(start, CHUNK) for start in range(0, max(len(texts), 1), CHUNK)]
    whole = pl.concat([_read_chunk(_last_component(chunk) if last_component else chunk, forms) for chunk in chunks])
    return whole.rechunk()  # polars 2.1 panics when it formats text of unevenly cut columns


def _last_component(texts: pl.Series) -> pl.Series:
    """Return the texts behind the last slash."""
    return texts.str.replace(r"(?s)^.*[/\\]", "") if texts.str.contains(r"[/\\]").any() else texts


def _read_few(texts: pl.Series, forms: Sequence[Form]) -> pl.DataFrame:
    """Return the fields of some names, read one by one."""
    found = [values(text or "", forms) for text in texts.to_list()]
    types = schema()
    return pl.DataFrame({name: [one.get(name) for one in found] for name in types}, schema=types)


def _read_chunk(texts: pl.Series, forms: Sequence[Form]) -> pl.DataFrame:
    """Return the fields of some names: each form reads its names among those that are left, and rows keep their order."""
    left = pl.DataFrame({"text": texts.fill_null("")}).with_row_index("row")
    heads = sorted({form.prefix[:HEAD] for form in forms})
    begun = left.select(pl.any_horizontal([pl.col("text").str.starts_with(head) for head in heads])).to_series()
    left, parts = left.filter(begun), [_others(left.filter(~begun))]
    for form in forms:
        if left.is_empty():
            break
        likely = left.select(_likely(form)).to_series()
        if not likely.any():
            continue
        fields = left.filter(likely).with_columns(_fields(form)).unnest("fields").with_columns(sound=_is_valid(form))
        parts.append(fields.filter("sound").select("row", *_columns(form)))
        left = pl.concat([left.filter(~likely), fields.filter(~pl.col("sound")).select("row", "text")])
    parts.append(_others(left))
    parts = [part for part in parts if len(part)] or parts[-1:]
    whole = parts[0] if len(parts) == 1 else pl.concat(parts).sort("row")
    return whole.drop("row")


def _others(rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows of names that have no form."""
    empty = [pl.lit(None, dtype=dtype).alias(name) for name, dtype in schema().items() if name != "kind"]
    return rows.select("row", pl.lit("other").alias("kind"), *empty)


def _likely(form: Form) -> pl.Expr:
    """Return a cheap test by the literal ends of a form, so that its regular expression sees few other names."""
    text = pl.col("text").str
    ends = pl.any_horizontal([text.ends_with(suffix) for suffix in form.suffixes])
    return (text.starts_with(form.prefix) & ends).alias("likely")


def _fields(form: Form) -> pl.Expr:
    return pl.col("text").str.extract_groups(f"^(?:{form.expression(_kept(form))})$").alias("fields")


def _kept(form: Form) -> list[str]:
    """Return the fields that get a column; the first field if none does, to tell whether the expression matched."""
    return [field for field in form.fields if field in KEPT] or [*form.fields[:1]]


def _is_valid(form: Form) -> pl.Expr:
    """Return whether the expression matched, sectors and TCEs count from 1, and ranges ascend."""
    fields = _kept(form)
    sound = pl.col(fields[0]).is_not_null()  # the expression matched
    if "sector" in fields:
        sound &= pl.col("sector").cast(pl.Int32) >= 1
    if "first_sector" in fields:
        first, last = pl.col("first_sector").cast(pl.Int32), pl.col("last_sector").cast(pl.Int32)
        sound &= (first >= 1) & (first <= last - form.row.several)
    if "tce" in fields:
        sound &= pl.col("tce").cast(pl.Int32) >= 1
    return sound


def _columns(form: Form) -> list[pl.Expr]:
    constant = {"kind": pl.lit(form.row.kind), "pipeline": pl.lit(form.row.pipeline)}
    columns = []
    for name, dtype in schema().items():
        field = "sector" if name.endswith("_sector") and "sector" in form.fields else name
        if name in constant:
            column = constant[name]
        elif field in form.fields:
            column = pl.col(field).cast(dtype) if field in NUMBERS else pl.col(field)
        elif name == "exptime":
            column = _exptime(form).cast(dtype)
        else:
            column = pl.lit(None, dtype=dtype)
        columns.append(column.alias(name))
    return columns


def _exptime(form: Form) -> pl.Expr:
    """Return the exposure time [s]; null for a search over two eras of the full-frame images."""
    if form.row.exptime != FFI:
        return pl.lit(form.row.exptime)
    fields = ("sector", "sector") if "sector" in form.fields else ("first_sector", "last_sector")
    first, last = (_ffi_exptime(pl.col(field).cast(pl.Int32)) for field in fields)
    return pl.when(first == last).then(first)


def _ffi_exptime(sector: pl.Expr) -> pl.Expr:
    expression = pl.lit(FFI_ERAS[-1][1])
    for last, seconds in reversed(FFI_ERAS[:-1]):
        expression = pl.when(sector <= last).then(seconds).otherwise(expression)
    return expression
