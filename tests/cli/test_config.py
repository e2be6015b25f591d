"""Settings from gclog.toml and pyproject.toml: where they are looked for, what they may say, and how a mistake is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from gclog.cli.config import FAIL_ON, Config, find_config, load_config
from gclog.diagnose.registry import RULES
from gclog.errors import InputError, UsageError

FULL = """\
heap-limit = 4096
fail-on = "impending"
encoding = "utf-16"
warn = "early"
redact = true

[thresholds.gc-share-high]
warning_share = 0.2
error-share = 1

[thresholds.long-pauses]
"""


def write(folder: Path, text: str, name: str = "gclog.toml") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "repository" / ".git").mkdir(parents=True)
    return tmp_path / "repository"


def test_a_file_gives_its_settings(tmp_path: Path) -> None:
    path = write(tmp_path, FULL)
    assert load_config(None, tmp_path) == Config(
        path=path,
        heap_limit_mb=4096.0,
        fail_on="impending",
        encoding="utf-16",
        warn="early",
        redact=True,
        thresholds={"gc-share-high": {"warning_share": 0.2, "error_share": 1.0}, "long-pauses": {}},
    )


def test_without_a_file_there_are_no_settings(tmp_path: Path) -> None:
    assert load_config(None, tmp_path) == Config()


def test_a_pyproject_gives_the_settings_of_its_own_table(tmp_path: Path) -> None:
    text = '[project]\nname = "x"\n[tool.gclog]\nheap-limit = 512\n[tool.gclog.thresholds.gc-share-high]\nwarning_share = 0.2\n'
    path = write(tmp_path, text, "pyproject.toml")
    config = load_config(None, tmp_path)
    assert (config.path, config.heap_limit_mb) == (path, 512.0)
    assert config.thresholds == {"gc-share-high": {"warning_share": 0.2}}


def test_a_named_file_counts_and_no_other(tmp_path: Path) -> None:
    write(tmp_path, "heap-limit = 1")
    named = write(tmp_path, "heap-limit = 2", "other.toml")
    assert load_config(named, tmp_path).heap_limit_mb == 2


def test_every_threshold_of_every_rule_may_be_set(tmp_path: Path) -> None:
    import dataclasses

    lines: list[str] = []
    for rule in RULES:
        lines.append(f"[thresholds.{rule.id}]")
        lines += [f"{field.name} = {getattr(rule.defaults, field.name)!r}" for field in dataclasses.fields(rule.defaults)]
    write(tmp_path, "\n".join(lines))
    assert set(load_config(None, tmp_path).thresholds) == {rule.id for rule in RULES}


# ---------------------------------------------------------------- where


def test_the_nearest_file_counts(repository: Path) -> None:
    write(repository, "heap-limit = 1")
    near = write(repository / "a", "heap-limit = 2")
    assert find_config(repository / "a", None) == near
    (repository / "a" / "b").mkdir()
    assert find_config(repository / "a" / "b", None) == near


def test_gclog_toml_counts_before_a_pyproject_beside_it(repository: Path) -> None:
    write(repository, "[tool.gclog]\nheap-limit = 1", "pyproject.toml")
    own = write(repository, "heap-limit = 2")
    assert find_config(repository, None) == own


def test_a_pyproject_without_our_table_is_passed_over(repository: Path) -> None:
    above = write(repository, "heap-limit = 1")
    write(repository / "a", '[project]\nname = "gclog-user"', "pyproject.toml")
    assert find_config(repository / "a", None) == above


def test_a_broken_pyproject_that_does_not_name_us_is_no_matter(repository: Path) -> None:
    write(repository, "[[[", "pyproject.toml")
    assert load_config(None, repository) == Config()


def test_the_search_ends_at_the_root_of_the_repository(repository: Path) -> None:
    write(repository.parent, "heap-limit = 1")
    (repository / "a").mkdir()
    assert find_config(repository / "a", None) is None
    assert find_config(repository, repository.parent) is None


def test_the_search_ends_at_home(tmp_path: Path) -> None:
    write(tmp_path, "heap-limit = 1")
    home = tmp_path / "home"
    (home / "logs").mkdir(parents=True)
    assert find_config(home / "logs", home) is None
    own = write(home, "heap-limit = 2")
    assert find_config(home / "logs", home) == own


def test_outside_of_repository_and_home_only_the_working_directory_counts(tmp_path: Path) -> None:
    write(tmp_path, "heap-limit = 1")
    (tmp_path / "shared").mkdir()
    assert find_config(tmp_path / "shared", tmp_path / "nowhere") is None


# ---------------------------------------------------------------- mistakes


@pytest.mark.parametrize(
    ("text", "what", "remedy"),
    [
        ("heap-limt = 1", "heap-limt: there is no such setting", "Did you mean heap-limit?"),
        ('warn = "soon"', "warn is 'soon'", "It must be one of early, balanced, late."),
        (
            "colour = 1",
            "colour: there is no such setting",
            "There are: heap-limit, fail-on, warn, encoding, redact, thresholds.",
        ),
        ('heap-limit = "4 GB"', "heap-limit is '4 GB'", "It must be a number."),
        ("heap-limit = true", "heap-limit is true", "It must be a number."),
        ("heap-limit = nan", "heap-limit is nan", "It must be a number."),
        ("heap-limit = 0", "heap-limit is 0", "It must be a number of MB from 1 to 16777216."),
        ("heap-limit = 4294967296", "heap-limit is 4294967296", "It must be a number of MB from 1 to 16777216."),
        ("heap-limit = 1\nheap_limit = 2", "heap_limit is given twice", "Keep one: heap-limit."),
        ('fail-on = "ok"', "fail-on is 'ok'", f"It must be one of {', '.join(FAIL_ON)}."),
        ("fail-on = 3", "fail-on is 3", f"It must be one of {', '.join(FAIL_ON)}."),
        ("encoding = 8", "encoding is 8", "It must be a text."),
        ("redact = 1", "redact is 1", "It must be true or false."),
        ("thresholds = 1", "thresholds is 1", "It must be a table for each rule: [thresholds.gc-share-high]."),
        (
            "[thresholds.gc-share-hi]\nx = 1",
            "thresholds.gc-share-hi: there is no such rule",
            "Did you mean gc-share-high? `gclog explain` lists all.",
        ),
        (
            "[thresholds]\ngc-share-high = 0.1",
            "thresholds.gc-share-high is 0.1",
            "It must be a table: [thresholds.gc-share-high], then one line for each threshold.",
        ),
        (
            "[thresholds.gc-share-high]\nwarning_shar = 1",
            "thresholds.gc-share-high.warning_shar: the rule gc-share-high has no such threshold",
            "Did you mean warning_share?",
        ),
        (
            "[thresholds.heap-exhausted]\nshare = 1",
            "thresholds.heap-exhausted.share: the rule heap-exhausted has no such threshold",
            "There are: none.",
        ),
        (
            "[thresholds.gc-share-high]\nwarning_share = [1]",
            "thresholds.gc-share-high.warning_share is a list",
            "It must be a number.",
        ),
    ],
)
def test_a_mistake_is_told_with_its_file_its_key_and_what_was_meant(tmp_path: Path, text: str, what: str, remedy: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(UsageError) as raised:
        load_config(None, tmp_path)
    assert (raised.value.what, raised.value.where, raised.value.remedy) == (what, str(path), remedy)


def test_a_key_in_a_pyproject_is_named_in_full(tmp_path: Path) -> None:
    write(tmp_path, "[tool.gclog.thresholds.gc-share-high]\nshare = 1", "pyproject.toml")
    with pytest.raises(UsageError, match=r"tool\.gclog\.thresholds\.gc-share-high\.share: "):
        load_config(None, tmp_path)


def test_a_named_pyproject_must_have_our_table(tmp_path: Path) -> None:
    path = write(tmp_path, "[project]", "pyproject.toml")
    with pytest.raises(UsageError, match=r"has no table \[tool\.gclog\]"):
        load_config(path, tmp_path)


def test_what_is_not_toml_is_told_with_its_line(tmp_path: Path) -> None:
    write(tmp_path, "heap-limit = 1\nfail-on =\n")
    with pytest.raises(UsageError, match=r"gclog\.toml: is not TOML: .*line 2"):
        load_config(None, tmp_path)


def test_what_is_not_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "gclog.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="is not TOML"):
        load_config(None, tmp_path)


def test_a_named_file_that_is_missing_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read: No such file"):
        load_config(tmp_path / "none.toml", tmp_path)
