"""The portal's language is worded as astroquery words it, which is asked here and never in a search.

`test_mast_requests` compares whole questions; here are the parts, with whatever the description of a column may say.
"""

from __future__ import annotations

import inspect
import json
import warnings
from typing import Any
from urllib.parse import unquote

import pytest
from astroquery.mast import discovery_portal, utils
from astroquery.mast.discovery_portal import PortalAPI
from hypothesis import given
from hypothesis import strategies as st

from tess_source.errors import UnknownNameError
from tess_source_mast import mashup

CONE = "Mast.Caom.Cone"
TYPES = (
    "char", "string", "datetime", "date", "double", "float", "decimal", "int", "short", "long", "number", "numeric", "boolean", "binary",
    "unsignedByte", "INT", "", "nothing that is known",
)  # fmt: skip

descriptions = st.fixed_dictionaries(
    {"text": st.just("A column")},
    optional={
        "type": st.sampled_from(TYPES), "vot.datatype": st.sampled_from(TYPES), "separator": st.sampled_from(["", ";", "|"]),
        "treatNumeric": st.booleans(),
    },
)  # fmt: skip
plain = (
    st.text(st.characters(exclude_characters="*%", exclude_categories=["Cs"]), min_size=1)
    | st.integers()
    | st.booleans()
)
wild = st.sampled_from(["tess*", "%", "*-s0014-*"])


@st.composite
def values_of(draw: st.DrawFn, column: dict[str, Any]) -> list[Any]:
    """Draw values as `criteria.checked` gives them: two ends, or values with at most one wildcard among them."""
    if mashup.is_interval(column):
        return draw(st.lists(st.floats(allow_nan=False, allow_infinity=False) | st.integers(), min_size=2, max_size=2))
    return draw(st.permutations([*draw(st.lists(plain, min_size=1)), *draw(st.lists(wild, max_size=1))]))


def by_astroquery(columns: dict[str, Any], criteria: dict[str, list[Any]]) -> Any:
    api = PortalAPI()
    api._column_configs = {CONE: columns}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        # astroquery takes wildcards out of the lists that it is given
        return api.build_filter_set(CONE, **{name: list(values) for name, values in criteria.items()})


@given(data=st.data())
def test_filters_are_astroquerys_whatever_the_columns_are(data: st.DataObject) -> None:
    names = st.sampled_from(["obs_id", "t_min", "mtFlag", "sequence_number"])
    columns = data.draw(st.dictionaries(names, descriptions, min_size=1))
    criteria = {name: data.draw(values_of(column)) for name, column in columns.items()}
    ours, theirs = mashup.filter_set(columns, criteria), by_astroquery(columns, criteria)
    assert json.dumps(ours) == json.dumps(theirs)


@pytest.mark.parametrize("columns", [{}, {"obs_id": {}}, {"OBS_ID": {"type": "string"}}])
def test_a_column_that_is_not_described_is_refused(columns: dict[str, Any]) -> None:
    with pytest.raises(UnknownNameError, match="obs_id"):
        mashup.filter_set(columns, {"obs_id": ["x"]})


@pytest.mark.parametrize("declared", TYPES)
def test_types_of_columns_are_astroquerys(declared: str) -> None:
    assert mashup.type_of(declared) == utils.parse_type(declared)[0]


@pytest.mark.parametrize("params", [{}, {"columns": "*", "filters": [{"paramName": "é &+%", "values": ["a/b"]}]}])
def test_forms_are_those_that_astroquery_posts(params: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    posted: list[tuple[str, Any, Any]] = []

    def request(_api: Any, method: str, url: str, data: str = "", headers: Any = None, **_others: Any) -> list[Any]:
        posted.append((method, data, headers))
        return [type("Answer", (), {"json": lambda _: {"obs_id": {"type": "string"}}})()]

    monkeypatch.setattr(PortalAPI, "_request", request)
    api = PortalAPI()
    api._column_configs = {}
    api.service_request_async(CONE, params, page=3)
    (_, description, headers), (method, page, same) = posted
    assert method == "POST"
    assert description == mashup.description_form(CONE)
    assert headers == same == {**mashup.HEADERS, "User-Agent": headers["User-Agent"]}
    ours = mashup.page_form(CONE, params, mashup.ROWS_OF_PAGE, 3)
    assert _without_number(ours) == _without_number(page)
    assert ours != mashup.page_form(CONE, params, mashup.ROWS_OF_PAGE, 3), "a cache on the way could answer"


def _without_number(form: str) -> str:
    """Give a form without the number that defeats caches; what is quoted stays quoted."""
    number = json.loads(unquote(form.removeprefix("request=")))["cacheBreaker"]
    return form.replace(number, "")


def test_what_the_tests_themselves_replace_to_send_astroquery_to_another_server_is_there() -> None:
    from astroquery.mast import Observations

    assert isinstance(Observations._portal_api_connection, PortalAPI)
    assert tuple(inspect.signature(utils._simple_request).parameters)[:2] == ("url", "params")
    assert {"MAST_DOWNLOAD_URL", "MAST_BUNDLE_URL", "_column_configs"} <= set(dir(discovery_portal.PortalAPI))
