"""Where an option of Node is set on the platform that a process ran on: a shell's variable reaches no build of an image, and no unit."""

from __future__ import annotations

from gclog.diagnose import surroundings
from gclog.diagnose.platform_names import app_of_pm2, is_service, unit_of
from gclog.model.records import PlatformMessage
from gclog.model.report import ProcessReport

__all__ = ["NODE_OPTIONS", "say_where_to_set"]

NODE_OPTIONS = 8
"""The variable exists from Node 8 on."""

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


def say_where_to_set(process: ProcessReport, option: str) -> str:
    """How NODE_OPTIONS gets the option where the process ran: a command in back quotes, with what surrounds it."""
    if surroundings.is_image_build(process):
        return f"`ENV NODE_OPTIONS={option}` in the Dockerfile, above that RUN"
    if any(message.kind == "hosted_build" for message in process.signs.messages):
        return f"set `NODE_OPTIONS={option}` among the environment variables of the project"
    match _platform_of(process):
        case "heroku":
            return f"`heroku config:set NODE_OPTIONS={option}`"
        case "kubernetes":
            return f"`kubectl set env deployment/NAME NODE_OPTIONS={option}`"
        case "systemd":
            return f"`systemctl edit {unit_of(process)}`, with `Environment=NODE_OPTIONS={option}` below `[Service]`"
        case "pm2":
            return (
                f"`NODE_OPTIONS={option} pm2 restart {app_of_pm2(process)} --update-env` (or node_args in ecosystem.config.js)"
            )
        case "compose":
            return f"`NODE_OPTIONS: {option}` below `environment` of its service in compose.yaml"
    if surroundings.platform_of(process) == "windows":
        return f"`set NODE_OPTIONS={option}` (PowerShell: `$env:NODE_OPTIONS='{option}'`)"
    return f"`export NODE_OPTIONS={option}`"


def _platform_of(process: ProcessReport) -> str:
    """The platform by what it wrote itself, else by what it put around the lines; empty if neither shows one."""
    for message in process.signs.messages:
        if isinstance(message, PlatformMessage) and (platform := _platform_that_wrote(message)):
            return platform
    if surroundings.is_pm2(process):
        return "pm2"
    names = [name for names in process.coverage.envelopes for name in names.split("/")]
    return next((OF_ENVELOPE[name] for name in names if name in OF_ENVELOPE), "")


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
    return "pm2" if message.process.startswith("App [") else "compose" if is_service(message.process) else ""
