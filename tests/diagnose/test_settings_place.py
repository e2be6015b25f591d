"""Where an option is set: the way of the platform that the process ran on."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace

import pytest
from diagnose_cases import DEAD, changed, make_crash, say

from gclog.diagnose.platform_names import names_in_advice, say_restart
from gclog.diagnose.settings_place import say_where_to_set
from gclog.model.records import Message, PlatformMessage

OPTION = "--max-old-space-size=4096"


def wrote(form: str, text: str = "", process: str | None = None) -> PlatformMessage:
    return PlatformMessage(
        line=41, wall_ms=None, kind="exit_134", text=text, form=form, status="134", pid=None, process=process, command=None, used=None,
        limit=None, share=None, stranger=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("message", "said"),
    [
        pytest.param(
            say("image_build", "Step 7/12 : RUN npm run build"), f"`ENV NODE_OPTIONS={OPTION}` in the Dockerfile", id="image"
        ),
        pytest.param(say("hosted_build", 'Running "vercel build"'), "environment variables of the project", id="hoster"),
        pytest.param(wrote("heroku_r14"), f"`heroku config:set NODE_OPTIONS={OPTION}`", id="heroku, R14"),
        pytest.param(wrote("exited", "Process exited with status 134", "Process"), "`heroku config:set", id="heroku"),
        pytest.param(wrote("state_oom"), f"`kubectl set env deployment/NAME NODE_OPTIONS={OPTION}`", id="kubernetes"),
        pytest.param(wrote("systemd_exit", process="shop.service"), f"`Environment=NODE_OPTIONS={OPTION}`", id="systemd"),
        pytest.param(wrote("systemd_start", process="shop.service"), "`systemctl edit shop.service`", id="systemd started it"),
        pytest.param(
            wrote("systemd_exit", process="shop$(id).service"), "`systemctl edit NAME`", id="a unit that a shell would run"
        ),
        pytest.param(wrote("state_exit", "Exit Code:    134"), "`kubectl set env deployment/NAME", id="kubectl describe"),
        pytest.param(wrote("limit_head", "Limits:"), "`kubectl set env deployment/NAME", id="kubectl describe, limits"),
        pytest.param(wrote("limit_head", "limits:"), f"`export NODE_OPTIONS={OPTION}`", id="a compose file"),
        pytest.param(wrote("state_exit", '"ExitCode": 134,'), f"`export NODE_OPTIONS={OPTION}`", id="docker inspect"),
        pytest.param(
            say("pm2_runs", "PM2 log: App [shop:0] starting in -fork mode-"),
            "pm2 restart shop --update-env`",
            id="pm2 starts it",
        ),
        pytest.param(
            wrote("exited", process="App [shop; id:0]"), "pm2 restart NAME --update-env`", id="a name that a shell would run"
        ),
        pytest.param(
            wrote("exited", process="App [shop:0]"), f"`NODE_OPTIONS={OPTION} pm2 restart shop --update-env`", id="pm2"
        ),
        pytest.param(
            say("pm2_runs", "[PM2] Starting /srv/shop/a.js in fork_mode (1 instance)"),
            "--update-env` (or node_args",
            id="pm2 says",
        ),
        pytest.param(
            wrote("exited", 'ERROR: process "/bin/sh -c npm run shop" did not complete successfully: exit code: 134'),
            f"`ENV NODE_OPTIONS={OPTION}` in the Dockerfile",
            id="a step of an image",
        ),
        pytest.param(wrote("exited", process="shop-1"), "in compose.yaml", id="compose"),
        pytest.param(wrote("exited", process="script"), f"`export NODE_OPTIONS={OPTION}`", id="a script"),
        pytest.param(say("killed", "Killed"), f"`export NODE_OPTIONS={OPTION}`", id="a shell"),
    ],
)
def test_each_platform_has_its_way(message: Message, said: str) -> None:
    text = say_where_to_set(changed(DEAD, messages=(message,)), OPTION)
    assert said in text
    assert "NAME" not in text or "shop" not in text
    for command in re.findall(r"`([^`]+)`", text):
        assert subprocess.run(["bash", "-n"], input=command, text=True, check=False).returncode == 0


def test_two_names_are_no_name() -> None:
    both = (say("pm2_runs", "[PM2] App [a] launched"), say("pm2_runs", "[PM2] App [b] launched"))
    assert "pm2 restart NAME --update-env`" in say_where_to_set(changed(DEAD, messages=both), OPTION)


def test_a_redacted_report_has_no_name_of_a_command() -> None:
    process = changed(DEAD, messages=(say("pm2_runs", "[PM2] App [shop] launched"),))
    assert names_in_advice(process) == {"pm2 restart shop": "pm2 restart NAME"}


def test_a_shell_of_windows() -> None:
    assert say_where_to_set(changed(DEAD, crash=make_crash(platform="windows")), OPTION).startswith(
        f"`set NODE_OPTIONS={OPTION}`"
    )


@pytest.mark.parametrize(
    ("envelopes", "said"),
    [
        (("buildkit",), f"`ENV NODE_OPTIONS={OPTION}` in the Dockerfile"),
        (("pm2/iso",), "pm2 restart NAME --update-env`"),
        (("heroku",), f"`heroku config:set NODE_OPTIONS={OPTION}`"),
        (("docker_compose/iso",), "in compose.yaml"),
        (("cri",), "`kubectl set env deployment/NAME"),
        (("kubectl/iso",), "`kubectl set env deployment/NAME"),
        (("syslog_3164",), f"`export NODE_OPTIONS={OPTION}`"),
        (("docker",), f"`export NODE_OPTIONS={OPTION}`"),
    ],
)
def test_what_wraps_the_lines_says_where(envelopes: tuple[str, ...], said: str) -> None:
    process = replace(DEAD, coverage=replace(DEAD.coverage, envelopes=envelopes))
    assert said in say_where_to_set(process, OPTION)


def test_a_process_of_pm2_gets_its_options_from_pm2() -> None:
    process = changed(DEAD, messages=(say("pm2_runs", "[PM2] App [a] launched (1 instances)"),))
    assert "pm2 restart a --update-env`" in say_where_to_set(process, OPTION)


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (say("pm2_runs", "PM2 log: App [shop:0] online"), " (`pm2 restart shop`)"),
        (wrote("systemd_start", process="shop.service"), " (`systemctl restart shop.service`)"),
        (wrote("heroku_r14"), " (`heroku ps:restart`)"),
        (say("killed", "Killed"), ""),
    ],
)
def test_a_restart_is_the_platforms(message: Message, said: str) -> None:
    assert say_restart(changed(DEAD, messages=(message,))) == said


def test_a_label_of_pm2_is_enough_for_a_restart() -> None:
    process = replace(DEAD, coverage=replace(DEAD.coverage, envelopes=("pm2/iso",)))
    assert say_restart(process) == " (`pm2 restart NAME`)"
