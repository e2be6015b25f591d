"""CPU profiles in the model of tick logs: every microsecond counted once, and V8's own nodes taken for what they are."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gclog.errors import UsageError
from gclog.model.not_known import NotKnown
from gclog.model.profile import STATES, CallNode, Profile
from gclog.profile.cpu.build import build_cpu_profile
from gclog.profile.options import ProfileOptions, parse_range
from gclog.recognise.documents.cpu_profile import read_cpu_profile
from gclog.report.say.profile import headline
from gclog.source.json_stream import MalformedError

SAMPLES = Path(__file__).parents[2] / "samples" / "cpu"
FILES = sorted(SAMPLES.glob("*.cpuprofile.gz"))


def build(text: bytes | str, options: ProfileOptions | None = None, name: str = "a.cpuprofile") -> Profile:
    data = text.encode() if isinstance(text, str) else text
    return build_cpu_profile(name, read_cpu_profile([data]), options or ProfileOptions())


def node(number: int, name: str, children: tuple[int, ...] = (), url: str = "", line: int = -1, **more: Any) -> dict[str, Any]:
    call = {"functionName": name, "scriptId": "0", "url": url, "lineNumber": line, "columnNumber": line}
    return {"id": number, "callFrame": call, "hitCount": 0, "children": list(children)} | more


NODES = [
    node(1, "(root)", (2, 3, 4, 5)),
    node(2, "(program)"),
    node(3, "(idle)"),
    node(4, "(garbage collector)"),
    node(5, "main", (6, 9), "file:///srv/my%20app/app.js", 0),
    node(6, "send", (7,), "file:///srv/my%20app/node_modules/@web/send/index.js", 11),
    node(7, "writeFile", (8,), "node:fs", 2),
    node(8, "write"),
    node(9, "RegExp: a+b"),
]


def profile_of(samples: list[int], deltas: list[int], nodes: list[dict[str, Any]] | None = None, **more: Any) -> str:
    whole = {"nodes": nodes or NODES, "startTime": 1000, "endTime": 99_000, "samples": samples, "timeDeltas": deltas}
    return json.dumps(whole | more)


def own_of(tree: CallNode) -> int:
    return tree.self_ticks + sum(own_of(child) for child in tree.children)


def add_up(profile: Profile) -> None:
    counted = profile.ticks - profile.excluded
    assert sum(row.self_ticks for row in profile.flat) == sum(path.ticks for path in profile.paths) == counted
    assert profile.top_down.total_ticks == own_of(profile.top_down) == counted
    assert profile.bottom_up.total_ticks == own_of(profile.bottom_up) == counted
    assert sum(row.self_ticks for row in profile.categories) == counted
    summary = profile.summary
    assert summary.javascript + summary.cpp + summary.shared_libraries + summary.unaccounted == counted
    assert profile.samples.weight is not None and sum(profile.samples.weight) == counted
    assert sum(sum(part.ticks) for part in profile.states) == profile.ticks
    assert sum(part.ticks[STATES.index("idle")] for part in profile.states) == profile.idle


def sums_of(path: Path) -> Counter[str]:
    """µs by name of the sampled node, worked out from the JSON alone; `all` together."""
    whole = json.loads(gzip.decompress(path.read_bytes()))
    waiting, names = [*whole.get("nodes", ()), *([whole["head"]] if "head" in whole else [])], {}
    for one in waiting:
        names[one["id"]] = one.get("callFrame", one)["functionName"]
        waiting += [child for child in one.get("children", ()) if isinstance(child, dict)]
    deltas = whole.get("timeDeltas") or whole.get("timestampDeltas")
    moments = whole.get("timestamps") or [sum(deltas[: count + 1]) for count in range(len(deltas))]
    found: Counter[str] = Counter()
    for at_us, until_us, sample in zip(moments, moments[1:], whole["samples"], strict=False):
        found[names[sample]] += until_us - at_us
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_sums_are_those_of_the_file(path: Path) -> None:
    found, sums = build(gzip.decompress(path.read_bytes())), sums_of(path)
    add_up(found)
    assert (found.ticks, found.idle, found.gc_ticks) == (sums.total(), sums["(idle)"], sums["(garbage collector)"])
    assert (found.unit, found.form, found.lines.recognised) == ("us", "cpu-profile", 1)
    own: Counter[str] = Counter()
    for row in found.flat:
        own[found.frames[row.frame].name] += row.self_ticks
    for name in ("(program)", "fibonacci", "churn", "open", "fstat"):
        assert own[name] == sums[name]
    assert own["(a+)+b"] == sums["RegExp: (a+)+b"] > 0


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_whose_code_it_is_is_known_in_every_form(path: Path) -> None:
    found = build(gzip.decompress(path.read_bytes()))
    whose = {(row.category, row.package) for row in found.categories}
    assert {("application", None), ("node_modules", "tally"), ("node", None), ("gc", None)} <= whose
    churn = next(frame for frame in found.frames if frame.name == "churn")
    assert (churn.script, churn.line, churn.column) == ("/app/cpu_mix.js", 10, 15)


def test_each_sample_lasts_until_the_next_on_the_stack_that_it_has() -> None:
    found = build(profile_of([5, 8, 9, 5], [10, 100, 20, 3]))
    rows = {found.frames[row.frame].name: (row.self_ticks, row.total_ticks) for row in found.flat}
    assert rows == {"main": (100, 123), "send": (0, 20), "writeFile": (0, 20), "write": (20, 20), "a+b": (3, 3)}
    assert (found.ticks, found.excluded, found.sample_count, found.first_us) == (123, 0, 4, 10)
    assert {row.category: row.self_ticks for row in found.categories} == {"application": 100, "native": 20, "regexp": 3}
    main, send = (next(frame for frame in found.frames if frame.name == name) for name in ("main", "send"))
    assert (main.script, main.line, send.package) == ("/srv/my app/app.js", 1, "@web/send")
    add_up(found)


def test_idle_is_no_work_and_a_collection_is_on_top_of_what_it_interrupted() -> None:
    found = build(profile_of([6, 4, 4, 3, 4, 2, 1, 6], [0, 5, 7, 11, 13, 17, 19, 23]))
    assert (found.ticks, found.idle, found.excluded, found.gc_ticks) == (95, 13, 13, 35)
    send, collector = (
        next(n for n, frame in enumerate(found.frames) if frame.name == name) for name in ("send", "(garbage collector)")
    )
    main = next(n for n, frame in enumerate(found.frames) if frame.name == "main")
    paths = {path.frames: (path.ticks, path.gc_ticks) for path in found.paths}
    assert paths[main, send, collector] == (18, 18)
    assert paths[(collector,)] == (17, 17)
    names = {found.frames[frames[-1]].name: (found.frames[frames[-1]].kind, ticks) for frames, (ticks, _) in paths.items()}
    assert names["(program)"] == ("native", 19) and names["(root)"] == ("unknown", 23)
    add_up(found)


def test_samples_out_of_order_are_sorted_and_said() -> None:
    found = build(profile_of([5, 6, 9, 5], [0, 10, -4, 20]))
    assert {found.frames[row.frame].name: row.self_ticks for row in found.flat} == {"main": 6, "a+b": 4, "send": 16}
    assert [note.id for note in found.notes] == ["out-of-order"]
    add_up(found)


def test_without_samples_the_nodes_hits_are_counted() -> None:
    nodes = [*NODES[:4], NODES[4] | {"hitCount": 3}, NODES[5] | {"hitCount": 2}, *NODES[6:]]
    found = build(profile_of([], [], nodes))
    assert (found.unit, found.ticks, found.duration_ms) == ("ticks", 5, 98.0)
    assert [note.id for note in found.notes] == ["hits-alone"]
    assert isinstance(found.first_us, NotKnown) and not found.states


@pytest.mark.parametrize("cut", [60, 500, 900, -70, -20, -1])
def test_a_file_that_is_cut_is_read_as_far_as_it_goes(cut: int) -> None:
    found = build(profile_of([5, 6] * 20, [0, *[10] * 39])[:cut])
    assert "truncated-last-line" in [note.id for note in found.notes]
    assert sum(row.self_ticks for row in found.flat) == found.ticks - found.excluded


def test_nodes_that_nobody_calls_cycles_and_samples_of_no_node_are_kept_and_said() -> None:
    nodes = [*NODES, node(20, "orphan", (), "a.js", 1), node(21, "one", (22,), "a.js", 2), node(22, "two", (21,), "a.js", 3)]
    found = build(profile_of([20, 22, 21, 77, 5], [0, 1, 2, 4, 8], nodes))
    assert {found.frames[row.frame].name: row.self_ticks for row in found.flat} == {
        "orphan": 1,
        "two": 2,
        "one": 4,
        "(unknown)": 8,
    }
    assert [note.id for note in found.notes] == ["unknown-nodes", "unknown-nodes"]
    add_up(found)


def test_what_is_asked_for_alone_is_counted() -> None:
    text = profile_of([5, 4, 6, 3, 5], [0, 1000, 2000, 4000, 8000])
    assert build(text, ProfileOptions(state="gc")).top_down.total_ticks == 2000


@pytest.mark.parametrize(
    ("from_ms", "to_ms", "sends", "first_us", "duration_ms", "samples"),
    [
        (None, None, 2000, 0, 15.0, 5),
        (1, 3, 2000, 1000, 2.0, 2),
        (2, 3, 1000, 2000, 1.0, 1),
        (2.5, 4, 500, 2500, 1.5, 2),
        (None, 100, 2000, 0, 15.0, 5),
        (15, None, 0, 15000, 0.0, 1),
        (1e30, None, 0, NotKnown("the profile has no moments"), NotKnown("the profile has no moments"), 0),
    ],
)
def test_a_range_has_the_part_of_each_sample_that_is_in_it(
    from_ms: float | None, to_ms: float | None, sends: int, first_us: Any, duration_ms: Any, samples: int
) -> None:
    text = profile_of([5, 6, 6, 4, 5], [0, 1000, 1000, 1000, 12_000])
    found = build(text, ProfileOptions(from_ms=from_ms, to_ms=to_ms))
    own = {found.frames[row.frame].name: row.self_ticks for row in found.flat}
    assert (own.get("send", 0), found.first_us, found.duration_ms) == (sends, first_us, duration_ms)
    assert found.sample_count == samples
    add_up(found)


def test_a_range_clips_the_sample_that_lasts_into_it_and_the_one_that_lasts_beyond_it() -> None:
    text = profile_of([5, 6, 5], [0, 50_000, 5_000_000])
    assert build(text, ProfileOptions(from_ms=0, to_ms=100)).ticks == 100_000
    found = build(text, ProfileOptions(from_ms=200, to_ms=300))
    assert (found.ticks, found.sample_count, found.duration_ms) == (100_000, 1, 100.0)
    assert [found.frames[row.frame].name for row in found.flat if row.self_ticks] == ["send"]


def test_a_range_without_a_sample_is_said() -> None:
    text = profile_of([5, 5], [0, 9])
    assert [note.text for note in build(text, ProfileOptions(from_ms=5)).notes] == ["the profile has no sample in the range"]
    hits = [*NODES[:4], NODES[4] | {"hitCount": 3}, *NODES[5:]]
    found = build(profile_of([], [], hits), ProfileOptions(from_ms=5))
    assert found.ticks == 3 and found.notes[0].text.endswith("; --range could not be applied")


@pytest.mark.parametrize("text", ["nan,5", "0,inf", "x,1", "1"])
def test_a_range_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="cannot read the range"):
        parse_range(text)


def test_time_that_no_profile_of_that_age_marks_as_idle_is_not_called_work() -> None:
    nodes = [NODES[0] | {"children": [2, 4, 5]}, NODES[1], *NODES[3:]]
    found = build(profile_of([2, 5, 5], [0, 90, 10], nodes))
    assert (found.unaccounted, found.summary.cpp) == (90, 0)
    assert [note.id for note in found.notes] == ["no-idle"]


@pytest.mark.parametrize(
    ("name", "pid", "thread"),
    [
        ("CPU.20261201.141822.30667.0.001.cpuprofile", 30667, 0),
        ("a/CPU.20261201.141822.30667.3.002.cpuprofile.gz", 30667, 3),
        ("CPU.1796136540032.18846.cpuprofile", 18846, None),
        ("Profile-20240101T120000.cpuprofile", None, None),
    ],
)
def test_the_file_is_named_after_its_process(name: str, pid: int | None, thread: int | None) -> None:
    found = build(profile_of([5, 5], [0, 9]), name=name)
    assert (found.pid, found.thread_id) == (pid, thread)


@pytest.mark.parametrize(
    ("url", "line", "name", "category", "kind"),
    [
        ("ext:core/01_core.js", 3, "f", "node", "function"),
        ("internal:streams/readable", 3, "f", "node", "function"),
        ("", 3, "evaluated", "application", "function"),
        ("https://example.org/node_modules/react/index.js", 3, "f", "node_modules", "function"),
        ("file:///C:/srv/app.js", 3, "f", "application", "function"),
        ("", -1, "/a+b/g", "regexp", "code"),
        ("", -1, "", "native", "native"),
    ],
)
def test_a_function_of_any_runtime_has_its_category(url: str, line: int, name: str, category: str, kind: str) -> None:
    found = build(profile_of([2, 2], [0, 5], [node(1, "(root)", (2, 3)), node(2, name, (), url, line), node(3, "(idle)")]))
    frame = found.frames[found.flat[0].frame]
    assert (frame.category, frame.kind) == (category, kind)
    assert frame.script == {"": None, "file:///C:/srv/app.js": "C:/srv/app.js"}.get(url, url)


@settings(max_examples=80, derandomize=True)
@given(st.lists(st.tuples(st.integers(1, 9), st.integers(-50, 2000)), min_size=2, max_size=300))
def test_any_samples_add_up(samples: list[tuple[int, int]]) -> None:
    found = build(profile_of([number for number, _ in samples], [delta for _, delta in samples]))
    moments = [sum(delta for _, delta in samples[: count + 1]) for count in range(len(samples))]
    assert found.ticks == (max(moments) - min(moments) or max(98_000 - moments[0], 1))
    add_up(found)


def test_a_very_long_profile_merges_neighbours_and_loses_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    text = profile_of([5, 5, 5, 6, 6, 3, 3, 9] * 50, list(range(400)))
    whole = build(text)
    monkeypatch.setattr("gclog.profile.cpu.samples.MOST_SAMPLES", 10)
    merged = build(text)
    add_up(merged)
    assert (merged.flat, merged.idle, merged.sample_count) == (whole.flat, whole.idle, whole.sample_count)
    assert len(merged.samples.at_us) == 149 < len(whole.samples.at_us)


def test_hot_lines_are_those_of_the_documents_position_ticks() -> None:
    lines = [{"line": 3, "ticks": 5}, {"line": 4, "ticks": 9}]
    nodes = [
        *NODES[:4],
        NODES[4] | {"positionTicks": lines},
        NODES[5] | {"positionTicks": [{"line": 12, "ticks": 7}]},
        *NODES[6:],
    ]
    profile = build(profile_of([5, 6], [1, 1], nodes))
    assert [(profile.frames[one.frame].name, one.line, one.samples) for one in profile.hot_lines] == [
        ("main", 4, 9), ("send", 12, 7), ("main", 3, 5),
    ]  # fmt: skip
    assert build(profile_of([5, 6], [1, 1], nodes), ProfileOptions(state="js")).hot_lines == ()


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.name)
def test_hot_lines_of_a_sample_are_its_own(file: Path) -> None:
    document = json.loads(gzip.decompress(file.read_bytes()))
    counted: Counter[tuple[str, int]] = Counter()
    for node in document.get("nodes", []):
        for one in node.get("positionTicks", []):
            if node["callFrame"]["url"]:
                counted[node["callFrame"]["functionName"] or "(anonymous)", one["line"]] += one["ticks"]
    profile = build(gzip.decompress(file.read_bytes()))
    found: Counter[tuple[str, int]] = Counter()
    for one in profile.hot_lines:
        found[profile.frames[one.frame].name, one.line] += one.samples
    if document.get("nodes"):
        assert found == counted and found


LARGE = [1 << 53, 10**18, (1 << 63) - 1, 1 << 63, 10**30]


@pytest.mark.parametrize("number", LARGE)
@pytest.mark.parametrize("column", ["samples", "timeDeltas", "timestamps"])
def test_numbers_that_javascript_does_not_have_are_refused(column: str, number: int) -> None:
    for sign in (1, -1):
        with pytest.raises(MalformedError, match="a number in it is too large"):
            build(json.dumps({"nodes": NODES, column: [0, sign * number, 3]}))


def test_deltas_and_hits_whose_sum_javascript_does_not_have_are_refused() -> None:
    half = 1 << 52
    with pytest.raises(MalformedError, match="a number in it is too large"):
        build(profile_of([5, 6, 5], [half, half, 1]))
    hits = [*NODES[:4], *(one | {"hitCount": half} for one in NODES[4:])]
    with pytest.raises(MalformedError, match="a number in it is too large"):
        build(profile_of([], [], hits))
    add_up(build(profile_of([5, 6, 5], [0, half, 1])))


def test_the_headline_and_the_list_of_functions_have_one_figure() -> None:
    nodes = [
        node(1, "(root)", (2, 4)),
        node(2, "main", (3,), "/srv/a.js", 1),
        node(3, "parse", (), "/srv/a.js", 2),
        node(4, "cb", (5,), "/srv/a.js", 3),
    ]
    nodes.append(node(5, "main", (), "/srv/a.js", 1))
    found = build(profile_of([2, 3, 5, 4, 4], [0, 100, 500, 100, 300], nodes))
    assert headline(found) == "100 % of 1.00 ms in JavaScript: 50.0 % `parse` a.js:3; 70.0 % under `main` a.js:2; GC 0 %"
