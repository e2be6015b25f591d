"""The platform that ran a process, and what it is called there, by what that wrote of it: for the commands of advice, and for whoever redacts them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gclog.diagnose import surroundings
from gclog.model.records import PlatformMessage
from gclog.model.report import ProcessReport

__all__ = ["NAME", "app_of_pm2", "names_in_advice", "platform_around", "say_restart", "unit_of"]

NAME = "NAME"
"""Stands for a name that is not known."""

HEROKU_FORMS = ("heroku_r14", "heroku_r15", "heroku_running", "heroku_sample")
POD_FORMS = ("state_oom", "state_exit", "pod_row", "pod_failed")
UNIT_FORMS = ("systemd_exit", "systemd_start")

OF_ENVELOPE = {
    "heroku": "heroku",
    "kubectl": "kubernetes",
    "cri": "kubernetes",
    "pm2": "pm2",
    "docker_compose": "compose",
}
"""What carried the lines -> the platform that puts it around them."""

UNIT = re.compile(r"[A-Za-z][\w@.-]{0,100}\.service")
PM2_APP = re.compile(r"App \[([A-Za-z][\w.-]{0,60})(?::\d{1,6})?\]")
SERVICE = re.compile(r"[a-z][\w.-]{0,60}[-_][0-9]+")
"""Only names that a shell takes as they are: a log's text must not become another command."""


def platform_around(process: ProcessReport) -> str:
    """The platform that ran it, by what it wrote itself, else by what it put around the lines; empty if neither shows one."""
    for message in process.signs.messages:
        if isinstance(message, PlatformMessage) and (platform := _platform_that_wrote(message)):
            return platform
    if surroundings.is_pm2(process):
        return "pm2"
    names = [name for names in process.coverage.envelopes for name in names.split("/")]
    return next((OF_ENVELOPE[name] for name in names if name in OF_ENVELOPE), "")


def say_restart(process: ProcessReport) -> str:
    """The command that restarts it on its platform, as ` (with ...)` after the word; empty if no platform is known."""
    commands = {
        "pm2": f"pm2 restart {app_of_pm2(process)}",
        "systemd": f"systemctl restart {unit_of(process)}",
        "kubernetes": "kubectl rollout restart deployment/NAME",
        "heroku": "heroku ps:restart",
        "compose": "docker compose restart SERVICE",
    }
    command = commands.get(platform_around(process), "")
    return command and f" (`{command}`)"


def unit_of(process: ProcessReport) -> str:
    """The unit of systemd that ran it, if only one is named."""
    return _only(message.process for message in _own(process) if message.process and UNIT.fullmatch(message.process))


def app_of_pm2(process: ProcessReport) -> str:
    """The name of its application in PM2, if only one is named."""
    texts = [message.text for message in process.signs.messages]
    texts += [message.process for message in _own(process) if message.process]
    return _only(found[1] for text in texts for found in PM2_APP.finditer(text))


def _is_service_name(name: str) -> bool:
    """Whether compose calls its containers so."""
    return SERVICE.fullmatch(name) is not None


def names_in_advice(process: ProcessReport) -> dict[str, str]:
    """Commands of advice with a name in them, and the same without it."""
    commands = (
        ("systemctl edit", unit_of(process)),
        ("systemctl show", unit_of(process)),
        ("systemctl restart", unit_of(process)),
        ("pm2 restart", app_of_pm2(process)),
    )
    return {f"{command} {name}": f"{command} {NAME}" for command, name in commands if name != NAME}


def _platform_that_wrote(message: PlatformMessage) -> str:
    if message.form in HEROKU_FORMS or message.text.startswith("Process exited with status"):
        return "heroku"
    if message.form in POD_FORMS and '"' not in message.text:
        return "kubernetes"
    if message.form == "limit_head" and message.text.lstrip().startswith("Limits:"):  # compose files have `limits:`
        return "kubernetes"
    if message.form in UNIT_FORMS:
        return "systemd"
    if message.form != "exited" or message.process is None:
        return ""
    return "pm2" if message.process.startswith("App [") else "compose" if _is_service_name(message.process) else ""


def _own(process: ProcessReport) -> Iterator[PlatformMessage]:
    return (message for message in process.signs.messages if isinstance(message, PlatformMessage) and not message.stranger)


def _only(names: Iterator[str]) -> str:
    found = set(names)
    return found.pop() if len(found) == 1 else NAME
