"""Pseudonyms: the same one for the same thing throughout a result, so that things can still be distinguished.

Numbers follow the order of appearance. A pid becomes 1, 2, 3 and an isolate 0x1, 0x2, 0x3: what is left of a line
of the log then still has the form in which V8 prints it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

__all__ = ["Pseudonyms"]

KNOWN_LIBRARIES = re.compile(
    r"(?:node|nodejs|electron|node\.exe|electron\.exe|linux-vdso\.so\.1|\[vdso\]|\[vsyscall\]|ntdll\.dll|kernel32\.dll|kernelbase\.dll"
    r"|ucrtbase\.dll|(?:ld-linux[-\w]*|ld-musl[-\w]*"
    r"|lib(?:c|m|dl|rt|pthread|stdc\+\+|c\+\+|c\+\+abi|gcc_s|atomic|uv|ssl|crypto|z|node|system_\w+|dyld))(?:-[\d.]+)?"
    r"\.(?:so|dylib)(?:\.\d+)*)",
    re.IGNORECASE,
)
"""Binaries that every Node process loads. Any other library's name may identify somebody."""

NODE_SCRIPTS = re.compile(
    r"(?:_(?:debugger|http_\w+|linklist|stream_\w+|tls_\w+)|assert|async_hooks|bootstrap_node|buffer|child_process|cluster|console"
    r"|constants|crypto|dgram|dns|domain|events|freelist|fs|https?|http2|inspector|module|net|node|os|path|perf_hooks|process|punycode"
    r"|querystring|readline|repl|smalloc|stream|string_decoder|sys|timers|tls|trace_events|tty|url|util|v8|vm|wasi|worker_threads"
    r"|zlib)\.js"
)
"""Node's own scripts up to 14, which it names without a path."""

NODE_PATHS = re.compile(r"(?:node:|internal/|node-internal:|native )[\w/.:-]+")

NODE_MODULES = re.compile(r"(?:^|[\\/])(node_modules[\\/].*)", re.DOTALL)
"""From here on a path belongs to the package and is the same on every machine."""

SUFFIX = re.compile(r"\.(?:[cm]?[jt]sx?|json|node|wasm)$")
UNIX_URL = "file://"


@dataclass(slots=True)
class Pseudonyms:
    """The pseudonyms given so far, by kind and original name."""

    _given: dict[tuple[str, str], int] = field(default_factory=dict)
    _last: dict[str, int] = field(default_factory=dict)

    def _number(self, kind: str, name: str) -> int:
        if (kind, name) not in self._given:
            self._last[kind] = self._given[kind, name] = self._last.get(kind, 0) + 1
        return self._given[kind, name]

    def pid(self, pid: int) -> int:
        """1, 2, 3."""
        return self._number("pid", str(pid))

    def isolate(self, address: str) -> str:
        """`0x1`. Windows prints the address of the same isolate in two ways: 16 digits, or with a 0x."""
        return f"0x{self._number('isolate', _digits(address)):x}"

    def address(self, address: str) -> str:
        """The pseudonym of an isolate seen before; any other address is hidden."""
        return self.isolate(address) if ("isolate", _digits(address)) in self._given else "0x…"

    def is_public(self, script: str) -> bool:
        """Whether a script is Node's own or a package's."""
        return self.script(script) == script or NODE_MODULES.search(script) is not None

    def source(self, name: str) -> str:
        """`log-1`; `stdin` is kept, for it identifies nobody."""
        return name if name == "stdin" else f"log-{self._number('source', name)}"

    def logs(self, pattern: str) -> str:
        """`logs-1`: a pattern or folder that names several logs."""
        return f"logs-{self._number('logs', pattern)}"

    def host(self, name: str) -> str:
        """`host-1`."""
        return f"host-{self._number('host', name)}"

    def function(self, name: str) -> str:
        """`function-1`."""
        return f"function-{self._number('function', name)}"

    def constructor(self, name: str) -> str:
        """`class-1`."""
        return f"class-{self._number('class', name)}"

    def variable(self, name: str) -> str:
        """`name-1`: a variable or a property."""
        return f"name-{self._number('variable', name)}"

    def code(self, name: str) -> str:
        """`code-1`: code that V8 names after something in the program."""
        return f"code-{self._number('code', name)}"

    def line_shape(self, label: str) -> str:
        """`line-1`: lines of the application that are alike."""
        return f"line-{self._number('line', label)}"

    def reason(self, text: str) -> str:
        """`reason-1`."""
        return f"reason-{self._number('reason', text)}"

    def library(self, path: str) -> str:
        """The file name of a binary that every Node process loads; `library-1` for any other."""
        name = re.split(r"[\\/]", path)[-1]
        return name if KNOWN_LIBRARIES.fullmatch(name) else f"library-{self._number('library', path)}"

    def script(self, path: str) -> str:
        """`script-1.js`; Node's own scripts are kept, and a package's path from `node_modules/` on."""
        path = path.removeprefix(UNIX_URL)
        if NODE_SCRIPTS.fullmatch(path) or NODE_PATHS.fullmatch(path):
            return path
        package = NODE_MODULES.search(path)
        if package is not None:
            return package[1]
        suffix = SUFFIX.search(path)
        return f"script-{self._number('script', path)}{suffix[0] if suffix else ''}"


def _digits(address: str) -> str:
    return address.lower().removeprefix("0x").lstrip("0")
