"""Folders and archives of many files: read on every core, and what is said of them is the same to the byte."""

from __future__ import annotations

import gzip
import random
import shutil
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from rendered import render_as, render_terminal

from gclog.errors import NothingToAnalyse
from gclog.incident import pipeline
from gclog.incident.context import SourceContext
from gclog.incident.pipeline import analyze
from gclog.incident.settings import Moment, Settings
from gclog.model.report import ProcessReport, Report
from gclog.recognise.bulk import cores

SAMPLES = Path(__file__).parents[2] / "samples"
LOGS = sorted(
    path
    for folder in ("gc", "wrapped", "labelled", "heap", "witness", ".")
    for path in (SAMPLES / folder).glob("*.log*")
    if path.stat().st_size < 30_000
)
SEED = 20261201


def test_what_is_wrong_with_many_files_names_only_a_few(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for number in range(1200):
            archive.writestr(f"{number}.log", "hello\n")
    with pytest.raises(NothingToAnalyse, match="found 1,200 lines of application output") as caught:
        analyze(tmp_path / "a.zip")
    names = ", ".join(str(tmp_path / "a.zip" / f"{number}.log") for number in range(3))
    assert caught.value.where == f"{names}, and 1,197 more"


def said(report: Report) -> tuple[str, str]:
    return render_as("report", "json", report), render_terminal(report)


def in_folder(folder: Path, _: Path) -> Path:
    return folder


def in_zip(folder: Path, scratch: Path) -> Path:
    return Path(shutil.make_archive(str(scratch / "all"), "zip", folder))


def in_tar(folder: Path, scratch: Path) -> Path:
    return Path(shutil.make_archive(str(scratch / "all"), "gztar", folder))


def in_plain_tar(folder: Path, scratch: Path) -> Path:
    with tarfile.open(scratch / "all.tar", "w") as archive:
        archive.add(folder, "all")
    return scratch / "all.tar"


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What has something to do with other files: witnesses, tick logs, a rotated log; and files that are no logs."""
    folder = tmp_path_factory.mktemp("everything")
    shutil.copytree(SAMPLES / "witness", folder / "witness")
    for name in ("gc-node12.log", "isolate-0x86f84e0-23225-v8.log.gz"):
        shutil.copyfile(SAMPLES / "joined" / name, folder / name)
    crash = (SAMPLES / "crash.log").read_bytes().splitlines(keepends=True)
    (folder / "app.log.1").write_bytes(b"".join(crash[:40]))
    (folder / "app.log").write_bytes(b"".join(crash[40:]))
    (folder / "empty.log").write_bytes(b"")
    (folder / "no.log").write_bytes(bytes(range(256)) * 16)
    (folder / "cut.log.gz").write_bytes(gzip.compress(b"".join(crash))[:200])
    return folder


@pytest.mark.parametrize("packed", [in_folder, in_zip, in_tar, in_plain_tar])
def test_many_processes_say_of_many_files_what_one_says(
    packed: Callable[[Path, Path], Path], everything: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cores, "ALONE_S", 0.0)
    given = packed(everything, tmp_path)
    one, several = (said(analyze(given, Settings(processes=processes))) for processes in (1, 3))
    assert one == several


def test_a_part_of_each_process_is_the_same_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cores, "ALONE_S", 0.0)
    for number, name in enumerate(("crash.log", "gc/workers-node22.log", "gc/restarts-node20.log") * 4):
        shutil.copyfile(SAMPLES / name, tmp_path / f"{number}.log")
    since = Moment(100.0, on_wall_clock=False)
    one, several = (said(analyze(tmp_path, Settings(processes=processes, since=since))) for processes in (1, 3))
    assert one == several


def test_logs_one_after_the_other_are_read_by_many_processes_as_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cores, "ALONE_S", 0.0)
    monkeypatch.setattr("gclog.source.open.Source.blocks.__defaults__", (4096,))
    chance = random.Random(SEED)
    for number in range(3):
        logs = [(gzip.decompress if log.suffix == ".gz" else bytes)(log.read_bytes()) for log in chance.sample(LOGS, 6)]
        path = tmp_path / f"{number}.log"
        path.write_bytes(b"".join(logs))
        one, several = (said(analyze(path, Settings(processes=processes))) for processes in (1, 3))
        assert one == several


def test_what_another_process_has_judged_is_not_judged_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cores, "ALONE_S", 0.0)
    for number in range(40):
        shutil.copyfile(SAMPLES / "crash.log", tmp_path / f"{number}.log")
    judged: list[str] = []
    own = pipeline.report_processes

    def note(context: SourceContext, settings: Settings) -> list[ProcessReport]:
        judged.append(context.source.name)
        return own(context, settings)

    monkeypatch.setattr(pipeline, "report_processes", note)
    assert len(analyze(tmp_path, Settings(processes=2)).processes) == 40
    assert len(judged) < 40
