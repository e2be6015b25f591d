"""Tar archives as sources: what is in them, however packed, cut or hostile."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from gclog.errors import InputError
from gclog.source import tar
from gclog.source.expand import expand
from gclog.source.open import open_source

LINE = b"[7:0x10]      100 ms: Scavenge 3.9 (4.0) -> 3.8 (5.0) MB, 1.0 / 0.0 ms  allocation failure\n"


def make(*members: tuple[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def text_of(path: Path, number: int = 0) -> tuple[bytes, list[str]]:
    with open_source(expand([str(path)])[number]) as source:
        text = b"".join(block.data for block in source.blocks())
        return text, source.notes


PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstandard.ZstdCompressor().compress,
    "twice": lambda data: gzip.compress(lzma.compress(data)),
}


@pytest.mark.parametrize("packing", PACKINGS)
def test_the_members_of_an_archive_are_its_sources_however_it_is_packed(tmp_path: Path, packing: str) -> None:
    path = tmp_path / "incident.tar"
    path.write_bytes(PACKINGS[packing](make(("incident/gc.log", LINE * 3), ("incident/app.log.gz", gzip.compress(LINE)))))
    specs = expand([str(path)])
    assert [spec.name for spec in specs] == [f"{path}/incident/gc.log", f"{path}/incident/app.log.gz"]
    assert not any(spec.asked for spec in specs)
    assert text_of(path) == (LINE * 3, [])
    assert text_of(path, 1) == (LINE, [])


def test_members_are_read_in_any_order_and_again(tmp_path: Path) -> None:
    path = tmp_path / "a.tar.gz"
    path.write_bytes(gzip.compress(make(("a", b"first\nsecond\n"), ("b", b"third\n"))))
    with open_source(expand([str(path)])[1]) as second, open_source(expand([str(path)])[0]) as first:
        assert (first.compression, first.total_bytes) == ("gzip+tar", 13)
        for _ in range(2):
            assert b"".join(block.data for block in first.blocks()) == b"first\nsecond\n"
            assert b"".join(block.data for block in second.blocks()) == b"third\n"
        assert first.fetch([2]) == {2: "second"}


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT], ids=["ustar", "gnu", "pax"])
def test_long_names_are_whole_in_every_form(tmp_path: Path, form: int) -> None:
    name = "/".join(["folder" * 10, "folder" * 5, "gc.log"])
    (tmp_path / "a.tar").write_bytes(make((name, LINE), form=form))
    assert expand([str(tmp_path / "a.tar")])[0].name == f"{tmp_path / 'a.tar'}/{name}"


def test_links_devices_and_hidden_files_are_passed_over(tmp_path: Path) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, kind in (
            ("link", tarfile.SYMTYPE),
            ("hard", tarfile.LNKTYPE),
            ("null", tarfile.CHRTYPE),
            ("dir", tarfile.DIRTYPE),
        ):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
        for name in ("._gc.log", ".git/config", "./gc.log"):
            info = tarfile.TarInfo(name)
            info.size = len(LINE)
            archive.addfile(info, io.BytesIO(LINE))
    path = tmp_path / "a.tar"
    path.write_bytes(out.getvalue())
    assert [spec.name for spec in expand([str(path)])] == [f"{path}/./gc.log"]
    assert expand([str(path)])[0].notes == ("links and devices in the archive passed over: 3",)


@pytest.mark.parametrize("name", ["../../etc/cron.d/x", "/etc/passwd", "C:\\x", "a\x1b[2Jb"])
def test_a_hostile_name_is_only_a_name(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "inner"
    folder.mkdir()
    (folder / "a.tar.gz").write_bytes(gzip.compress(make((name, LINE))))
    assert text_of(folder / "a.tar.gz") == (LINE, [])
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a.tar.gz", "inner"]


def test_an_archive_that_is_cut_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    whole = make(("a.log", LINE * 20), ("b.log", LINE * 100), ("c.log", LINE))
    (tmp_path / "cut.tar").write_bytes(whole[: whole.index(b"b.log") + 512 + 3 * len(LINE)])
    specs = expand([str(tmp_path / "cut.tar")])
    assert [Path(spec.name).name for spec in specs] == ["a.log", "b.log"]
    assert "damaged or cut off" in specs[0].notes[0]
    text, notes = text_of(tmp_path / "cut.tar", 1)
    assert text.startswith(LINE * 3)
    assert f"of {100 * len(LINE):,} bytes are there" in notes[-1]


def test_an_archive_that_unpacks_to_very_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tar, "FREE_BYTES", 1 << 20)
    path = tmp_path / "bomb.tar.gz"
    path.write_bytes(gzip.compress(make(("gc.log", bytes(8 << 20)))))
    with pytest.raises(InputError, match="more than 200 times its size") as caught:
        expand([str(path)])
    assert caught.value.where == str(path)
    (tmp_path / "gc.log").write_bytes(LINE)
    assert [Path(spec.name).name for spec in expand([str(tmp_path)])] == ["bomb.tar.gz", "gc.log"]


def test_an_archive_that_does_not_fit_on_the_disk_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tar, "SPARE_BYTES", 1 << 62)
    path = tmp_path / "a.tar.gz"
    path.write_bytes(gzip.compress(make(("gc.log", LINE))))
    with pytest.raises(InputError, match="does not fit"):
        expand([str(path)])


def test_a_header_that_claims_to_be_huge_is_not_read(tmp_path: Path) -> None:
    head = tarfile.TarInfo("x")
    head.type, head.size = tarfile.XHDTYPE, 1 << 30
    path = tmp_path / "a.tar"
    path.write_bytes(make(("gc.log", LINE))[: 512 * 2] + head.tobuf(tarfile.USTAR_FORMAT) + bytes(2048))
    (spec,) = expand([str(path)])
    assert Path(spec.name).name == "gc.log"
    assert "a header of 1,073,741,824 bytes" in spec.notes[0]


def test_members_beyond_the_most_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tar, "MOST_MEMBERS", 2)
    path = tmp_path / "a.tar"
    path.write_bytes(make(*((f"{n}.log", LINE) for n in range(5))))
    specs = expand([str(path)])
    assert len(specs) == 2
    assert specs[0].notes == ("the archive has more than 2 members; the rest is left out",)


def test_in_a_folder_an_archive_that_cannot_be_read_does_not_stop_the_rest(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "secret.zip", "w") as archive:
        archive.writestr("gc.log", "x")
    data = bytearray((tmp_path / "secret.zip").read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "secret.zip").write_bytes(data)
    zipfile.ZipFile(tmp_path / "empty.zip", "w").close()
    (tmp_path / "empty.tar").write_bytes(make())
    (tmp_path / "gc.log").write_bytes(LINE)
    assert [Path(spec.name).name for spec in expand([str(tmp_path)])] == ["empty.tar", "empty.zip", "gc.log", "secret.zip"]


def header_of(name: str, kind: bytes, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.type, info.size = kind, size
    return info.tobuf(tarfile.GNU_FORMAT)


LONG_NAME = header_of("././@LongLink", tarfile.GNUTYPE_LONGNAME, 5) + b"name\0".ljust(512, b"\0")
NEGATIVE = header_of("bad.log", tarfile.REGTYPE, -512)
FAR_BACK = header_of("bad.log", tarfile.REGTYPE, -(1 << 40))
NEGATIVE_BY_PAX = header_of("x", tarfile.XHDTYPE, 14) + b"14 size=-5120\n".ljust(512, b"\0") + header_of("bad.log", b"0", 0)


@pytest.mark.parametrize(
    ("odd", "note"),
    [
        (LONG_NAME * 3000 + make(("bad.log", LINE))[:1024], "its header has too many parts"),
        (NEGATIVE, "bad.log has -512 bytes"),
        (FAR_BACK, "bad.log has -1,099,511,627,776 bytes"),
        (NEGATIVE_BY_PAX, "bad.log has -5,120 bytes"),
    ],
    ids=["names", "negative", "far-back", "pax"],
)
def test_an_odd_member_is_passed_over_with_its_reason_and_those_beside_it_are_read(
    tmp_path: Path, odd: bytes, note: str
) -> None:
    path = tmp_path / "a.tar"
    path.write_bytes(make(("a.log", LINE))[:1024] + odd + make(("b.log", LINE)))
    specs = expand([str(path)])
    assert [Path(spec.name).name for spec in specs] == ["a.log", "b.log"]
    assert specs[0].notes == (f"a member of the archive passed over: {note}",)
    assert text_of(path)[0] == text_of(path, 1)[0] == LINE
