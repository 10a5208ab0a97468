"""What will go still works, and says what to use in its place."""

from __future__ import annotations

import sys
import types

import pytest

from tess_source.deprecation import deprecated, moved


def test_a_deprecated_function_works_and_says_what_to_use_where_it_is_called() -> None:
    @deprecated("look_for()", since="0.2", until="0.4")
    def seek(what: str, *, often: int = 1) -> str:
        """Seek."""
        return what * often

    with pytest.warns(
        DeprecationWarning, match=r"seek\(\) is deprecated since tess-source 0.2 and will go in 0.4; use look_for\(\)"
    ) as warned:
        assert seek("a", often=2) == "aa"
    assert warned[0].filename == __file__
    assert seek.__doc__ == "Seek."


def test_a_name_that_moved_is_found_and_another_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    from tess_source.hooks.records import Filter

    old = types.ModuleType("tess_source_old")
    monkeypatch.setitem(sys.modules, "tess_source_old", old)
    homes = {"Filter": "tess_source.hooks.records.Filter"}
    old.__getattr__ = moved("tess_source_old", homes, since="0.2", until="0.4")  # type: ignore[method-assign]
    with pytest.warns(
        DeprecationWarning, match=r"tess_source_old\.Filter is deprecated .* use tess_source\.hooks\.records\.Filter"
    ):
        assert old.Filter is Filter
    with pytest.raises(AttributeError, match="'tess_source_old' has no attribute 'Filtre'"):
        _ = old.Filtre
