"""Tests of tests: a small package as a user would write it, with tests, over which pytest is run as strictly as can be."""

from __future__ import annotations

import os

import pytest

from tess_source.session import _default, set_default_session

CODE = '''
import tess_source

def light_curves():
    """What a user's package does: ask MAST, by the default session."""
    return tess_source.search(16740101, sector=14, kind="lc")
'''
HEAD = "import pytest, tess_source, theirs\n"


class TheirTests:
    """Call it with the text of a file of tests. Afterwards environment and default session are as before, which is checked."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester

    def __call__(
        self,
        tests: str,
        *words: str,
        ini: str = "",
        code: str = "",
        conftest: str = "",
        head: str = HEAD,
        process: bool = False,
    ) -> pytest.RunResult:
        self.pytester.makepyfile(theirs=CODE + code, test_theirs=head + tests)
        self.pytester.makeini(f"[pytest]\nfilterwarnings = error\naddopts = --strict-markers --strict-config\n{ini}")
        if conftest:
            self.pytester.makeconftest(conftest)
        words = ("-p", "no:cacheprovider", *words)
        if process:
            return self.pytester.runpytest_subprocess(*words)
        outer, before = [*_default], _environment()
        set_default_session(None)
        try:
            result = self.pytester.runpytest_inprocess(*words)
            assert _environment() == before
        finally:
            set_default_session(*(outer or [None]))
        return result


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}
