"""Kills that a platform reports: of whom they are, with which limit, and what is no kill. Each line is alone in its log."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from made_logs import full

from gclog.errors import NothingToAnalyse
from gclog.incident.pipeline import analyze
from gclog.model.report import ProcessReport

SAMPLES = Path(__file__).parents[2] / "samples"

TRACE = "\n".join(full(at, pid=8) for at in range(100, 900, 100))
DESCRIBE = "    Last State:     Terminated\n      Reason:       OOMKilled\n      Exit Code:    137"
FIGURES = '{"rss":581210368,"heapTotal":36659200,"heapUsed":23810240,"external":802056}'


def reports_of(folder: Path, text: str) -> list[ProcessReport]:
    log = folder / "app.log"
    log.write_text(f"{text}\n", encoding="utf-8")
    return list(analyze(log).processes)


def report_of(folder: Path, text: str) -> ProcessReport:
    (process,) = reports_of(folder, text)
    return process


MEMORY = {
    "describe": (DESCRIBE, "it was killed at its container's limit, exit code 137", "kubectl set env"),
    "describe, with a limit": (
        f"{DESCRIBE}\n    Limits:\n      cpu:     500m\n      memory:  768Mi\n    Requests:\n      memory:  256Mi",
        "it was killed at its container's limit of 768.0 MB, exit code 137",
        "--max-old-space-size=576",
    ),
    "pod, YAML": (
        "    resources:\n      limits:\n        memory: 1Gi\n    lastState:\n      terminated:\n        exitCode: 137\n        reason: OOMKilled",
        "it was killed at its container's limit of 1.00 GB, exit code 137",
        "--max-old-space-size=768",
    ),
    "pod, JSON": (
        '  "lastState": {\n    "terminated": {\n      "exitCode": 137,\n      "reason": "OOMKilled"\n    }\n  }',
        "it was killed at its container's limit, exit code 137",
        "kubectl",
    ),
    "get pods": ("api-6f9d-x2   0/1     OOMKilled   7 (2m ago)   19m", "it was killed at its container's limit", "kubectl"),
    "inspect": (
        '  "State": {\n    "OOMKilled": true,\n    "ExitCode": 137,\n  },\n  "HostConfig": {\n    "Memory": 268435456,\n  }',
        "it was killed at its container's limit of 256.0 MB, exit code 137",
        "docker run --memory=256m -e NODE_OPTIONS=--max-old-space-size=192",
    ),
    "inspect, one line": (
        '[{"Id":"9c","State":{"Status":"exited","OOMKilled":true,"ExitCode":137},"HostConfig":{"Memory":1073741824,"CpuShares":0}}]',
        "it was killed at its container's limit of 1.00 GB",
        "docker run",
    ),
    "Heroku": (
        "2026-05-06T07:08:09.1+00:00 heroku[worker.2]: Process running mem=1843M(180.0%)\n"
        "2026-05-06T07:08:10.1+00:00 heroku[worker.2]: Error R15 (Memory quota vastly exceeded)\n"
        "2026-05-06T07:08:10.2+00:00 heroku[worker.2]: Stopping process with SIGKILL",
        "it was stopped (R15) with 1.80 GB in use at Heroku's memory quota of 1.00 GB (180.0 %)",
        "heroku config:set NODE_OPTIONS=--max-old-space-size=768",
    ),
    "Lambda's report": (
        "REPORT RequestId: 1b2c	Duration: 812.10 ms	Billed Duration: 813 ms	Memory Size: 256 MB	Max Memory Used: 256 MB	",
        "it was killed with 256.0 MB in use at the memory size of its Lambda function of 256.0 MB",
        "--memory-size 512",
    ),
    "Lambda, JSON": (
        '{"time":"2026-05-06T07:08:09Z","type":"platform.report","record":{"metrics":{"memorySizeMB":256,"maxMemoryUsedMB":257},"status":"error"}}',
        "it was killed with 257.0 MB in use at the memory size of its Lambda function of 256.0 MB (100.4 %)",
        "aws lambda",
    ),
    "Lambda's error": ("RequestId: 1b2c Error Type: Runtime.OutOfMemory", None, None),
    "Cloud Run": (
        "Memory limit of 1024 MiB exceeded with 1067 MiB used. Consider increasing the memory limit, see https://cloud.google.com/run",
        "it was killed with 1.04 GB in use at its memory limit in Cloud Run of 1.00 GB (104.2 %)",
        "gcloud run services update NAME --memory=2048Mi",
    ),
    "Cloud Run, first generation": (
        "Memory limit of 256M exceeded with 262M used.",
        "it was killed with 262.0 MB in use at its memory limit in Cloud Run of 256.0 MB (102.3 %)",
        "gcloud",
    ),
    "App Engine": (
        "Exceeded hard memory limit of 256 MiB with 270 MiB after servicing 9 requests total.",
        "it was stopped with 270.0 MB in use at its memory limit in App Engine of 256.0 MB (105.5 %)",
        "instance_class",
    ),
    "ECS": ("OutOfMemoryError: Container killed due to memory usage", "it was killed at its container's limit in ECS", "task definition"),
    "pm2": (
        "PM2      | 2026-05-06T07:08:09: PM2 log: [PM2][WORKER] Process 3 restarted because it exceeds --max-memory-restart value "
        "(current_memory=314572800 max_memory_limit=209715200 [octets])",
        "it was restarted with 300.0 MB in use at pm2's max_memory_restart of 200.0 MB (150.0 %)",
        "--max-memory-restart 400M",
    ),
    "Electron": (
        "2026-05-06 07:08:09.123 [error] CodeWindow: renderer process gone (reason: oom, code: -536870904)",
        "it was gone since its renderer or helper process ran out of memory",
        "heap snapshot",
    ),
    "Electron's event": ("{ reason: 'oom', exitCode: 5 } render-process-gone { reason: 'oom', exitCode: 5 }", None, None),
    "Render": (
        "==> Ran out of memory (used over 512MB) while running your code.",
        "it was killed at its memory limit in Render of 512.0 MB",
        "NODE_OPTIONS=--max-old-space-size=384",
    ),
    "Fly": ("INFO Process appears to have been OOM killed!", "it was killed because the machine ran out of memory", "fly scale memory"),
    "Railway": ("Your deployment ran out of memory", "it was killed since it ran out of memory", "three quarters"),
    "Vercel": (
        'At least one "Out of Memory" ("OOM") event was detected during the build.',
        "it was killed because the build's machine ran out of memory",
        "6144",
    ),
    "Cloud Foundry": (
        "   2026-05-06T07:08:09.12+0000 [CELL/0] OUT Exited with status 137 (out of memory)",
        "it was killed at its memory quota in Cloud Foundry",
        "cf scale",
    ),
    "systemd": (
        "May 06 07:08:09 host systemd[1]: shop-api.service: A process of this unit has been killed by the OOM killer.\n"
        "May 06 07:08:09 host systemd[1]: shop-api.service: Main process exited, code=killed, status=9/KILL\n"
        "May 06 07:08:09 host systemd[1]: shop-api.service: Failed with result 'oom-kill'.",
        "it was killed by the kernel's OOM killer, exit code 137",
        "systemctl show",
    ),
    "systemd-oomd": (
        "systemd-oomd[601]: Killed /system.slice/shop-api.service due to memory used (15900000000) / total (16000000000) being more than 90.00%",
        "it was killed because the machine was short of memory",
        "oomctl",
    ),
    "kubelet": (
        "Warning  SystemOOM  3m  kubelet  System OOM encountered, victim process: node, pid: 90210",
        "it was killed because the node ran out of memory",
        "kubectl",
    ),
    "evicted": (
        "The node was low on resource: memory. Container api was using 734Mi, request is 0, has larger consumption of memory.",
        "it was evicted with 734.0 MB in use because the node was short of memory",
        "kubectl",
    ),
    "the kernel, a title": (
        "kernel: Out of memory: Killed process 5150 (next-server (v1) total-vm:1203404kB, anon-rss:262144kB, file-rss:0kB, shmem-rss:0kB",
        "it was killed with 256.0 MB in RAM because the machine ran out of memory",
        "ps aux",
    ),
    "the kernel, pm2": (
        "Out of memory: Killed process 5150 (PM2 v5.3.0: God) total-vm:1203404kB, anon-rss:262144kB, file-rss:0kB, shmem-rss:0kB",
        "it was killed with 256.0 MB in RAM because the machine ran out of memory",
        "ps aux",
    ),
    "the kernel, a title of any kind": (
        "Memory cgroup out of memory: Killed process 5150 (billing:worker2) total-vm:1203404kB, anon-rss:262144kB, file-rss:0kB",
        "it was killed with 256.0 MB in RAM at its container's limit",
        "three quarters",
    ),
    "the kernel's first line alone": (
        "[ 512.000001] node invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0",
        "it was killed by the kernel's OOM killer",
        "ps aux",
    ),
    "memory.events": (
        "/sys/fs/cgroup/memory.max:536870912\n/sys/fs/cgroup/memory.events:oom_kill 2",
        "it was killed at its container's limit of 512.0 MB",
        "=384",
    ),
    "files of a cgroup": (
        "$ cat /sys/fs/cgroup/memory.max\n402653184\n$ cat /sys/fs/cgroup/memory.events\nlow 0\nmax 27\noom 3\noom_kill 1",
        "it was killed at its container's limit of 384.0 MB",
        "=288",
    ),
    "files of a cgroup, no limit": (
        "==> /sys/fs/cgroup/memory.max <==\nmax\n\n==> /sys/fs/cgroup/memory.events <==\noom_kill 1",
        "it was killed at its container's limit",
        "three quarters",
    ),
    "BuildKit": (
        'ERROR: process "/bin/sh -c npm run build" did not complete successfully: cannot allocate memory',
        "it was killed because the build's machine ran out of memory",
        "RUN NODE_OPTIONS",
    ),
    "Next": (
        " ⚠ Server is approaching the used memory threshold, restarting...",
        "it was restarted at 80 % of V8's heap limit, by Next's development server",
        "next dev",
    ),
    "GitHub Actions": (
        "##[error]The hosted runner lost communication with the server. Anything in your workflow that terminates the runner process, "
        "starves it for CPU/Memory, or blocks its network access can cause this error.",
        "it was lost because the runner was short of memory or CPU, by all likelihood",
        "env: NODE_OPTIONS",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MEMORY)
def test_a_platform_says_that_it_ended_the_process_for_its_memory(name: str, tmp_path: Path) -> None:
    text, because, advice = MEMORY[name]
    process = report_of(tmp_path, text)
    assert process.verdict.level == "exhausted"
    assert process.kill is not None and process.kill.for_memory
    assert process.findings[0].id == "killed-from-outside"
    if because is not None:
        assert process.verdict.headline == f"Killed from outside, not by V8: {because}."
        assert advice in process.findings[0].remedy


SIGKILL = [
    "Killed",
    "4711 Killed                  node server.js",
    "./run.sh: line 12:  4711 Killed                  npm run serve",
    "[1]  + 4711 killed     node server.js",
    "zsh: killed     yarn build",
    "npm ERR! errno 137",
    "npm error signal SIGKILL",
    "error Command failed with exit code 137.",
    " ELIFECYCLE  Command failed with exit code 137.",
    "api-1 exited with code 137",
    "##[error]Process completed with exit code 137.",
    "ERROR: Job failed: exit code 137",
    "api.service: Main process exited, code=killed, status=9/KILL",
    "Command exited with error: signal: killed",
    "Static worker unexpectedly exited with code: null and signal: SIGKILL",
    "c0ffee   shop/api:2   \"node server.js\"   2 hours ago   Exited (137) 5 minutes ago   shop-api-1",
    "2026-05-06T07:08:10.2+00:00 heroku[web.1]: Process exited with status 137",
    'Command "npm run build" exited with SIGKILL',
    "make: *** [Makefile:12: bundle] Error 137",
    "dependency failed to start: container api-1 exited (137)",
    "ERROR: Job failed: command terminated with exit code 137",
    "api#build: command (/srv/api) /usr/bin/npm run build exited (137)",
    "lerna ERR! npm run build exited 137 in 'api'",
    "2026-05-06 07:08:10,231 INFO exited: api (terminated by SIGKILL; not expected)",
    "error: Forever detected script was killed by signal: SIGKILL",
    "##[error]Exit code 137 returned from process: file name '/usr/bin/node', arguments 'build.js'.",
]  # fmt: skip


@pytest.mark.parametrize("line", SIGKILL)
def test_sigkill_of_a_process_that_nothing_else_is_known_of_was_most_likely_for_its_memory(line: str, tmp_path: Path) -> None:
    process = report_of(tmp_path, f"listening on 8080\n{line}")
    assert process.kill is not None and (process.kill.by, process.kill.for_memory) == ("unknown", True)
    assert process.verdict.level == "exhausted"
    assert "SIGKILL" in process.verdict.headline and "no line says from whom" in process.verdict.headline
    assert process.findings[0].confidence == "medium"


@pytest.mark.parametrize(
    "line",
    [
        "npm ERR! errno 134",
        "Aborted (core dumped)",
        "[1]    4711 abort      node server.js",
        "api-1 exited with code 139",
        "Next.js build worker exited with code: 134 and signal: null",
        "Error: Runtime exited with error: exit status 134",
        "zsh: trace trap  node server.js",
        "api.service: Main process exited, code=dumped, status=6/ABRT",
    ],
)
def test_an_abort_is_the_end_after_v8s_fatal_error_which_is_elsewhere(line: str, tmp_path: Path) -> None:
    process = report_of(tmp_path, line)
    assert process.kill is None and process.crash is not None and process.crash.kind == "unknown"
    assert "fatal message is not in this log" in process.verdict.headline


@pytest.mark.parametrize(
    "line", ["Fatal error: JavaScript heap out of memory", "[web] Fatal error: JavaScript heap out of memory"]
)
def test_a_hosts_own_words_of_a_full_heap(line: str, tmp_path: Path) -> None:
    assert report_of(tmp_path, line).verdict.level == "exhausted"


@pytest.mark.parametrize("before", [[], ["boot"], ["Events:", "  BackOff"]], ids=len)
@pytest.mark.parametrize(
    "text", [DESCRIBE, "Killed", "npm ERR! errno 137", MEMORY["pod, YAML"][0]], ids=["describe", "shell", "npm", "YAML"]
)
def test_the_order_of_a_kill_and_figures_of_memory_does_not_matter(before: list[str], text: str, tmp_path: Path) -> None:
    first = report_of(tmp_path, "\n".join([*before, text, FIGURES]))
    last = report_of(tmp_path, "\n".join([*before, FIGURES, text]))
    assert first.kill is not None and last.kill is not None
    assert first.kill.because == last.kill.because
    assert first.verdict.level == last.verdict.level
    assert "554.3 MB" in first.verdict.headline


def test_a_state_above_a_trace_is_of_it(tmp_path: Path) -> None:
    process = report_of(tmp_path, f"{DESCRIBE}\n{TRACE}")
    assert process.pid == 8 and process.kill is not None and process.verdict.level == "exhausted"


# ---------------------------------------------------------------- not ours


@pytest.mark.parametrize(
    ("line", "found"),
    [
        pytest.param("kernel: Out of memory: Killed process 900 (mysqld) total-vm:656127kB, anon-rss:299546kB", "mysqld (pid 900)", id="another program"),
        pytest.param("Memory cgroup out of memory: Killed process 901 (java) total-vm:656127kB, anon-rss:299546kB", "java (pid 901)", id="another container"),
        pytest.param("Out of memory: Killed process 902 (indexer) total-vm:656127kB, anon-rss:299546kB", "indexer (pid 902)", id="another title and pid"),
        pytest.param("oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),task=chrome,pid=903,uid=0", "chrome (pid 903)", id="another task"),
        pytest.param("System OOM encountered, victim process: postgres, pid: 904", "postgres (pid 904)", id="another victim"),
        pytest.param("redis-1 exited with code 137", "redis-1", id="another service"),
        pytest.param("shop-postgres-1 exited with code 137", "shop-postgres-1", id="another service of a project"),
        pytest.param("mysqld.service: Main process exited, code=killed, status=9/KILL", "mysqld.service", id="another unit"),
        pytest.param("mariadb.service: A process of this unit has been killed by the OOM killer.", "mariadb.service", id="another unit, by OOM"),
        pytest.param("Error: Command failed with exit code 137: ffmpeg -i a.mp4 b.webm", None, id="a child's command"),
    ],
)  # fmt: skip
def test_the_kill_of_another_process_is_a_notice(line: str, found: str | None, tmp_path: Path) -> None:
    process = report_of(tmp_path, f"{TRACE}\n{line}")
    assert process.kill is None and process.crash is None
    assert process.verdict.level != "exhausted"
    titles = [finding.title for finding in process.findings if finding.id == "machine-short-of-memory"]
    assert found is None or found in titles[0]


@pytest.mark.parametrize(
    ("ended", "is_killed"),
    [("web-1", True), ("shop_web-1", True), ("indexer-1", False), ("web-2", False)],
)
def test_compose_names_the_service_that_ended(ended: str, is_killed: bool, tmp_path: Path) -> None:
    trace = "\n".join(f"web-1      | {line}" for line in TRACE.split("\n"))
    process = report_of(tmp_path, f"{trace}\nindexer-1  | ready\n{ended} exited with code 137")
    assert (process.kill is not None) == is_killed
    assert (process.findings[0].id == "killed-from-outside") == is_killed


NEAR_MISSES = [
    "GET /docs/errors/OOMKilled 200",
    "GET /help/exit-code-137 304 - 1.2 ms",
    "chrome 812 did not stop: sending SIGKILL",
    "received SIGTERM, not SIGKILL",
    "commit 1a2b3c fix: handle OOMKilled pods (exit code 137)",
    "docs: explain exit code 137 and OOMKilled",
    "Reason: OOMKilled means that the container went over its limit",
    '{"level":"info","msg":"pod postgres-1 restarted","reason":"OOMKilled","exitCode":137}',
    '{"level":30,"service":"billing","event":"container exited with code 137, restarting it"}',
    "worker 4712 died (SIGKILL), forking another",
    "child process exited with code 137",
    "    at ChildProcess.onexit (kill.js:137:9) signal: SIGKILL",
    "if a process exited with code 137, it was probably killed",
    "it exited with code 137",
    "A process that is Killed by the kernel leaves no message",
    "Killed 3 stale sessions",
    "Killed process 4711 (node) is what the kernel would write",
    "12 jobs killed, 3 retried",
    "memory.events: oom_kill 0",
    '"OOMKilled": false,',
    "the kernel invoked oom-killer twice last night",
    "REPORT RequestId: 1b2c	Duration: 8.10 ms	Billed Duration: 9 ms	Memory Size: 512 MB	Max Memory Used: 89 MB	",
    "memory limit of 512 MiB is not exceeded",
    "api-1 exited with code 0",
    "Process exited with status 1",
    "App [web:0] exited with code [0] via signal [SIGINT]",
    "renderer process gone (reason: clean-exit, code: 0)",
    "renderer process gone (reason: killed, code: 9)",
    "web.service: Main process exited, code=exited, status=1/FAILURE",
    "Operation was aborted",
    "Aborted by the user",
    "Error R10 (Boot timeout) -> Web process failed to bind to $PORT within 60 seconds of launch",
    "Out of memory: what now? A guide",
    "JavaScript heap out of memory: how to fix it",
    "`Killed` is printed by the shell",
    "status 137 rows, 134 columns",
    "took 137 ms (code 137)",
]


@pytest.mark.parametrize("line", NEAR_MISSES)
def test_prose_and_others_are_no_death_of_a_process(line: str, tmp_path: Path) -> None:
    process = report_of(tmp_path, f"{TRACE}\n{line}")
    assert process.kill is None and process.crash is None
    assert process.verdict.level != "exhausted"


@pytest.mark.parametrize("line", [line for line in NEAR_MISSES if "heap out of memory" not in line])
def test_prose_alone_is_no_process(line: str, tmp_path: Path) -> None:
    with pytest.raises(NothingToAnalyse):
        report_of(tmp_path, line)


@pytest.mark.slow
def test_no_healthy_log_dies_of_prose_about_kills(tmp_path: Path) -> None:
    """Five hundred lines of prose, mixed into every log of a program that lived."""
    rng = random.Random(137)
    deaths = 0
    for sample in sorted((SAMPLES / "gc").glob("healthy*.log")) + sorted((SAMPLES / "witness").glob("level*.log")):
        lines = sample.read_text(encoding="utf-8").split("\n")
        for _ in range(500):
            lines.insert(rng.randrange(len(lines)), rng.choice(NEAR_MISSES))
        text = "\n".join([*lines, *rng.sample(NEAR_MISSES, 5)])
        deaths += sum(process.kill is not None or process.crash is not None for process in reports_of(tmp_path, text))
    assert deaths == 0


# ---------------------------------------------------------------- over its quota, restarted, in another file


def test_a_process_over_its_quota_lives_and_is_warned(tmp_path: Path) -> None:
    process = report_of(tmp_path, "Process running mem=614M(120.0%)\nError R14 (Memory quota exceeded)")
    assert (process.verdict.level, process.kill, process.crash) == ("impending", None, None)
    assert "614.0 MB are in use, more than Heroku's memory quota of 512.0 MB" in process.verdict.headline
    assert process.findings[0].id == "memory-limit-near"


def test_a_process_that_did_not_stop_in_time_was_not_killed_for_its_memory(tmp_path: Path) -> None:
    process = report_of(
        tmp_path,
        "api.service: State 'stop-sigterm' timed out. Killing.\napi.service: Main process exited, code=killed, status=9/KILL",
    )
    assert process.kill is not None and not process.kill.for_memory
    assert process.verdict.level == "not-assessable"
    assert "because it did not end in time when it was asked to" in process.verdict.headline


def test_a_kill_is_kept_if_another_process_goes_on(tmp_path: Path) -> None:
    again = "\n".join(full(at, pid=9) for at in range(100, 900, 100))
    first, second = sorted(reports_of(tmp_path, f"{TRACE}\n{DESCRIBE}\n{again}"), key=lambda process: process.span.first_line)
    assert (first.verdict.level, second.kill) == ("exhausted", None)


def test_a_kill_that_the_same_process_writes_on_after_is_not_its_own(tmp_path: Path) -> None:
    process = report_of(tmp_path, f"{TRACE}\nnpm ERR! signal SIGKILL\n{full(1000, pid=8)}")
    assert process.kill is None


def test_a_workers_death_alone_is_the_workers(tmp_path: Path) -> None:
    process = report_of(
        tmp_path,
        "Error [ERR_WORKER_OUT_OF_MEMORY]: Worker terminated due to reaching memory limit: JS heap out of memory",
    )
    assert process.crash is not None and process.crash.kind == "worker-limit"
    assert process.findings[0].id == "worker-out-of-memory"
    assert process.verdict.headline.startswith("Out of heap in a worker")


def test_workers_whose_deaths_are_in_another_file_are_dead_there(tmp_path: Path) -> None:
    lines = (SAMPLES / "gc" / "workers_limits-node20.log").read_text(encoding="utf-8").split("\n")
    errors = [line for line in lines if "ERR_WORKER" in line]
    (tmp_path / "gc.log").write_text("\n".join(line for line in lines if line not in errors), encoding="utf-8")
    (tmp_path / "stderr.log").write_text("\n".join(errors), encoding="utf-8")
    apart = {(p.isolate, p.main, p.verdict.level, p.crash and p.crash.kind) for p in analyze(tmp_path).processes}
    (tmp_path / "stderr.log").unlink()
    (tmp_path / "gc.log").write_text("\n".join(lines), encoding="utf-8")
    together = {(p.isolate, p.main, p.verdict.level, p.crash and p.crash.kind) for p in analyze(tmp_path).processes}
    assert apart == together
    assert sum(kind == "worker-limit" for _, _, _, kind in apart) == 2


@pytest.mark.parametrize("after", ["npm ERR! errno 137", "Killed", "GET /errors/OOMKilled 200", DESCRIBE], ids=len)
def test_a_heap_death_of_its_own_keeps_its_own_advice(after: str, tmp_path: Path) -> None:
    fatal = "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory"
    process = report_of(tmp_path, f"{TRACE}\n{fatal}\n{after}")
    assert process.kill is None and process.crash is not None and process.crash.kind == "heap-limit"
    assert process.findings[0].id == "heap-exhausted"


@pytest.mark.parametrize(
    ("text", "platform", "advice"),
    [
        (
            '{"containers":[{"name":"api","exitCode":137,"reason":"OutOfMemoryError: Container killed due to memory usage"}]}',
            "ecs",
            "in the task definition",
        ),
        (
            "app[3d8e] fra [info] Out of memory: Killed process 318 (node) total-vm:11812340kB, anon-rss:189340kB\n"
            "app[3d8e] fra [info] INFO Process appears to have been OOM killed!",
            "fly",
            "`fly scale memory",
        ),
        (
            "2026-11-30 10:12:45.120 CET Memory limit of 512 MiB exceeded with 523 MiB used.",
            "cloud-run",
            "`gcloud run services",
        ),
    ],
    ids=["a task of ECS on one line", "Fly and its kernel", "a console with the zone's name"],
)
def test_the_advice_is_the_platform_s(text: str, platform: str, advice: str, tmp_path: Path) -> None:
    process = report_of(tmp_path, text)
    assert process.kill is not None and process.kill.platform == platform
    assert advice in process.findings[0].remedy


@pytest.mark.parametrize(
    ("lines", "advice"),
    [
        (["> web@0.0.0 build", "> next build", "Killed"], "on a machine with more memory"),
        (["#12 [build 6/7] RUN npm run build", "#12 61.20 > next build", "#12 61.20 Killed"], "Give the builder more memory"),
        (["listening on 8080", "Killed"], "Find who sent SIGKILL"),
    ],
    ids=["a build", "a build of an image", "a service"],
)
def test_a_build_that_was_killed_gets_more_memory_or_a_smaller_heap(lines: list[str], advice: str, tmp_path: Path) -> None:
    assert advice in report_of(tmp_path, "\n".join(lines)).findings[0].remedy


@pytest.mark.parametrize(
    ("code", "kind"),
    [("2147483651", "exit_134"), ("-1073740791", "exit_134"), ("3221225477", "exit_fault"), ("-1073741819", "exit_fault")],
)
def test_exceptions_of_windows_are_ends(code: str, kind: str, tmp_path: Path) -> None:
    process = report_of(tmp_path, f"listening\nerror Command failed with exit code {code}.")
    assert [message.kind for message in process.signs.messages] == [kind]
    assert process.crash is not None
    assert (process.crash.kind, process.crash.platform) == ("unknown", "windows")
    assert ("native addon" in process.findings[0].remedy) is (kind == "exit_fault")
