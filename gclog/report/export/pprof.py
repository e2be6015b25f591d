"""A profile for pprof (`go tool pprof`, Google Cloud Profiler, Grafana Pyroscope ...): profile.proto, packed with gzip.

Two values of each stack: `ticks` (count), and `cpu` (nanoseconds), which is ticks times the interval, or how long samples lasted. Labels: `state`, V8's VM
state; `category` and `package` of the top frame, so that `-tagfocus package=express` works. Frames have file, line and column.
Format: https://github.com/google/pprof/blob/main/proto/profile.proto; the field numbers below are from there.
"""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Iterable

from gclog.model.not_known import NotKnown
from gclog.model.profile import GC_STATE, STATES, Frame, Profile
from gclog.report.export.stacks import GC_NAME, interval_us, lacks_collector, name_of
from gclog.report.visible import make_visible

__all__ = ["export"]

NS_PER_US = 1000
NS_PER_MS = 1_000_000

UNKNOWN_STATE = STATES.index("unknown")

VARINT, LENGTH_DELIMITED = 0, 2
"""Wire types of protocol buffers: https://protobuf.dev/programming-guides/encoding"""

GZIP_SYSTEM = 9
ANY_SYSTEM = b"\xff"
"""Python writes a system of its own choice, which differs between versions; 255 is `unknown` in RFC 1952."""


def export(profile: Profile, name: str) -> bytes:
    """The profile as a gzip; `name` is its comment. The same profile gives the same bytes."""
    texts = _Texts()
    interval_ns = interval_us(profile) * NS_PER_US
    out = bytearray()
    for type_, unit in (("ticks", "count"), ("cpu", "nanoseconds")):
        out += _block(1, _value_type(texts, type_, unit))
    counted = _count(profile)
    collector = len(profile.frames) + 1
    paths = enumerate(profile.paths)
    at, stack = next(paths, (0, None))
    for (path, state), (ticks, cpu_ns) in sorted(counted.items()):
        while at < path:
            at, stack = next(paths)
        assert stack is not None
        frames = stack.frames
        locations = [frame + 1 for frame in reversed(frames)]
        in_gc = state == GC_STATE and lacks_collector(profile)
        sample = _packed(1, [*locations, collector] if in_gc else locations) + _packed(2, [ticks, cpu_ns])
        sample += b"".join(_block(3, label) for label in _labels(texts, profile.frames[frames[-1]], state))
        out += _block(2, sample)
    for number, frame in enumerate(profile.frames, 1):
        out += _location(number, frame.line, frame.column)
        out += _function(texts, number, frame)
    out += _location(collector, None, None) + _block(5, _number(1, collector) + _number(2, texts.place(GC_NAME)))
    if not isinstance(profile.duration_ms, NotKnown):
        out += _number(10, round(profile.duration_ms * NS_PER_MS))
    out += _block(11, _value_type(texts, "cpu", "nanoseconds")) + _number(12, interval_ns)
    out += _packed(13, [texts.place(make_visible(name))])
    out += b"".join(_block(6, text.encode()) for text in texts.all)
    packed = gzip.compress(bytes(out), mtime=0)
    return packed[:GZIP_SYSTEM] + ANY_SYSTEM + packed[GZIP_SYSTEM + 1 :]


def _count(profile: Profile) -> dict[tuple[int, int], tuple[int, int]]:
    """Ticks, or samples, by stack and state, and their nanoseconds."""
    samples = profile.samples
    if not len(samples.path):  # a CPU profile whose nodes alone say how often they were seen
        interval_ns = interval_us(profile) * NS_PER_US
        states = (GC_STATE if path.gc_ticks else UNKNOWN_STATE for path in profile.paths)
        hits = enumerate(zip(states, profile.paths, strict=True))
        return {(at, state): (path.ticks, path.ticks * interval_ns) for at, (state, path) in hits}
    counted = Counter(zip(samples.path, samples.state, strict=True))
    if samples.weight is None:
        interval_ns = interval_us(profile) * NS_PER_US
        return {key: (ticks, ticks * interval_ns) for key, ticks in counted.items()}
    lasted_us: Counter[tuple[int, int]] = Counter()
    for path, state, weight in zip(samples.path, samples.state, samples.weight, strict=True):
        lasted_us[path, state] += weight
    return {key: (count, lasted_us[key] * NS_PER_US) for key, count in counted.items()}


class _Texts:
    """The string table by index; the first entry is empty, as the format requires."""

    def __init__(self) -> None:
        self._places = {"": 0}

    def place(self, text: str) -> int:
        return self._places.setdefault(text, len(self._places))

    @property
    def all(self) -> list[str]:
        return list(self._places)


def _value_type(texts: _Texts, type_: str, unit: str) -> bytes:
    return _number(1, texts.place(type_)) + _number(2, texts.place(unit))


def _labels(texts: _Texts, top: Frame, state: int) -> Iterable[bytes]:
    category = "gc" if state == GC_STATE else top.category
    package = None if state == GC_STATE else top.package
    for key, text in (("state", STATES[state]), ("category", category), ("package", package)):
        if text is not None:
            yield _number(1, texts.place(key)) + _number(2, texts.place(make_visible(text)))


def _location(number: int, line: int | None, column: int | None) -> bytes:
    place = _number(1, number) + _number(2, max(line or 0, 0)) + _number(3, max(column or 0, 0))
    return _block(4, _number(1, number) + _block(4, place))


def _function(texts: _Texts, number: int, frame: Frame) -> bytes:
    file = frame.script if frame.script is not None else frame.library or ""
    name = texts.place(name_of(frame))
    fields = _number(1, number) + _number(2, name) + _number(3, name) + _number(4, texts.place(make_visible(file)))
    return _block(5, fields + _number(5, max(frame.line or 0, 0)))


# ---------------------------------------------------------------- the wire format


def _varint(value: int) -> bytes:
    """A varint: seven bits a byte, the lowest first; the top bit says that more follow."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _number(field: int, value: int) -> bytes:
    """A non-negative number field, left out if 0, the default."""
    return _varint(field << 3 | VARINT) + _varint(value) if value else b""


def _block(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | LENGTH_DELIMITED) + _varint(len(content)) + content


def _packed(field: int, values: Iterable[int]) -> bytes:
    return _block(field, b"".join(_varint(value) for value in values))
