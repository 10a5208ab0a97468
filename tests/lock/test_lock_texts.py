"""What stands in a lock that somebody else wrote is text in scripts, citations and README files."""

from __future__ import annotations

import ast
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hostile import ALL, MARKUP, is_harmless

from tess_source import Citation, Plan, Request, Session, Settings, Transport
from tess_source.errors import LockError
from tess_source.lock.citation import cite
from tess_source.lock.scripts import LANGUAGES, script
from tess_source.tables.items import Items
from tess_source_arrays.readme import code, prose

SHELL = "a'b\"$(touch x)`touch x`;&|<>!*?~#{} é"


def plan(path: str = "x.fits", pipeline: str = "SPOC", server: str = "MAST") -> Plan:
    items = Items.of(
        [{"uri": "x:x", "path": path, "filename": "x.fits", "pipeline": pipeline, "kind": "lc", "size": 1}]
    )
    record = {"server": server, "time": server, "versions": {"tess-source": server}}
    return Plan(items, Path("data"), record, Session(discover=False))


def transport(url: str) -> dict[str, Transport]:
    return {"x": Transport("x", lambda uri, settings: Request(url))}


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_and_addresses_are_words_of_a_script(language: str, tmp_path: Path) -> None:
    url = f"https://host/{SHELL}"
    made = script(plan("\x9b\u202ea", server=ALL), transport(url), Settings(), language)
    assert made.isascii()
    assert is_harmless(made)
    if language == "python":
        words = {node.value for node in ast.walk(ast.parse(made)) if isinstance(node, ast.Constant)}
        assert {url, "\x9b\u202ea"} <= words
    else:
        (call,) = [line for line in made.splitlines() if line.startswith("get ")]
        shell = f"get() {{ printf '%s|' \"$@\"; }}\n{call}"
        shown = subprocess.run(["sh", "-c", shell], cwd=tmp_path, capture_output=True, check=True)
        assert shown.stdout.decode() == f"\x9b\u202ea|1|-|{url}|"
        assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "url", ["https://host/\x1b", "https://host/\n", "https://host/\x7f", "javascript:x", "https://host/\u202e"]
)
def test_an_address_with_control_characters_is_in_no_script(url: str) -> None:
    for language in LANGUAGES:
        with pytest.raises(LockError, match="is not an address that a script can fetch") as caught:
            script(plan(), transport(url), Settings(), language)
        assert is_harmless(str(caught.value))


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_password_of_a_lock_or_an_address_comes_into_a_script(language: str) -> None:
    shared = plan(server="http://me:sEcr3t@host")
    made = script(shared, transport("https://me:sEcr3t@host/x"), Settings("http://me:sEcr3t@127.0.0.1"), language)
    assert "sEcr3t" not in made + cite(shared, ())
    assert "127.0.0.1/x" in made


def test_a_citation_has_one_line_per_data_set_whatever_its_pipeline() -> None:
    declared = Citation("QLP", None, title="x", doi="y", acknowledgement="\x1b thanks")
    told = cite(plan(pipeline=ALL, server=ALL), [declared])
    assert is_harmless(told)
    assert len(told.splitlines()) == 3


@pytest.mark.parametrize("evil", MARKUP)
def test_texts_in_a_readme_are_no_markdown(evil: str) -> None:
    told = prose(evil)
    assert not [at for at, one in enumerate(told) if one in "<>`[]*|" and not told[:at].endswith("\\")]
    assert code(f"{evil}`\n|").count("`") == 2
    assert "\n" not in code(f"{evil}`\n|")


def test_a_lock_keeps_texts_as_they_are(tmp_path: Path) -> None:
    """A lock is data: what was asked and found is read back as it was, or not at all."""
    kept = replace(plan(), record={"server": "<b>&\x1b[31m\u202e"})
    kept.save(tmp_path / "a.ecsv")
    assert Session(discover=False).load_plan(tmp_path / "a.ecsv").record["server"] == "<b>&\x1b[31m\u202e"
