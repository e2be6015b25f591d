"""Hosts of V8 to which no flag of Node can be given in the usual way, and what can be done in each."""

from __future__ import annotations

from gclog.diagnose import surroundings
from gclog.diagnose.more_heap import more_heap, twice_mb
from gclog.diagnose.sentences import join
from gclog.diagnose.settings_place import say_where_to_set
from gclog.model.report import ProcessReport
from gclog.model.verdict import Limit

__all__ = ["HOST_STEPS", "advise_in_host", "host_of", "is_users_tool"]

HOST_STEPS: dict[str, str] = {
    "PM2's daemon": "What died is PM2's own daemon, not an application: start a fresh one with `pm2 update` (after `npm install -g pm2`). "
    "Flags and max_memory_restart of an application do not reach it; see which of its modules (`pm2 ls`) or logs are busy.",
    "Meteor's build tool": "What died is Meteor's build tool: start `meteor` with more heap, "
    "`{set_variable} TOOL_NODE_FLAGS=--max-old-space-size={more_mb}` (on a machine that has it), and start it anew if it grows from one rebuild to the next.",
    "VS Code's extension host": "An extension fills the heap of the extension host, which ends at 4 GB whatever the flags: find it with the command "
    "`Help: Start Extension Bisect`, or check that `code --disable-extensions` survives.",
    "VS Code's TypeScript server": 'Raise its limit in the settings of VS Code (at most 4 GB): `"typescript.tsserver.maxTsServerMemory": 4096`, and '
    "leave out of tsconfig.json what needs no checking (`exclude` for build output); `TypeScript: Restart TS Server` starts it anew.",
    "Cypress": "Have Cypress keep less of each test: `experimentalMemoryManagement: true` and `numTestsKeptInMemory: 0` in cypress.config; "
    "otherwise split long spec files, or run them in Chrome (`cypress run --browser chrome`).",
    "AWS Lambda": "Give the function more memory, and with it more CPU: "
    "`aws lambda update-function-configuration --function-name NAME --memory-size {more_mb}` (MemorySize in a template).",
    "SAM local": "Raise `MemorySize` of the function in template.yaml, {more_mb} MB: `sam local` gives the container that much, as Lambda does, and "
    "no variable of your shell reaches it.",
    "isolated-vm": "Raise the limit of that isolate, which no flag of Node sets: `new ivm.Isolate({{ memoryLimit: {more_mb} }})`, or give it less "
    "to hold; its inspector (`inspector: true`) shows what fills it.",
    "Deno": "Give it more with `deno run --v8-flags=--max-old-space-size={more_mb}` if its work is this large; else start it with `deno run --inspect` "
    "and compare heap snapshots in Chrome's DevTools.",
    "Electron": "Find what the process keeps with heap snapshots in the DevTools of the window (`--inspect` for the main process). "
    "`app.commandLine.appendSwitch('js-flags', '--max-old-space-size=4096')` is the most there is: pointers are compressed.",
    "Chromium": "Find what the page keeps in the Memory panel of DevTools, before it happens again (take two heap snapshots, and compare them): the limit of "
    "its heap is the browser's.",
    "workerd": "Take heap snapshots through its inspector (`wrangler dev`, key d), and keep less: a Worker in production has 128 MB, whatever the limit here.",
    "d8": "Start it with `d8 --max-old-space-size={more_mb}` if its work is this large. writeHeapSnapshot() says what fills it.",
    "V8": "See the documentation of the program that embeds V8 for its heap limit (often an option that passes `--max-old-space-size={more_mb}` on to V8, as "
    "ArangoDB's `--javascript.v8-max-heap={more_mb}`). V8 did not run in Node, so no flag or variable of Node reaches it.",
}
"""Program or host -> what to do there about a heap that is full."""

NATIVE_STEPS: dict[str, str] = {
    "PM2's daemon": "What died is PM2's own daemon, not an application: start a fresh one with `pm2 update`.",
    "AWS Lambda": HOST_STEPS["AWS Lambda"],
    "SAM local": HOST_STEPS["SAM local"],
    "Chromium": "Close tabs and other programs, and see what is left: Chromium's own task manager (`Shift+Esc`) shows which page has the memory.",
}
"""The same for a death outside of the heap."""

SESSION_STEP = (
    "If you did not write this program: begin a new session or a smaller piece of work, update it, and report the crash to its makers. "
    "If it runs on your own Node, {set_it} gives it more heap."
)
TOOL_STEP = (
    "If you did not write this program: update it, start it anew, and if it runs on your own Node, give it more heap: {set_it}. "
    "Report the crash to its makers."
)
"""What the user of a program can do about its heap: of an assistant in a terminal, and of any other."""

TOOL_MB = 4096
"""More than what programs get by default, if nothing shows what it had."""

GIVEN_BY_MEMORY = ("AWS Lambda", "SAM local")
"""Hosts whose setting is all memory, not the heap's part of it: it is what bounds the heap."""

SIZE_NOT_KNOWN = "MB"


def host_of(process: ProcessReport) -> str:
    """The program it ran in, as its crash says; else the host of V8."""
    if process.crash is not None and process.crash.host_program:
        return process.crash.host_program
    return process.node.host


def advise_in_host(process: ProcessReport) -> str:
    """The step in its host; empty for Node by itself."""
    is_native = process.crash is not None and process.crash.kind == "native-memory"
    step = (NATIVE_STEPS if is_native else HOST_STEPS).get(host_of(process), "")
    if not step and not is_native and is_users_tool(process):
        more_mb, first = _more(process)
        said = SESSION_STEP if surroundings.has_said(process, "assistant_runs") else TOOL_STEP
        return join(said.format(set_it=_set_of_tool(process, more_mb)), first)
    if not step:
        return ""
    more_mb, first = _more(process)
    set_variable = "set" if surroundings.platform_of(process) == "windows" else "export"
    return join(step.format(more_mb=more_mb, set_variable=set_variable), first if "{more_mb}" in step else "")


def is_users_tool(process: ProcessReport) -> bool:
    """Whether those who run it probably did not write it; a title that a program of one's own gave itself looks the same."""
    return process.crash is not None and process.crash.is_tool and not surroundings.is_build(process)


def _set_of_tool(process: ProcessReport, mb: str) -> str:
    option = f"--max-old-space-size={TOOL_MB if mb == SIZE_NOT_KNOWN else mb}"
    return say_where_to_set(process, option, "PATH/OF/THE/PROGRAM")


def _more(process: ProcessReport) -> tuple[str, str]:
    """The size to try next, MB, and what that needs first."""
    crash = process.crash
    limit_mb = process.limit.mb if isinstance(process.limit, Limit) else None
    if limit_mb is None and crash is not None and crash.at_limit is not None:
        limit_mb = crash.at_limit.mb
    if limit_mb is None:
        return SIZE_NOT_KNOWN, ""
    if host_of(process) in GIVEN_BY_MEMORY:
        return f"{twice_mb(limit_mb):.0f}", ""
    more = more_heap(process, limit_mb, twice_mb(limit_mb))
    return f"{more.mb:.0f}", more.first
