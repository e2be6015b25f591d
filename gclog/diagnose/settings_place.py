"""Where an option of Node is set on the platform that a process ran on: a shell's variable reaches no build of an image, and no unit."""

from __future__ import annotations

from gclog.diagnose import surroundings
from gclog.diagnose.platform_names import app_of_pm2, platform_around, unit_of
from gclog.model.records import HeapOption
from gclog.model.report import ProcessReport
from gclog.model.verdict import Platform

__all__ = ["say_where_to_set", "with_variable"]

NODE_OPTIONS = 8
"""The variable exists from Node 8 on."""

LAST_1400_MB = 11
"""Of versions that may be older than this, some readers have one without the variable; of wider ranges hardly any."""


def say_where_to_set(process: ProcessReport, option: str, program: str = "") -> str:
    """How the process gets the option where it ran, for a sentence: what to type or to write in back quotes, with what surrounds it.

    `program`: what follows the option in a command line, if that is known.
    """
    if (given := _in_command(process)) is not None:
        return f"`{option}` in place of {given.mb:.0f} on its command line (which overrides NODE_OPTIONS)"
    node, command = surroundings.version_of(process), f"`node {option}{program and f' {program}'}`"
    if node.last_major < NODE_OPTIONS:
        return command
    is_old = node.first_major < NODE_OPTIONS and node.last_major <= LAST_1400_MB
    return f"{_say_variable(process, option)}{f' (from Node 8 on; before, {command})' if is_old else ''}"


def with_variable(platform: Platform, name: str, value: str, command: str) -> str:
    """A command with a variable of its own, in the way of the system's shells, in back quotes."""
    if platform == "windows":
        return f"`set {name}={value}&& {command}` (PowerShell: `$env:{name}='{value}'; {command}`)"
    return f"`{name}={value} {command}`"


def _say_variable(process: ProcessReport, option: str) -> str:
    """How NODE_OPTIONS gets the option on the platform around the process."""
    if surroundings.is_image_build(process):
        return f"`ENV NODE_OPTIONS={option}` in the Dockerfile, above that RUN"
    if any(message.kind == "hosted_build" for message in process.signs.messages):
        return f"set `NODE_OPTIONS={option}` among the environment variables of the project"
    match platform_around(process):
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


def _in_command(process: ProcessReport) -> HeapOption | None:
    """The limit in the command that started it, if the log names one."""
    named = [option for option in process.signs.options if option.option == "max_old_space_size"]
    return named[-1] if named and named[-1].command is not None else None
