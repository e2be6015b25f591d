from __future__ import annotations

from pathlib import Path

import pytest

from gclog.errors import InputError, UsageError
from gclog.fleet.logs import list_logs, local_files
from gclog.source.rotation import Family, find_families


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
    name = str(folder / "b/gc.log")
    with local_files([name]) as log:
        assert (log.names, log.notes) == ({name: name}, ())


def test_one_unavailable_file_of_several_is_left_out_and_named(folder: Path) -> None:
    there, missing = str(folder / "a/gc.log"), str(folder / "a/gc.log.2")
    with local_files([missing, there]) as log:
        assert log.names == {there: there}
        assert log.notes == (f"left out, and missing in all figures: {missing}: no such file",)


def test_where_none_of_several_can_be_had_the_first_says_why(folder: Path) -> None:
    with (
        pytest.raises(InputError, match=r"gc\.log\.2: no such file"),
        local_files([str(folder / "a/gc.log.2"), str(folder / "x")]),
    ):
        pass


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
    with local_files(["memory:///bucket/web-2/gc.log.gz"]) as log:
        ((path, name),) = log.names.items()
        assert (Path(path).name, name) == ("gc.log.gz", "memory:///bucket/web-2/gc.log.gz")
        assert Path(path).read_bytes() == b"web-2/gc.log.gz"
    assert not Path(path).exists()


@pytest.mark.usefixtures("storage")
def test_remote_pieces_are_copied_in_their_order() -> None:
    names = ["memory:///bucket/web-2/gc.log.gz", "memory:///bucket/web-1/gc.log"]
    with local_files(names) as log:
        assert list(log.names.values()) == names
        (family,) = find_families(list(log.names))
        assert isinstance(family, Family) and family.members == tuple(log.names)


@pytest.mark.parametrize("name", ["..", "a\nb", "a::b", "x" * 300, "\x1b[31m", "a:b", "-", "gc\\log"], ids=ascii)
def test_an_object_may_be_called_what_no_file_may(storage: str, name: str) -> None:
    import fsspec

    memory = fsspec.filesystem("memory")
    memory.store[memory._strip_protocol(f"memory://bucket/{name}")] = memory.store["/bucket/web-1/gc.log"]
    with local_files([f"memory://bucket/{name}"]) as log:
        ((path, known_as),) = log.names.items()
        assert Path(path).name == "log"
        assert Path(path).read_bytes() == b"web-1/gc.log"
        assert known_as == f"memory://bucket/{name}"


def test_a_remote_log_that_is_not_there_is_named_as_it_was_given(storage: str) -> None:
    with (
        pytest.raises(InputError, match=r"^memory:///bucket/none: cannot be fetched: FileNotFoundError"),
        local_files(["memory:///bucket/none"]),
    ):
        pass


@pytest.mark.parametrize("word", ["memory://bucket/none/*", "memory://bucket/*/none*"], ids=["folder", "object"])
@pytest.mark.usefixtures("storage")
def test_a_remote_pattern_that_nothing_matches_is_refused(word: str) -> None:
    said = "there is no memory:///bucket/none" if "none/" in word else "no log matches"
    with pytest.raises(InputError, match=said):
        list_logs([word])


def test_storage_that_nobody_knows_is_refused() -> None:
    pytest.importorskip("fsspec", reason="the extra `fleet` is not installed")
    with pytest.raises(UsageError, match="no such storage"):
        list_logs(["gopher://bucket/*"])
