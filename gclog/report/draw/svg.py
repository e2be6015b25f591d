"""A picture as a static SVG, for print and for pages without scripts.

No style attributes: colours come from the page's style sheet by class, as its Content-Security-Policy requires.
"""

from __future__ import annotations

import math

from markupsafe import Markup, escape

from gclog.report.draw.heap import Band, Curve, Mark, Picture

__all__ = ["coordinate", "draw_svg"]

WIDTH = 960
LEFT, RIGHT, TOP, BOTTOM = 64, 12, 26, 46
INNER_WIDTH = WIDTH - LEFT - RIGHT

Y_TITLE_AT = 16
"""Baseline of the y axis's title, rotated beside the ticks because the bands' names are above the frame."""

STRIP = 5
"""Height of the strip above the frame with a level's full colour, whose background is faint."""

MIN_LABELLED_SHARE = 0.1
"""Share of the width below which a band has no room for its name."""

POINT_RADIUS = {"points": 1.8, "joined points": 2.6}


def draw_svg(picture: Picture, key: str) -> Markup:
    """The drawing. `key` makes its ids unique within the page."""
    inner_height = _inner_height(picture)
    parts = [
        Markup('<svg class="picture" viewBox="0 0 {} {}" role="img" aria-labelledby="{}-title {}-desc">').format(
            WIDTH, picture.height, key, key
        ),
        Markup('<title id="{}-title">{}</title><desc id="{}-desc">{}</desc>').format(
            key, picture.title, key, picture.description
        ),
        *(_band(picture, band) for band in picture.bands),
        *_axes(picture),
        Markup('<svg x="{}" y="{}" width="{}" height="{}" viewBox="{} {} {} {}">').format(
            LEFT, TOP, INNER_WIDTH, inner_height, LEFT, TOP, INNER_WIDTH, inner_height
        ),
        *(_curve(picture, curve) for curve in picture.curves),
        Markup("</svg>"),
        *(_mark(picture, mark) for mark in picture.marks),
        Markup("</svg>"),
    ]
    return Markup("").join(parts)


def _inner_height(picture: Picture) -> int:
    return picture.height - TOP - BOTTOM


def _x(picture: Picture, x: float) -> float:
    low, high = picture.x_range
    return LEFT + INNER_WIDTH * min(max((x - low) / ((high - low) or 1.0), 0.0), 1.0)


def _y(picture: Picture, y: float) -> float:
    low, high = picture.y_ticks[0], picture.y_ticks[-1]
    share = math.log10(y / low) / math.log10(high / low) if picture.logarithmic else (y - low) / (high - low)
    return TOP + _inner_height(picture) * (1 - share)


def coordinate(value: float) -> str:
    """A coordinate in tenths of a unit, without a trailing `.0`."""
    return f"{value:.1f}".removesuffix(".0")


def _band(picture: Picture, band: Band) -> Markup:
    if not band.upright:
        high, low = _y(picture, band.high), _y(picture, band.low)
        return Markup('<rect class="band {}" x="{}" y="{}" width="{}" height="{}"/>').format(
            band.role, LEFT, coordinate(high), INNER_WIDTH, coordinate(low - high)
        )
    left, right = _x(picture, band.low), _x(picture, band.high)
    width = coordinate(right - left)
    drawing = Markup(
        '<rect class="band {role}" x="{x}" y="{top}" width="{width}" height="{height}"/>'
        '<rect class="strip {role}" x="{x}" y="{strip_top}" width="{width}" height="{strip}"/>'
    ).format(
        role=band.role,
        x=coordinate(left),
        top=TOP,
        width=width,
        height=_inner_height(picture),
        strip_top=TOP - STRIP,
        strip=STRIP,
    )
    if right - left >= MIN_LABELLED_SHARE * INNER_WIDTH:
        drawing += Markup('<text class="band-name" x="{}" y="{}">{}</text>').format(
            coordinate(left + 2), TOP - STRIP - 5, band.name
        )
    return drawing


def _axes(picture: Picture) -> list[Markup]:
    parts = []
    for tick in picture.y_ticks:
        y = coordinate(_y(picture, tick))
        parts.append(
            Markup(
                '<line class="grid" x1="{}" x2="{}" y1="{}" y2="{}"/><text class="tick end" x="{}" y="{}" dy="4">{}</text>'
            ).format(LEFT, WIDTH - RIGHT, y, y, LEFT - 7, y, f"{tick:g}")
        )
    bottom = picture.height - BOTTOM
    for tick in picture.x_ticks:
        x = coordinate(_x(picture, tick))
        parts.append(
            Markup(
                '<line class="grid" x1="{}" x2="{}" y1="{}" y2="{}"/><text class="tick middle" x="{}" y="{}">{}</text>'
            ).format(x, x, bottom, bottom + 4, x, bottom + 17, f"{tick:g}")
        )
    parts.append(
        Markup('<text class="axis-title end" x="{}" y="{}">{}</text>').format(
            WIDTH - RIGHT, picture.height - 8, picture.x_title
        )
    )
    middle = TOP + _inner_height(picture) // 2
    parts.append(
        Markup('<text class="axis-title middle" transform="rotate(-90 {0} {1})" x="{0}" y="{1}">{2}</text>').format(
            Y_TITLE_AT, middle, picture.y_title
        )
    )
    return parts


def _curve(picture: Picture, curve: Curve) -> Markup:
    points = [
        (coordinate(_x(picture, x)), coordinate(_y(picture, y))) if math.isfinite(y) else None
        for x, y in zip(curve.x, curve.y, strict=True)
    ]
    drawing = Markup("")
    if curve.drawn != "points":
        path = "".join(
            f"{'M' if index == 0 or points[index - 1] is None else 'L'}{point[0]} {point[1]}"
            for index, point in enumerate(points)
            if point is not None
        )
        kind = {"dashes": "curve dashed", "area": "area"}.get(curve.drawn, "curve")
        drawing += Markup('<path class="{} {}" d="{}{}"/>').format(kind, curve.role, path, "Z" if curve.drawn == "area" else "")
    radius = POINT_RADIUS.get(curve.drawn)
    if radius is not None:
        # a path of zero-length strokes with round ends: a point takes a tenth of the bytes of a circle
        dots = "".join(f"M{point[0]} {point[1]}h0" for point in points if point is not None)
        drawing += Markup('<path class="dots {}" stroke-width="{}" d="{}"/>').format(curve.role, coordinate(2 * radius), dots)
    return drawing


def _mark(picture: Picture, mark: Mark) -> Markup:
    name = escape(mark.name)
    if mark.upright:
        x, bottom = _x(picture, mark.at), picture.height - BOTTOM
        return Markup(
            '<line class="mark {}" x1="{}" x2="{}" y1="{}" y2="{}"/><text class="mark-name end {}" x="{}" y="{}">{}</text>'
        ).format(mark.role, coordinate(x), coordinate(x), TOP, bottom, mark.role, coordinate(x - 5), bottom - 8, name)
    y = _y(picture, mark.at)
    return Markup(
        '<line class="mark {}" x1="{}" x2="{}" y1="{}" y2="{}"/><text class="mark-name {}" x="{}" y="{}">{}</text>'
    ).format(mark.role, LEFT, WIDTH - RIGHT, coordinate(y), coordinate(y), mark.role, LEFT + 6, coordinate(y - 5), name)
