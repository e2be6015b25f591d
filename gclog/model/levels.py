"""The closed lists that a verdict and a finding choose from; the command line names them, too, and loads nothing else of the model for it."""

from __future__ import annotations

from typing import Literal

__all__ = ["LEVELS", "SEVERITIES", "WARNS", "Level", "Severity", "Warn"]

Level = Literal["not-assessable", "ok", "rising", "impending", "critical", "exhausted"]

LEVELS: tuple[Level, ...] = ("not-assessable", "ok", "rising", "impending", "critical", "exhausted")
"""From the least to the most severe."""

Severity = Literal["error", "warning", "info"]

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
"""From the most to the least severe."""

Warn = Literal["early", "balanced", "late"]

WARNS: tuple[Warn, ...] = ("early", "balanced", "late")
"""How early an alarm is raised: the earlier, the more often for nothing."""
