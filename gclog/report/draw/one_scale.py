"""Two pictures of a kind on one scale, so that they can be compared by eye."""

from __future__ import annotations

import dataclasses

from gclog.report.draw.heap import Picture

__all__ = ["put_on_one_scale"]


def put_on_one_scale(picture: Picture, beside: Picture) -> Picture:
    """The first with the higher of both y axes; and with the times of both, if they count the same unit."""
    y_ticks = max(picture.y_ticks, beside.y_ticks, key=lambda ticks: ticks[-1])
    if picture.x_title != beside.x_title:
        return dataclasses.replace(picture, y_ticks=y_ticks)
    x_range = min(picture.x_range[0], beside.x_range[0]), max(picture.x_range[1], beside.x_range[1])
    same_step = abs(_step(picture) - _step(beside)) < 1e-9
    x_ticks = tuple(sorted({*picture.x_ticks, *beside.x_ticks})) if same_step else max(picture, beside, key=_width).x_ticks
    return dataclasses.replace(picture, y_ticks=y_ticks, x_range=x_range, x_ticks=x_ticks)


def _step(picture: Picture) -> float:
    """Between two ticks; NaN, which is like no other, if there are not two."""
    return picture.x_ticks[1] - picture.x_ticks[0] if len(picture.x_ticks) > 1 else float("nan")


def _width(picture: Picture) -> tuple[float, tuple[float, ...]]:
    """What tells the wider of two; of two as wide, the same one whichever is the first."""
    return picture.x_range[1] - picture.x_range[0], picture.x_ticks
