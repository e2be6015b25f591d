from __future__ import annotations

from pathlib import Path

import pytest

from gclog.errors import InputError, UsageError
from gclog.fleet.logs import list_logs, local_file


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b/gc.log", "a/gc.log", "a/gc.log.1", "a/.hidden"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    return tmp_path


@pytest.mark.parametrize("word", ["", "*", "*/gc.log*", "**/*"], ids=["folder", "glob of folders", "glob", "deep glob"])
def test_local_logs_are_listed_once_and_sorted(folder: Path, word: str) -> None:
    found = list_logs([str(folder / word), str(folder / "a" / "gc.log")])
    assert [Path(name).relative_to(folder).as_posix() for name in found] == ["a/gc.log", "a/gc.log.1", "b/gc.log"]


def test_a_missing_file_is_listed_for_it_answers_for_itself(folder: Path) -> None:
    assert list_logs([str(folder / "none.log")]) == [str(folder / "none.log")]


def test_a_pattern_that_nothing_matches_is_refused(folder: Path) -> None:
    with pytest.raises(InputError, match="no log matches"):
        list_logs([str(folder / "x*")])


def test_a_local_log_is_read_where_it_is(folder: Path) -> None:
    with local_file(str(folder / "b/gc.log")) as path:
        assert path == folder / "b/gc.log"


@pytest.fixture
def storage() -> str:
    fsspec = pytest.importorskip("fsspec", reason="the extra `fleet` is not installed")
    memory = fsspec.filesystem("memory")
    for name in ("web-1/gc.log", "web-2/gc.log.gz"):
        memory.pipe(f"/bucket/{name}", name.encode())
    return "memory://bucket"


@pytest.mark.parametrize("word", ["", "/*/gc.log*", "/**"], ids=["folder", "glob", "deep glob"])
def test_remote_logs_are_listed_with_their_protocol(storage: str, word: str) -> None:
    assert list_logs([storage + word]) == ["memory:///bucket/web-1/gc.log", "memory:///bucket/web-2/gc.log.gz"]


def test_a_remote_log_is_a_local_copy_under_its_own_name_as_long_as_it_is_needed(storage: str) -> None:
    with local_file("memory:///bucket/web-2/gc.log.gz") as path:
        assert (path.name, path.read_bytes()) == ("gc.log.gz", b"web-2/gc.log.gz")
    assert not path.exists()


def test_a_remote_log_that_is_not_there_is_named_as_it_was_given(storage: str) -> None:
    with (
        pytest.raises(InputError, match=r"^memory:///bucket/none: cannot be fetched: FileNotFoundError"),
        local_file("memory:///bucket/none"),
    ):
        pass


def test_storage_that_nobody_knows_is_refused() -> None:
    pytest.importorskip("fsspec", reason="the extra `fleet` is not installed")
    with pytest.raises(UsageError, match="no such storage"):
        list_logs(["gopher://bucket/*"])
