"""CPU profiles in the whole flow: alone, in a folder, as a witness of their process; and files that are none."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from made_logs import full, scavenge

import gclog
from gclog.errors import InputError, NothingToAnalyse
from gclog.model.witness import Witness

SAMPLE = Path(__file__).parents[2] / "samples" / "cpu" / "node20.cpuprofile.gz"
NAME = "CPU.20260314.101010.7.0.001.cpuprofile"


def sample() -> bytes:
    return gzip.decompress(SAMPLE.read_bytes())


def test_a_profile_alone_is_a_report_of_profiles() -> None:
    report = gclog.analyze(SAMPLE)
    (source,), (found,) = report.sources, report.profiles
    assert (source.kind, source.recognised_by, source.compression) == ("cpu-profile", {"cpu_profile": 1}, "gzip")
    assert (source.lines.total, source.lines.recognised) == (1, 1)
    assert found.profile.form == "cpu-profile" and not report.processes


@pytest.mark.parametrize("wrap", ['{"id":7,"result":{"profile":%s}}', '{"profile":%s}', "\n %s\n"])
def test_the_inspectors_whole_answer_is_read_too(tmp_path: Path, wrap: str) -> None:
    (tmp_path / "saved.json").write_text(wrap % sample().decode())
    (found,) = gclog.analyze(tmp_path).profiles
    assert found.profile.flat == gclog.analyze(SAMPLE).profiles[0].profile.flat


def test_a_profile_laid_out_by_another_program_is_read(tmp_path: Path) -> None:
    whole = json.loads(sample())
    (tmp_path / "sorted.cpuprofile").write_text(json.dumps(whole, indent=1, sort_keys=True))
    (tmp_path / "last.cpuprofile").write_text(json.dumps({key: whole[key] for key in reversed(whole)}))
    usual = gclog.analyze(SAMPLE).profiles[0].profile
    for found in gclog.analyze(tmp_path).profiles:
        assert (found.profile.ticks, found.profile.flat) == (usual.ticks, usual.flat)


@pytest.mark.parametrize(
    ("name", "heard"),
    [
        (NAME, True),
        ("CPU.20260314.101010.7.2.001.cpuprofile", False),
        ("CPU.20260314.101010.8.0.001.cpuprofile", False),
        ("app.cpuprofile", False),
    ],
)
def test_a_profile_beside_a_gc_log_is_a_witness_of_the_process_in_its_name(tmp_path: Path, name: str, heard: bool) -> None:
    (tmp_path / name).write_bytes(sample())
    (tmp_path / "gc.log").write_text("".join(f"{line}\n" for line in (scavenge(10), scavenge(20), full(60))))
    report = gclog.analyze(tmp_path)
    (process,) = report.processes
    assert len(report.profiles) == 1 and process.pid == 7
    assert (Witness(str(tmp_path / name), ("CPU profile",)) in process.witnesses) is heard


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{}", "it has no nodes"),
        ('{"nodes":[{"id":1}],"samples":[]}', "one of its nodes has no id or no callFrame"),
        ('{"nodes":[{"callFrame":{"functionName":"f"}}]}', "one of its nodes has no id or no callFrame"),
        ('{"nodes":[],"samples":[1,"x"]}', "an array of numbers holds something else"),
        ('{"nodes":7}', "an array is missing"),
        ('{"nodes":[{"id":1,"callFrame":{}}],"samples":[1e999]}', "an array of numbers holds something else"),
        ('{"nodes":[{"id":99999999999999999999,"callFrame":{}}]}', "a number in it is too large"),
    ],
)
def test_a_file_that_is_no_profile_is_refused_with_the_reason(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "a.cpuprofile").write_text(text)
    with pytest.raises(InputError) as raised:
        gclog.analyze(tmp_path / "a.cpuprofile")
    assert raised.value.what == f"is not a CPU profile: {why}" and raised.value.exit_code == 4
    (tmp_path / "gc.log").write_text(full(60) + "\n")
    bad, _ = gclog.analyze(tmp_path).sources
    assert bad.notes[0].startswith(f"passed over: it is not a CPU profile: {why}. Give a CPU profile")


def test_a_profile_without_a_sample_is_nothing_to_analyse(tmp_path: Path) -> None:
    (tmp_path / "a.cpuprofile").write_text(
        '{"nodes":[{"id":1,"callFrame":{"functionName":"(root)"}}],"samples":[],"timeDeltas":[]}'
    )
    with pytest.raises(NothingToAnalyse, match="a CPU profile without one sample"):
        gclog.analyze(tmp_path / "a.cpuprofile")


def test_other_documents_are_no_cpu_profiles(tmp_path: Path) -> None:
    (tmp_path / "graph.json").write_text('{"nodes":[{"id":1,"label":"a"}],"edges":[]}')
    (tmp_path / "gc.log").write_text(full(60) + "\n")
    assert [source.kind for source in gclog.analyze(tmp_path).sources] == ["gc", "none"]
