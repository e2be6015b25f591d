"""`gclog history`, and `--history` of the commands that judge."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gclog.cli.main import app
from gclog.errors import InputError, NothingToAnalyse, UsageError

SAMPLES = Path(__file__).parents[2] / "samples" / "history"
HEALTHY = [SAMPLES / f"catalogue-{number}.log.gz" for number in (1, 2, 3)]
LEAKING = SAMPLES / "catalogue-leak.log.gz"


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "history.json"
    assert run("history", "add", path, *HEALTHY, LEAKING, "--heap-limit", 64, "--name", "catalogue").exit_code == 0
    return path


@pytest.fixture
def alive(tmp_path: Path) -> Path:
    """The leak, three quarters through."""
    lines = gzip.decompress(LEAKING.read_bytes()).splitlines(keepends=True)
    collections = [line for line in lines if b" ms: " in line]
    path = tmp_path / "alive.log"
    path.write_bytes(b"".join(collections[: len(collections) * 3 // 4]))
    return path


def test_add_says_what_was_kept(tmp_path: Path) -> None:
    done = run("history", "add", tmp_path / "new.json", *HEALTHY, LEAKING, "--name", "shop")
    assert f"shop: 4 runs added, 1 of which did not end well; 4 in {tmp_path / 'new.json'}\n" in done.stderr
    assert done.stdout == ""
    done = run("history", "add", tmp_path / "new.json", HEALTHY[0])
    assert f"catalogue: 1 run added; 1 in {tmp_path / 'new.json'}\n" in done.stderr


@pytest.mark.parametrize("form", ["text", "markdown", "html", "json"])
def test_show_has_the_same_runs_in_every_form(file: Path, form: str) -> None:
    shown = run("history", "show", file, "--format", form).stdout
    if form == "json":
        (name, runs), *_ = json.loads(shown)["programs"].items()
        assert (name, [run["ended"] for run in runs][:3], len(runs)) == ("catalogue", ["well"] * 3, 4)
    else:
        assert "4 runs of 1 program, 3 of which ended well." in shown
        assert shown.count("64.0") >= 3


def test_it_is_said_if_no_earlier_run_counts(file: Path, tmp_path: Path, alive: Path) -> None:
    assert run("history", "add", file, HEALTHY[0], "--name", "shop").exit_code == 0
    done = run("analyze", alive, "--history", file)
    assert "No earlier run was compared: the history has catalogue, shop, and no log here has such a name." in done.stderr
    assert "No earlier run" not in run("analyze", HEALTHY[1], "--history", file).stderr


def test_analyze_says_where_the_run_stands(file: Path, alive: Path) -> None:
    done = run("analyze", alive, "--heap-limit", 64, "--history", file)
    assert "Earlier runs  above: " in done.stdout
    (process,) = json.loads(run("analyze", alive, "--heap-limit", 64, "--history", file, "-f", "json").stdout)["processes"]
    earlier = process["earlier_runs"]
    assert (earlier["stands"], earlier["runs"], process["verdict"]["level"]) == ("above", 3, "impending")
    assert earlier["because"] in process["verdict"]["headline"] and earlier["because"] in process["verdict"]["because"]
    assert earlier["live_mb"] > earlier["highest_mb"] and len(earlier["band"]) > 10
    page = run("analyze", alive, "--heap-limit", 64, "--history", file, "-f", "html").stdout
    assert "live set of earlier runs" in page and 'class="area earlier"' in page
    assert "live set of earlier runs" not in run("analyze", alive, "--heap-limit", 64, "-f", "html").stdout
    redacted = run("analyze", alive, "--heap-limit", 64, "--history", file, "--redact").stdout
    assert "Earlier runs  above: " in redacted


def test_watch_and_fleet_judge_by_them_too(file: Path, alive: Path) -> None:
    watched = run("watch", alive, "--replay", 0, "--heap-limit", 64, "--history", file).stdout
    assert "IMPENDING: the live set has left the envelope of earlier runs" in watched
    listed = json.loads(run("fleet", alive, "-w", 0, "--heap-limit", 64, "--history", file, "-f", "json").stdout)
    assert "earlier runs had at most" in listed["fleet"]["processes"][0]["headline"]


def test_logs_count_as_history_if_they_are_named(alive: Path) -> None:
    logs = [word for log in HEALTHY for word in ("--history", log)]
    shown = run("analyze", alive, "--heap-limit", 64, *logs).stdout
    assert "where 3 earlier runs had at most" in " ".join(shown.split())


def test_earlier_runs_that_say_nothing_are_said_to(tmp_path: Path, alive: Path) -> None:
    path = tmp_path / "deaths.json"
    run("history", "add", path, LEAKING)
    assert "Earlier runs  no other run that ended well" in run("analyze", alive, "--history", path).stdout


def test_a_run_in_the_file_is_not_judged_by_itself(file: Path, alive: Path) -> None:
    """The leak is in the file as a death; here as it was three quarters through, and well until then."""
    alone = run("analyze", alive, "--heap-limit", 64, "--history", file).stdout
    assert run("history", "add", file, alive, "--heap-limit", 64, "--name", "catalogue", "--well").exit_code == 0
    shown = run("analyze", alive, "--heap-limit", 64, "--history", file).stdout
    assert "where 3 earlier runs had at most" in " ".join(shown.split())
    assert [line for line in shown.splitlines() if "earlier run" in line] == [
        line for line in alone.splitlines() if "earlier run" in line
    ]
    assert run("watch", alive, "--replay", 0, "--heap-limit", 64, "--history", file).stdout.count("3 earlier runs") > 0


def test_programs_of_a_history_are_counted_if_they_are_too_many_to_name(tmp_path: Path) -> None:
    for number in range(7):
        run("history", "add", tmp_path / "h.json", HEALTHY[0], "--name", f"shop{number}")
    done = run("analyze", HEALTHY[1], "--history", tmp_path / "h.json")
    assert "the history has shop0, shop1, shop2, shop3, shop4, 2 more, and no log" in done.stderr


@pytest.mark.parametrize(
    ("text", "says", "not_again"),
    [
        ('{"gclog_history": 1, "programs": {"x": [', "damaged", "Make it again"),
        ('{"gclog_history": 9, "programs": {}}', "of form 9", "Make it again"),
        ("{}", "no file of earlier runs", "`gclog history add FILE LOG` makes one"),
        ("not a history", "no file of earlier runs", "`gclog history add FILE LOG` makes one"),
    ],
    ids=["cut", "newer", "other JSON", "text"],
)
def test_what_add_cannot_extend_is_not_answered_with_the_command_just_given(
    text: str, says: str, not_again: str, tmp_path: Path
) -> None:
    path = tmp_path / "h.json"
    path.write_text(text)
    done = run("history", "add", path, HEALTHY[0])
    assert says in str(done.exception) and not_again not in str(done.exception)
    assert "a file that does not exist yet" in str(done.exception)
    assert path.read_text() == text


def test_add_fills_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "made-by-mktemp"
    path.touch()
    assert run("history", "add", path, HEALTHY[0]).exit_code == 0
    assert "1 run of 1 program" in run("history", "show", path).stdout


@pytest.mark.parametrize("command", [["analyze"], ["watch", "--replay", "0"], ["fleet", "-w", "0"]], ids=lambda words: words[0])
@pytest.mark.parametrize(
    "text",
    ["", "{}", "root:x:0:0:root:/root:/bin/bash\n", '{"gclog_history": 1, "programs": {}}', "ONE COLLECTION"],
    ids=["empty", "other JSON", "text", "a history without runs", "too short a log"],
)
def test_a_history_without_a_run_is_a_message(command: list[str], text: str, tmp_path: Path) -> None:
    path = tmp_path / "earlier"
    first = next(line for line in gzip.decompress(HEALTHY[0].read_bytes()).decode().splitlines() if " ms: " in line)
    path.write_text(text.replace("ONE COLLECTION", first))
    done = run(*command, HEALTHY[1], "--history", path)
    assert isinstance(done.exception, UsageError)
    assert str(done.exception).startswith(f"{path}: has no earlier run\nName a file of `gclog history add`, or logs")


@pytest.mark.parametrize(
    ("words", "error", "said"),
    [
        (["history", "show", "no.json"], InputError, "cannot be read"),
        (["history", "show", LEAKING], InputError, "no file of earlier runs"),
        (["history", "add", LEAKING, HEALTHY[0]], InputError, "no file of earlier runs"),
        (
            ["history", "add", "new.json", SAMPLES.parent / "gc" / "crash_tail-node20.log"],
            NothingToAnalyse,
            "no run to remember",
        ),
        (["analyze", LEAKING, "--history", LEAKING], UsageError, "no earlier run"),
        (["analyze", LEAKING, "--history", "no.json"], InputError, ""),
    ],
)
def test_what_cannot_be_is_a_message(words: list[object], error: type[Exception], said: str) -> None:
    done = run(*words)
    assert isinstance(done.exception, error)
    assert said in str(done.exception)


@pytest.mark.parametrize("chosen", [["--isolate", "0xfbef000"], ["--since", "1s"], ["--until", "1h"]])
def test_what_is_chosen_of_the_judged_log_is_not_chosen_of_earlier_runs(chosen: list[str], alive: Path) -> None:
    isolate = json.loads(run("analyze", alive, "--format", "json").stdout)["processes"][0]["isolate"]
    words = [isolate if word.startswith("0x") else word for word in chosen]
    done = run("analyze", alive, "--heap-limit", 64, "--history", HEALTHY[0], *words, "--format", "json")
    assert done.exit_code == 0, done.output
    whole = run("analyze", alive, "--heap-limit", 64, "--history", HEALTHY[0], "--format", "json")
    runs = [json.loads(each.stdout)["processes"][0]["earlier_runs"]["runs"] for each in (done, whole)]
    assert runs[0] == runs[1]


@pytest.mark.parametrize(
    ("key", "value"), [("age_ms", 0), ("age_ms", float("nan")), ("grew_ms", float("inf")), ("first_major", float("inf"))]
)
def test_a_figure_that_can_be_none_is_damage(key: str, value: float, file: Path, alive: Path) -> None:
    kept = json.loads(file.read_text())
    kept["programs"]["catalogue"][0][key] = value
    file.write_text(json.dumps(kept))
    assert isinstance(run("analyze", alive, "--history", file).exception, InputError)
