"""Commands and web hooks: what they are told, and that their failures stay theirs."""

from __future__ import annotations

import base64
import dataclasses
import http.server
import json
import socket
import threading
from pathlib import Path

import pytest
from made_views import VIEW

from gclog.errors import UsageError
from gclog.model.verdict import DefaultLimit, Level, NoForecast, NoLimit, TimelineEvent
from gclog.watch import alarms
from gclog.watch.alarms import Command, WebHook, describe
from gclog.watch.watcher import Change

CHANGE = Change(VIEW, TimelineEvent(at_ms=61_500.0, line=4711, level="impending", because="the live set climbs"), "rising")


class Server(http.server.HTTPServer):
    """Answers with `statuses`, one after the other, the last one for ever; keeps what it was sent."""

    def __init__(self, *statuses: int) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.statuses, self.sent = list(statuses), list[tuple[dict[str, str], bytes]]()
        self.thread = threading.Thread(target=lambda: self.serve_forever(poll_interval=0.01))
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook?token=secret"

    def stop(self) -> None:
        self.shutdown()
        self.thread.join()
        self.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.sent.append((dict(self.headers), body))
        status = self.server.statuses.pop(0) if len(self.server.statuses) > 1 else self.server.statuses[0]
        if not status:
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.send_response(status)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        return


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alarms, "RETRY_AFTER_S", (0.0, 0.0))


def post(server: Server, times: int = 1, url: str | None = None) -> list[str]:
    """What is said when the change is sent so often, one after the other."""
    said: list[str] = []
    hook = WebHook(url or server.url, said.append)
    for _ in range(times):
        hook.raise_for(CHANGE, "gc.log")
    hook.close()
    server.stop()
    return said


# ---------------------------------------------------------------- web hooks


def test_a_change_is_posted_as_json() -> None:
    server = Server(204)
    assert post(server) == []
    ((headers, body),) = server.sent
    assert headers["Content-Type"] == "application/json"
    assert json.loads(body) == describe(CHANGE, "gc.log")


def test_the_json_has_the_figures_and_no_infinity() -> None:
    told = describe(CHANGE, "gc.log")
    assert (told["level"], told["before"], told["pid"], told["line"]) == ("impending", "rising", 7, 4711)
    assert (told["live_mb"], told["limit"]) == (60.5, {"mb": 96, "source": "option"})
    assert told["forecast"]["in_ms"] == {"low": 8500, "expected": 30_000, "high": None}
    json.dumps(told, allow_nan=False)


def test_what_cannot_be_said_is_told_with_its_reason() -> None:
    view = dataclasses.replace(VIEW, limit=NoLimit("not named"), forecast=NoForecast("no limit"))
    told = describe(dataclasses.replace(CHANGE, process=view), "gc.log")
    assert (told["limit"], told["forecast"]) == ({"reason": "not named", "default": None}, {"reason": "no limit"})


def test_the_end_of_a_danger_is_posted_as_resolved() -> None:
    server, said = Server(204), list[str]()
    over = Change(VIEW, dataclasses.replace(CHANGE.event, level="ok", because="it levelled off"), "critical")
    hook = WebHook(server.url, said.append)
    hook.raise_for(CHANGE, "gc.log")
    hook.resolve(over, "gc.log")
    hook.close()
    server.stop()
    first, second = (json.loads(body) for _, body in server.sent)
    assert (first["state"], first["level"]) == ("firing", "impending")
    assert (second["state"], second["level"], second["before"]) == ("resolved", "ok", "critical")
    assert second["headline"] == "RESOLVED, OK: it levelled off"
    assert first["pid"] == second["pid"] and said == []


def test_a_default_is_told_as_a_range() -> None:
    limit = NoLimit("not named", DefaultLimit(2048, 4096, "by the default of Node 22"))
    told = describe(dataclasses.replace(CHANGE, process=dataclasses.replace(VIEW, limit=limit)), "gc.log")
    assert told["limit"]["default"] == {"low_mb": 2048, "high_mb": 4096, "why": "by the default of Node 22"}


@pytest.mark.parametrize(
    ("statuses", "attempts", "said"),
    [
        ([500, 200], 2, None),
        ([0, 0, 200], 3, None),
        ([503], 3, "answered 503 Service Unavailable"),
        ([429, 200], 2, None),
        ([404], 1, "answered 404 Not Found"),
    ],
    ids=["an error, then not", "hung up on twice", "out of order", "too many requests", "no such hook"],
)
def test_what_may_pass_is_tried_again_a_few_times(statuses: list[int], attempts: int, said: str | None) -> None:
    server = Server(*statuses)
    lines = post(server)
    assert len(server.sent) == attempts
    assert (lines == []) if said is None else (said in lines[0])


def test_a_user_and_a_password_in_the_url_are_basic_authentication() -> None:
    server = Server(204)
    url = server.url.replace("http://", "http://on%20call:p%40ss@")
    assert post(server, url=url) == []
    ((headers, _),) = server.sent
    assert headers["Authorization"] == "Basic " + base64.b64encode(b"on call:p@ss").decode()
    assert "@" not in headers["Host"]


def test_errors_are_said_once_and_without_the_secret_in_the_url() -> None:
    server = Server(404)
    (line,) = post(server, times=3)
    assert line.startswith("--webhook: 127.0.0.1: answered 404")
    assert "secret" not in line


def test_errors_are_said_again_after_one_got_through() -> None:
    server = Server(404, 200, 404)
    assert len(post(server, times=3)) == 2


def test_a_server_that_is_not_there_is_an_error_that_is_said() -> None:
    server = Server(200)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/"
        (line,) = post(server, url=url)
    assert "refused" in line


@pytest.mark.parametrize("url", ["file:///etc/passwd", "example.com/hook", "https://", "ftp://example.com/"])
def test_what_is_no_url_of_a_web_hook_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="not a URL of a web hook"):
        WebHook(url, print)


def test_raising_never_waits_and_what_is_dropped_is_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alarms, "WAITING", 2)
    said: list[str] = []
    hook = WebHook("http://127.0.0.1:9/", said.append)
    entered, leave = threading.Event(), threading.Event()
    hook._worker.do(lambda: (entered.set(), leave.wait(10))[0])
    assert entered.wait(10)
    sent: list[bytes] = []
    monkeypatch.setattr(hook, "_send", sent.append)
    for _ in range(5):
        hook.raise_for(CHANGE, "gc.log")
    leave.set()
    hook.close()
    assert len(sent) == 2
    assert said == ["--webhook: 2 alarms are waiting; further ones are dropped"]


# ---------------------------------------------------------------- commands


def execute(command: str, change: Change = CHANGE, times: int = 1) -> list[str]:
    said: list[str] = []
    runner = Command(command, said.append)
    for _ in range(times):
        runner.raise_for(change, "gc.log")
    runner.close()
    return said


def test_a_command_has_what_there_is_to_say_in_its_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GCLOG_REQUIRE_BROWSER", raising=False)
    shown = tmp_path / "shown"
    assert execute(f"env | grep ^GCLOG_ | sort > '{shown}'") == []
    assert shown.read_text(encoding="utf-8").splitlines() == [
        "GCLOG_AT_MS=61500",
        "GCLOG_BECAUSE=the live set climbs",
        "GCLOG_BEFORE=rising",
        "GCLOG_HEADLINE=IMPENDING: the live set climbs",
        "GCLOG_ISOLATE=0x10",
        "GCLOG_LEVEL=impending",
        "GCLOG_LIMIT_MB=96.0",
        "GCLOG_LINE=4711",
        "GCLOG_LIVE_MB=60.5",
        "GCLOG_PID=7",
        "GCLOG_RSS_MB=",
        "GCLOG_SECONDS_LEFT=30",
        "GCLOG_SOURCE=gc.log",
        "GCLOG_STATE=firing",
    ]


def test_a_command_runs_again_when_the_danger_is_over(tmp_path: Path) -> None:
    shown = tmp_path / "shown"
    runner = Command(f"echo $GCLOG_STATE $GCLOG_LEVEL >> '{shown}'", print)
    runner.raise_for(CHANGE, "gc.log")
    runner.resolve(Change(VIEW, dataclasses.replace(CHANGE.event, level="ok"), "impending"), "gc.log")
    runner.close()
    assert shown.read_text(encoding="utf-8").splitlines() == ["firing impending", "resolved ok"]


def test_log_text_is_never_part_of_the_command(tmp_path: Path) -> None:
    shown, hostile = tmp_path / "shown", "$(touch pwned) `touch pwned`; \n\x1b[31m\x00 'x' \"y\""
    change = dataclasses.replace(CHANGE, event=dataclasses.replace(CHANGE.event, because=hostile))
    execute(f"cd '{tmp_path}' && printf %s \"$GCLOG_BECAUSE\" > '{shown}'", change)
    assert shown.read_text(encoding="utf-8") == "$(touch pwned) `touch pwned`; ^J^[[31m^@ 'x' \"y\""
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("true", []),
        ("exit 3", ["--exec: ended with exit code 3"]),
        ("kill -9 $$", ["--exec: ended by signal 9"]),
        ("no-such-command 2>/dev/null", ["--exec: ended with exit code 127"]),
    ],
)
def test_a_command_that_fails_is_said(command: str, said: list[str]) -> None:
    assert execute(command) == said


def test_commands_run_one_after_the_other(tmp_path: Path) -> None:
    shown = tmp_path / "shown"
    execute(f"echo a >> '{shown}'; echo b >> '{shown}'", times=3)
    assert shown.read_text(encoding="utf-8").split() == ["a", "b"] * 3


def test_what_a_command_prints_goes_to_stderr(capfd: pytest.CaptureFixture[str]) -> None:
    execute("echo printed")
    assert capfd.readouterr() == ("", "printed\n")


@pytest.mark.parametrize(
    ("before", "level", "is_news"),
    [
        ("rising", "rising", False),
        ("ok", "rising", True),
        ("impending", "ok", True),
        ("not-assessable", "not-assessable", True),
    ],
)
def test_a_change_of_the_judges_to_a_level_that_was_shown_already_is_no_news(
    before: Level, level: Level, is_news: bool
) -> None:
    event = dataclasses.replace(CHANGE.event, level=level)
    assert Change(VIEW, event, before, event).is_news == is_news
