"""Who ends processes for their memory, and in which words: Kubernetes, Heroku, Lambda, pm2 and so on, by the form of their messages."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["NO_PLATFORM", "Platform", "platform_of"]


@dataclass(frozen=True, slots=True)
class Platform:
    """How a platform ends a process: `verb` it at `limit`. `is_machine`: it is not the process's own limit that was reached.

    id      as findings and JSON name it; empty if it is not known
    reason  in place of "at its limit", if there is no limit in it
    """

    id: str
    limit: str = "its container's limit"
    verb: str = "killed"
    reason: str = ""

    @property
    def is_machine(self) -> bool:
        """Whether the machine was short of memory."""
        return self.reason.startswith("because the ")


NO_PLATFORM = Platform("")

KUBERNETES = Platform("kubernetes")
DOCKER = Platform("docker")

PLATFORMS: dict[str, Platform] = {
    "state_oom": KUBERNETES,
    "state_json": KUBERNETES,
    "pod_row": KUBERNETES,
    "pod_failed": KUBERNETES,
    "kubelet_oom": Platform("kubernetes", reason="because the node ran out of memory"),
    "evicted": Platform("kubernetes", verb="evicted", reason="because the node was short of memory"),
    "docker_oom": DOCKER,
    "docker_ps": DOCKER,
    "docker_die": DOCKER,
    "systemd_exit": Platform("systemd", "its unit's memory limit"),
    "systemd_oom": Platform("systemd", reason="by the kernel's OOM killer"),
    "systemd_oomd": Platform("systemd-oomd", reason="because the machine was short of memory"),
    "cgroup_events": Platform("cgroup"),
    "cgroup_file": Platform("cgroup"),
    "oom_invoked": Platform("kernel", reason="by the kernel's OOM killer"),
    "cgroup_short": Platform("cgroup"),
    "heroku_r14": Platform("heroku", "Heroku's memory quota", "slowed down"),
    "heroku_r15": Platform("heroku", "Heroku's memory quota", "stopped (R15)"),
    "heroku_running": Platform("heroku", "Heroku's memory quota"),
    "heroku_sample": Platform("heroku", "Heroku's memory quota"),
    "lambda_report": Platform("lambda", "the memory size of its Lambda function"),
    "lambda_memory": Platform("lambda", "the memory size of its Lambda function"),
    "cloud_run": Platform("cloud-run", "its memory limit in Cloud Run"),
    "app_engine": Platform("app-engine", "its memory limit in App Engine", "stopped"),
    "cloud_function": Platform("cloud-functions", "the memory limit of its function"),
    "ecs": Platform("ecs", "its container's limit in ECS"),
    "pm2_restart": Platform("pm2", "pm2's max_memory_restart", "restarted"),
    "electron": Platform("electron", verb="gone", reason="since its renderer or helper process ran out of memory"),
    "render": Platform("render", "its memory limit in Render"),
    "exceeded": Platform("render", "its memory limit in Render", "restarted"),
    "fly": Platform("fly", reason="because the machine ran out of memory"),
    "fly_exit": Platform("fly", reason="because the machine ran out of memory"),
    "next_restart": Platform("next", "80 % of V8's heap limit, by Next's development server", "restarted"),
    "vercel": Platform("vercel", reason="because the build's machine ran out of memory"),
    "buildkit": Platform("buildkit", reason="because the build's machine ran out of memory"),
    "actions_lost": Platform("actions", verb="lost", reason="because the runner was short of memory or CPU, by all likelihood"),
    "out_of_memory_deployment": Platform("", reason="since it ran out of memory"),
}
"""Form of a message -> who wrote it. Forms of `docker inspect` and pods are alike: the first is a container's in any case."""

INSPECTED = '"OOMKilled"'
"""What only `docker inspect` has, not Kubernetes."""


def platform_of(form: str, text: str) -> Platform:
    """Who wrote a message."""
    if form in ("state_oom", "state_json") and INSPECTED in text and "reason" not in text:
        return DOCKER
    if form in ("state_oom", "state_json") and "OutOfMemoryError" in text:
        return PLATFORMS["ecs"]
    if form == "state_oom" and "OOM" not in text and "OutOfMemory" not in text:
        return PLATFORMS["electron"]
    if "(out of memory)" in text:
        return Platform("cloud-foundry", "its memory quota in Cloud Foundry")
    if "Runtime exited with error" in text:
        return PLATFORMS["lambda_memory"]
    return PLATFORMS.get(form, NO_PLATFORM)
