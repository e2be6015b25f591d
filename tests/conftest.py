"""What every test can rely on: no colour, 100 columns, the C locale in UTF-8, UTC, a cache of its session; which tests are fast.

`pytest -m fast` runs all but the tests named in SLOW and those that need a browser or a Node: half a minute on a quiet machine.
"""

from __future__ import annotations

import os
import tempfile
import time
from typing import TYPE_CHECKING

import hypothesis
import pytest

if TYPE_CHECKING:
    from xdist.remote import Producer
    from xdist.scheduler import LoadFileScheduling

os.environ |= {"NO_COLOR": "1", "COLUMNS": "100", "LC_ALL": "C.UTF-8", "TZ": "UTC", "PYTHONUTF8": "1"}
for unwanted in ("FORCE_COLOR", "PYTHONDONTWRITEBYTECODE"):  # a hundred programs are started, and each would compile gclog anew
    os.environ.pop(unwanted, None)
if "PYTEST_XDIST_WORKER" not in os.environ:  # workers share the session's cache, as the programs do that tests start
    CACHE = tempfile.TemporaryDirectory(prefix="gclog-tests-")  # gone with the session
    os.environ["XDG_CACHE_HOME"] = CACHE.name
time.tzset()
hypothesis.settings.register_profile("gclog", deadline=None)  # how long a test takes is no reason to fail
hypothesis.settings.load_profile("gclog")

SLOW = (
    "analysis/test_intervals.py",
    "analysis/test_memory_judge.py",
    "analysis/test_pauses.py",
    "analysis/test_replay.py",
    "cli/test_cli.py",
    "cli/test_cli_fleet.py",
    "cli/test_cli_forms.py",
    "cli/test_cli_heapdiff.py",
    "cli/test_cli_profile.py",
    "cli/test_watch_cli.py",
    "compare/test_compare.py::test_three_unchanged_runs_a_side_show_no_change",
    "compare/test_compare.py::test_the_warm_up_is_two_minutes_at_most",
    "compare/test_compare.py::test_two_runs_of_one_program_are_neither_better_nor_worse",
    "fleet/test_fleet_run.py",
    "fleet/test_fleet_s3.py",
    "fleet/test_fleet_workers.py",
    "grammar/test_grammars.py",
    "heap/test_dominators.py",
    "heap/test_heap_growth.py",
    "heap/test_snapshot_columns.py",
    "heap/test_spill.py::test_the_answer_is_the_same_however_small_the_blocks_are",
    "incident/test_consistency.py",
    "incident/test_garbage.py",
    "incident/test_garbage_ticks.py",
    "incident/test_incident.py",
    "incident/test_many_files.py",
    "incident/test_pipeline.py",
    "incident/test_pipeline_ticks.py",
    "incident/test_reported.py",
    "incident/test_snapshots.py",
    "profile/test_build.py",
    "profile/test_prof_process.py",
    "profile/test_symbols.py",
    "recognise/test_parallel.py",
    "recognise/test_gc_profiler.py",
    "recognise/test_v8_log_records.py",
    "recognise/test_envelope_templates.py",
    "processes/test_mapped.py",
    "report/export/test_collapsed.py",
    "report/export/test_cpuprofile.py",
    "report/export/test_pprof.py",
    "report/test_html.py",
    "report/test_html_profile.py",
    "report/test_json_profile.py",
    "report/test_markdown.py",
    "report/test_redact.py",
    "source/test_open.py",
    "recognise/test_cores.py",
    "test_gold.py",
    "test_packaging.py",
    "watch/test_every_sample.py",
    "watch/test_watch_memory.py",
    "watch/test_watcher.py",
)
"""Modules, or tests of them, that take more than two seconds; every folder has others (tests/test_fast.py)."""


@pytest.hookimpl(tryfirst=True)  # before `-m` selects
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        slow = item.nodeid.removeprefix("tests/").startswith(SLOW)
        if not (slow or any(item.get_closest_marker(name) for name in ("slow", "browser", "node"))):
            item.add_marker("fast")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling:
    """A file's tests run in one process, in order: what they share is made once, such as a browser, its pages, and an analysed sample."""
    from xdist.scheduler import LoadFileScheduling

    return LoadFileScheduling(config, log)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-gold", action="store_true", help="write tests/gold anew instead of comparing with it")
