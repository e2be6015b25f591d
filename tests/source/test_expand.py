"""Words of the command line, made into sources."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import pytest

from gclog.errors import InputError
from gclog.source.expand import SourceSpec, expand


def names(words: list[str]) -> list[str]:
    return [spec.name for spec in expand(words)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.log", "a.log", "sub/c.log", "sub/.hidden.log", ".git/config", "z[1].log"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x\n")
    return tmp_path


def test_files_come_in_the_order_in_which_they_are_named_and_only_once(folder: Path) -> None:
    words = [str(folder / "b.log"), str(folder / "a.log"), str(folder / "b.log")]
    assert names(words) == words[:2]


def test_a_folder_stands_for_its_files_sorted_without_the_hidden_ones(folder: Path) -> None:
    specs = expand([str(folder)])
    assert [spec.name for spec in specs] == [str(folder / name) for name in ("a.log", "b.log", "sub/c.log", "z[1].log")]
    assert not any(spec.asked for spec in specs)
    assert specs[0].notes == (f"hidden files passed over in {folder}: 2",)
    assert specs[1].notes == ()


def test_a_hidden_file_that_is_named_is_read(folder: Path) -> None:
    assert names([str(folder / "sub/.hidden.log")]) == [str(folder / "sub/.hidden.log")]


def test_a_glob_that_the_shell_left_alone_is_expanded_and_sorted(folder: Path) -> None:
    assert names([str(folder / "?.log")]) == [str(folder / "a.log"), str(folder / "b.log")]
    assert names([str(folder / "**/*.log")]) == [str(folder / n) for n in ("a.log", "b.log", "sub/c.log", "z[1].log")]


def test_a_file_with_the_characters_of_a_glob_in_its_name_is_itself(folder: Path) -> None:
    assert names([str(folder / "z[1].log")]) == [str(folder / "z[1].log")]


def test_a_dash_is_stdin() -> None:
    assert expand(["-"]) == [SourceSpec("stdin", None)]


def test_a_pipe_is_not_touched(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    assert names([str(tmp_path / "fifo")]) == [str(tmp_path / "fifo")]


def test_an_archive_in_a_folder_is_opened_too(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "old.zip", "w") as archive:
        archive.writestr("gc.log", "x")
    assert names([str(tmp_path)]) == [str(tmp_path / "old.zip" / "gc.log")]


@pytest.mark.parametrize(
    ("word", "what"),
    [
        ("missing.log", "no such file"),
        ("*.txt", "no file matches"),
        ("empty", "holds no files"),
        ("empty.zip", "empty archive"),
    ],
)
def test_a_word_that_names_nothing_is_an_error(folder: Path, word: str, what: str) -> None:
    (folder / "empty").mkdir()
    zipfile.ZipFile(folder / "empty.zip", "w").close()
    with pytest.raises(InputError, match=what) as caught:
        expand([str(folder / word)])
    assert caught.value.where == str(folder / word)
    assert caught.value.remedy
    assert caught.value.exit_code == 4


@pytest.mark.parametrize(
    ("error", "what"),
    [
        (PermissionError(13, "Permission denied"), "no permission to read it"),
        (IsADirectoryError(21, "Is a directory"), "is a folder, not a file"),
        (OSError(5, "Input/output error"), "cannot be opened: Input/output error"),
    ],
    ids=["permission", "folder", "other"],
)
def test_a_file_that_cannot_be_opened_is_an_error(
    folder: Path, monkeypatch: pytest.MonkeyPatch, error: OSError, what: str
) -> None:
    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr(io, "FileIO", refuse)
    with pytest.raises(InputError, match=what):
        expand([str(folder / "a.log")])


def test_an_encrypted_member_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "secret.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("gc.log", "x")
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"secret.zip/gc.log: is encrypted"):
        expand([str(path)])
