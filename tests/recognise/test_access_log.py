"""Access logs: which files are some, what was requested, and when."""

from __future__ import annotations

import datetime
import math

import pytest

from gclog.recognise.access_log import is_access_log, read_requests
from gclog.source.open import Block

AT = datetime.datetime(2026, 12, 1, 13, 0, 0, tzinfo=datetime.UTC).timestamp() * 1000
CLF = '10.0.0.7 - - [01/Dec/2026:14:00:00 +0100] "POST /cart HTTP/1.1" 201 17 "-" "curl/8.5.0"'


def read(line: str) -> tuple[str, float]:
    requests = read_requests(Block(line.encode(), 1))
    assert len(requests.lines) == len(requests.wall_ms) == 1
    return requests.lines[0].decode(), requests.wall_ms[0]


@pytest.mark.parametrize(
    ("line", "request_", "at_ms"),
    [
        (CLF, "POST /cart", AT),
        ('shop.example:443 ::1 - ann [01/Dec/2026:13:00:00 +0000] "GET /a?q=hat HTTP/2.0" 200 4', "GET /a?q=hat", AT),
        ('ha[7]: 10.0.0.7:5 [01/Dec/2026:13:00:00.250] web app/one 0/0/1 200 12 - - "GET / HTTP/1.1"', "GET /", AT + 250),
        ('[2026-12-01T13:00:00.250Z] "GET /feed HTTP/1.1" 200 - 0 12', "GET /feed", AT + 250),
        ('2026-12-01T18:30:00+05:30 10.0.0.7 "PUT /users/7 HTTP/1.1" 204', "PUT /users/7", AT),
        ('{"time_local":"01/Dec/2026:14:00:00 +0100","request":"POST /cart HTTP/1.1"}', "POST /cart", AT),
        ('{"time_iso8601":"2026-12-01T14:00:00+01:00","request_method":"GET","request_uri":"/x"}', "GET /x", AT),
        ('{"msec":"1796130000.250","method":"GET","uri":"/x"}', "GET /x", AT + 250),
        (
            '{"level":30,"time":1796130000250,"req":{"method":"GET","url":"/x"},"msg":"request completed"}',
            "GET /x request completed",
            AT + 250,
        ),
        ('{"timestamp":"2026-12-01T13:00:00.250Z","level":"info","message":"GET /x 200 5 ms"}', "GET /x", AT + 250),
        ('{"ts":1796130000.25,"msg":"handled","request":{"method":"GET","uri":"/x"}}', "GET /x handled", AT + 250),
        ('{"StartUTC":"2026-12-01T13:00:00Z","RequestMethod":"GET","RequestPath":"/x"}', "GET /x", AT),
    ],
)
def test_a_request_is_read_with_its_moment(line: str, request_: str, at_ms: float) -> None:
    assert read(line) == (request_, pytest.approx(at_ms, abs=1))


@pytest.mark.parametrize(
    "line",
    [
        "GET /cart 200 12 ms - 17",
        '10.0.0.7 - - [01/Dec/2026:14:00:00 +0100] "-" 400 0',
        '10.0.0.7 - - [31/Feb/2026:14:00:00 +0100] "GET / HTTP/1.1" 200 0',
        '{"level":30,"time":1796130000250,"msg":"listening"}',
        '{"method":"GET","url":"/x"}',
        '{"method":',
        "",
    ],
)
def test_what_is_no_request_with_a_moment_is_left_out(line: str) -> None:
    request, at_ms = read(line)
    assert (request, math.isnan(at_ms)) == ("", True)


def test_a_file_is_an_access_log_if_nearly_all_of_its_first_lines_are_requests() -> None:
    assert is_access_log(Block(f"server started\n{(CLF + chr(10)) * 9}".encode(), 1))
    assert not is_access_log(Block(f"{CLF}\nserver started\n{CLF}\nserver stopped\n".encode(), 1))
    assert not is_access_log(Block(b"\n\n", 1))
    assert not is_access_log(None)
