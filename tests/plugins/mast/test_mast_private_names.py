"""astroquery's names that its documentation does not promise, and that the MAST plugin builds on: all of them stand here.

A release that renames one, calls it otherwise, or takes a name of ours, fails here and says which.
"""

from __future__ import annotations

import inspect
from abc import ABC
from collections.abc import Mapping
from typing import Any

import pytest
from astroquery.mast import discovery_portal, utils
from astroquery.mast.discovery_portal import PortalAPI

from tess_source.settings import Settings
from tess_source_mast import portal
from tess_source_mast.deadline import Deadline
from tess_source_mast.wire import Wire

OVERRIDDEN = {"_request"}
"""Methods of `PortalAPI` that ours replaces."""
SET = {"_column_configs", "MAST_REQUEST_URL", "COLUMNS_CONFIG_URL"}
"""Attributes of `PortalAPI` that ours sets on each instance."""
CALLED: Mapping[str, tuple[tuple[str, ...], tuple[Any, ...], dict[str, Any]]] = {
    "__init__": (("self", "session"), (None, object()), {}),
    "service_request_async": (("self", "service", "params"), (None, "Mast.Caom.Cone", {}), {}),
    "build_filter_set": (("self", "column_config_name"), (None, "Mast.Caom.Cone"), {"sequence_number": [14]}),
    "_request": (("self", "method", "url"), (None, "POST", "address"), {"data": "request=…", "headers": {}}),
}
"""Method of `PortalAPI` → its first arguments, and a call like ours, or, of `_request`, like astroquery's own."""
CONFIG = {"sequence_number": {"text": "Sequence", "type": "int", "vot.datatype": "int"}}


class Listening(portal._Api):
    """Ours, which notes how astroquery calls `_request` and answers without a server."""

    def __init__(self, configs: dict[str, Any]) -> None:
        settings = Settings(server="http://127.0.0.1:9")
        super().__init__(Wire(""), configs, "Mast.Caom.Cone", settings, Deadline(1.0))
        self.requests: list[tuple[str, str, str, set[str]]] = []

    def _request(
        self, method: str, url: str, data: str = "", headers: Mapping[str, str] | None = None, **others: Any
    ) -> list[portal._Page]:
        self.requests.append((method, url, data, set(headers or ())))
        return [portal._Page(CONFIG if url == self.COLUMNS_CONFIG_URL else {"status": "COMPLETE", "data": []})]


def test_the_class_shares_no_other_names_with_astroquerys_than_those_that_it_means_to() -> None:
    theirs = {*dir(PortalAPI), *vars(PortalAPI(object()))} - {*dir(object), *dir(ABC), "_abc_impl"}
    methods = set(vars(portal._Api)) - {"__init__", "__module__"}
    assert methods & theirs == OVERRIDDEN
    attributes = set(vars(Listening({}))) - set(vars(PortalAPI(object())))
    assert attributes & theirs == SET
    assert isinstance(PortalAPI._column_configs, dict)
    assert "/api/v0/invoke" in PortalAPI.MAST_REQUEST_URL
    assert "columnsconfig" in PortalAPI.COLUMNS_CONFIG_URL


@pytest.mark.parametrize("name", CALLED)
def test_its_methods_take_what_they_are_called_with(name: str) -> None:
    first, args, words = CALLED[name]
    signature = inspect.signature(getattr(PortalAPI, name))
    assert tuple(signature.parameters)[: len(first)] == first
    signature.bind(*args, **words)


def test_a_question_goes_through_request_once_and_the_description_of_columns_too_if_it_is_not_there() -> None:
    api = Listening({"Mast.Caom.Cone": CONFIG})
    pages = api.service_request_async("Mast.Caom.Cone", {"columns": "*"})
    assert [page.json() for page in pages] == [{"status": "COMPLETE", "data": []}]
    ((method, url, data, headers),) = api.requests
    assert (method, url) == ("POST", "http://127.0.0.1:9/api/v0/invoke")
    assert data.startswith("request=%7B") and "Mast.Caom.Cone" in data
    assert headers

    configs: dict[str, Any] = {}
    api = Listening(configs)
    api.build_filter_set("Mast.Caom.Cone")
    assert [(method, url) for method, url, *_ in api.requests] == [("POST", api.COLUMNS_CONFIG_URL)]
    assert configs == {"Mast.Caom.Cone": CONFIG}, "it is kept in the dictionary that was given, not in the class"


def test_filters_are_worded_from_the_description_that_is_set_without_a_request() -> None:
    api = Listening({"Mast.Caom.Cone": CONFIG})
    assert api.build_filter_set("Mast.Caom.Cone", sequence_number=[14, 15]) == [
        {"paramName": "sequence_number", "values": ["14", "15"]}
    ]
    assert not api.requests


def test_types_of_columns_are_read_by_a_function_that_gives_a_word_first() -> None:
    assert [utils.parse_type(name)[0] for name in ("char", "long", "double", "boolean")] == [
        "string", "integer", "float", "boolean",
    ]  # fmt: skip
    assert utils.parse_type("nothing that is known")[0] == "nothing that is known"


def test_what_the_tests_themselves_replace_to_send_astroquery_to_another_server_is_there() -> None:
    from astroquery.mast import Observations

    assert isinstance(Observations._portal_api_connection, PortalAPI)
    assert tuple(inspect.signature(utils._simple_request).parameters)[:2] == ("url", "params")
    assert {"MAST_DOWNLOAD_URL", "MAST_BUNDLE_URL"} <= set(dir(discovery_portal.PortalAPI))
