"""From files, archives and pipes to blocks of whole lines, and back from line numbers to their text."""

from __future__ import annotations

import bz2
import errno
import gzip
import io
import lzma
import os
import random
import threading
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from gclog.errors import InputError, UsageError
from gclog.source import decompress, feed
from gclog.source import open as opening
from gclog.source.blocks import CUT_MARK, HEAD_BYTES, JSON_LINE_BYTES, LINE_BYTES, TAIL_BYTES
from gclog.source.open import Block, Source, SourceSpec, expand, open_source

LINES = [f"[1:0x5d0]  {n:6} ms: Scavenge {n} é → 1 MB" for n in range(1, 2001)]
TEXT = "\n".join(LINES) + "\n"


def write(folder: Path, data: bytes, name: str = "gc.log") -> SourceSpec:
    path = folder / name
    path.write_bytes(data)
    [spec] = expand([str(path)])
    return spec


def read(source: Source, size: int = 1 << 14) -> list[str]:
    """All lines by way of small blocks, whose numbers must add up."""
    lines: list[str] = []
    for block in source.blocks(size):
        assert block.first_line == len(lines) + 1
        lines += block.data.decode(errors="replace").removesuffix("\n").split("\n")
    return lines


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading and unpacking in pieces of about 4 KiB, so that a small log has many."""
    monkeypatch.setattr(feed, "CHUNK_BYTES", 4096)
    monkeypatch.setattr(decompress, "OUTPUT_BYTES", 4096)


PACKERS: dict[str, tuple[Callable[[bytes], bytes], str | None, str]] = {
    "plain": (lambda data: data, None, "utf-8"),
    "gzip": (gzip.compress, "gzip", "utf-8"),
    "gzip-two-members": (lambda data: gzip.compress(data[:5000]) + gzip.compress(data[5000:]), "gzip", "utf-8"),
    "gzip-padded": (lambda data: gzip.compress(data) + b"\0" * 512, "gzip", "utf-8"),
    "bzip2": (bz2.compress, "bzip2", "utf-8"),
    "bzip2-two-streams": (lambda data: bz2.compress(data[:5000]) + bz2.compress(data[5000:]), "bzip2", "utf-8"),
    "xz": (lzma.compress, "xz", "utf-8"),
    "zstd": (zstandard.compress, "zstd", "utf-8"),
    "zstd-two-frames": (lambda data: zstandard.compress(data[:5000]) + zstandard.compress(data[5000:]), "zstd", "utf-8"),
    "gzip-in-zstd": (lambda data: zstandard.compress(gzip.compress(data)), "zstd+gzip", "utf-8"),
    "utf-8-bom": (lambda data: b"\xef\xbb\xbf" + data, None, "utf-8"),
    "utf-16-le-bom": (lambda data: b"\xff\xfe" + data.decode().encode("utf-16-le"), None, "utf-16-le"),
    "utf-16-be-bom": (lambda data: b"\xfe\xff" + data.decode().encode("utf-16-be"), None, "utf-16-be"),
    "utf-16-le": (lambda data: data.decode().encode("utf-16-le"), None, "utf-16-le"),
    "utf-16-be": (lambda data: data.decode().encode("utf-16-be"), None, "utf-16-be"),
    "utf-16-gzip": (lambda data: gzip.compress(data.decode().encode("utf-16")), "gzip", "utf-16-le"),
    "crlf": (lambda data: data.replace(b"\n", b"\r\n"), None, "utf-8"),
    "crcrlf": (lambda data: data.replace(b"\n", b"\r\r\n"), None, "utf-8"),
    "cr": (lambda data: data.replace(b"\n", b"\r"), None, "utf-8"),
    "no-last-newline": (lambda data: data[:-1], None, "utf-8"),
    "nul-hole": (lambda data: b"\0" * 100_000 + data, None, "utf-8"),
    "nul-hole-cr": (lambda data: b"\0" * 100_000 + data.replace(b"\n", b"\r"), None, "utf-8"),
    "nul-tail": (lambda data: data + b"\0" * 100_000, None, "utf-8"),
}


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize(("pack", "compression", "encoding"), PACKERS.values(), ids=PACKERS)
def test_every_packing_gives_the_same_lines_and_fetches_them_again(
    tmp_path: Path, pack: Callable[[bytes], bytes], compression: str | None, encoding: str
) -> None:
    data = pack(TEXT.encode())
    with open_source(write(tmp_path, data)) as source:
        assert (source.compression, source.encoding) == (compression, encoding)
        assert read(source) == LINES
        assert read(source) == LINES
        assert source.bytes_read == source.total_bytes == len(data)
        assert source.fetch([1, 2, 999, 2000]) == {n: LINES[n - 1] for n in (1, 2, 999, 2000)}
        assert source.fetch(range(1, 2001)) == dict(enumerate(LINES, 1))
        assert source.fetch([0, 2001]) == {}
        holes = compression is None and b"\0" * 99 in data
        notes = [note.partition(":")[0] for note in source.notes if "CR" not in note]
        assert notes == ["NUL bytes dropped"] * holes


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("name", ["plain", "gzip", "utf-16-le-bom", "crlf", "cr", "nul-hole"])
def test_a_pipe_gives_the_same_lines_and_fetches_them_again(tmp_path: Path, name: str) -> None:
    data = PACKERS[name][0](TEXT.encode())
    path = tmp_path / "fifo"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=[data])
    writer.start()
    [spec] = expand([str(path)])
    with open_source(spec) as source:
        assert read(source) == LINES
        assert source.fetch([1, 1000, 2000]) == {n: LINES[n - 1] for n in (1, 1000, 2000)}
        assert read(source) == LINES
        assert source.bytes_read == source.total_bytes == len(data)
    writer.join()


def test_stdin_is_read_and_left_open(monkeypatch: pytest.MonkeyPatch) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(TEXT.encode()))
    monkeypatch.setattr("sys.stdin", stdin)
    [spec] = expand(["-"])
    with open_source(spec) as source:
        assert (source.name, source.total_bytes) == ("stdin", None)
        assert read(source) == LINES
        assert source.fetch([7]) == {7: LINES[6]}
    assert not stdin.buffer.closed


def test_lines_can_be_fetched_before_any_block_was_read(tmp_path: Path) -> None:
    with open_source(write(tmp_path, TEXT.encode())) as source:
        assert source.fetch([1500]) == {1500: LINES[1499]}


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("pipe", [False, True])
def test_fetching_while_reading_does_not_disturb_the_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pipe: bool
) -> None:
    spec = SourceSpec("stdin", None) if pipe else write(tmp_path, TEXT.encode())
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(TEXT.encode())))
    with open_source(spec) as source:
        lines = []
        for block in source.blocks(1 << 12):
            lines += block.data.decode().splitlines()
            assert source.fetch([3]) == {3: LINES[2]}
        assert lines == LINES
        assert read(source) == LINES


@pytest.mark.usefixtures("small_chunks")
def test_fetching_from_a_plain_file_reads_only_the_blocks_that_hold_the_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    positions = []

    class Watched(io.FileIO):
        def read(self, size: int | None = -1, /) -> bytes:
            positions.append(self.tell())
            return super().read(size or -1)

    spec = write(tmp_path, TEXT.encode())
    monkeypatch.setattr(opening, "open_file", Watched)
    with open_source(spec) as source:
        assert read(source, 4096) == LINES
        positions.clear()
        assert source.fetch([1, 2000]) == {1: LINES[0], 2000: LINES[-1]}
        assert len(positions) <= 5


def test_a_file_with_one_line_and_one_with_none(tmp_path: Path) -> None:
    with open_source(write(tmp_path, b"x")) as source:
        assert list(source.blocks()) == [Block(b"x", 1)]
    for data in (b"", gzip.compress(b"")):
        with open_source(write(tmp_path, data)) as source:
            assert list(source.blocks()) == []
            assert source.notes == []
            assert source.fetch([1]) == {}


# ---------------------------------------------------------------- line ends


def test_a_lone_cr_stays_in_its_line_where_the_log_has_lf(tmp_path: Path) -> None:
    with open_source(write(tmp_path, b"a\n| build\r/ build\rdone\nb\r")) as source:
        assert list(source.blocks()) == [Block(b"a\n| build\r/ build\rdone\n", 1), Block(b"b", 3)]


def test_a_lone_cr_ends_a_line_where_the_first_part_of_the_log_has_no_lf(tmp_path: Path) -> None:
    spinner = b"\r".join(b"%d %%" % n for n in range(20_000))
    assert len(spinner) > opening.HEAD_BYTES
    with open_source(write(tmp_path, spinner + b"\r\ndone\nend\rx")) as source:
        lines = read(source)
        assert lines[:2] == ["0 %", "1 %"]
        assert lines[20_000:] == ["done", "end", "x"]
        assert source.notes == ["the lines end with CR, as on the old Mac"]
        assert source.fetch([20_001]) == {20_001: "done"}


@pytest.mark.parametrize("size", range(1, 12))
def test_line_ends_torn_between_blocks_are_counted_once(tmp_path: Path, size: int) -> None:
    with open_source(write(tmp_path, b"a\r\n\r\nbc\r\r\nd\n\ne\r\n")) as source:
        assert read(source, size) == ["a", "", "bc", "d", "", "e"]


# ---------------------------------------------------------------- NULs and long lines


def test_a_hole_of_nuls_is_dropped_and_noted(tmp_path: Path) -> None:
    with open_source(write(tmp_path, b"\0" * 70_000 + b"a\nb\0c\n" + b"\0" * 50)) as source:
        assert read(source) == ["a", "bc"]
        [note] = source.notes
        assert note.startswith("NUL bytes dropped: 70,051 (")


def test_gigabytes_of_nuls_are_read_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "hole.log"
    with path.open("wb") as file:
        file.seek(1 << 28)
        file.write(b"a\nb\n")
    [spec] = expand([str(path)])
    tracemalloc.start()
    with open_source(spec) as source:
        assert read(source) == ["a", "b"]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 32 << 20


def test_a_line_of_200_megabytes_is_cut_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "long.log"
    with path.open("wb") as file:
        file.write(b"first\nBEGIN")
        for _ in range(200):
            file.write(b"x" * (1 << 20))
        file.write(b"END\r\nlast\n")
    [spec] = expand([str(path)])
    tracemalloc.start()
    with open_source(spec) as source:
        blocks = list(source.blocks())
        fetched = source.fetch([2, 3])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 64 << 20
    first, long, last = b"".join(block.data for block in blocks).decode().removesuffix("\n").split("\n")
    assert (first, last) == ("first", "last")
    assert long.startswith("BEGINxxx")
    assert long.endswith("xxxEND")
    assert len(long) == HEAD_BYTES + len(CUT_MARK) + TAIL_BYTES - len("\r")
    assert fetched == {2: long, 3: "last"}
    lost = 200 * (1 << 20) + len("BEGINEND\r") - HEAD_BYTES - TAIL_BYTES
    assert source.notes == [f"lines above 1 MiB cut: 1; bytes not read in their middle: {lost:,}"]


@pytest.mark.parametrize("size", [1 << 12, 1 << 20, 1 << 22, 1 << 24])
@pytest.mark.parametrize("length", [LINE_BYTES, LINE_BYTES + 1, 2 * LINE_BYTES + 5])
def test_what_is_cut_does_not_depend_on_the_size_of_blocks(tmp_path: Path, size: int, length: int) -> None:
    noise = random.Random(1).randbytes(length).hex()[:length]
    cut = noise if length <= LINE_BYTES else noise[:HEAD_BYTES] + CUT_MARK.decode() + noise[-TAIL_BYTES:]
    with open_source(write(tmp_path, "\n".join(["a", noise, "b", noise, noise, ""]).encode())) as source:
        assert read(source, size) == ["a", cut, "b", cut, cut]
        assert source.fetch([4, 5]) == {4: cut, 5: cut}


def test_a_line_of_json_may_be_longer(tmp_path: Path) -> None:
    lines = ["{" + "x" * (2 * LINE_BYTES), "{" + "y" * JSON_LINE_BYTES, "z"]
    with open_source(write(tmp_path, "\n".join(lines).encode())) as source:
        long, cut, last = read(source)
        assert (long, last) == (lines[0], "z")
        assert len(cut) == HEAD_BYTES + len(CUT_MARK) + TAIL_BYTES


# ---------------------------------------------------------------- damage


@pytest.mark.parametrize("cut", range(1, 30))
def test_a_gzip_file_cut_anywhere_in_its_tail_gives_what_is_before(tmp_path: Path, cut: int) -> None:
    data = gzip.compress(TEXT.encode())
    with open_source(write(tmp_path, data[:-cut])) as source:
        lines = read(source)
        assert len(lines) > 1900
        assert lines[:-1] == LINES[: len(lines) - 1]
        assert LINES[len(lines) - 1].startswith(lines[-1].rstrip("\ufffd"))
        assert source.notes == ["the gzip data is cut off: its end is missing"]
        assert source.fetch([1900]) == {1900: LINES[1899]}


def test_a_gzip_file_cut_at_every_byte_is_read_or_refused_with_a_message(tmp_path: Path) -> None:
    data = gzip.compress(b"a line\nanother\n" + bytes(range(32, 127)))
    for length in range(2, len(data)):
        spec = write(tmp_path, data[:length])
        try:
            with open_source(spec) as source:
                assert read(source)[0].startswith("a line"[: len(read(source)[0])])
                assert source.notes
        except InputError as error:
            assert "is cut off" in str(error)


@pytest.mark.parametrize("name", ["bzip2", "xz", "zstd"])
def test_other_packings_that_are_cut_give_what_is_before(tmp_path: Path, name: str) -> None:
    noise = [random.Random(n).randbytes(30).hex() for n in range(20_000)]
    data = PACKERS[name][0]("\n".join(noise).encode())
    with open_source(write(tmp_path, data[: len(data) * 3 // 4])) as source:
        lines = read(source)
        assert len(lines) > 5_000
        assert lines[:-1] == noise[: len(lines) - 1]
        assert source.notes == [f"the {name} data is cut off: its end is missing"]


@pytest.mark.parametrize("name", ["gzip", "bzip2", "xz", "zstd"])
def test_packings_that_are_damaged_give_what_is_before(tmp_path: Path, name: str) -> None:
    noise = [random.Random(n).randbytes(30).hex() for n in range(20_000)]
    data = bytearray(PACKERS[name][0]("\n".join(noise).encode()))
    middle = len(data) * 3 // 4
    data[middle : middle + 64] = random.Random(7).randbytes(64)
    with open_source(write(tmp_path, bytes(data))) as source:
        before = (20_000 * 5 // 8, 900_000 // 61)[name == "bzip2"]  # bzip2 loses its block of 900 kB
        lines = read(source)
        assert lines[: before - 20] == noise[: before - 20]
        assert source.notes[-1].startswith(f"the {name} data is damaged somewhere")


def test_a_gzip_file_with_a_wrong_checksum_gives_all_its_lines(tmp_path: Path) -> None:
    data = gzip.compress(TEXT.encode())
    with open_source(write(tmp_path, data[:-8] + b"\1\2\3\4" + data[-4:])) as source:
        assert read(source) == LINES
        assert "incorrect data check" in source.notes[0]


def test_output_that_a_decoder_holds_back_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decompress, "OUTPUT_BYTES", 100)
    data = gzip.compress(b"a" * 20_000)
    for length in range(20, len(data) - 8):
        expected = zlib.decompressobj(wbits=31).decompress(data[:length])
        assert b"".join(decompress.decompress("gzip", [data[:length]], lambda _: None)) == expected


def test_foreign_bytes_after_a_gzip_member_are_noted(tmp_path: Path) -> None:
    with open_source(write(tmp_path, gzip.compress(b"a\nb\n") + b"garbage")) as source:
        assert read(source) == ["a", "b"]
        assert source.notes[0].startswith("the gzip data is damaged after 1 complete members")


@pytest.mark.parametrize(
    "data", [b"\x1f\x8b", b"\x1f\x8b" + b"x" * 50, b"\xfd7zXZ\0", b"BZh91AY&SY", b"\x28\xb5\x2f\xfdxxxxxx"]
)
def test_an_archive_of_which_nothing_can_be_read_is_an_error(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(InputError, match=r"the .* data is (damaged|cut off)"):
        open_source(write(tmp_path, data))


# ---------------------------------------------------------------- zip


def make_zip(folder: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    path = folder / "logs.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_each_member_of_a_zip_archive_is_a_source(tmp_path: Path, method: int) -> None:
    utf16 = ("\ufeff" + TEXT).encode("utf-16-le")
    path = make_zip(
        tmp_path, {"a/gc.log": TEXT.encode(), "folder/": b"", "b.log.gz": gzip.compress(TEXT.encode()), "c.txt": utf16}, method
    )
    specs = expand([str(path)])
    assert [spec.name for spec in specs] == [f"{path}/a/gc.log", f"{path}/b.log.gz", f"{path}/c.txt"]
    packings = []
    for spec in specs:
        with open_source(spec) as source:
            packings.append((source.compression, source.encoding))
            assert read(source) == LINES
            assert source.fetch([5, 1999]) == {5: LINES[4], 1999: LINES[1998]}
            assert source.bytes_read == source.total_bytes
            assert source.notes == []
    assert packings == [("zip", "utf-8"), ("zip+gzip", "utf-8"), ("zip", "utf-16-le")]


def test_a_zip_archive_without_its_directory_gives_its_members_in_a_row(tmp_path: Path) -> None:
    path = make_zip(tmp_path, {"a.log": TEXT.encode(), "b.log": b"more\n" * 5, "c.log": b"lost"})
    data = path.read_bytes()
    path.write_bytes(data[: data.index(b"c.log") + 7])
    [spec] = expand([str(path)])
    with open_source(spec) as source:
        assert source.name == str(path)
        assert read(source)[:2005] == LINES + ["more"] * 5
        assert source.notes[0].startswith("the zip archive is cut off or damaged")


def test_members_that_were_zipped_from_a_stream_are_found_too(tmp_path: Path) -> None:
    class Stream(io.BytesIO):
        def seek(self, *_: int) -> int:
            raise io.UnsupportedOperation

    stream = Stream()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.log", "a\n")
        archive.writestr("b.log", "b\n")
        archive.writestr("c.log", "c\n")
    data = stream.getvalue()
    with open_source(write(tmp_path, data[: data.index(b"c.log")], "cut.zip")) as source:
        assert read(source) == ["a", "b"]


def test_a_damaged_zip_member_gives_what_is_before(tmp_path: Path) -> None:
    path = make_zip(tmp_path, {"a.log": TEXT.encode()})
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    [spec] = expand([str(path)])
    with open_source(spec) as source:
        assert read(source)[:500] == LINES[:500]
        assert source.notes[0].startswith("the archive is damaged: ")


def test_a_zip_archive_in_a_pipe_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    data = make_zip(tmp_path, {"a.log": b"x"}).read_bytes()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
    with pytest.raises(InputError, match="stdin: is a zip archive in a pipe"):
        open_source(SourceSpec("stdin", None))


def test_what_is_packed_over_and_over_is_refused(tmp_path: Path) -> None:
    data = b"x"
    for _ in range(4):
        data = gzip.compress(data)
    with pytest.raises(InputError, match="packed more than 3 times"):
        open_source(write(tmp_path, data))


# ---------------------------------------------------------------- what is no log


STRANGERS = {
    "jpeg": (b"\xff\xd8\xff\xe0\x00\x10JFIF\0", "a JPEG image"),
    "png": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a PNG image"),
    "pdf": (b"%PDF-1.7\n%\xb5\xb5", "a PDF document"),
    "elf": (b"\x7fELF\x02\x01\x01" + b"\0" * 9 + b"\x02\0", "an ELF program or library"),
    "core": (b"\x7fELF\x02\x01\x01" + b"\0" * 9 + b"\x04\0", "a core dump"),
    "sqlite": (b"SQLite format 3\0\x10\0", "an SQLite database"),
    "tar": (b"gc.log".ljust(257, b"\0") + b"ustar\x0000", "a tar archive"),
    "heap-snapshot": (b'{"snapshot":{"meta":{"node_fields":["type"', "a V8 heap snapshot"),
    "heap-profile": (b'{"head":{"callFrame":{"functionName"', "a V8 heap profile"),
    "journal": (b"LPKSHHRH\0\0", "a binary systemd journal"),
    "random": (random.Random(3).randbytes(5000), "binary data"),
    "random-after-text": (b"ok\n" + random.Random(3).randbytes(5000), "binary data"),
}


def test_a_cut_zip_is_not_called_what_is_in_it(tmp_path: Path) -> None:
    """Without its directory an archive is read from its beginning, whatever is there."""
    path = tmp_path / "logs.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("node", STRANGERS["elf"][0] + random.Random(3).randbytes(5000))
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(InputError, match="is a cut zip archive, and what comes first in it is not text: it seems to be an ELF"):
        open_source(expand([str(path)])[0])


@pytest.mark.parametrize(("data", "what"), STRANGERS.values(), ids=STRANGERS)
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
def test_what_is_no_text_is_refused_by_name_with_a_remedy(tmp_path: Path, data: bytes, what: str, packed: bool) -> None:
    spec = write(tmp_path, gzip.compress(data) if packed else data)
    said = r"^.*: what is packed in it \(gzip\) is not text" if packed else "^[^(]*: is not text"
    with pytest.raises(InputError, match=f"{said}: it seems to be {what}") as caught:
        open_source(spec)
    assert caught.value.where == spec.name
    assert caught.value.remedy


@pytest.mark.parametrize(
    "data",
    [
        b"\x07\x01bell\n",
        b"\x1b[32mgreen\x1b[0m\n" * 500,
        b"caf\xe9 \x80\xff\n" * 500,
        "ログ\n".encode("shift_jis") * 500,
        b"MZ is a prefix\n",
        b"line\n" * 50 + b"\x00\x01\x02\x03\x04\x05\x06\x07" + b"line\n" * 50,
    ],
    ids=["bell", "colours", "latin-1", "shift-jis", "mz", "stray"],
)
def test_real_logs_with_odd_bytes_are_text(tmp_path: Path, data: bytes) -> None:
    with open_source(write(tmp_path, data)) as source:
        assert len(read(source)) == data.count(b"\n")


# ---------------------------------------------------------------- encodings


def test_an_encoding_that_is_told_overrules_what_was_found(tmp_path: Path) -> None:
    with open_source(write(tmp_path, "café\nログ\n".encode("shift_jis", "replace")), encoding="shift_jis") as source:
        assert source.encoding == "shift_jis"
        assert read(source) == ["caf?", "ログ"]
    with open_source(write(tmp_path, b"caf\xe9\n"), encoding="latin-1") as source:
        assert read(source) == ["café"]
        assert source.fetch([1]) == {1: "café"}


@pytest.mark.parametrize(
    ("mark", "codec"), [(b"\xfe\xff", "utf-16-be"), (b"\xff\xfe", "utf-16-le"), (b"", "utf-16-be")], ids=["be", "le", "no-mark"]
)
def test_utf_16_that_is_told_takes_its_byte_order_from_the_file(tmp_path: Path, mark: bytes, codec: str) -> None:
    with open_source(write(tmp_path, mark + TEXT.encode(codec)), encoding="utf-16") as source:
        assert read(source) == LINES


def test_an_encoding_that_is_told_takes_any_bytes_for_text(tmp_path: Path) -> None:
    data = bytes(n for n in range(256) if n not in b"\r\n\0")
    with open_source(write(tmp_path, data), encoding="latin-1") as source:
        assert read(source) == [data.decode("latin-1")]


@pytest.mark.parametrize("encoding", ["klingon", "zlib", "hex"])
def test_an_encoding_that_does_not_exist_is_a_mistake_of_usage(tmp_path: Path, encoding: str) -> None:
    with pytest.raises(UsageError, match=f"no encoding of text is called '{encoding}'"):
        open_source(write(tmp_path, b"x"), encoding=encoding)


# ---------------------------------------------------------------- errors of reading


def test_a_file_that_cannot_be_opened_any_more_is_an_error(tmp_path: Path) -> None:
    spec = write(tmp_path, b"x")
    assert spec.path is not None
    spec.path.unlink()
    with pytest.raises(InputError, match="no such file"):
        open_source(spec)


class FailingDisk(io.FileIO):
    """A file whose disk fails behind the first bytes."""

    fails_at = 0

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell() >= self.fails_at:
            raise OSError(errno.EIO, "Input/output error")
        return super().read(min(self.fails_at, size or -1))


@pytest.mark.parametrize("fails_at", [0, 70_000])
def test_a_disk_that_fails_gives_what_is_before_or_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails_at: int
) -> None:
    spec = write(tmp_path, TEXT.encode())
    monkeypatch.setattr(FailingDisk, "fails_at", fails_at)
    monkeypatch.setattr(opening, "open_file", FailingDisk)
    if fails_at == 0:
        with pytest.raises(InputError, match=r"cannot be read: Input/output error"):
            open_source(spec)
        return
    with open_source(spec) as source:
        assert len(read(source)) > 1000
        assert source.notes == ["reading failed after 70,000 bytes (Input/output error); the rest is missing"]


@pytest.mark.parametrize(("until", "read"), [(None, 9), (9, 9), (20, 9), (5, 5), (4, 4), (1, 1), (0, 0)])
def test_what_comes_after_a_line_is_not_read_if_it_is_the_last_one_wanted(tmp_path: Path, until: int | None, read: int) -> None:
    log = tmp_path / "gc.log"
    log.write_text("".join(f"line {number}\n" for number in range(1, 10)))
    with open_source(expand([str(log)])[0]) as source:
        source.until_line = until
        for size in (20, 1 << 20):
            lines = b"".join(block.data for block in source.blocks(size)).splitlines()
            assert lines == [f"line {number}".encode() for number in range(1, read + 1)]
