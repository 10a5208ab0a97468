"""Files are written whole or not at all, whatever others do meanwhile, and what ended writers leave is tidied up."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tampering import TAMPERS, Tamper, of_each

from tess_source import disk, system
from tess_source.cache.answers import Answers
from tess_source.cache.memory import Memory
from tess_source.cache.store import Store
from tess_source.cache.verified import Index, Known
from tess_source.disk import replacing, temporary_beside, tidy, write, write_whole, writer_has_ended
from tess_source.hooks.registry import Registry
from tess_source.settings import OWN_FOLDER, Settings

POSIX = pytest.mark.skipif(os.name != "posix", reason="links, pipes and the renaming of open files are those of POSIX")
DAY = 86_400.0


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


# -- what others do to a temporary file ------------------------------------------------------------------------------------------


@POSIX
@of_each(TAMPERS)
def test_a_temporary_file_that_somebody_changes_does_not_become_the_file(
    tmp_path: Path, tamper: Tamper, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = disk._check_same

    def tampered(part: Path, stamp: system.Stamp, crc: int) -> None:
        time.sleep(0.011)  # file systems count time in steps
        tamper(part)
        real(part, stamp, crc)

    monkeypatch.setattr(disk, "_check_same", tampered)
    file = tmp_path / "lock.ecsv"
    file.write_bytes(b"old")
    with pytest.raises(OSError, match=r"somebody else changed|No such file"):
        write_whole(file, b"new")
    assert file.read_bytes() == b"old"
    assert set(contents(tmp_path)) <= {"lock.ecsv", "other"}  # a folder in its place is left to `tidy`


def test_a_temporary_file_of_which_only_the_time_changes_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, read = disk._check_same, []

    def touched(part: Path, stamp: system.Stamp, crc: int) -> None:
        os.utime(part, (1, 1))
        read.append(disk._sum_of(part) == crc)
        real(part, stamp, crc)

    monkeypatch.setattr(disk, "_check_same", touched)
    with replacing(tmp_path / "a") as file:
        for number in range(1000):
            file.write(b"%d" % number * 100)
    assert read == [True]
    assert (tmp_path / "a").stat().st_size == 289_000


def test_an_error_while_writing_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    with pytest.raises(KeyError), replacing(tmp_path / "a") as file:
        file.write(b"half")
        raise KeyError
    assert contents(tmp_path) == {"a": b"old"}


# -- what is left ----------------------------------------------------------------------------------------------------------------

WRITERS = {
    "a file": "from tess_source.disk import write; write(Path(sys.argv[1]) / 'name', b'x')",
    "a lock": "from tess_source.tables.plan import Plan; from tess_source.tables.items import Items\n"
    "Plan(Items.empty(), Path('data'), {}).save(Path(sys.argv[1]) / 'name')",
    "the cache": "from tess_source.cache.keep import keep; keep(Path(sys.argv[1]) / 'name', b'x', Path())",
}
KILLED = "import os, sys; from pathlib import Path; os.fsync = lambda handle: os._exit(9)\n"


def left_by(writer: str, folder: Path) -> None:
    """Let a process write, and end before it is done."""
    done = subprocess.run([sys.executable, "-c", KILLED + WRITERS[writer], folder], check=False, env={**os.environ})
    assert done.returncode == 9


@POSIX
@pytest.mark.parametrize("writer", WRITERS)
def test_what_a_killed_writer_left_is_removed_by_the_next(tmp_path: Path, writer: str) -> None:
    left_by(writer, tmp_path)
    [left] = tmp_path.iterdir()
    assert left.name.startswith(".name.")
    assert writer_has_ended(left.name) is True
    write(tmp_path / "another", b"y")
    assert contents(tmp_path) == {"another": b"y"}


def test_what_living_processes_write_is_left_alone_however_old(tmp_path: Path) -> None:
    mine = temporary_beside(tmp_path / "a")
    mine.write_bytes(b"x")
    os.utime(mine, (1, 1))
    known = writer_has_ended(mine.name) is False
    tidy(tmp_path)
    assert mine.exists() is known, "where start times are unknown, a day has to do"


@pytest.mark.parametrize(
    ("name", "goes"),
    [
        (".a.ecsv.00000000-12-34.0123456789ab.part", True),
        (".a.ecsv.0123456789abcdef0123456789abcdef.part", True),
        (".a\nb.00000000-12-.0123456789ab.part", True),
        (".a.ecsv.part", False),
        ("a.ecsv.00000000-12-34.0123456789ab.part", False),
        (".a.ecsv.0000000-12-34.0123456789ab.part", False),
        (".a.00000000-99999999999999-34.0123456789ab.part", False),
        ("a.fits.0123456789ab.part", False),
    ],
)
def test_what_is_not_known_to_be_left_waits_for_a_day_and_others_files_for_ever(
    tmp_path: Path, name: str, goes: bool
) -> None:
    (tmp_path / name).write_bytes(b"x")
    tidy(tmp_path)
    assert (tmp_path / name).exists()
    os.utime(tmp_path / name, (time.time() - DAY - 5,) * 2)
    tidy(tmp_path)
    assert (tmp_path / name).exists() is not goes


@POSIX
def test_a_folder_that_was_being_written_goes_with_all_that_is_in_it_and_no_link_is_followed(tmp_path: Path) -> None:
    gone = temporary_beside(tmp_path / "set").name.replace(f"-{os.getpid()}-", "-4000000000-")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "file").write_bytes(b"")
    (tmp_path / gone).mkdir()
    (tmp_path / gone / "0").write_bytes(b"x")
    (tmp_path / gone / "link").symlink_to(tmp_path / "mine")
    (tmp_path / gone.replace("set", "link")).symlink_to(tmp_path / "mine")
    tidy(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
    assert (tmp_path / "mine" / "file").exists()


def test_a_folder_that_cannot_be_tidied_is_no_error(tmp_path: Path) -> None:
    tidy(tmp_path / "nothing")
    (tmp_path / "file").write_bytes(b"")
    tidy(tmp_path / "file")


@pytest.mark.parametrize("name", ["x" * 250, "ä" * 120, "\udcff" * 60, "a\nb", "𝄞" * 60])
def test_a_temporary_name_is_short_enough_and_known_again(tmp_path: Path, name: str) -> None:
    part = temporary_beside(tmp_path / name)
    assert len(os.fsencode(part.name)) < 200
    assert disk.TEMPORARY.fullmatch(part.name)
    write_whole(tmp_path / name, b"x")
    assert contents(tmp_path) == {name: b"x"}


# -- what is no file -------------------------------------------------------------------------------------------------------------


@POSIX
def test_nothing_but_files_is_opened_and_nothing_is_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "circle").symlink_to("circle")
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "device").symlink_to("/dev/zero")
    for name in ("pipe", "folder", "circle", "device", "nothing"):
        for links in (True, False):
            with pytest.raises(OSError, match=r"not a plain file|Too many levels|No such file"):
                disk.opened(tmp_path / name, links=links)
    with disk.opened(tmp_path / "link", links=True) as file:
        assert file.read() == b"x"
    with pytest.raises(OSError, match="not a plain file"):
        disk.opened(tmp_path / "link")


@POSIX
def test_a_pipe_or_a_folder_in_the_cache_folder_is_passed_over(tmp_path: Path) -> None:
    settings = Settings(cache=tmp_path)
    memory, index = Memory(settings, Registry()), Index(tmp_path)
    index.add([Known("a", 1, 1, "0" * 64)])
    asked = {"name": "x"}
    name = memory._name_file(asked)
    name.parent.mkdir(parents=True)
    for make in (os.mkfifo, Path.mkdir):
        for path in (index.folder / f"{make.__name__}.jsonl", name):
            make(path)
        assert list(Index(tmp_path).entries) == ["a"]
        known, problem = memory._kept_name(name, asked)
        assert known is None
        assert "not a plain file" in problem
        assert Answers(tmp_path, 1.0)._record_of(None, name) is None  # type: ignore[arg-type]
        name.unlink() if make is os.mkfifo else name.rmdir()


@POSIX
def test_prune_removes_what_ended_writers_left_and_nothing_of_living_ones(tmp_path: Path) -> None:
    left_by("the cache", tmp_path / OWN_FOLDER)
    living = temporary_beside(tmp_path / OWN_FOLDER / "living")
    living.write_bytes(b"x")
    os.utime(living, (1, 1))
    assert [file.path.split("/")[1][:6] for file in Store(tmp_path).leftovers()] == [".name."]
