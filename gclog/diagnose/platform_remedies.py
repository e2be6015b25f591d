"""What to do after a platform ended a process for its memory: one step, with the command to copy."""

from __future__ import annotations

import math

from gclog.diagnose.platform_names import NAME
from gclog.model.not_known import NotKnown
from gclog.model.witness import OutsideKill

__all__ = ["HEAP_SHARE", "advise_on_platform"]

HEAP_SHARE = 0.75
"""Of a container's limit for the old generation: Node itself takes half from 12.7 on; the rest needs 50 to 100 MB and Buffers."""

MORE = 2.0
"""What to try next: twice the memory."""

ROOM_MB = 8192.0
"""What is enough for nearly all development servers."""

BUILD_MACHINE_MB = 8192.0
"""Memory of the machines on which Vercel builds, unless one pays for more."""

SO_THAT = "so that V8 collects in time or says why it dies"

REMEDIES: dict[str, str] = {
    "kubernetes": "Keep the heap below the container's limit, " + SO_THAT + ": "
    "`kubectl set env deployment/NAME NODE_OPTIONS={flag}`{meaning}.",
    "docker": "Keep the heap below the container's limit, " + SO_THAT + ": "
    "`docker run --memory={limit} -e NODE_OPTIONS={flag} IMAGE`{meaning}.",
    "heroku": "Keep the heap below the quota of the dyno, " + SO_THAT + ": `heroku config:set NODE_OPTIONS={flag}`{meaning}.",
    "lambda": "Give the function more memory (its share of the CPU grows with it): "
    "`aws lambda update-function-configuration --function-name NAME --memory-size {more_mb}`.",
    "cloud-run": "Give the service more memory: `gcloud run services update NAME --memory={more_mb}Mi`.",
    "cloud-functions": "Give the function more memory: `gcloud functions deploy NAME --memory={more_mb}MB`.",
    "app-engine": "Choose a larger instance class in app.yaml (`instance_class: F4`), and deploy it: `gcloud app deploy`.",
    "ecs": "Keep the heap below the container's limit, "
    + SO_THAT
    + ": add `{{'name': 'NODE_OPTIONS', 'value': '{flag}'}}` to `environment` "
    "in the task definition{meaning}.",
    "pm2": "pm2 did what it was asked to: if the program needs that much, raise it with `pm2 restart {app} --max-memory-restart {more_mb}M`.",
    "electron": "Find what the window keeps with a heap snapshot of its developer tools; the heap of a window ends at 4 GB, and no "
    "flag raises it: `app.commandLine.appendSwitch('js-flags', '--max-old-space-size=4096')` is the most there is.",
    "render": "Keep the heap below the instance's limit, "
    + SO_THAT
    + ": set `NODE_OPTIONS={flag}` in the service's environment{meaning}.",
    "fly": "Give the machine more memory: `fly scale memory {more_mb}`.",
    "systemd": "See the limit of the unit with `systemctl show {unit} -p MemoryMax`, then `systemctl edit {unit}`: "
    "`Environment=NODE_OPTIONS={flag}`{meaning}.",
    "systemd-oomd": "See what used the memory with `oomctl`, and bound the program: `systemctl edit {unit}`, "
    "`Environment=NODE_OPTIONS={flag}`{meaning}.",
    "next": "Give the development server more room: `npx cross-env NODE_OPTIONS=--max-old-space-size={room_mb} next dev`.",
    "vercel": "Bound the heap of the build below its machine's memory (8 GB unless you pay for more): "
    "set `NODE_OPTIONS=--max-old-space-size={build_mb}` in the project's environment.",
    "buildkit": "Bound the heap of the build, or give the builder more memory: `RUN NODE_OPTIONS={flag} npm run build`{meaning}.",
    "actions": "Bound the heap below the runner's memory, or take a larger runner: `env: NODE_OPTIONS: {flag}` in the workflow{meaning}.",
    "cloud-foundry": "Give the application more memory: `cf scale NAME -m {more_mb}M`.",
    "kernel": "See what used the memory of the machine with `ps aux --sort=-rss | head`, and bound this program: "
    "`NODE_OPTIONS={flag} node server.js`{meaning}.",
}
"""Platform -> the step. `cgroup` files are those of any container."""


def advise_on_platform(kill: OutsideKill, unit: str = NAME, app: str = NAME) -> str:
    """The step; empty if the platform is not known. `unit`, `app`: what systemd and PM2 call it, if that is known."""
    platform = kill.platform or ("kernel" if kill.by == "machine" else "")
    remedy = REMEDIES.get(platform)
    if remedy is None:
        return ""
    if isinstance(kill.limit_mb, NotKnown):
        flag, meaning, limit, more_mb = "--max-old-space-size=MB", " (three quarters of the limit, in MB)", "LIMIT", "MB"
    else:
        flag, meaning = f"--max-old-space-size={HEAP_SHARE * kill.limit_mb:.0f}", " (three quarters of it)"
        limit, more_mb = f"{kill.limit_mb:.0f}m", f"{MORE * kill.limit_mb:.0f}"
    held_mb = math.inf if isinstance(kill.limit_mb, NotKnown) else HEAP_SHARE * kill.limit_mb
    room_mb, build_mb = f"{min(ROOM_MB, held_mb):.0f}", f"{min(HEAP_SHARE * BUILD_MACHINE_MB, held_mb):.0f}"
    return remedy.format(
        flag=flag, meaning=meaning, limit=limit, more_mb=more_mb, room_mb=room_mb, build_mb=build_mb, unit=unit, app=app
    )
