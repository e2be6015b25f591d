"""`gclog heapdiff` and `gclog analyze` on sampled heap profiles."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path

import pytest
from made_heap_profiles import MadeProfile, call
from made_heaps import leaking
from typer.testing import CliRunner, Result

from gclog.cli.main import app
from gclog.errors import InputError, UsageError

SAMPLED = Path(__file__).parents[2] / "samples" / "sampled"
SERIES = sorted((SAMPLED / "node20").glob("*.heapprofile"))


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def test_one_profile_names_the_site_first() -> None:
    (path,) = (SAMPLED / "node12").glob("*.heapprofile")
    said = run("heapdiff", path).stdout
    assert said.startswith("9.3 MB are held by what `createSession sampled_leak.js:16` allocated: 100 % of what was sampled")
    assert "sizes are estimates from samples" in " ".join(said.split())


def test_three_say_what_grows_and_fail_on_it() -> None:
    result = run("heapdiff", *SERIES, "--fail-on", "grows")
    assert " ".join(result.stdout.split()).startswith(
        "What `serve sampled_leak.js:49` → `handleRequest sampled_leak.js:23` → `createSession sampled_leak.js:16` allocated grows: "
        "+16.8 MB from 1 to 3 (9.3 → 18.0 → 26.0 MB)"
    )
    assert result.exit_code == 1
    assert run("heapdiff", SERIES[0], SERIES[0], "--fail-on", "grows").exit_code == 0


def test_a_folder_stands_for_its_profiles_in_the_order_of_their_names() -> None:
    assert run("heapdiff", SAMPLED / "node20").stdout == run("heapdiff", *SERIES).stdout


def test_a_packed_profile_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.heapprofile.gz"
    path.write_bytes(gzip.compress(SERIES[0].read_bytes()))
    assert "createSession" in run("heapdiff", path).stdout


def test_json_has_the_sites_with_their_places_and_stacks() -> None:
    heap = json.loads(run("heapdiff", *SERIES, "--format", "json").stdout)["sampled_heap"]
    first = heap["sites"][0]
    assert [function["name"] for function in first["path"]] == ["serve", "handleRequest", "createSession"]
    assert first["grows"] and first["growth"]["stayed"] > 0 and first["path"][-1]["line"] == 16
    assert {function["name"] for function in first["stack"]} >= {"serve", "listOnTimeout"}
    assert sum(site["alive_bytes"][-1] for site in heap["sites"]) == heap["profiles"][-1]["alive_bytes"]


def test_a_page_has_a_flame_graph_of_bytes(tmp_path: Path) -> None:
    page = tmp_path / "a.html"
    assert run("heapdiff", SERIES[-1], "-o", page).exit_code == 0
    html = page.read_text(encoding="utf-8")
    assert 'data-flame="sampled"' in html and '"unit": "bytes"' in html.replace('"unit":"bytes"', '"unit": "bytes"')
    assert "Width is bytes that are alive" in html


def test_a_flame_graph_has_its_colours_beside_a_log_too(tmp_path: Path) -> None:
    page = tmp_path / "a.html"
    assert run("analyze", SAMPLED / "node20", "-o", page).exit_code == 0
    html = page.read_text(encoding="utf-8")
    assert "data-flame=" in html and ".box { fill: var(--role); }" in html


def test_a_snapshot_and_a_profile_are_not_mixed(tmp_path: Path) -> None:
    snapshot = leaking(40).write(tmp_path / "1.heapsnapshot")
    result = run("heapdiff", snapshot, SERIES[0])
    assert isinstance(result.exception, UsageError) and result.exception.exit_code == 2
    assert "cannot be compared with each other" in result.exception.what


@pytest.mark.parametrize(("content", "says"), [("", "is empty"), ("no JSON at all", "is not a heap profile")])
def test_a_bad_file_by_the_name_of_a_profile_says_what_is_wrong(tmp_path: Path, content: str, says: str) -> None:
    path = tmp_path / "bad.heapprofile"
    path.write_text(content, encoding="utf-8")
    result = run("heapdiff", path)
    assert isinstance(result.exception, InputError) and result.exception.exit_code == 4
    assert says in result.exception.what


def test_nothing_sampled_is_said(tmp_path: Path) -> None:
    path = MadeProfile().write(tmp_path / "a.heapprofile")
    assert run("heapdiff", path).stdout.startswith("Cannot say what fills the heap: there is no sample of anything alive in it")


def test_alone_analyze_says_the_same() -> None:
    said = " ".join(run("analyze", SERIES[-1]).stdout.split())
    assert "allocated: 100 % of what was sampled" in said
    assert "Sampled heap profiles of process 24607, on their own no log of its process is here" in said


def test_hostile_names_are_harmless_in_every_form(tmp_path: Path) -> None:
    name = "</script><b>[red]\x1b[31m‮`x`"
    path = MadeProfile().add([call(name, 3, f"/app/{name}.js")], range(1, 40)).write(tmp_path / "a.heapprofile")
    for form in ("text", "markdown", "html", "json"):
        shown = run("heapdiff", path, "--format", form).stdout
        assert "\x1b" not in shown and "‮" not in shown, form
        if form == "html":
            assert "</script><b>" not in shown


def test_redacted_it_has_no_name_of_the_application(tmp_path: Path) -> None:
    shutil.copytree(SAMPLED / "node20", tmp_path / "in")
    for words in (("heapdiff", *SERIES), ("analyze", tmp_path / "in")):
        for form in ("text", "html", "json"):
            shown = run(*words, "--redact", "--format", form).stdout
            assert "createSession" not in shown and "sampled_leak" not in shown, (words[0], form)
            assert "script-1.js" in shown


# ---------------------------------------------------------------- several processes


def series(folder: Path, pid: int, counts: list[int], thread: int = 0, function: str = "") -> list[Path]:
    """Profiles of one sampling, by Node's names, in which a site has so many samples."""
    folder.mkdir(exist_ok=True)
    name = function or f"of_{pid}"
    return [
        MadeProfile()
        .add([call(name, 3)], range(1, 1 + count))
        .write(folder / f"Heap.20260314.1010{n:02d}.{pid}.{thread}.{n:03d}.heapprofile")
        for n, count in enumerate(counts, 1)
    ]


def test_a_folder_of_several_processes_compares_each_with_itself(tmp_path: Path) -> None:
    series(tmp_path, 7, [20, 20, 20])
    series(tmp_path, 8, [20, 80, 160])
    series(tmp_path, 9, [300, 300, 300])
    result = run("heapdiff", tmp_path, "--fail-on", "grows")
    said = " ".join(result.stdout.split())
    assert said.startswith("Process 8: What `of_8 shop.js:3` allocated grows: +8.8 MB from 1 to 3 (1.2 → 5.0 → 10.0 MB)")
    assert "call sites grow in 1 of 3" in said and result.exit_code == 1
    heaps = json.loads(run("heapdiff", tmp_path, "--format", "json").stdout)
    assert [heap["pid"] for heap in heaps["sampled_heaps"]] == [8, 9, 7]
    assert heaps["sampled_heap"] == heaps["sampled_heaps"][0]["sampled_heap"]


def test_three_processes_that_hold_more_each_are_no_growth(tmp_path: Path) -> None:
    for pid, count in ((7, 20), (8, 80), (9, 160)):
        series(tmp_path, pid, [count], function="createSession")
    result = run("heapdiff", tmp_path, "--fail-on", "grows")
    assert result.exit_code == 0
    assert result.stdout.startswith("Process 9: 10.0 MB are held by what `createSession shop.js:3` allocated")


def test_files_of_several_processes_named_one_by_one_are_sorted_out_too(tmp_path: Path) -> None:
    one, other = series(tmp_path, 7, [20, 20]), series(tmp_path, 8, [20, 80])
    result = run("heapdiff", one[0], other[0], one[1], other[1])
    assert result.stdout.startswith("Process 8: What `of_8 shop.js:3` allocated grows")


def test_one_of_each_process_named_one_by_one_is_a_comparison_of_them(tmp_path: Path) -> None:
    before, after = (series(tmp_path, pid, [count], function="create")[0] for pid, count in ((9, 20), (7, 80)))
    assert run("heapdiff", before, after).stdout.startswith("What `create shop.js:3` allocated grows: +3.8 MB")


def test_the_threads_of_a_process_are_apart(tmp_path: Path) -> None:
    series(tmp_path, 7, [20, 20])
    series(tmp_path, 7, [20, 80], thread=2, function="in_worker")
    said = " ".join(run("heapdiff", tmp_path).stdout.split())
    assert said.startswith("Process 7, thread 2: What `in_worker shop.js:3` allocated grows")
    assert "the profiles of 2 isolates" in said


def test_containers_in_which_every_process_has_the_same_pid_are_apart(tmp_path: Path) -> None:
    for pod, count in (("a", 20), ("b", 80)):
        folder = tmp_path / pod
        folder.mkdir()
        MadeProfile().add([call("create", 3)], range(count, 2 * count)).write(folder / "heap-1-0.heapprofile")
    assert run("heapdiff", tmp_path, "--fail-on", "grows").exit_code == 0
    assert "call sites grow in 0 of 2" in run("heapdiff", tmp_path).stdout


def test_copies_of_one_sampling_in_several_folders_are_one_process(tmp_path: Path) -> None:
    for day, count in (("1", 20), ("2", 80), ("3", 160)):
        folder = tmp_path / day
        folder.mkdir()
        MadeProfile().add([call("create", 3)], range(1, 1 + count)).write(folder / "heap-1-0.heapprofile")
    assert run("heapdiff", tmp_path).stdout.startswith("What `create shop.js:3` allocated grows: +8.8 MB from 1 to 3")


def test_a_broken_one_among_several_processes_is_refused_by_its_name(tmp_path: Path) -> None:
    series(tmp_path, 7, [20, 20])
    series(tmp_path, 8, [20, 20])
    bad = tmp_path / "bad.heapprofile"
    bad.write_text("no JSON", encoding="utf-8")
    result = run("heapdiff", *sorted(tmp_path.glob("*.heapprofile")))
    assert isinstance(result.exception, InputError) and result.exception.where == str(bad)


def test_several_processes_have_a_page_and_hide_their_names(tmp_path: Path) -> None:
    series(tmp_path, 48151, [20, 80], function="createSecret")
    series(tmp_path, 48152, [20, 20])
    html = run("heapdiff", tmp_path, "--format", "html").stdout
    assert html.count("data-flame=") == 2 and "Process 48151" in html
    for form in ("text", "html", "json", "markdown"):
        shown = run("heapdiff", tmp_path, "--redact", "--format", form).stdout
        assert "createSecret" not in shown and "48151" not in shown and "script-1.js" in shown, form


def test_without_retained_sizes_is_refused_as_profiles_have_none() -> None:
    result = run("heapdiff", SERIES[0], "--no-retained")
    assert isinstance(result.exception, UsageError) and "no retained sizes" in str(result.exception)


def test_a_profile_beside_a_log_is_not_called_a_snapshot() -> None:
    said = run("analyze", SAMPLED / "node20").stdout
    assert "a sampled heap profile of" in said and "a heap snapshot of" not in said
