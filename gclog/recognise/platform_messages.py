"""What a platform's message means, whatever its words: killed, out of memory, aborted, a limit, a figure; and its sizes in MB."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from gclog.units import BYTES_PER_KB

__all__ = ["is_stranger", "kind_of", "mb_of", "share_of"]

OUT_OF_MEMORY = frozenset(
    {
        "app_engine",
        "buildkit",
        "actions_lost",
        "cgroup_events",
        "cgroup_short",
        "cloud_function",
        "cloud_run",
        "docker_oom",
        "ecs",
        "electron",
        "evicted",
        "exceeded",
        "fly",
        "fly_exit",
        "heroku_r15",
        "kubelet_oom",
        "lambda_memory",
        "next_restart",
        "oom_invoked",
        "out_of_memory_deployment",
        "pm2_restart",
        "pod_failed",
        "pod_row",
        "render",
        "state_json",
        "state_oom",
        "systemd_oom",
        "systemd_oomd",
        "task_oom",
        "vercel",
    }
)
"""Forms that say by themselves that a process was ended because of its memory."""

KINDS = {
    "heroku_r14": "over_quota",
    "heroku_running": "memory_used",
    "heroku_sample": "memory_used",
    "state_limit": "memory_limit",
    "cgroup_file": "memory_limit",
    "limit_head": "limit_head",
    "heroku_r12": "stopped",
    "pm2_kill": "stopped",
    "systemd_stop": "stopped",
    "shell_tool": "tool_aborted",
    "actions_shutdown": "stopped",
}
"""Forms that say something else than the end of a process, or an end that somebody wanted."""

ABORTED_ON_WINDOWS = r"2147483651|-2147483645|0x80000003|3221226505|-1073740791|0x[cC]0000409"
FAULT_ON_WINDOWS = r"3221225477|-1073741819|0x[cC]0000005"
"""Exceptions as exit codes, unsigned, signed and in hexadecimal: a breakpoint, with which V8 ends; fast fail; access violation."""

STATUSES = (
    ("exit_137", re.compile(r"137|9/KILL")),
    ("exit_134", re.compile(rf"134|{ABORTED_ON_WINDOWS}")),
    ("exit_fault", re.compile(rf"13[39]|{FAULT_ON_WINDOWS}|TRAP|SEGV|[Tt]rap(?!: 6)|egmentation|^(?:5|11)$")),
    ("aborted", re.compile(r"ABRT|[Aa]bort|^6$")),
    ("killed", re.compile(r"KILL|[Kk]illed|^9$")),
)
"""Exit codes and signals, as they are printed. 137 is 128 + SIGKILL, 134 128 + SIGABRT: how Node ends after a fatal error; 133 and 139
(SIGTRAP, SIGSEGV) are the same in some images, and in Electron."""

CAUSES = ("(out of memory)", "reason 'OOMKilled'")
"""What Cloud Foundry and Azure Container Apps add to an exit code."""

BYTES = {"": 1, "b": 1, "bytes": 1, "k": 2**10, "m": 2**20, "g": 2**30}
"""Units by their first letter: hosters write MB, MiB, M and Mi for the same."""

NAMES_SERVICE = "exited"
"""The form in which compose says which of its services has ended: `postgres-1 exited with code 137`."""

DEFAULT_MB = frozenset({"lambda_report"})
"""Forms whose figures without a unit are MB; of all others they are bytes."""

_SIZE = re.compile(r"[\"']?([0-9.]+)[ \t]*([A-Za-z]*)")


def kind_of(form: str, fields: Mapping[str, str]) -> str:
    """The kind of a message, by the rule that read it and the status in it."""
    if form == "lambda_report":
        used_mb, limit_mb = mb_of(fields.get("used"), form), mb_of(fields.get("limit"), form)
        return "oom_killed" if used_mb is not None and limit_mb is not None and used_mb >= limit_mb else "memory_used"
    if form == "app_engine" and "soft" in fields.get("text", ""):
        return "over_quota"
    if form in OUT_OF_MEMORY or any(cause in fields.get("text", "") for cause in CAUSES):
        return "oom_killed"
    status = fields.get("status", "")
    return KINDS.get(form) or next((kind for kind, pattern in STATUSES if pattern.search(status)), form)


def is_stranger(fields: Mapping[str, str], services: Collection[str]) -> bool:
    """Whether a message is about the end of a service whose lines are not among those read before; Compose 1 puts the project first."""
    name = fields.get("process", "")
    if fields["form"] != NAMES_SERVICE or not services or not re.fullmatch(r"[\w.-]+[-_]\d+", name):
        return False
    return not any(name.endswith(service) for service in services)


def mb_of(text: str | None, form: str = "") -> float | None:
    """A size as it is printed in MB; None without one."""
    found = None if text is None else _SIZE.match(text)
    if found is None or found[1].count(".") > 1:
        return None
    unit = found[2].lower()
    if not unit and form in DEFAULT_MB:
        return float(found[1])
    size = float(found[1]) * BYTES.get(unit if unit == "bytes" else unit[:1], 1)
    return size / BYTES_PER_KB**2


def share_of(text: str | None) -> float | None:
    """`(250.0%)` as 2.5; None without one."""
    found = None if text is None else re.search(r"[0-9.]+", text)
    return None if found is None else float(found[0]) / 100
