"""A flame graph as a static SVG, for print and for pages without scripts. Colours come from the style sheet by class."""

from __future__ import annotations

from markupsafe import Markup

from gclog import units
from gclog.model.profile import ProfileUnit
from gclog.report.draw.flame import ALL, CHANGES, OTHERS, Flame, FlameNode, change_of, label
from gclog.report.draw.svg import coordinate
from gclog.report.draw.weighed import Weighed

__all__ = ["draw_flame_svg"]

WIDTH, ROW, GAP = 960, 17, 1
"""Width of the drawing, height of a level, gap between two boxes."""

GC_STRIP = 3
"""Height of the strip at the bottom of a box that shows its share of garbage collection."""

CHARACTER = 6.1
"""Average width of a character in the labels' font (11 units)."""

MIN_CHARACTERS = 4
"""Lower bound on the characters of a label: fewer say nothing."""

MAX_LEVELS = 64
"""V8's profiler records no deeper stacks in most versions (tick-sample.h, kMaxFramesCount); deeper boxes are not drawn."""


def draw_flame_svg(profile: Weighed, flame: Flame, key: str, unit: ProfileUnit = "ticks") -> Markup:
    """The drawing. `key` makes its ids unique within the page."""
    whole = profile.top_down.total_ticks
    nodes = [node for node in flame.nodes if node.depth < MAX_LEVELS]
    height = (max(node.depth for node in nodes) + 1) * ROW
    parts = [
        Markup(
            '<svg class="picture flames" viewBox="0 0 {} {}" role="img" aria-labelledby="{}-title">'
            '<title id="{}-title">Flame graph, callees below their callers</title>'
        ).format(WIDTH, height, key, key),
        *(_box(profile, node, whole, unit) for node in nodes),
        Markup("</svg>"),
    ]
    return Markup("").join(parts)


def _box(profile: Weighed, node: FlameNode, whole: int, unit: ProfileUnit) -> Markup:
    scale = WIDTH / (whole or 1)
    x, y = node.from_ticks * scale, node.depth * ROW
    width, height = max(node.total_ticks * scale - GAP, 0.4), ROW - GAP
    match node.frame:
        case int(frame) if frame == ALL:
            role, name = "cat-all", "all work" if node.sides else f"all {units.amount(whole, unit)}"
        case int(frame) if frame == OTHERS:
            role, name = "cat-others", "others"
        case frame:
            role, name = f"cat-{profile.frames[frame].category}", label(profile.frames[frame])
    figures = f"{units.amount(node.total_ticks, unit)}, {units.percent(node.total_ticks / (whole or 1))}"
    sides = profile.top_down.sides
    if node.sides and sides:
        old, new = (units.percent(part / (of or 1)) for part, of in zip(node.sides, sides, strict=True))
        figures = f"{old} before, {new} after"
        role = f"cat-change-{CHANGES[change_of(node.sides, sides)]}" if node.frame >= 0 else role
    box = Markup('<g><title>{}: {}</title><rect class="box {}" x="{}" y="{}" width="{}" height="{}"/>').format(
        name,
        figures,
        role,
        coordinate(x),
        y,
        coordinate(width),
        height,
    )
    if node.gc_ticks:
        part = width * node.gc_ticks / node.total_ticks
        box += Markup('<rect class="box cat-gc" x="{}" y="{}" width="{}" height="{}"/>').format(
            coordinate(x), y + height - GC_STRIP, coordinate(part), GC_STRIP
        )
    room = int((width - 4) / CHARACTER)
    if room >= MIN_CHARACTERS:
        shown = name if len(name) <= room else f"{name[: room - 1]}…"
        box += Markup('<text x="{}" y="{}">{}</text>').format(coordinate(x + 3), y + ROW - 6, shown)
    return box + Markup("</g>")
