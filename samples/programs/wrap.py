#!/usr/bin/env python3
"""Put wrapped/plain.log into the envelopes that logs come in: one file per envelope, and wrapped/envelopes.tsv.

usage: wrap.py FOLDER    FOLDER/plain.log is the log to wrap (the last crash in it ends the run)

An envelope is a function from the lines of the log to the text of the file. Its docstring's first line names it in the
index. Every line is given its moment: V8's own clock where the line has one, else that of the line before.
"""
from __future__ import annotations

import csv
import datetime
import html
import json
import pathlib
import re
import sys
from typing import NamedTuple

STARTED = datetime.datetime(2024, 5, 14, 9, 12, 3, 118000, tzinfo=datetime.timezone.utc)
HOST, POD = "web-1", "web-7c9d8f6b5-x2x9k"
CONTAINER = "5f1c3f0a9b7e4a3d8e2b6c1d0f9e8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c3d2e1f"


class Line(NamedTuple):
    text: str
    at: datetime.datetime
    stream: str  # stdout or stderr
    pid: int

    def stamp(self, digits: int = 3, zone: str = "Z") -> str:
        """ISO 8601 with so many digits after the second."""
        fraction = f"{self.at.microsecond:06d}789"[:digits]
        return f"{self.at:%Y-%m-%dT%H:%M:%S}.{fraction}{zone}"

    @property
    def epoch_us(self) -> int:
        return round(self.at.timestamp() * 1e6)

    @property
    def failing(self) -> bool:
        return self.stream == "stderr"


def read_lines(path: pathlib.Path) -> list[Line]:
    """The lines with their moments; what follows the last GC line was written to stderr (Node 20)."""
    texts = path.read_text().split("\n")[:-1]
    clock, lines, stream, pid = 0, [], "stdout", 1
    for n, text in enumerate(texts):
        if found := re.match(r"\[(\d+):0x[0-9a-f]+\] +(\d+) ms: ", text):
            pid, clock = int(found[1]), int(found[2])
        if not text and n + 1 < len(texts) and texts[n + 1].startswith("<--- Last few GCs"):
            stream = "stderr"
        at = STARTED + datetime.timedelta(milliseconds=clock, microseconds=7 * n)
        lines.append(Line(text, at, stream, pid))
    return [line._replace(pid=pid) for line in lines]


def one_json(keys: dict) -> str:
    return json.dumps(keys, separators=(",", ":"), ensure_ascii=False)


def lines_of(texts: list[str]) -> str:
    return "".join(text + "\n" for text in texts)


# ---- Time stamps and names before each line --------------------------------------------------------------------------


def iso(lines):
    """ISO 8601 time stamp (`ts`, many log shippers)"""
    return lines_of([f"{line.stamp()} {line.text}" for line in lines])


def syslog(lines):
    """syslog, RFC 3164 as rsyslog writes it"""
    return lines_of([f"{line.at:%b %e %H:%M:%S} {HOST} node[{line.pid}]: {line.text}" for line in lines])


def syslog5424(lines):
    """syslog, RFC 5424"""
    return lines_of([f"<{11 if line.failing else 14}>1 {line.stamp(6)} {HOST} node {line.pid} - - {line.text}" for line in lines])


def docker_compose(lines):
    """docker compose logs"""
    return lines_of([f"db-1   | ready", *(f"web-1  | {line.text}" for line in lines), "web-1 exited with code 134"])


def docker_compose_timestamps(lines):
    """docker compose logs --timestamps"""
    return lines_of([f"web-1  | {line.stamp(9)} {line.text}" for line in lines])


def docker_compose_ansi(lines):
    """docker compose up on a terminal: coloured service names"""
    return lines_of([f"\x1b[36mweb-1  | \x1b[0m{line.text}" for line in lines])


def ansi(lines):
    """whole lines coloured, errors red"""
    return lines_of([f"\x1b[{31 if line.failing else 32}m{line.text}\x1b[39m" for line in lines])


def kubectl_prefix(lines):
    """kubectl logs --prefix"""
    return lines_of([f"[pod/{POD}/web] {line.text}" for line in lines])


def kubectl_timestamps(lines):
    """kubectl logs --timestamps"""
    return lines_of([f"{line.stamp(9)} {line.text}" for line in lines])


def stern(lines):
    """stern (several pods at once)"""
    return lines_of([f"{POD} web {line.text}" for line in lines])


def cri(lines):
    """CRI: /var/log/pods of containerd and CRI-O"""
    return lines_of([f"{line.stamp(9)} {line.stream} F {line.text}" for line in lines])


def cri_partial(lines):
    """CRI with lines split into pieces, P for partial and F for the last"""
    texts = []
    for line in lines:
        pieces = [line.text[i:i + 100] for i in range(0, len(line.text), 100)] or [""]
        texts += [f"{line.stamp(9)} {line.stream} {'F' if n == len(pieces) - 1 else 'P'} {piece}" for n, piece in enumerate(pieces)]
    return lines_of(texts)


def journald_short(lines):
    """journalctl (journald keeps no empty lines)"""
    texts = [f"{line.at:%b %d %H:%M:%S} {HOST} node[{line.pid}]: {line.text}" for line in lines if line.text]
    end = f"{lines[-1].at:%b %d %H:%M:%S} {HOST} systemd[1]: web.service: "
    return lines_of([*texts, end + "Main process exited, code=killed, status=6/ABRT", end + "Failed with result 'signal'."])


def journald_iso(lines):
    """journalctl -o short-iso-precise"""
    return lines_of([f"{line.stamp(6, '+0000')} {HOST} node[{line.pid}]: {line.text}" for line in lines if line.text])


def journald_json(lines):
    """journalctl -o json"""
    return lines_of([one_json({
        "__CURSOR": f"s=6d1f;i={n:x};b=90c4", "__REALTIME_TIMESTAMP": str(line.epoch_us), "_BOOT_ID": "90c4f5b2a1d34e8f9a7b6c5d4e3f2a1b",
        "PRIORITY": "3" if line.failing else "6", "_HOSTNAME": HOST, "_TRANSPORT": "stdout", "SYSLOG_IDENTIFIER": "node",
        "_PID": str(line.pid), "_SYSTEMD_UNIT": "web.service", "MESSAGE": line.text,
    }) for n, line in enumerate(lines) if line.text])


def pm2(lines):
    """pm2 logs"""
    texts = [f"0|web  | {line.text}" for line in lines]
    return lines_of([*texts, "PM2    | App [web:0] exited with code [0] via signal [SIGABRT]", "PM2    | App [web:0] starting in -fork mode-", "PM2    | App [web:0] online"])


def pm2_time(lines):
    """pm2's log file with --time"""
    return lines_of([f"{line.at:%Y-%m-%dT%H:%M:%S}: {line.text}" for line in lines])


def heroku(lines):
    """heroku logs"""
    texts = [f"{line.stamp(6, '+00:00')} app[web.1]: {line.text}" for line in lines]
    end = lines[-1].stamp(6, "+00:00")
    return lines_of([*texts, f"{end} heroku[web.1]: Process exited with status 134", f"{end} heroku[web.1]: State changed from up to crashed"])


def github_actions(lines):
    """GitHub Actions, the raw log of a job"""
    head = [f"{lines[0].stamp(7)} {text}" for text in ["##[group]Run npm test", "\x1b[36;1mnpm test\x1b[0m", "shell: /usr/bin/bash -e {0}", "##[endgroup]"]]
    texts = [f"{line.stamp(7)} {line.text}" for line in lines]
    return "\ufeff" + lines_of([*head, *texts, f"{lines[-1].stamp(7)} ##[error]Process completed with exit code 134."])


def github_run_view(lines):
    """gh run view --log"""
    return lines_of([f"build\tRun tests\t{line.stamp(7)} {line.text}" for line in lines])


def gitlab_ci(lines):
    """GitLab CI job log with time stamps (00O stdout, 00E stderr)"""
    return lines_of([f"{line.stamp(6)} 01{'E' if line.failing else 'O'} {line.text}" for line in lines])


def jenkins_timestamper(lines):
    """Jenkins timestamper, in a pipeline"""
    return lines_of([f"[{line.stamp()}] {line.text}" for line in lines])


def jenkins_elapsed(lines):
    """Jenkins timestamper, clock time"""
    return lines_of([f"{line.at:%H:%M:%S}  {line.text}" for line in lines])


def adb_logcat(lines):
    """adb logcat -v threadtime (Node on Android)"""
    return lines_of(["--------- beginning of main", *(
        f"{line.at:%m-%d %H:%M:%S}.{line.at.microsecond // 1000:03d} {line.pid:5d} {line.pid + 13:5d} {'E' if line.failing else 'I'} node    : {line.text}"
        for line in lines)])


def adb_logcat_brief(lines):
    """adb logcat -v brief"""
    return lines_of([f"{'E' if line.failing else 'I'}/node    ({line.pid:5d}): {line.text}" for line in lines])


def cloudwatch(lines):
    """aws logs tail"""
    return lines_of([f"{line.stamp(6, '+00:00')} web/web/6f2d8c0e41b94c57 {line.text}" for line in lines])


# ---- JSON, one object per line ---------------------------------------------------------------------------------------


def docker_json(lines):
    """docker json-file"""
    return lines_of([one_json({"log": line.text + "\n", "stream": line.stream, "time": line.stamp(9)}) for line in lines])


def fluent_log(lines):
    """fluentd / fluent-bit: the `log` key, with the container's metadata"""
    return lines_of([one_json({
        "date": line.epoch_us / 1e6, "log": line.text, "stream": line.stream,
        "kubernetes": {"pod_name": POD, "namespace_name": "shop", "container_name": "web", "docker_id": CONTAINER},
    }) for line in lines])


def pino(lines):
    """pino: `msg`"""
    return lines_of([one_json({"level": 50 if line.failing else 30, "time": line.epoch_us // 1000, "pid": 1, "hostname": HOST, "msg": line.text}) for line in lines])


def bunyan(lines):
    """bunyan: `msg`, with name and v"""
    return lines_of([one_json({"name": "supervisor", "hostname": HOST, "pid": 1, "level": 50 if line.failing else 30, "msg": line.text, "time": line.stamp(), "v": 0}) for line in lines])


def winston(lines):
    """winston: `message`"""
    return lines_of([one_json({"level": "error" if line.failing else "info", "message": line.text, "timestamp": line.stamp()}) for line in lines])


def json_escaped(lines):
    """JSON with every character beyond letters escaped (\\u003e for >), as Go and PHP do"""
    return lines_of([one_json({"level": "info", "message": line.text}).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026") for line in lines])


# ---- What issue trackers and editors do --------------------------------------------------------------------------------


def markdown_block(lines):
    """a fenced code block in an issue"""
    return lines_of(["Our server dies every night, see below.", "", "```console", "$ node --trace-gc --max-old-space-size=48 server.js",
                     *(line.text for line in lines), "```", "", "Node v20.20.2, any ideas?"])


def markdown_quote(lines):
    """a quoted answer"""
    return lines_of(["On Tuesday Kim wrote:", *(f"> {line.text}" for line in lines), "", "Which version is that?"])


def indented(lines):
    """indented by four spaces"""
    return lines_of(["    " + line.text for line in lines])


def html_entities(lines):
    """copied from a page's source: entities in a pre block"""
    return lines_of(["<pre><code>" + html.escape(lines[0].text), *(html.escape(line.text) for line in lines[1:]), "</code></pre>"])


def trimmed(lines):
    """trailing blanks removed, empty lines too"""
    return lines_of([line.text.rstrip() for line in lines if line.text.strip()])


def crlf(lines):
    """CR LF"""
    return lines_of([line.text + "\r" for line in lines])


def cr_only(lines):
    """CR only"""
    return "".join(line.text + "\r" for line in lines)


def utf8_bom(lines):
    """UTF-8 with a byte order mark"""
    return "\ufeff" + lines_of([line.text for line in lines])


def utf16le(lines):
    """UTF-16LE with a byte order mark and CR LF (PowerShell's >)"""
    return lines_of(["\ufeff" + lines[0].text + "\r", *(line.text + "\r" for line in lines[1:])])


def no_last_newline(lines):
    """no newline after the last line"""
    return "\n".join(line.text for line in lines)


ENVELOPES = [
    iso, syslog, syslog5424, docker_compose, docker_compose_timestamps, docker_compose_ansi, ansi, kubectl_prefix, kubectl_timestamps,
    stern, cri, cri_partial, journald_short, journald_iso, journald_json, pm2, pm2_time, heroku, github_actions, github_run_view, gitlab_ci,
    jenkins_timestamper, jenkins_elapsed, adb_logcat, adb_logcat_brief, cloudwatch, docker_json, fluent_log, pino, bunyan, winston,
    json_escaped, markdown_block, markdown_quote, indented, html_entities, trimmed, crlf, cr_only, utf8_bom, utf16le, no_last_newline,
]


def main() -> None:
    folder = pathlib.Path(sys.argv[1])
    lines = read_lines(folder / "plain.log")
    rows = [("plain.log", "none: the log itself")]
    for envelope in ENVELOPES:
        name = f"{envelope.__name__}.log"
        (folder / name).write_bytes(envelope(lines).encode("utf-16-le" if envelope is utf16le else "utf-8"))
        rows.append((name, (envelope.__doc__ or "").splitlines()[0]))
    with open(folder / "envelopes.tsv", "w", newline="") as f:
        csv.writer(f, delimiter="\t", lineterminator="\n").writerows([("file", "envelope"), *rows])


if __name__ == "__main__":
    main()
