"""What a terminal gets to see of texts from elsewhere: nothing that acts, and no password."""

from __future__ import annotations

import io
import logging

import pytest
from hostile import COMMANDS, is_harmless
from hypothesis import given
from hypothesis import strategies as st
from places import CORE, PLUGINS

from tess_source._lazy import pl
from tess_source.display import text
from tess_source.display.visible import logger, visible, visible_line
from tess_source.errors import (
    DownloadError,
    NetworkError,
    NoColumnError,
    OfflineError,
    ServiceError,
    TessSourceError,
    UnknownNameError,
)
from tess_source.wording import in_program, keyword


@given(st.text() | st.characters(categories=("Cc", "Cf", "Cs", "Zl", "Zp", "Zs")))
def test_nothing_acts_in_a_text_that_is_visible(said: str) -> None:
    assert is_harmless(visible(said))
    assert visible_line(said).isprintable()
    assert visible(visible(said)) == visible(said)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("\x1b]0;x\x07", r"\x1b]0;x\x07"),
        ("\x9b31m", r"\x9b31m"),
        ("a\r\b\x7f", r"a\r\x08\x7f"),
        ("\u202eevil", r"\u202eevil"),
        ("a\u200bb\ud800", r"a\u200bb\ud800"),
        ("K\xf6ln \u2606 \u661f \U0001f680", "K\xf6ln \u2606 \u661f \U0001f680"),
        (r"C:\new", r"C:\new"),
    ],
)
def test_control_characters_are_escapes_and_all_else_stays(said: str, shown: str) -> None:
    assert visible(said) == visible_line(said) == shown


def test_line_feeds_stay_where_a_text_may_have_lines() -> None:
    assert visible("a\nb") == "a\nb"
    assert visible_line("a\nb") == r"a\nb"


@pytest.mark.parametrize("user", ["me:secret@", "me@", ":secret@", "me:se@cret@", "me:%40secret@"])
def test_no_password_of_an_address_is_visible(user: str) -> None:
    assert (
        visible(f"see http://{user}host:1/a@b, or HTTPS://{user}[::1]/") == "see http://host:1/a@b, or HTTPS://[::1]/"
    )


def test_a_message_may_say_where_to_give_a_password() -> None:
    assert visible("give http://user:password@host") == "give http://user:password@host"


def test_cells_and_headings_of_a_table_are_on_one_line_each() -> None:
    evil = "".join(COMMANDS)
    frame = pl.DataFrame({f"a{evil}": [evil, "b"], "n": [1, 2], "list": [[evil], []]})
    for width in (0, 60, 200):
        shown = text.table(frame, frame.columns, width=width)
        assert is_harmless(shown)
        assert shown.count("\n") == 2 or width == 60


@pytest.mark.parametrize(
    "error",
    [
        TessSourceError("\x1b[1m"),
        UnknownNameError("filter", "\x1b", ["\x9b", keyword("\x07")]),
        ServiceError("\x1b", "\x9b", 500, "\u202e"),
        NetworkError("x", "\x1b", None, "http://me:secret@host"),
        OfflineError("\x1b", "\r"),
        NoColumnError("\x1b", ["\x07"], "\b"),
        DownloadError(2, "\x1b", "\x1b"),
        DownloadError(TessSourceError("\x1b"), keyword("a", "\x1b")),
    ],
)
def test_messages_of_errors_are_visible(error: TessSourceError) -> None:
    for said in (str(error), in_program(error)):
        assert is_harmless(said)
        assert "secret" not in said


def test_every_module_takes_its_logger_from_here() -> None:
    for file in (*CORE.rglob("*.py"), *PLUGINS.rglob("*.py")):
        assert "getLogger(__name__)" not in file.read_text(), file


def test_log_records_are_visible_whoever_handles_them() -> None:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    log = logger("tess_source.test")
    assert logger("tess_source.test") is log is logging.getLogger("tess_source.test")
    log.addHandler(handler)
    try:
        log.warning("%s at %s", "\x1b[31m", "http://me:secret@host")
        log.warning("%d %s", 3, "plain")
    finally:
        log.removeHandler(handler)
    assert out.getvalue() == "\\x1b[31m at http://host\n3 plain\n"
