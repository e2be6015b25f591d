"""Actions when a danger begins and when it is over: a command, a POST to a web hook. Neither ever blocks the watch.

Log text never becomes part of a command: the shell gets the user's command unchanged, and the details in its environment.
"""

from __future__ import annotations

import base64
import dataclasses
import http.client
import json
import math
import os
import queue
import subprocess
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from typing import Any, Literal, Protocol

import gclog
from gclog.errors import UsageError
from gclog.model.verdict import Forecast, Limit, NoForecast, NoLimit
from gclog.report.json.values import FORMAT
from gclog.report.visible import make_visible
from gclog.watch.status import headline
from gclog.watch.watcher import Change

__all__ = ["Alarm", "Command", "WebHook"]

WAITING = 100
"""Alarms that may wait for a slow command or server; further ones are dropped, and a note says so."""

CLOSE_S = 10.0
"""Time that raised alarms have to finish when the watch ends."""

TIMEOUT_S = 5.0
RETRY_AFTER_S = (1.0, 4.0)
"""Two more attempts: a proxy restarts in seconds, and for a longer outage retries do not help."""

WORTH_A_RETRY = frozenset({408, 425, 429})
"""HTTP statuses below 500 after which the same request may succeed later."""

STDERR_FD = 2

Say = Callable[[str], None]
"""Takes a sentence for the user; called from any thread."""


State = Literal["firing", "resolved"]
"""Whether a danger begins or is over."""


class Alarm(Protocol):
    """An action on a change of the verdict."""

    def raise_for(self, change: Change, source: str) -> None:
        """Start the action, without waiting for it: a danger begins with the change."""
        ...

    def resolve(self, change: Change, source: str) -> None:
        """Start the action: the danger is over, since the change."""
        ...

    def close(self) -> None:
        """Wait a little for the actions that were started."""
        ...


class _Worker:
    """A thread that does one job after another. `ending` is set when nobody waits for the jobs any longer."""

    def __init__(self, name: str, say: Say) -> None:
        self.ending = threading.Event()
        self._name = name
        self._say = say
        self._jobs: queue.Queue[Callable[[], None] | None] = queue.Queue(WAITING)
        self._dropped = False
        self._thread = threading.Thread(target=self._work, name=f"gclog-{name}", daemon=True)
        self._thread.start()

    def do(self, job: Callable[[], None]) -> None:
        try:
            self._jobs.put_nowait(job)
            self._dropped = False
        except queue.Full:
            if not self._dropped:
                self._say(f"--{self._name}: {WAITING} alarms are waiting; further ones are dropped")
            self._dropped = True

    def close(self) -> None:
        """Wait for the jobs, for CLOSE_S at most."""
        try:
            self._jobs.put(None, timeout=CLOSE_S)
            self._thread.join(CLOSE_S)
        except queue.Full:
            self._say(f"--{self._name}: {self._jobs.qsize()} alarms were not sent")
        self.ending.set()
        if self._thread.is_alive():
            self._say(f"--{self._name}: still running after {CLOSE_S:.0f} s; not waiting any longer")

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()


class Command:
    """`--exec`: a shell command. Its output goes to stderr, and a note says if it fails."""

    def __init__(self, command: str, say: Say) -> None:
        self._command = command
        self._say = say
        self._worker = _Worker("exec", say)

    def raise_for(self, change: Change, source: str) -> None:
        """Run it, after those raised earlier."""
        self._start(change, source, "firing")

    def resolve(self, change: Change, source: str) -> None:
        """Run it, after those raised earlier."""
        self._start(change, source, "resolved")

    def close(self) -> None:
        self._worker.close()

    def _start(self, change: Change, source: str, state: State) -> None:
        environment = dict(os.environ) | _variables(change, source, state)
        self._worker.do(lambda: self._run(environment))

    def _run(self, environment: dict[str, str]) -> None:
        try:
            ended = subprocess.run(
                self._command,
                shell=True,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=STDERR_FD,
                check=False,
                start_new_session=True,  # Ctrl-C ends the watch, not an alarm that has been raised
            )
        except (OSError, ValueError) as error:
            self._say(f"--exec: cannot be started: {error}")
            return
        if ended.returncode < 0:
            self._say(f"--exec: ended by signal {-ended.returncode}")
        elif ended.returncode:
            self._say(f"--exec: ended with exit code {ended.returncode}")


def _variables(change: Change, source: str, state: State) -> dict[str, str]:
    """The environment of a command; a value that is not known is empty."""
    view, event = change.process, change.event
    known = {
        "STATE": state,
        "LEVEL": event.level,
        "BEFORE": change.before,
        "HEADLINE": _headline(change, state),
        "BECAUSE": event.because,
        "SOURCE": source,
        "PID": view.pid,
        "ISOLATE": view.isolate,
        "LINE": event.line,
        "AT_MS": _whole(event.at_ms),
        "LIVE_MB": _tenth(view.live_mb),
        "RSS_MB": _tenth(view.rss_mb),
        "LIMIT_MB": _tenth(view.limit.mb) if isinstance(view.limit, Limit) else None,
        "SECONDS_LEFT": _whole(view.seconds_left),
    }
    return {f"GCLOG_{name}": "" if value is None else make_visible(str(value)) for name, value in known.items()}


def _whole(value: float | None) -> str | None:
    return None if value is None or not math.isfinite(value) else str(round(value))


def _tenth(value: float) -> str | None:
    return None if not math.isfinite(value) else f"{value:.1f}"


class WebHook:
    """`--webhook`: a POST of JSON. An outage is reported once, until a request gets through. Raises UsageError if it is no URL."""

    def __init__(self, url: str, say: Say) -> None:
        parts = _parts_of(url)
        self._headers = {"Content-Type": "application/json", "User-Agent": f"gclog/{gclog.__version__}"} | _authorization(parts)
        self._url = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
        self._host = parts.hostname or ""  # notes name only the host: the rest of the URL is often a secret
        self._say = say
        self._failed = False
        self._worker = _Worker("webhook", say)

    def raise_for(self, change: Change, source: str) -> None:
        """Send it, after those raised earlier."""
        self._post(change, source, "firing")

    def resolve(self, change: Change, source: str) -> None:
        """Send it, after those raised earlier."""
        self._post(change, source, "resolved")

    def close(self) -> None:
        self._worker.close()

    def _post(self, change: Change, source: str, state: State) -> None:
        body = json.dumps(describe(change, source, state), allow_nan=False).encode()
        self._worker.do(lambda: self._send(body))

    def _send(self, body: bytes) -> None:
        trouble = self._attempt(body)
        for wait_s in RETRY_AFTER_S:
            if trouble is None or not trouble[1] or self._worker.ending.wait(wait_s):
                break
            trouble = self._attempt(body)
        if trouble is not None and not self._failed:
            self._say(f"--webhook: {self._host}: {trouble[0]}; further errors are not reported until one gets through")
        self._failed = trouble is not None

    def _attempt(self, body: bytes) -> tuple[str, bool] | None:
        """What went wrong, and whether to retry; None if it got through."""
        request = urllib.request.Request(self._url, data=body, headers=self._headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S):
                return None
        except urllib.error.HTTPError as error:
            with error:
                return f"answered {error.code} {error.reason}", error.code >= 500 or error.code in WORTH_A_RETRY
        except urllib.error.URLError as error:
            return str(error.reason), True
        except (OSError, http.client.HTTPException, ValueError) as error:
            return str(error) or type(error).__name__, isinstance(error, OSError)


def _parts_of(url: str) -> urllib.parse.SplitResult:
    """The parts of a web hook's URL. Raises UsageError, without the secrets in it, if it is none."""
    try:
        parts = urllib.parse.urlsplit(url)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0  # a port above 65,535 raises
    except ValueError:
        valid = False
    if not valid:
        raise UsageError("--webhook: not a URL of a web hook", remedy="Give --webhook https://host/path.")
    return parts


def _authorization(parts: urllib.parse.SplitResult) -> dict[str, str]:
    """The header for `https://user:password@host/`: Basic authentication, RFC 7617."""
    if parts.username is None:
        return {}
    pair = f"{urllib.parse.unquote(parts.username)}:{urllib.parse.unquote(parts.password or '')}"
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


def _headline(change: Change, state: State) -> str:
    """`IMPENDING: on the current trend, ...`; `RESOLVED, OK: ...`."""
    return f"RESOLVED, {headline(change)}" if state == "resolved" else headline(change)


def describe(change: Change, source: str, state: State = "firing") -> dict[str, Any]:
    """A change as JSON, with the keys of `gclog analyze --format json` (format 1) for the same things."""
    view, event = change.process, change.event
    return {
        "format": FORMAT,
        "gclog": gclog.__version__,
        "headline": _headline(change, state),
        "state": state,
        "source": source,
        "pid": view.pid,
        "isolate": view.isolate,
        "run": view.run,
        "level": event.level,
        "before": change.before,
        "because": event.because,
        "line": event.line,
        "at_ms": _finite(event.at_ms),
        "wall_ms": view.wall_ms,
        "live_mb": _finite(view.live_mb),
        "rss_mb": _finite(view.rss_mb),
        "external_mb": _finite(view.external_mb),
        "memory_limit_mb": _finite(view.memory_limit_mb),
        "limit": _limit(view.limit),
        "forecast": _forecast(view.forecast),
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _limit(limit: Limit | NoLimit) -> dict[str, Any]:
    match limit:
        case Limit():
            return {"mb": _finite(limit.mb), "source": limit.source}
        case NoLimit():
            default = None if limit.default is None else dataclasses.asdict(limit.default)
            return {"reason": limit.reason, "default": default}


def _forecast(forecast: Forecast | NoForecast) -> dict[str, Any]:
    match forecast:
        case Forecast():
            moments = {"low": forecast.at_low_ms, "expected": forecast.at_expected_ms, "high": forecast.at_high_ms}
            return {
                "at_ms": {name: _finite(at_ms) for name, at_ms in moments.items()},
                "in_ms": {name: _finite(at_ms - forecast.now_ms) for name, at_ms in moments.items()},
                "basis": forecast.basis,
            }
        case NoForecast():
            return {"reason": forecast.reason}
