"""The rule machine-short-of-memory: kills of other processes beside this one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from diagnose_cases import HITS, kernel_kill, make_case, say

from gclog.diagnose.rules import machine_short_of_memory as rule
from gclog.model.records import PlatformMessage


def exited(name: str) -> PlatformMessage:
    text = f"{name} exited with code 137"
    nothing = dict.fromkeys(("pid", "command", "used", "limit", "share")) | {"stranger": False}
    return PlatformMessage(
        line=41, wall_ms=None, kind="exit_137", text=text, form="exited", status="137", process=name, **nothing
    )


def test_it_names_what_the_kernel_killed() -> None:
    (finding,) = rule.check(HITS["machine-short-of-memory"])
    assert finding.title == "The machine is short of memory: the kernel killed mysqld (pid 900)"
    assert (finding.severity, finding.confidence, finding.evidence) == ("warning", "high", (40,))


@pytest.mark.parametrize(
    ("message", "severity", "title"),
    [
        pytest.param(
            kernel_kill(900, "java", "Memory cgroup out of memory"),
            "info",
            "Another process was killed at its container's limit: java (pid 900)",
            id="in a container of its own",
        ),
        pytest.param(
            exited("postgres-1"),
            "info",
            "Another process got SIGKILL: postgres-1; the machine may be short of memory",
            id="a service of compose",
        ),
    ],
)
def test_it_says_how_sure_it_is(message, severity: str, title: str) -> None:
    (finding,) = rule.check(make_case(messages=(message,)))
    assert (finding.severity, finding.title) == (severity, title)


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(replace(kernel_kill(900, "node"), line=9_999), id="Node, whatever its pid, where the log ends"),
        pytest.param(kernel_kill(4711, "my title"), id="its own pid"),
        pytest.param(exited("web-1"), id="its own service"),
        pytest.param(say("killed", "Killed"), id="nobody is named"),
    ],
)
def test_kills_that_may_be_its_own_are_silent(message) -> None:
    assert list(rule.check(make_case(messages=(message,), pid=4711))) == []


def test_a_process_that_goes_on_was_not_the_one_of_its_name_that_was_killed() -> None:
    (finding,) = rule.check(make_case(messages=(kernel_kill(900, "node"),), pid=4711))
    assert finding.title == "The machine is short of memory: the kernel killed node (pid 900)"
