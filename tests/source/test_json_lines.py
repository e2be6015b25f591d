"""Where the message and the moment are in the JSON lines of loggers. 1773457927.25 s is 2026-03-14T03:12:07.25Z."""

from __future__ import annotations

import json

import pytest

from gclog.source.json_lines import JsonLine, read_json_line

T = 1773457927250.0

LOGGERS: dict[str, tuple[dict[str, object], JsonLine]] = {
    "pino": ({"level": 30, "time": 1773457927250, "pid": 7, "msg": "x"}, JsonLine("x", T, False)),
    "pino-iso": ({"time": "2026-03-14T03:12:07.25Z", "msg": "x"}, JsonLine("x", "2026-03-14T03:12:07.25Z", False)),
    "zap": ({"level": "info", "ts": 1773457927.25, "msg": "x"}, JsonLine("x", T, False)),
    "winston": ({"level": "info", "message": "x", "timestamp": "2026-03-14"}, JsonLine("x", "2026-03-14", False)),
    "logstash": ({"@timestamp": "2026-03-14", "message": "x"}, JsonLine("x", "2026-03-14", False)),
    "docker": ({"log": "x\n", "stream": "stdout", "time": "t"}, JsonLine("x\n", "t", False)),
    "docker-short-without-newline": ({"log": "x", "stream": "stdout", "time": "t"}, JsonLine("x", "t", False)),
    "docker-part": ({"log": "x" * 16_384, "stream": "stdout"}, JsonLine("x" * 16_384, None, True)),
    "docker-long": ({"log": "x" * 16_384 + "\n", "stream": "stdout"}, JsonLine("x" * 16_384 + "\n", None, False)),
    "journald": ({"MESSAGE": "x", "__REALTIME_TIMESTAMP": "1773457927250000"}, JsonLine("x", T, False)),
    "journald-bytes": ({"MESSAGE": [27, 91, 48, 109, 120]}, JsonLine("\x1b[0mx", None, False)),
    "journald-part": ({"MESSAGE": "x", "CONTAINER_PARTIAL_MESSAGE": "true"}, JsonLine("x", None, True)),
    "google-cloud": ({"jsonPayload": {"message": "x"}, "timestamp": "t"}, JsonLine("x", "t", False)),
    "opentelemetry": ({"timeUnixNano": "1773457927250000000", "body": {"stringValue": "x"}}, JsonLine("x", T, False)),
    "time-that-is-none": ({"msg": "x", "time": -1}, JsonLine("x", None, False)),
    "time-that-is-a-flag": ({"msg": "x", "time": True}, JsonLine("x", None, False)),
}


@pytest.mark.parametrize(("line", "expected"), LOGGERS.values(), ids=LOGGERS)
def test_the_message_and_the_moment_of_a_json_line(line: dict[str, object], expected: JsonLine) -> None:
    assert read_json_line(json.dumps(line)) == expected


@pytest.mark.parametrize(
    "text",
    ['{"a": 1}', '{"msg": 7}', '{"msg": null, "message": []}', '{"msg": "x"', "{", "[1]", '{"msg": "x"} y', "{" * 100_000],
)
def test_what_is_no_json_line_with_a_message_is_none(text: str) -> None:
    assert read_json_line(text[:200_000]) is None


def test_a_message_is_not_sought_without_end() -> None:
    deep: dict[str, object] = {"message": "x"}
    for _ in range(3):
        deep = {"body": deep}
    assert read_json_line(json.dumps(deep)) is None


def test_infinity_is_no_moment() -> None:
    assert read_json_line('{"msg": "x", "time": Infinity}') == JsonLine("x", None, False)
    assert read_json_line('{"msg": "x", "time": NaN}') == JsonLine("x", None, False)
