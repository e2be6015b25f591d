"""What earlier runs are worth, on the sample's one program."""

from __future__ import annotations

import sys

import history
import pytest


def test_beside_earlier_runs_the_leak_is_warned_of_sooner(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["history.py"])
    assert history.main() == 0
    rows = {cells[1]: cells for cells in (line.split("|") for line in capsys.readouterr().out.splitlines()) if len(cells) > 4}
    leads = [float(rows[f" {name} "][3].partition("%")[0]) for name in ("alone", "beside earlier runs")]
    assert leads[1] > 2 * leads[0] > 0
    assert [rows[f" {name} "][5].strip() for name in ("alone", "beside earlier runs")] == ["0.0%", "0.0%"]
