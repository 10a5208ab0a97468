"""Every example in README and docs is run, page by page, against the sample archive, and what the page shows is compared.

The conventions, by the words after the opening fence:

``python``
    With ``>>>``: a doctest. Without: it is executed. All blocks of a page share one namespace and one working folder.
``console``
    A line that begins with ``$ `` is run; the lines below it are its output, stdout and stderr together. It must exit with 0,
    unless the next command is ``echo $?``. A shell runs it; a ``tess-source`` command in front is given to the program in this process,
    which saves the second that its imports take, and a shell does the rest. A script of ``examples/`` runs in this process too.
``… title="name"``
    A file of this content, written to the working folder. The page must use it further down.
``sh``
    Not run: only what cannot be (set-up, servers that wait), each line of a known form.
``toml`` without a title
    Parsed.
``text``
    Pictures made of letters.

astroquery and lightkurve, where a page uses them, speak to the sample archive as well.

``...`` in an output stands for anything, and white space does not count, as in doctest.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import os
import pkgutil
import re
import runpy
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, fields
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import click
import pytest
from peers import astroquery_at
from pictures_case import undrawn
from places import ROOT
from reference_pages import on_pages
from sizes import STRESS

from tess_source import Session, errors
from tess_source.cli.program import build, main
from tess_source.hooks.discovery import GROUP
from tess_source.hooks.records import Filter
from tess_source.hooks.specs import ROLES
from tess_source.session import set_default_session
from tess_source.tables.listing import Observations, Products
from tess_source_lightkurve.readers import lightkurve
from tess_source_sample.server import SampleArchive

DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
PYTHONPATH = os.pathsep.join(os.path.abspath(p) for p in os.environ.get("PYTHONPATH", "").split(os.pathsep) if p)  # noqa: PTH100
CHECKERS = {"mypy"}
"""Programs of the extra `lint`, run by ``make stress``. For every change, test_downstream gives their files to its own checker."""
FENCE = re.compile(r"^(?P<indent> *)```(?P<info>[^`\n]*)\n(?P<body>.*?)^ *```[ \t]*$", re.MULTILINE | re.DOTALL)
NOT_RUN = (  # what may stand in a block of shell commands that is not run
    r"make (demo|test|lint|bench|docs|live)( PYTHON=\S+)?",
    r"python -m bench( --\S+( \S+)?| --( --\S+ \S+)+)*",
    r"git clone \S+|cd \S+",
    r"python3 -m venv \.venv",
    r"\.venv/bin/pip install -c constraints\.txt -e '\.\[test\]'",
    r"\.venv/bin/tess-source demo --to demo-data",
    r"\.venv/bin/python -m pytest( -m live tests/live -k \"[\w ]+\")?",
    r"pip install \S+",
    r"tess-source sample serve( --\S+ \S+)*",
    r"(export TESS_SOURCE_SERVER=\S+|unset TESS_SOURCE_SERVER)",
    r"eval \"\$\(_TESS_SOURCE_COMPLETE=\w+ tess-source\)\"|_TESS_SOURCE_COMPLETE=\w+ tess-source \| source|",
)


@dataclass(frozen=True)
class Block:
    """One fenced block of a page."""

    page: Path
    line: int
    language: str
    title: str
    body: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks(page: Path) -> list[Block]:
    content = page.read_text(encoding="utf-8")
    found = []
    for match in FENCE.finditer(content):
        assert not match["indent"], f"{page.name}: an indented block would not be run"
        language, _, rest = match["info"].strip().partition(" ")
        title = re.search(r'title="([^"]+)"', rest)
        line = content.count("\n", 0, match.start()) + 1
        found.append(Block(page, line, language, title[1] if title else "", match["body"]))
    return found


# -- running a page --


@dataclass
class Reader:
    """Does what a patient reader would do: types one block after the other."""

    folder: Path
    environment: Mapping[str, str]
    namespace: dict[str, Any] = field(default_factory=lambda: {"__name__": "__docs__"})
    problems: list[str] = field(default_factory=list)
    last_code: int = 0

    def read(self, block: Block) -> None:
        if block.title:
            file = self.folder / block.title
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.body, encoding="utf-8")
        elif block.language == "python" and ">>>" in block.body:
            self._doctest(block)
        elif block.language == "python":
            exec(compile(block.body, str(block), "exec", dont_inherit=True), self.namespace)
        elif block.language == "console":
            for command, wanted, shows_code in commands(block):
                self._command(block, command, wanted, shows_code)

    def _doctest(self, block: Block) -> None:
        test = doctest.DocTestParser().get_doctest(block.body, {}, str(block), str(block.page), block.line)
        test.globs = self.namespace
        doctest.DocTestRunner(optionflags=FLAGS, verbose=False).run(test, out=self.problems.append, clear_globs=False)

    def _command(self, block: Block, command: str, wanted: str, shows_code: bool) -> None:
        program = command.split(maxsplit=1)[0]
        if program in CHECKERS and not (STRESS and shutil.which(program)):
            return
        if script := EXAMPLE.fullmatch(command):
            self.last_code, printed = 0, self._example(script["path"])
        elif begins := PROGRAM.fullmatch(command.replace("\\\n", " ")):
            words = shlex.split(begins["words"], comments=True)
            with pytest.MonkeyPatch.context() as patch:
                if begins["name"]:
                    patch.setenv(begins["name"], begins["value"])
                self.last_code, printed = self._in_process(words, begins["quiet"], begins["rest"])
        else:
            self.last_code, printed = self._in_shell(f"(exit {self.last_code})\n{command}")
        if self.last_code and not shows_code:
            self.problems.append(f"{block}: {command!r} exits with {self.last_code}, which the page does not show\n")
        if not doctest.OutputChecker().check_output(wanted, printed, FLAGS):
            self.problems.append(f"{block}: {command}\n--- the page shows\n{wanted}--- it prints\n{printed}")

    def _example(self, path: str) -> str:
        told = io.StringIO()
        with contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
            runpy.run_path(path, run_name="__main__")
        return told.getvalue()

    def _in_process(self, words: list[str], quiet: str | None, rest: str | None) -> tuple[int, str]:
        """Run the program, and then the rest of the line, if there is any, on what it prints."""
        told = io.StringIO()
        printed = io.StringIO() if rest else told
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(told), pytest.raises(SystemExit) as end:
            main(words)
        code, shown = int(end.value.code or 0), "" if quiet else told.getvalue()
        if not rest:
            return code, shown
        last_code, output = self._in_shell(f"cat {rest}", printed.getvalue())
        return last_code if rest.startswith("|") else code, shown + output

    def _in_shell(self, line: str, given: str = "") -> tuple[int, str]:
        done = subprocess.run(
            line, shell=True, cwd=self.folder, env=dict(self.environment), input=given,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout


WORD = r"""(?!2?>)(?:"[^"$\\]*"|'[^']*'|[^\s|<>&;()"'$\\]+)"""
EXAMPLE = re.compile(rf"python (?P<path>examples/\w+\.py{'' if STRESS else '|scatter.py'})")
"""A script that is run in this process. ``scatter.py`` has workers, each of which would import lightkurve: see `reader`."""
PROGRAM = re.compile(
    rf"(?:(?P<name>[A-Z_]+)=(?P<value>\w+) )?tess-source(?P<words>(?:\s+{WORD})+)\s*(?P<quiet>2>\s*/dev/null)?\s*(?P<rest>\|(?!\|).*|>.*)?",
    re.DOTALL,
)
"""A command of the program with plain words, a variable before it, what may hide its messages, and what takes its output."""


def commands(block: Block) -> Iterator[tuple[str, str, bool]]:
    """Take a console block apart: command, its output, whether its exit code is looked at next."""
    parts = re.split(r"^\$ ", block.body.replace("\\\n", "\\\0"), flags=re.MULTILINE)
    assert not parts[0].strip(), f"{block}: output before the first command"
    pairs = [part.partition("\n") for part in parts[1:]]
    for index, (command, _, output) in enumerate(pairs):
        following = pairs[index + 1][0] if index + 1 < len(pairs) else ""
        yield command.replace("\\\0", "\\\n"), output.rstrip("\n") + "\n" if output.strip() else "", "$?" in following


def threads(workers: int, **_words: object) -> ThreadPoolExecutor:
    """Return threads in place of the processes of `Manifest.map` and its like, whose own tests use processes."""
    return ThreadPoolExecutor(workers)


@pytest.fixture
def reader(tmp_path: Path, archive: SampleArchive, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reader]:
    """Stand in an empty folder, with tess-source on the path and the sample archive in place of MAST."""
    if not any(entry.name == "mast" for entry in entry_points(group=GROUP)):
        pytest.skip("tess-source is not installed, so its plugins are not found")
    folder, bin_ = tmp_path / "work", tmp_path / "bin"
    bin_.mkdir()
    shutil.copytree(ROOT / "examples", folder / "examples") if (ROOT / "examples").is_dir() else folder.mkdir()
    own = Path(sys.executable).parent
    if not (own / "tess-source").exists():
        (bin_ / "tess-source").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m tess_source "$@"\n')
        (bin_ / "tess-source").chmod(0o755)
    monkeypatch.setenv("TESS_SOURCE_SERVER", archive.url)
    monkeypatch.setenv("PATH", os.pathsep.join([str(own), str(bin_), os.environ["PATH"]]))
    monkeypatch.setenv("PYTHONPATH", PYTHONPATH)
    monkeypatch.setenv("MYPYPATH", PYTHONPATH)
    monkeypatch.setenv("COLUMNS", "110")
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")  # nobody listens there: nothing leaves this machine
    monkeypatch.chdir(folder)
    if not STRESS:
        monkeypatch.setattr("tess_source.workers.processes.ProcessPoolExecutor", threads)
        undrawn(monkeypatch)
    monkeypatch.delitem(sys.modules, "tess_source_dv.lightkurve", raising=False)  # whose import is an act
    set_default_session(None)
    with astroquery_at(archive.url):
        yield Reader(folder, os.environ)
    set_default_session(None)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_example_does_what_the_page_shows(page: Path, reader: Reader, request: pytest.FixtureRequest) -> None:
    if "s3://bucket" in page.read_text(encoding="utf-8"):
        request.getfixturevalue("s3").new_bucket("bucket")  # empty, whatever other pages have left there
    if re.search(r"^>>> (import|from) lightkurve", page.read_text(encoding="utf-8"), re.MULTILINE):
        lightkurve()  # it warns when it is imported
    for block in blocks(page):
        reader.read(block)
        assert not reader.problems, "\n".join(reader.problems)


# -- nothing escapes the reader --


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_block_is_of_a_known_kind_and_what_is_not_run_is_of_a_known_form(page: Path) -> None:
    found = blocks(page)
    assert page.read_text(encoding="utf-8").count("```") == 2 * len(found), (
        "a fence is not closed, or not at the start of a line"
    )
    for index, block in enumerate(found):
        if block.language == "toml":
            tomllib.loads(block.body)
            continue
        if block.title:
            later = "".join(other.body for other in found[index + 1 :])
            assert Path(block.title).stem in later or Path(block.title).parts[0] in later, (
                f"{block}: nobody uses {block.title}"
            )
            continue
        assert block.language in {"python", "console", "sh", "text"}, (
            f"{block}: a block of {block.language or 'no'} language"
        )
        if block.language == "text":
            assert not re.search(r"^(\$|>>>) ", block.body, re.MULTILINE), (
                f"{block}: this looks like an example that is not run"
            )
        for line in block.body.splitlines() if block.language == "sh" else ():
            words = line.split("#")[0].strip()
            assert any(re.fullmatch(known, words) for known in NOT_RUN), (
                f"{block}: {line!r} must be run, or be allowed not to be"
            )


def test_what_readme_says_for_people_without_make_is_what_make_does() -> None:
    makefile = (ROOT / "Makefile").read_text().replace("$(BIN)", ".venv/bin").replace("$(VENV)", ".venv")
    readme = (ROOT / "README.md").read_text()
    assert ".venv/bin/tess-source demo --to demo-data" in makefile
    assert ".venv/bin/tess-source demo --to demo-data" in readme
    assert ".venv/bin/python -m pytest" in makefile
    assert ".venv/bin/python -m pytest" in readme
    for page in PAGES:
        for target in re.findall(r"\bmake (\w+)(?= *(?:#|`|$))", page.read_text(), re.MULTILINE):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"{page.name}: make {target}"


def test_the_packaging_example_offers_its_plugin_where_plugins_are_looked_for() -> None:
    (block,) = [block for block in blocks(DOCS / "plugins.md") if block.title.endswith("pyproject.toml")]
    project = tomllib.loads(block.body)["project"]
    assert list(project["entry-points"]) == [GROUP]
    assert any(requirement.startswith("tess-source") for requirement in project["dependencies"])


def test_links_of_the_readme_and_pages_of_the_site_exist() -> None:
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", (ROOT / "README.md").read_text()):
        assert (ROOT / target).exists(), target
    listed = set(re.findall(r"^ +- (?:.*: )?([\w/-]+\.md)$", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE))
    pages = {
        *DOCS.rglob("*.md"),
        *(path.with_suffix(".md") for path in DOCS.rglob("*.ipynb")),
    }  # the build makes pages of notebooks
    assert listed == {page.relative_to(DOCS).as_posix() for page in pages}


def test_the_site_is_built_without_a_warning_and_asks_no_other_host(tmp_path: Path) -> None:
    """For every change without the API reference and the drawn pictures, which take most of the time; in full by ``make stress``."""
    pytest.importorskip("mkdocstrings", reason="mkdocs is not installed (extra: docs)")
    build_ = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path / "site")]
    own = {"NO_MKDOCS_2_WARNING": "1", "TESS_SOURCE_REFERENCE": "true" if STRESS else "false"}
    whole = {**os.environ, **own}
    done = subprocess.run(build_, cwd=ROOT, capture_output=True, text=True, check=False, env=whole)
    assert done.returncode == 0, done.stderr
    pages = [*tmp_path.rglob("*.html"), *tmp_path.rglob("*.css")]
    assert len(pages) > len(PAGES)
    if STRESS:
        reference = "".join(page.read_text() for page in (tmp_path / "site" / "api").glob("*.html"))
        shown = {name.rpartition(".")[2] for name in re.findall(r'id="(tess_source[\w.]+)"', reference)}
        assert not [path for path in on_pages() if path.rpartition(".")[2] not in shown]
    for page in pages:
        loads = re.findall(
            r"<(?:script|img|link|iframe)[^>]*?(?:src|href)=\"?((?:https?:)?//[^\">\s]+)|@import[^;]*(//)|url\(\W?((?:https?:)?//[^)]+)",
            page.read_text(),
        )
        assert not [hit for hit in loads if "canonical" not in str(hit)], f"{page.name} loads from elsewhere: {loads}"


def test_the_picture_of_the_readme_is_small_and_drawn_by_the_code_of_today() -> None:
    sys.path.insert(0, str(DOCS / "hooks"))
    try:
        import pictures
    finally:
        sys.path.pop(0)
    content = pictures.OF_README.read_bytes()
    assert len(content) < 100_000
    assert pictures.digest().encode() in content, "draw it again: python docs/hooks/pictures.py, and look at it"


# -- what must not go stale --


def pages_on_hooks() -> str:
    return "\n".join(page.read_text(encoding="utf-8") for page in sorted(DOCS.glob("hooks*.md")))


def test_the_pages_on_hooks_say_of_every_hook_what_its_contract_says() -> None:
    page = pages_on_hooks()
    rows = {hook: line for line in page.splitlines() if (hook := "".join(re.findall(r"^\| \[`(tess_\w+)`\]", line)))}
    hooks = {name: hook for role in ROLES for name, hook in vars(role).items() if name.startswith("tess_")}
    assert rows.keys() == hooks.keys()
    for name, hook in hooks.items():
        (answers,) = re.findall(r"Answers: (.+)", hook.__doc__)
        assert rows[name].endswith(f"| {answers} |"), name
        arguments = hook.__code__.co_varnames[1 : hook.__code__.co_argcount]
        assert f"| {'`' + ', '.join(arguments) + '`' if arguments else ''} |".replace("|  |", "| |") in rows[name], name
        assert re.search(rf"^## .*\b{name}\b", page, re.MULTILINE), f"{name} has no section"
        assert re.search(rf"def {name}\(", page), f"{name} has no example"


def test_the_pages_on_hooks_name_every_field_of_a_filter() -> None:
    page = pages_on_hooks()
    assert all(f"| `{one.name}` |" in page for one in fields(Filter))


def test_the_page_on_results_names_every_error_and_every_column_of_ours() -> None:
    page = (DOCS / "results.md").read_text(encoding="utf-8")
    for name in errors.__all__:
        assert not isinstance(getattr(errors, name), type) or f"`{name}`" in page, name
    for name in {*Products.schema, *Observations.schema}:
        assert f"`{name}`" in page, name


NO_MODULE = {"tess_source.missing"}  # a key in the metadata of Parquet files


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_modules_and_files_that_a_page_names_are_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for name in set(re.findall(r"`(tess_source\w*(?:\.\w+)+)", text)) - NO_MODULE:
        try:
            pkgutil.resolve_name(name)
        except (ImportError, AttributeError):
            pytest.fail(f"{page.name}: there is no {name}")
    for path in re.findall(r"`(?:python )?((?:tests|tess_source|plugins|bench|examples)/[\w/.]+)", text):
        assert (ROOT / path).exists(), f"{page.name}: there is no {path}"


def test_what_the_page_on_architecture_shows_is_there() -> None:
    folder = ROOT
    for indent, name in re.findall(r"^( *)(\w+(?:/|\.py)) +\S", blocks(DOCS / "architecture.md")[0].body, re.MULTILINE):
        folder = folder if indent else ROOT / name
        assert (folder / name if indent else folder).exists(), name


# -- the command reference --


@pytest.fixture(scope="module")
def program() -> click.Group:
    """The program with all built-in plugins, whether they are installed or not."""
    session = Session(discover=False)
    names = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]["tess_source"]
    for name, module in names.items():
        session.registry.register(__import__(module), name)
    return build(session)


def leaves(command: click.Command, path: str = "") -> Iterator[tuple[str, click.Command]]:
    yield path, command
    for name, child in getattr(command, "commands", {}).items():
        yield from leaves(child, f"{path} {name}".strip())


def options(command: click.Command) -> set[str]:
    flags = {flag for parameter in command.params if isinstance(parameter, click.Option) for flag in parameter.opts}
    return {flag for flag in flags if flag.startswith("--")}


def sections() -> dict[str, set[str]]:
    """Heading of a section of the command reference → options that its tables name."""
    parts = re.split(r"^##+ (.+)$", (DOCS / "commands.md").read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    rows = {
        title: re.findall(r"^\| *(`-.*?)\|", body, re.MULTILINE)
        for title, body in zip(parts[::2], parts[1::2], strict=True)
    }
    return {title.strip("`"): set(re.findall(r"(--[a-z][a-z-]*)", " ".join(cells))) for title, cells in rows.items()}


def test_the_command_reference_names_every_option_of_every_command_and_no_other(program: click.Group) -> None:
    told = sections()
    shared, every = told["What is asked for"], {"--help"}
    asking = {"search", "get", "urls", "count", "dv", "plot", "show", "dataset build"}
    commands = dict(leaves(program))
    for path, command in commands.items():
        own = told.get(f"tess-source {path}".strip(), set())
        assert f"tess-source {path}".strip() in told or not options(command) - every, f"{path} has no section"
        missing = options(command) - own - every - (shared if path in asking else set())
        assert not missing, f"{path}: not on the page: {missing}"
        assert own <= options(command), f"{path}: no such options: {own - options(command)}"
    for path in asking - {"count"}:
        assert shared <= (has := options(commands[path])), f"{path}: no such options: {shared - has}"


def test_the_command_reference_names_every_choice_and_environment_variable(program: click.Group) -> None:
    page = (DOCS / "commands.md").read_text(encoding="utf-8")
    for _, command in leaves(program):
        for parameter in command.params:
            if isinstance(parameter.type, click.Choice):
                assert all(f"`{choice}`" in page for choice in parameter.type.choices), parameter.name
    source = "".join(
        file.read_text() for folder in ("tess_source", "plugins") for file in (ROOT / folder).rglob("*.py")
    )
    for variable in set(re.findall(r"\b(TESS_SOURCE_[A-Z]+|MAST_API_TOKEN)\b", source)):
        assert f"`{variable}`" in page, variable
