"""Settings of the program: the config file, and ``tess-source config show``, which says where each value comes from."""

from __future__ import annotations

import json
import os
import pickle
from pathlib import Path

import pytest
from program_run import Program

import tess_source
from tess_source import Session
from tess_source.config import SETTINGS, chosen, variable_of
from tess_source.errors import QueryError, UnknownNameError
from tess_source.settings import Settings
from tess_source_sample.server import SampleArchive

PLUGIN = """
from tess_source import Filter, hookimpl
@hookimpl
def tess_filters():
    return (Filter("{name}", lambda products, value: products["size"] > 0, "help"),)
"""


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A config file, which `TESS_SOURCE_CONFIG` names."""
    file = tmp_path / "config.toml"
    file.touch()
    monkeypatch.setenv("TESS_SOURCE_CONFIG", str(file))
    return file


def shown(program: Program, *words: str) -> dict[str, tuple[str, str]]:
    rows = json.loads(program("config", "show", "--format", "json", *words).out)
    return {row["setting"]: (row["value"], row["from"]) for row in rows}


def test_each_value_is_shown_with_where_it_comes_from(
    program: Program, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config.write_text('jobs = 3\nlayout = "flat"\nmax_age = "12h"\n')
    monkeypatch.setenv("TESS_SOURCE_MAX_AGE", "6h")
    found = shown(program, "--prefer", "cloud")
    assert set(found) == {*SETTINGS}
    assert found["jobs"] == ("3", str(config))
    assert found["layout"] == ("flat", str(config))
    assert found["max_age"] == ("6 hours", "TESS_SOURCE_MAX_AGE")
    assert found["prefer"] == ("cloud", "--prefer")
    assert found["server"] == (os.environ["TESS_SOURCE_SERVER"], "TESS_SOURCE_SERVER")
    assert found["offline"] == ("no", "default")


def test_processes_come_from_the_argument_the_variable_or_the_config_file(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Session().settings.processes == 1
    config.write_text("processes = 3\n")
    assert Session().settings.processes == 3
    monkeypatch.setenv("TESS_SOURCE_PROCESSES", "4")
    assert Session().settings.processes == 4
    assert Session(processes=5).settings.processes == 5
    for wrong in (0, -1, 1.5, True, "many"):
        with pytest.raises(QueryError, match=r"processes=.*whole number of at least 1"):
            Session(processes=wrong)  # type: ignore[arg-type]


def test_archives_come_from_the_argument_the_variable_or_the_config_file(
    program: Program, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (Session().settings.archive, shown(program)["archive"]) == (None, ("all", "default"))
    config.write_text('archive = "catalogue"\n')
    assert Session().settings.archive == Settings().archive == ("catalogue",)
    assert shown(program)["archive"] == ("catalogue", str(config))
    with pytest.raises(QueryError, match="the catalogue is empty"):
        Session().search(16740101)
    monkeypatch.setenv("TESS_SOURCE_ARCHIVE", "catalogue, tesscut")
    assert Session().settings.archive == ("catalogue", "tesscut")
    assert shown(program, "--archive", "mast")["archive"] == ("mast", "--archive")
    session = Session(archive="mast")
    assert session.search(16740101, sector=14).query.archives == ("mast",)
    assert pickle.loads(pickle.dumps(session)).settings.archive == ("mast",)  # noqa: S301
    monkeypatch.setenv("TESS_SOURCE_ARCHIVE", "catalog")
    with pytest.raises(UnknownNameError, match="did you mean 'catalogue'"):
        Session().search(16740101)


def test_secrets_are_not_shown(program: Program, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAST_API_TOKEN", "a-secret")
    monkeypatch.setenv("TESS_SOURCE_SERVER", "http://me:a-secret@127.0.0.1:1/x")
    said = program("config", "show", "--format", "csv")
    assert "a-secret" not in said.out + said.err
    assert shown(program)["token"] == ("set", "MAST_API_TOKEN")


def test_a_config_file_that_is_named_must_exist(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TESS_SOURCE_CONFIG", str(tmp_path / "nowhere.toml"))
    said = program("plugins")
    assert said.code == 2
    assert "nowhere.toml', which TESS_SOURCE_CONFIG names" in said.err


def test_the_file_decides_for_python_too(config: Path, tmp_path: Path, archive: SampleArchive) -> None:
    config.write_text(f'jobs = 2\nlayout = "flat"\nserver = "{archive.url}"\n')
    session = Session()
    assert session.settings == Settings(archive.url, jobs=2, layout="flat")
    plan = session.search(16740101, kind="lc", sector=14).plan(tmp_path)
    assert [item.path for item in plan] == [item.item.filename for item in plan.download()]
    assert Session("http://127.0.0.1:1", jobs=5, layout="mast").settings.layout == "mast"


def test_the_file_decides_the_layout_of_get_unless_there_is_an_option(program: Program, config: Path) -> None:
    config.write_text('layout = "{tic}/{filename}"\n')
    words = ("get", "16740101", "--kind", "lc", "--sector", "14", "--dry-run", "--format", "json")
    [planned] = json.loads(program(*words).out)
    assert planned["path"].startswith("16740101/")
    [planned] = json.loads(program(*words, "--layout", "flat").out)
    assert "/" not in planned["path"]


def test_plugin_files_of_the_config_file_are_in_every_session(program: Program, config: Path) -> None:
    for name in ("mine", "other"):
        (config.parent / f"{name}.py").write_text(PLUGIN.format(name=name))
    config.write_text('plugins = ["mine.py", "gone.py", "other.py"]\nwithout = ["other"]\n')
    states = {row["name"]: row["state"] for row in json.loads(program("plugins", "--format", "json").out)}
    assert (states["mine"], states["gone"], states["other"]) == ("ready", "broken", "off")
    assert "mine" in tess_source.Session().registry.filters
    assert "--mine" in program("--plugin", str(config.parent / "mine.py"), "search", "--help").out  # once, not twice


@pytest.mark.parametrize(
    ("name", "text", "right"),
    [
        ("jobs", "many", "whole number"), ("jobs", "0", "whole number"), ("layout", "flatt", "did you mean 'flat'"),
        ("processes", "0", "whole number"), ("archive", "mast,,", "give a name"),
        ("offline", "maybe", "1 or 0"), ("server", "mast", "not an address"), ("without", "masst", "did you mean 'mast'"),
    ],
)  # fmt: skip
def test_a_variable_that_makes_no_sense_is_an_error(
    name: str, text: str, right: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable_of(name), text)
    with pytest.raises(QueryError, match=right):
        Session()
        chosen(name)  # offline is looked up when it is used


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_what_a_shell_needs(program: Program, shell: str) -> None:
    said = program("completion", shell)
    assert said.code == 0
    assert f"_TESS_SOURCE_COMPLETE={shell}_complete" in said.out


def test_the_script_completes_commands_options_and_values(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    def completed(words: str, place: int) -> list[str]:
        monkeypatch.setenv("_TESS_SOURCE_COMPLETE", "bash_complete")
        monkeypatch.setenv("COMP_WORDS", words)
        monkeypatch.setenv("COMP_CWORD", str(place))
        return [line.removeprefix("plain,") for line in program().out.split()]

    assert completed("tess-source conf", 1) == ["config"]
    assert completed("tess-source search --auth", 2) == ["--author"]
    assert "lc" in completed("tess-source search --kind l", 3)


def test_long_lists_are_shown_as_ranges(program: Program) -> None:
    said = program("search", "--sector", "1-107", "--kind", "lc", "--limit", "1", "--explain")
    assert "asked for sequence_number=1-107\n" in said.err
    many = ",".join(map(str, range(1, 300, 2)))
    assert max(map(len, program("search", "16740101", "--sector", many, "--explain").err.splitlines())) < 200


def test_a_file_is_never_asked_for_where_a_folder_is_meant(program: Program, tmp_path: Path) -> None:
    for command in ("get", "plot", "show", "dv", "verify", "demo"):
        text = " ".join(program(command, "--help").out.split())
        assert "--to DIR" in text.replace("--to DIRECTORY", "--to DIR"), command
        assert "Folder" in text[text.index("--to DIR") :][:60], command
