"""Zip archives as sources: odd, damaged and hostile members beside good ones."""

from __future__ import annotations

import io
import random
import struct
import zipfile
from pathlib import Path

import pytest

from gclog.errors import InputError
from gclog.source import expand as expanding
from gclog.source.expand import expand
from gclog.source.open import open_source

LINE = b"[7:0x10]      100 ms: Scavenge 3.9 (4.0) -> 3.8 (5.0) MB, 1.0 / 0.0 ms  allocation failure\n"
LOCAL, ENTRY = b"PK\x03\x04", b"PK\x01\x02"


def make(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytearray:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return bytearray(out.getvalue())


def write(folder: Path, data: bytes) -> Path:
    path = folder / "a.zip"
    path.write_bytes(data)
    return path


def outcomes(path: Path) -> dict[str, bytes | str]:
    """The text of each member, or why it was refused; after the text, what was noted."""
    found: dict[str, bytes | str] = {}
    for spec in expand([str(path)]):
        name = Path(spec.name).name
        try:
            with open_source(spec) as source:
                found[name] = b"".join(block.data for block in source.blocks())
                if source.notes:
                    found[f"{name}:"] = " ".join(source.notes)
        except InputError as error:
            found[name] = error.what
    return found


def entry_of(data: bytearray, number: int) -> int:
    at = -1
    for _ in range(number + 1):
        at = data.index(ENTRY, at + 1)
    return at


THREE = {"a.log": LINE, "odd.log": LINE * 2000, "b.log": LINE}


@pytest.mark.parametrize(
    ("offset", "value", "why"),
    [
        (6, 99, "needs version 9.9 of zip"),
        (8, 1, "is encrypted"),
        (10, 98, "is packed with PPMd, which gclog does not unpack"),
        (10, 77, "is packed with method 77, which gclog does not unpack"),
    ],
    ids=["version", "encrypted", "ppmd", "unknown"],
)
def test_a_member_that_cannot_be_unpacked_is_refused_and_those_beside_it_are_read(
    tmp_path: Path, offset: int, value: int, why: str
) -> None:
    data = make(THREE)
    data[entry_of(data, 1) + offset] = value
    assert outcomes(write(tmp_path, data)) == {"a.log": LINE, "odd.log": why, "b.log": LINE}


def test_a_name_that_is_not_utf_8_is_shown_with_its_bytes(tmp_path: Path) -> None:
    data = make({"a.log": LINE, "öd.log": LINE, "b.log": LINE})
    data[:] = data.replace("öd.log".encode(), b"\xffdd.log")
    assert list(outcomes(write(tmp_path, data)).items()) == [("a.log", LINE), ("\\xffdd.log", LINE), ("b.log", LINE)]


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.95])
def test_a_damaged_member_is_noted_and_those_beside_it_are_read(tmp_path: Path, method: int, share: float) -> None:
    noise = random.Random(1)
    text = b"".join(b"%d %d\n" % (noise.getrandbits(40), noise.getrandbits(40)) for _ in range(5000))
    data = make({"a.log": LINE, "odd.log": text, "b.log": LINE}, method)
    begin = data.index(b"odd.log") + 7
    end = data.index(LOCAL, begin)
    at = begin + int((end - begin) * share)
    data[at : at + 64] = bytes(64)
    found = outcomes(write(tmp_path, data))
    assert (found.pop("a.log"), found.pop("b.log")) == (LINE, LINE)
    read, noted = found["odd.log"], found.get("odd.log:", "")
    assert "the archive is damaged" in str(noted or read)
    if method == zipfile.ZIP_DEFLATED and share:
        assert isinstance(read, bytes) and read[:100] == text[:100]


def test_a_wrong_checksum_is_noted_and_the_text_is_whole(tmp_path: Path) -> None:
    data = make({"a.log": LINE})
    data[entry_of(data, 0) + 16] ^= 1
    size = len(LINE)
    assert outcomes(write(tmp_path, data)) == {
        "a.log": LINE,
        "a.log:": f"the archive is damaged: {size} of {size} bytes could be read (its checksum is wrong)",
    }


def test_a_member_whose_header_is_elsewhere_is_refused(tmp_path: Path) -> None:
    data = make(THREE)
    struct.pack_into("<L", data, entry_of(data, 2) + 42, 5)
    found = outcomes(write(tmp_path, data))
    assert found["odd.log"] == LINE * 2000
    assert "it is not where the directory says" in str(found["b.log"])


def test_members_that_share_their_bytes_are_refused(tmp_path: Path) -> None:
    data = make(THREE)
    struct.pack_into("<L", data, entry_of(data, 2) + 42, 0)
    assert outcomes(write(tmp_path, data))["a.log"] == "shares its bytes with another member"


def test_a_directory_that_is_damaged_gives_the_members_before_the_damage(tmp_path: Path) -> None:
    data = make(THREE)
    data[entry_of(data, 2)] = 0
    path = write(tmp_path, data)
    assert list(outcomes(path)) == ["a.log", "a.log:", "odd.log"]
    assert "the archive's directory is damaged" in expand([str(path)])[0].notes[0]


def test_bytes_before_the_archive_and_a_comment_after_it_do_no_harm(tmp_path: Path) -> None:
    data = make(THREE)
    struct.pack_into("<H", data, len(data) - 2, 5)
    path = write(tmp_path, data + b"hello")
    assert list(outcomes(path)) == list(THREE)
    path = tmp_path / "prefixed.zip"
    path.write_bytes(LOCAL + b"a program that unpacks itself" + data + b"hello")
    assert outcomes(path)["odd.log"] == LINE * 2000


def test_an_archive_in_the_form_of_zip64_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ZIP64_LIMIT", "ZIP_FILECOUNT_LIMIT"):
        monkeypatch.setattr(zipfile, name, 1)
    assert outcomes(write(tmp_path, make(THREE))) == THREE


def test_members_beyond_the_most_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expanding, "MOST_MEMBERS", 2)
    specs = expand([str(write(tmp_path, make(THREE)))])
    assert [Path(spec.name).name for spec in specs] == ["a.log", "odd.log"]
    assert specs[0].notes == ("the archive has more than 2 members; the rest is left out",)


def test_the_directory_is_read_once_however_many_members_there_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, make({f"{number}.log": LINE for number in range(500)}))
    opened: list[object] = []
    real = io.FileIO

    def count(*given: object) -> io.FileIO:
        opened.append(given)
        return real(*given)

    monkeypatch.setattr(io, "FileIO", count)
    assert len(outcomes(path)) == 500
    assert len(opened) <= 4


def test_the_archive_is_closed_with_its_last_member(tmp_path: Path) -> None:
    path = write(tmp_path, make(THREE))
    specs = expand([str(path)])
    place = specs[0].place
    assert place is not None
    handle = place.archive.handle
    del place, specs
    assert handle.closed


def test_any_byte_may_be_wrong(tmp_path: Path) -> None:
    data = make({"a.log": LINE, "b.log": LINE}, zipfile.ZIP_LZMA)
    noise = random.Random(2)
    for _ in range(400):
        odd = bytearray(data)
        for _ in range(noise.randint(1, 3)):
            odd[noise.randrange(4, len(odd))] = noise.getrandbits(8)
        try:
            outcomes(write(tmp_path, odd))
        except InputError as error:
            assert error.what in ("is encrypted", "is an empty archive")
