"""Where an option of Node is set on the platform that a process ran on: a shell's variable reaches no build of an image, and no unit."""

from __future__ import annotations

import re
from collections.abc import Callable

from gclog.diagnose import surroundings
from gclog.model.records import PlatformMessage
from gclog.model.report import ProcessReport

__all__ = ["NODE_OPTIONS", "say_where_to_set"]

NODE_OPTIONS = 8
"""The variable exists from Node 8 on."""

PM2_APP = re.compile(r"App \[[^\]]{1,80}\]")
SERVICE = re.compile(r"[a-z][\w.-]{0,60}[-_][0-9]+")

HEROKU_FORMS = ("heroku_r14", "heroku_r15", "heroku_running", "heroku_sample")
POD_FORMS = ("state_oom", "pod_row", "pod_failed")


def say_where_to_set(process: ProcessReport, option: str) -> str:
    """How NODE_OPTIONS gets the option where the process ran: a command in back quotes, with what surrounds it."""
    if surroundings.is_image_build(process):
        return f"`ENV NODE_OPTIONS={option}` in the Dockerfile, above that RUN"
    if any(message.kind == "hosted_build" for message in process.signs.messages):
        return f"set `NODE_OPTIONS={option}` among the environment variables of the project"
    for message in process.signs.messages:
        if isinstance(message, PlatformMessage) and (set_it := _on_platform(message)) is not None:
            return set_it(option)
    if surroundings.is_pm2(process):
        return _in_pm2(option)
    if surroundings.platform_of(process) == "windows":
        return f"`set NODE_OPTIONS={option}` (PowerShell: `$env:NODE_OPTIONS='{option}'`)"
    return f"`export NODE_OPTIONS={option}`"


def _in_pm2(option: str) -> str:
    return f"`NODE_OPTIONS={option} pm2 restart NAME --update-env` (or node_args in ecosystem.config.js)"


def _on_platform(message: PlatformMessage) -> Callable[[str], str] | None:
    """The way of the platform that wrote a message; None if it has none of its own."""
    name = message.process or ""
    if message.form in HEROKU_FORMS or message.text.startswith("Process exited with status"):
        return lambda option: f"`heroku config:set NODE_OPTIONS={option}`"
    if message.form in POD_FORMS:
        return lambda option: f"`kubectl set env deployment/NAME NODE_OPTIONS={option}`"
    if message.form == "systemd_exit":
        return lambda option: f"`systemctl edit NAME`, with `Environment=NODE_OPTIONS={option}` below `[Service]`"
    if message.form == "exited" and PM2_APP.fullmatch(name):
        return _in_pm2
    if message.form == "exited" and SERVICE.fullmatch(name):
        return lambda option: f"`NODE_OPTIONS: {option}` below `environment` of its service in compose.yaml"
    return None
