"""The pieces of a rotated log, read as one text."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from gclog.errors import InputError
from gclog.source.open import Source, SourceSpec, expand, join_rotated, open_source

LINES = [b"line %d\n" % number for number in range(1, 31)]


def write_pieces(folder: Path, **pieces: bytes) -> None:
    for name, data in pieces.items():
        path = folder / ("gc.log" if name == "log" else f"gc.log.{name.removeprefix('n').replace('_', '.')}")
        path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)


def open_joined(folder: Path, encoding: str | None = None) -> Source:
    (spec,) = join_rotated(expand([str(folder)]))
    return open_source(spec, encoding)


def text_of(source: Source) -> bytes:
    return b"".join(block.data for block in source.blocks())


@pytest.fixture
def three(tmp_path: Path) -> Path:
    write_pieces(tmp_path, n2_gz=b"".join(LINES[:10]), n1=b"".join(LINES[10:20]), log=b"".join(LINES[20:]))
    return tmp_path


def test_the_text_is_that_of_all_pieces_from_the_oldest_on(three: Path) -> None:
    with open_joined(three) as source:
        assert source.name == str(three / "gc.log*")
        assert text_of(source) == b"".join(LINES)
        assert source.pieces == {str(three / "gc.log.2.gz"): 1, str(three / "gc.log.1"): 11, str(three / "gc.log"): 21}
        assert source.notes == []


def test_a_line_is_found_by_its_number_in_the_whole(three: Path) -> None:
    with open_joined(three) as source:
        text_of(source)
        assert source.fetch([1, 11, 30, 31]) == {1: "line 1", 11: "line 11", 30: "line 30"}


def test_bytes_are_those_of_the_files(three: Path) -> None:
    size = sum(path.stat().st_size for path in three.iterdir())
    with open_joined(three) as source:
        text_of(source)
        text_of(source)
        assert source.bytes_read == source.total_bytes == size


def test_a_line_that_the_rotation_cut_is_whole_again(tmp_path: Path) -> None:
    write_pieces(tmp_path, n1=b"one\ntw", log=b"o\nthree\n")
    with open_joined(tmp_path) as source:
        assert text_of(source) == b"one\ntwo\nthree\n"
        assert source.pieces[str(tmp_path / "gc.log")] == 2


def test_a_corrupt_piece_is_left_out_and_named(tmp_path: Path) -> None:
    write_pieces(tmp_path, n2=b"one\ntw", log=b"three\n")
    (tmp_path / "gc.log.1.gz").write_bytes(b"\x1f\x8b\x08\x00")
    with open_joined(tmp_path) as source:
        assert text_of(source) == b"one\ntw\nthree\n"
        (note,) = source.notes
    assert note.startswith(f"left out, and missing in all figures: {tmp_path / 'gc.log.1.gz'}: the gzip data is cut off")


def test_what_could_be_read_of_a_damaged_piece_is_not_put_together_with_the_next(tmp_path: Path) -> None:
    whole = gzip.compress(b"one\ntwo", mtime=0)
    (tmp_path / "gc.log.1.gz").write_bytes(whole[:-6])  # the checksum's end is missing
    write_pieces(tmp_path, log=b"three\n")
    with open_joined(tmp_path) as source:
        assert text_of(source) == b"one\ntwo\nthree\n"
        assert [note.partition(": ")[0] for note in source.notes] == [str(tmp_path / "gc.log.1.gz")]


def test_where_no_piece_can_be_read_the_first_says_why(tmp_path: Path) -> None:
    for name in ("gc.log", "gc.log.1"):
        (tmp_path / name).write_bytes(b"\x1f\x8b\x08\x00")
    with pytest.raises(InputError, match=r"gc\.log\.1: the gzip data is cut off"):
        open_joined(tmp_path)


def test_an_empty_piece_is_one_of_them(tmp_path: Path) -> None:
    write_pieces(tmp_path, n1=b"one\n", log=b"")
    with open_joined(tmp_path) as source:
        assert text_of(source) == b"one\n"
        assert list(source.pieces.values()) == [1, 2]


@pytest.mark.parametrize("encoding", [None, "utf-16-le"], ids=["found", "told"])
def test_each_piece_is_decoded(tmp_path: Path, encoding: str | None) -> None:
    mark = b"\xff\xfe" if encoding is None else b""
    write_pieces(tmp_path, n1=mark + "größer\n".encode("utf-16-le"), log=mark + "zwei\n".encode("utf-16-le"))
    with open_joined(tmp_path, encoding) as source:
        assert text_of(source).decode("utf-8") == "größer\nzwei\n"


def test_sources_keep_their_order_and_what_was_asked_for(three: Path) -> None:
    (three / "app.log").write_bytes(b"x\n")
    words = [str(three / name) for name in ("gc.log.1", "app.log", "gc.log")]
    joined = join_rotated(expand(words))
    assert [(spec.name, spec.asked) for spec in joined] == [(str(three / "gc.log*"), True), (words[1], True)]
    assert [piece.name for piece in joined[0].pieces] == [words[0], words[2]]


def test_what_is_no_file_is_no_piece(tmp_path: Path) -> None:
    specs = [SourceSpec("gc.log", None), SourceSpec("gc.log.1", tmp_path / "a.zip", member="gc.log.1")]
    assert join_rotated(specs) == specs


def test_notes_on_the_folder_are_kept(three: Path) -> None:
    (three / ".hidden").write_bytes(b"")
    (three / "gc.log.4").write_bytes(b"zero\n")
    with open_joined(three) as source:
        assert source.notes == [
            f"hidden files passed over in {three}: 1",
            "pieces are missing between those that are there: 3",
        ]
