"""A picture as a plotly figure, drawn by plotly.js if scripts run.

A trace, shape or annotation names the role of its colour (`meta` or `name`); the page's script looks the colour up in the style
sheet, so that the figure follows the reader's light or dark mode.
"""

from __future__ import annotations

import math
from typing import Any

import plotly.graph_objects as go

from gclog.report.draw.heap import Band, Curve, Mark, Picture

__all__ = ["draw_plotly"]

DECIMALS = 3
"""Decimals of coordinates in the page: finer than a pixel at half the bytes. Displayed values have fewer."""

FONT = "system-ui, -apple-system, Segoe UI, Roboto, sans-serif"

LINE_WIDTHS = {"after": 1.4, "before": 0.8, "committed": 1.0, "live": 2.0, "trend": 2.4, "forecast": 3.0, "share": 1.2}
POINT_SIZES = {"points": 4, "joined points": 6}
SYMBOLS = {"live": "diamond", "mark_compact": "diamond", "minor_mark_sweep": "square"}

BAND_OPACITY, LIMIT_OPACITY, AREA_OPACITY = 0.13, 0.16, 0.25

STRIP_SHARE = 0.016
"""Share of the plot's height taken by the strip above it with a level's full colour."""

MIN_LABELLED_SHARE = 0.12
"""Share of the width below which a band has no room for its name."""


def draw_plotly(picture: Picture) -> dict[str, Any]:
    """The figure as plotly.js takes it, `{"data": [...], "layout": {...}}`, with plain numbers and our own words only."""
    figure = go.Figure(data=[_trace(picture, curve) for curve in picture.curves], layout=_layout(picture))
    drawn: dict[str, Any] = figure.to_plotly_json()
    drawn["layout"].pop("template", None)
    return {"data": drawn["data"], "layout": drawn["layout"]}


def _rounded(values: tuple[float, ...]) -> list[float | None]:
    return [round(value, DECIMALS) if math.isfinite(value) else None for value in values]


def _trace(picture: Picture, curve: Curve) -> go.Scatter:
    area = curve.drawn == "area"
    points = {"points": "markers", "joined points": "lines+markers"}.get(curve.drawn, "lines")
    line = "<br>line %{customdata}" if curve.lines else ""
    value = "%{y:.2f}" if picture.logarithmic else "%{y:.1f}"
    unit = picture.x_title.partition(" ")[0]
    return go.Scatter(
        x=_rounded(curve.x),
        y=_rounded(curve.y),
        customdata=list(curve.lines) or None,
        name=curve.name,
        mode=points,
        fill="toself" if area else None,
        opacity=1,
        line={"width": 0 if area else LINE_WIDTHS.get(curve.role, 1.2), "dash": "dot" if curve.drawn == "dashes" else "solid"},
        marker={"size": POINT_SIZES.get(curve.drawn, 4), "symbol": SYMBOLS.get(curve.role, "circle")},
        hovertemplate=f"{curve.name}<br>{value}{picture.y_suffix} at %{{x:.2f}} {unit}{line}<extra></extra>",
        hoverinfo="skip" if area else None,
        meta={"role": curve.role, "area": AREA_OPACITY if area else 0},
        showlegend=True,
    )


def _layout(picture: Picture) -> go.Layout:
    low, high = picture.y_ticks[0], picture.y_ticks[-1]
    return go.Layout(
        font={"family": FONT, "size": 12},
        margin={"l": 58, "r": 14, "t": 26, "b": 44},
        hovermode="closest",
        dragmode="zoom",
        showlegend=True,
        legend={"orientation": "h", "x": 0, "y": -0.16, "yanchor": "top"},
        xaxis={
            "title": {"text": picture.x_title, "standoff": 6},
            "range": [round(edge, DECIMALS) for edge in picture.x_range],
            "showgrid": False,
            "zeroline": False,
        },
        yaxis={
            "title": {"text": picture.y_title, "standoff": 6},
            "type": "log" if picture.logarithmic else "linear",
            "range": [math.log10(low), math.log10(high)] if picture.logarithmic else [low, high],
            "dtick": 1 if picture.logarithmic else None,
            "zeroline": False,
            "nticks": 6,
        },
        shapes=[shape for band in picture.bands for shape in _band(band)] + [_mark(mark) for mark in picture.marks],
        annotations=[_mark_name(picture, mark) for mark in picture.marks] + _band_names(picture),
    )


def _band(band: Band) -> list[dict[str, Any]]:
    low, high = round(band.low, DECIMALS), round(band.high, DECIMALS)
    if not band.upright:
        return [_rectangle(band.role, LIMIT_OPACITY, x0=0, x1=1, xref="paper", y0=low, y1=high, yref="y")]
    return [
        _rectangle(band.role, BAND_OPACITY, x0=low, x1=high, xref="x", y0=0, y1=1, yref="paper"),
        _rectangle(band.role, 1.0, x0=low, x1=high, xref="x", y0=1, y1=1 + STRIP_SHARE, yref="paper"),
    ]


def _rectangle(role: str, opacity: float, **where: Any) -> dict[str, Any]:
    return {"type": "rect", "name": role, "layer": "below", "opacity": opacity, "line": {"width": 0}, **where}


def _mark(mark: Mark) -> dict[str, Any]:
    at = round(mark.at, DECIMALS)
    where = (
        {"x0": at, "x1": at, "xref": "x", "y0": 0, "y1": 1, "yref": "paper"}
        if mark.upright
        else {"x0": 0, "x1": 1, "xref": "paper", "y0": at, "y1": at, "yref": "y"}
    )
    return {"type": "line", "name": mark.role, "layer": "above", "line": {"width": 2 if mark.upright else 1.6}, **where}


def _mark_name(picture: Picture, mark: Mark) -> dict[str, Any]:
    at = round(mark.at, DECIMALS)
    common = {"name": mark.role, "text": mark.name, "showarrow": False, "font": {"size": 12}}
    if mark.upright:
        return {**common, "x": at, "xref": "x", "xanchor": "right", "y": 0, "yref": "paper", "yanchor": "bottom", "xshift": -3}
    y = math.log10(at) if picture.logarithmic else at
    return {**common, "x": 0, "xref": "paper", "xanchor": "left", "y": y, "yref": "y", "yanchor": "bottom", "xshift": 4}


def _band_names(picture: Picture) -> list[dict[str, Any]]:
    extent = (picture.x_range[1] - picture.x_range[0]) or 1.0
    return [
        {
            "name": "band-name",
            "text": band.name,
            "showarrow": False,
            "font": {"size": 11},
            "x": round(max(band.low, picture.x_range[0]), DECIMALS),
            "xref": "x",
            "xanchor": "left",
            "y": 1 + STRIP_SHARE,
            "yref": "paper",
            "yanchor": "bottom",
        }
        for band in picture.bands
        if band.upright and (band.high - band.low) / extent >= MIN_LABELLED_SHARE
    ]
