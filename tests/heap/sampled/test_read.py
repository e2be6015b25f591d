"""Profiles of real Node, and damaged ones: sums, frames, what is alive."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from made_heap_profiles import INTERVAL, MadeProfile, call

from gclog.errors import InputError
from gclog.heap.files import find_heap_files
from gclog.heap.sampled.read import Sampling, read_sampling
from gclog.heap.sampled.series import read_sampled
from gclog.model.sampled import SampledHeap
from gclog.source.feed import CHUNK_BYTES
from gclog.source.open import expand, open_source

SAMPLED = Path(__file__).parents[3] / "samples" / "sampled"
PROFILES = sorted(SAMPLED.glob("*/*.heapprofile"))


def read(path: Path) -> Sampling:
    (spec,) = expand([str(path)])
    with open_source(spec, "utf-8") as source:
        return read_sampling(source)


def sampled(*paths: Path) -> SampledHeap:
    return read_sampled(expand([str(path) for path in paths]))


def plain_sums(path: Path) -> tuple[int, dict[tuple[Any, ...], int]]:
    """What is alive in all and by function, taken from the JSON without any of our code."""
    document = json.loads(path.read_text(encoding="utf-8"))
    alive: dict[int, int] = {}
    for sample in document["samples"]:
        if sample.get("isLive", True):
            alive[sample["nodeId"]] = alive.get(sample["nodeId"], 0) + sample["size"]
    has_dead = any(not sample.get("isLive", True) for sample in document["samples"])
    found: dict[tuple[Any, ...], int] = {}
    waiting = [document["head"]]
    while waiting:
        node = waiting.pop()
        waiting += node["children"]
        size = alive.get(node["id"], 0) if has_dead else node["selfSize"]
        if size:
            at = node["callFrame"]
            key = (at["functionName"] or "(anonymous)", at["url"] or None, at["lineNumber"] + 1 or None)
            found[key] = found.get(key, 0) + size
    return sum(found.values()), found


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_the_sums_are_those_of_the_json(path: Path) -> None:
    found = read(path)
    total, by_function = plain_sums(path)
    ours: dict[tuple[Any, ...], int] = {}
    for frame, alive in zip(found.frame.tolist(), found.alive.tolist(), strict=True):
        if alive:
            one = found.frames[frame]
            key = (one.name, one.script, one.line)
            ours[key] = ours.get(key, 0) + alive
    assert (found.alive_bytes, ours) == (total, by_function)
    whole = sampled(path)
    assert sum(one.alive_bytes[0] for one in whole.owners) == total
    assert sum(one.alive_bytes[0] for one in whole.sites) == total
    assert sum(one.alive_bytes for one in whole.paths) == total


def test_there_are_profiles_of_several_versions() -> None:
    assert {path.parent.name for path in PROFILES} == {"node12", "node20", "node26", "workers-node22"}


def test_what_was_collected_is_not_counted_as_alive() -> None:
    whole = sampled(SAMPLED / "node26" / "api.heapprofile")
    document = json.loads((SAMPLED / "node26" / "api.heapprofile").read_text(encoding="utf-8"))
    gone = sum(one["size"] for one in document["samples"] if not one["isLive"])
    assert whole.profiles[0].gone_bytes == gone > 0
    assert any("collected before the profile was taken" in note for note in whole.notes)


def test_frames_know_whose_they_are(tmp_path: Path) -> None:
    stack = [
        call("listOnTimeout", 500, "node:internal/timers"),
        call("put", 3, "/app/node_modules/@my/cache/index.js"),
        call("set", 0, ""),
    ]
    found = read(MadeProfile().add(stack, [1]).add([call("(GC)", 0, "")], [2]).write(tmp_path / "a.heapprofile"))
    assert {(one.name, one.category, one.package) for one in found.frames} == {
        ("(root)", "native", None),
        ("listOnTimeout", "node", None),
        ("put", "node_modules", "@my/cache"),
        ("set", "builtin", None),
        ("(GC)", "native", None),
    }


@pytest.mark.parametrize("before_end", range(0, 700, 23))
def test_a_chunk_that_ends_within_a_frame_or_a_sample_loses_neither(tmp_path: Path, before_end: int) -> None:
    text = MadeProfile().add([call("handle", 20), call("createSession", 8)], range(1, 5)).text()
    path = tmp_path / "long.heapprofile"
    path.write_text(" " * (CHUNK_BYTES - before_end) + text, encoding="utf-8")
    found = sampled(path)
    assert [(site.frame.name, site.alive_bytes, site.samples) for site in found.sites] == [
        ("createSession", (4 * INTERVAL,), (4,))
    ]
    assert [frame.name for frame in found.frames] == ["(root)", "handle", "createSession"]


def test_functions_of_a_script_that_is_gone_are_the_programs(tmp_path: Path) -> None:
    """As Node 18 writes of a worker thread at its exit."""
    gone = [{**call(name, 0, ""), "scriptId": "472", "columnNumber": -1} for name in ("", "inWorker")]
    main = {**call("", 0, ""), "scriptId": "390", "columnNumber": -1}
    made = MadeProfile().add(gone[:1], range(10, 40)).add(gone, range(1, 10)).add([main], [50])
    found = sampled(made.write(tmp_path / "a.heapprofile"))
    assert [frame.name for frame in found.sites[0].path] == ["(anonymous)", "inWorker"]
    assert {one.category for one in found.owners} == {"application", "builtin"}


def test_a_profile_without_a_list_of_samples_is_read_by_its_sizes(tmp_path: Path) -> None:
    made = MadeProfile(has_samples=False).add([call("f", 1)], range(5))
    found = sampled(made.write(tmp_path / "node10.heapprofile"))
    assert found.sites[0].alive_bytes == (5 * INTERVAL,)
    assert found.profiles[0].samples != 0 and not isinstance(found.profiles[0].samples, int)


def test_the_answer_of_the_inspector_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "cdp.heapprofile"
    path.write_text('{"profile":' + MadeProfile().add([call("f", 1)], [1]).text() + "}", encoding="utf-8")
    assert sampled(path).sites[0].frame.name == "f"


@pytest.mark.parametrize("part", [0.3, 0.6, 0.9])
def test_one_that_is_cut_off_is_read_as_far_as_it_goes(tmp_path: Path, part: float) -> None:
    whole = (SAMPLED / "node20").glob("*003*")
    data = next(whole).read_bytes()
    path = tmp_path / "cut.heapprofile"
    path.write_bytes(data[: int(len(data) * part)])
    found = sampled(path)
    assert found.profiles[0].cut
    assert found.notes[0] == f"{path} is cut off: what its end would have said is missing"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty"),
        ("nothing of the kind", "is not a heap profile"),
        ('{"nodes":[]}', "it has no head"),
        ('{"head":{"callFrame":{"functionName":"f"},"selfSize":-1,"id":1,"children":[]}}', "a size in it is not a number"),
        ('{"head":{"callFrame":{"functionName":"f"},"selfSize":1e300,"id":1,"children":[]}}', "a size in it is not a number"),
        ('{"head":{"callFrame":17,"selfSize":1,"id":1,"children":[]}}', "a call frame is no object"),
        ('{"head":{"callFrame":{"functionName":"f"},"selfSize":bad,"id":1,"children":[]}}', "it is not JSON"),
    ],
)
def test_a_bad_file_is_a_message_with_its_name(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "bad.heapprofile"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=says) as caught:
        sampled(path)
    assert caught.value.where == str(path) and caught.value.remedy


@pytest.mark.parametrize("wrapped", ['{{"profile":{}}}', '{{"id":7,"result":{{"profile":{}}}}}'])
def test_the_inspectors_whole_answer_is_a_profile(wrapped: str, tmp_path: Path) -> None:
    made = MadeProfile().add([call("keep", 4)], range(8))
    plain, whole = made.write(tmp_path / "plain.heapprofile"), tmp_path / "answer.json"
    whole.write_text(wrapped.format(made.text()))
    assert [file.kind for file in find_heap_files(expand([str(whole)]))] == ["profile"]
    assert read(whole).alive_bytes == read(plain).alive_bytes > 0
