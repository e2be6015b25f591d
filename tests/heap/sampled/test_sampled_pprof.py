"""Heap profiles in the format of pprof: of real packages, as Go writes them, damaged ones."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from made_pprof import PROFILE, made_pprof
from typer.testing import CliRunner, Result

from gclog.cli.main import app
from gclog.errors import InputError
from gclog.heap.sampled.read import read_sampling
from gclog.heap.sampled.series import read_sampled
from gclog.incident.pipeline import analyze
from gclog.model.sampled import SampledHeap
from gclog.source.open import expand, open_source

SAMPLED = Path(__file__).parents[3] / "samples" / "sampled"
PACKAGES = ("pprof-datadog", "pprof-google")
GO = (("alloc_objects", "count"), ("alloc_space", "bytes"), ("inuse_objects", "count"), ("inuse_space", "bytes"))


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def write(folder: Path, content: bytes, name: str = "heap.pb.gz") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def sampled(*paths: Path) -> SampledHeap:
    return read_sampled(expand([str(path) for path in paths]))


@pytest.mark.parametrize("package", PACKAGES)
def test_the_sums_are_those_that_the_protobuf_library_reads(package: str) -> None:
    for path in sorted((SAMPLED / package).glob("[0-9].pb.gz")):
        profile = PROFILE.FromString(gzip.decompress(path.read_bytes()))
        names = {one.id: profile.string_table[one.name] for one in profile.function}
        top = {one.id: names[one.line[0].function_id] for one in profile.location}
        total = sum(one.value[1] for one in profile.sample if top[one.location_id[0]] != "(external)")
        external = sum(one.value[1] for one in profile.sample if top[one.location_id[0]] == "(external)")
        with open_source(expand([str(path)])[0], "utf-8") as source:
            found = read_sampling(source)
        assert (found.alive_bytes, found.external_bytes) == (total, external) and total > 0
        assert sum(one.alive_bytes[0] for one in sampled(path).sites) == total


@pytest.mark.parametrize("package", PACKAGES)
def test_the_site_that_grows_is_named(package: str) -> None:
    series = [SAMPLED / package / f"{number}.pb.gz" for number in (1, 2, 3)]
    found = sampled(*series)
    first = found.growers[0].frame  # in Node 22 V8 had inlined createSession in it
    assert (first.name, first.script) == (
        "createSession" if package == "pprof-google" else "handleRequest",
        "/app/pprof_leak.js",
    )
    result = run("heapdiff", *series, "--fail-on", "grows")
    assert result.exit_code == 1 and "one every 64.0 KB" in result.stdout
    assert "the files do not list their samples" in " ".join(result.stdout.split())


def test_they_are_put_in_the_order_in_which_they_were_taken() -> None:
    series = [SAMPLED / "pprof-datadog" / f"{number}.pb.gz" for number in (3, 1, 2)]
    assert [Path(one.name).name for one in sampled(*series).profiles] == ["1.pb.gz", "2.pb.gz", "3.pb.gz"]


def test_as_go_writes_them_only_what_is_alive_counts_and_inlined_functions_are_calls(tmp_path: Path) -> None:
    stack = [[("main.main", "main.go", 9)], [("main.handle", "main.go", 20), ("main.cache", "main.go", 31)]]
    path = write(tmp_path, made_pprof([(stack, (900, 9 << 20, 10, 1 << 20))], GO, period=524288))
    found = sampled(path)
    assert [(one.frame.name, one.frame.line, one.alive_bytes) for one in found.sites] == [("main.cache", 31, (1 << 20,))]
    (alive,) = found.paths
    assert [found.frames[frame].name for frame in alive.frames] == ["main.main", "main.handle", "main.cache"]
    assert found.profiles[0].interval_bytes == 524288


def test_names_are_those_of_javascript(tmp_path: Path) -> None:
    places = [
        ("(anonymous:L#7:C#3)", "/app/a.js", 0),
        ("f", "/app/node_modules/express/lib/router.js", (5 << 32) + 12),
        ("next", "node:internal/x", 4),
        ("(GC)", "", 0),
    ]
    path = write(tmp_path, made_pprof([([[place]], (1, 1000)) for place in places]))
    frames = {one.frame.name: one.frame for one in sampled(path).sites}
    assert (frames["(anonymous)"].line, frames["(anonymous)"].column) == (7, 3)
    assert (frames["f"].package, frames["f"].line, frames["f"].column) == ("express", 12, 5)
    assert (frames["next"].category, frames["(GC)"].category) == ("node", "native")


def test_memory_outside_the_heap_is_left_out_and_said(tmp_path: Path) -> None:
    stacks = [([[("(external)", "", 0)]], (1, 8 << 20)), ([[("f", "/app/a.js", 3)]], (9, 1 << 20))]
    found = sampled(write(tmp_path, made_pprof(stacks)))
    assert found.profiles[0].alive_bytes == 1 << 20
    assert any("8.0 MB outside V8's heap" in note for note in found.notes)


def test_beside_a_log_it_is_of_the_process(tmp_path: Path) -> None:
    (tmp_path / "gc.log").write_bytes((SAMPLED / "node20" / "gc.log").read_bytes())
    (tmp_path / "1.pb.gz").write_bytes((SAMPLED / "pprof-google" / "3.pb.gz").read_bytes())
    (process,) = analyze(tmp_path).processes
    assert process.sampled is not None and "sampled are held by what" in process.verdict.headline


def test_a_cpu_profile_says_what_it_is() -> None:
    path = SAMPLED / "pprof-datadog" / "cpu.pb.gz"
    result = run("heapdiff", path)
    assert isinstance(result.exception, InputError) and result.exception.exit_code == 4
    assert "its values are sample, wall, not what is alive" in result.exception.what
    other = run("analyze", path)
    assert isinstance(other.exception, InputError) and "a profile in the format of pprof" in other.exception.what


# ---------------------------------------------------------------- damaged, and hostile


def refused(path: Path) -> str:
    result = run("heapdiff", path)
    assert isinstance(result.exception, InputError) and result.exception.exit_code == 4
    return result.exception.what


WHOLE = gzip.decompress(made_pprof([([[("f", "/app/a.js", 3)]], (9, 1 << 20))], period=65536, time_nanos=7))


def test_cut_anywhere_it_is_read_or_refused_with_a_message(tmp_path: Path) -> None:
    for end in range(len(WHOLE)):
        path = write(tmp_path, WHOLE[:end], f"{end}.pprof")
        result = run("heapdiff", path)
        assert result.exception is None or isinstance(result.exception, InputError | SystemExit), end


def test_a_packed_one_that_is_cut_is_refused(tmp_path: Path) -> None:
    packed = (SAMPLED / "pprof-datadog" / "2.pb.gz").read_bytes()
    assert "cut off" in refused(write(tmp_path, packed[: len(packed) // 2]))


def block(field: int, content: bytes) -> bytes:
    return bytes([field << 3 | 2, len(content)]) + content


TYPES = block(1, b"\x08\x01\x10\x02") + b"".join(block(6, text) for text in (b"", b"inuse_space", b"bytes"))
SAMPLE = b"\x0a\x01\x01"


@pytest.mark.parametrize(
    ("more", "says"),
    [
        pytest.param(block(2, b"\x0a\x01\x63\x12\x01\x05"), "a location that is not there", id="an id of nothing"),
        pytest.param(block(2, b"\x0a" + b"\x0b" + b"\xff" * 11), "a number in it does not end", id="a number without an end"),
        pytest.param(b"\x48" + b"\xff" * 10 + b"\x01", "a number in it does not end", id="a time without an end"),
        pytest.param(block(2, b"\x12\x0a" + b"\xff" * 9 + b"\x01"), "a size in it is not a number", id="a negative size"),
        pytest.param(block(2, SAMPLE), "a size in it is not a number", id="no values"),
        pytest.param(block(5, b"\x08\x01\x10\x63"), "a name in it is not among its texts", id="a text of nothing"),
        pytest.param(b"\x13\x14", "it is no protocol buffer", id="a group"),
        pytest.param(b"\x32\xff\xff\xff\xff\x0f", "cut off", id="a text of 4 GB"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path: Path, more: bytes, says: str) -> None:
    content = TYPES + block(4, b"\x08\x01") + more
    assert says in refused(write(tmp_path, gzip.compress(content)))


def test_a_bomb_is_refused_before_it_is_unpacked_whole(tmp_path: Path) -> None:
    text = b"\x32\x80\x80\x40" + bytes(1 << 20)
    assert "more than 64 MB" in refused(write(tmp_path, gzip.compress(TYPES + text * 65)))
