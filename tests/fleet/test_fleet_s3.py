"""Logs in S3: moto's server speaks its API on this machine."""

from __future__ import annotations

import gzip
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("s3fs", reason="s3fs is not installed: S3 is not tried")
pytest.importorskip("moto.server", reason="moto is not installed: S3 is not tried")
import botocore.session
import s3fs
from moto.server import ThreadedMotoServer

from gclog.cli.fleet import fleet
from gclog.errors import GclogError, InputError
from gclog.fleet.run import analyze_fleet
from gclog.model.fleet import FleetReport

SAMPLES = Path(__file__).parents[2] / "samples"
CRASH = (SAMPLES / "crash.log").read_bytes()
HEALTHY = (SAMPLES / "gc" / "healthy-node22.log").read_bytes()

HOSTILE = (
    "gc.log::zip",
    "gc.log::file:///etc/hostname",
    "gc.log [a]*?",
    "gc.log/../up",
    "gc.log\x1b[31m",
    "gc.log\u202e",
    "gc.log%2F..",
    "gc.log#a?b=c",
    "/gc.log",
    "g" * 900,
)
"""Names that are a file's, a glob's, an address's or a terminal's business elsewhere."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture
def objects(address: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A client of S3, with an empty bucket `logs`; gclog is told by the environment where S3 is, as a user would."""
    tell_moto(address, "reset")
    for name, value in (
        ("ACCESS_KEY_ID", "a"),
        ("SECRET_ACCESS_KEY", "b"),
        ("DEFAULT_REGION", "us-east-1"),
        ("ENDPOINT_URL", address),
    ):
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    s3fs.S3FileSystem.clear_instance_cache()
    client = botocore.session.Session().create_client("s3")
    client.create_bucket(Bucket="logs")
    return client


def tell_moto(address: str, what: str, data: bytes = b"") -> None:
    request = urllib.request.Request(f"{address}/moto-api/{what}", data, {"Content-Type": "text/plain"}, method="POST")
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200


def put(objects: Any, **logs: bytes) -> None:
    for name, data in logs.items():
        objects.put_object(Bucket="logs", Key=name, Body=data)


def levels(report: FleetReport) -> dict[str, str]:
    return {row.source: row.level for row in report.rows}


def test_logs_in_a_bucket_are_found_by_a_glob_packed_or_not_and_rotated(objects: Any) -> None:
    put(objects, **{"web-1/gc.log": CRASH, "web-2/gc.log.gz": gzip.compress(HEALTHY), "web-2/app.log": b"x\n"})
    put(objects, **{"web-3/gc.log.1.gz": gzip.compress(CRASH[:9999]), "web-3/gc.log": CRASH[9999:]})
    report = analyze_fleet(["s3://logs/*/gc.log*"])
    assert report.failed == ()
    assert (report.logs, report.files) == (3, 4)
    assert {row.source: (row.host, row.level) for row in report.rows} == {
        "s3://logs/web-1/gc.log": ("web-1", "exhausted"),
        "s3://logs/web-2/gc.log.gz": ("web-2", "ok"),
        "s3://logs/web-3/gc.log*": ("web-3", "exhausted"),
    }


def test_workers_fetch_them_too(objects: Any) -> None:
    pytest.importorskip("distributed", reason="the extra `fleet` is not installed: workers are not tested")
    put(objects, **{"web-1/gc.log": CRASH, "web-2/gc.log.gz": gzip.compress(HEALTHY)})
    assert levels(analyze_fleet(["s3://logs/*/gc.log*"], workers=1)) == levels(analyze_fleet(["s3://logs/*/gc.log*"]))


def test_an_object_may_be_called_anything(objects: Any) -> None:
    put(objects, **dict.fromkeys((f"odd/{name}" for name in HOSTILE), HEALTHY))
    report = analyze_fleet(["s3://logs/odd"])
    assert report.failed == ()
    assert levels(report) == {f"s3://logs/odd/{name}": "ok" for name in HOSTILE}


def test_an_object_that_is_gone_when_it_is_read_costs_a_row_or_a_note(objects: Any) -> None:
    put(objects, **{"web-1/gc.log": CRASH, "web-2/gc.log": CRASH})
    put(objects, **{"web-3/gc.log.1": CRASH[:9999], "web-3/gc.log": CRASH[9999:]})

    def delete(done: int, of: int) -> None:
        if done == 1:
            objects.delete_object(Bucket="logs", Key="web-2/gc.log")
            objects.delete_object(Bucket="logs", Key="web-3/gc.log.1")

    report = analyze_fleet(["s3://logs/*/gc.log*"], progress=delete)
    (failed,) = report.failed
    assert failed.error.startswith("s3://logs/web-2/gc.log: cannot be fetched: FileNotFoundError: ")
    notes = {row.source: row.notes for row in report.rows}
    assert notes["s3://logs/web-1/gc.log"] == ()
    (note,) = notes["s3://logs/web-3/gc.log*"]
    assert note.startswith(
        "left out, and missing in all figures: s3://logs/web-3/gc.log.1: cannot be fetched: FileNotFoundError: "
    )


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("s3://nobody/*/gc.log*", "s3://nobody/*/gc.log*: there is no s3://nobody\n"),
        ("s3://logs/none/gc.log*", "s3://logs/none/gc.log*: there is no s3://logs/none\n"),
        ("s3://logs/*/none*", "s3://logs/*/none*: no log matches\n"),
    ],
    ids=["no such bucket", "no such folder", "no such object"],
)
def test_a_glob_that_finds_nothing_says_how_far_it_came(objects: Any, word: str, said: str) -> None:
    put(objects, **{"web-1/gc.log": CRASH})
    with pytest.raises(InputError) as caught:
        analyze_fleet([word])
    assert str(caught.value).startswith(said)


def run_command(word: str) -> GclogError:
    """What `gclog fleet` ends with."""
    with pytest.raises(GclogError) as caught:
        fleet([word], workers=0)
    return caught.value


@pytest.mark.parametrize("word", ["s3://nobody/gc.log", "s3://logs/none/gc.log"], ids=["no such bucket", "no such object"])
@pytest.mark.usefixtures("objects")
def test_an_object_that_is_not_there_is_an_input_that_cannot_be_read(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    error = run_command(word)
    assert (error.exit_code, error.what) == (4, "none of 1 log could be read")
    assert f"{word}: cannot be fetched: FileNotFoundError" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("word", ["s3://logs/*/gc.log*", "s3://logs/web-1/gc.log"], ids=["glob", "name"])
def test_credentials_that_nobody_knows_are_told(objects: Any, address: str, word: str) -> None:
    put(objects, **{"web-1/gc.log": CRASH})
    tell_moto(address, "reset-auth", b"0")  # from now on nobody is let in unasked
    try:
        error = run_command(word)
    finally:
        tell_moto(address, "reset-auth", b"inf")
    assert error.exit_code == 4
    assert str(error).startswith(
        f"{word}: cannot be listed: PermissionError: The AWS Access Key Id you provided does not exist"
    )


@pytest.mark.usefixtures("objects")
def test_a_server_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    error = run_command("s3://logs/gc.log")
    assert (error.exit_code, str(error).partition(": Could")[0]) == (
        4,
        "s3://logs/gc.log: cannot be listed: EndpointConnectionError",
    )
