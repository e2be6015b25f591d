"""What a process is called on its platform, by what that wrote of it: for the commands of advice, and for whoever redacts them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gclog.model.records import PlatformMessage
from gclog.model.report import ProcessReport

__all__ = ["NAME", "app_of_pm2", "is_service", "names_in_advice", "unit_of"]

NAME = "NAME"
"""Stands for a name that is not known."""

UNIT = re.compile(r"[A-Za-z][\w@.-]{0,100}\.service")
PM2_APP = re.compile(r"App \[([A-Za-z][\w.-]{0,60})(?::\d{1,6})?\]")
SERVICE = re.compile(r"[a-z][\w.-]{0,60}[-_][0-9]+")
"""Only names that a shell takes as they are: a log's text must not become another command."""


def unit_of(process: ProcessReport) -> str:
    """The unit of systemd that ran it, if only one is named."""
    return _only(message.process for message in _own(process) if message.process and UNIT.fullmatch(message.process))


def app_of_pm2(process: ProcessReport) -> str:
    """The name of its application in PM2, if only one is named."""
    texts = [message.text for message in process.signs.messages]
    texts += [message.process for message in _own(process) if message.process]
    return _only(found[1] for text in texts for found in PM2_APP.finditer(text))


def is_service(name: str) -> bool:
    """Whether compose calls its containers so."""
    return SERVICE.fullmatch(name) is not None


def names_in_advice(process: ProcessReport) -> dict[str, str]:
    """Commands of advice with a name in them, and the same without it."""
    commands = (
        ("systemctl edit", unit_of(process)),
        ("systemctl show", unit_of(process)),
        ("pm2 restart", app_of_pm2(process)),
    )
    return {f"{command} {name}": f"{command} {NAME}" for command, name in commands if name != NAME}


def _own(process: ProcessReport) -> Iterator[PlatformMessage]:
    return (message for message in process.signs.messages if isinstance(message, PlatformMessage) and not message.stranger)


def _only(names: Iterator[str]) -> str:
    found = set(names)
    return found.pop() if len(found) == 1 else NAME
