"""Folders and archives of many files."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from gclog.errors import NothingToAnalyse
from gclog.incident.pipeline import analyze


def test_what_is_wrong_with_many_files_names_only_a_few(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for number in range(1200):
            archive.writestr(f"{number}.log", "hello\n")
    with pytest.raises(NothingToAnalyse, match="found 1,200 lines of application output") as caught:
        analyze(tmp_path / "a.zip")
    names = ", ".join(str(tmp_path / "a.zip" / f"{number}.log") for number in range(3))
    assert caught.value.where == f"{names}, and 1,197 more"
