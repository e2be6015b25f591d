"""Which names are those of one rotated log's pieces, and in which order they were written."""

from __future__ import annotations

import random

import pytest

from gclog.source.rotation import Family, find_families


@pytest.mark.parametrize(
    ("name", "oldest_first"),
    [
        ("gc.log*", ["gc.log.10", "gc.log.2.gz", "gc.log.1", "gc.log"]),
        ("a/gc.log*", ["a/gc.log-20260313.gz", "a/gc.log-20260314", "a/gc.log"]),
        ("gc.log*", ["gc.log-2026031401", "gc.log-2026031402"]),
        ("gc.log*", ["gc.log.2026-03-13", "gc.log.2026-03-14T03", "gc.log.2026-03-14T15"]),
        ("0.log*", ["0.log.20260314-031201.gz", "0.log.20260314-101530", "0.log"]),
        ("4f1c-json.log*", ["4f1c-json.log.2.gz", "4f1c-json.log.1", "4f1c-json.log"]),
        ("gc.log*", ["gc.log.1773446400", "gc.log.1773532800", "gc.log"]),
        ("gc.log*", ["gc.log.00", "gc.log.01", "gc.log.02"]),
        ("gc.log*", ["gc.log.2.gz", "gc.log.1.gz", "gc.log.gz"]),
        ("web*", ["web.1", "web"]),
        ("s3://logs/web-1/gc.log*", ["s3://logs/web-1/gc.log.1", "s3://logs/web-1/gc.log"]),
    ],
    ids=[
        "logrotate", "dateext", "dateext by the hour", "dates with dashes", "Kubernetes", "Docker", "rotatelogs", "split -d",
        "all packed", "no extension, but the log itself", "in a bucket",
    ],
)  # fmt: skip
def test_pieces_are_found_in_whatever_order_they_are_named(name: str, oldest_first: list[str]) -> None:
    shuffled = random.Random(7).sample(oldest_first, len(oldest_first))
    (family,) = find_families(shuffled)
    assert isinstance(family, Family)
    assert (family.name, family.members, family.twins) == (name, tuple(oldest_first), ())


@pytest.mark.parametrize(
    "names",
    [
        ["web.1", "web.2"],
        ["10.0.0.1", "10.0.0.2", "gc.10.0.0.1", "gc.10.0.0.2"],
        ["gc.log.12345", "gc.log.12346"],
        ["0.log", "1.log"],
        ["gc.1.log", "gc.2.log", "app-2026-03-14.log", "app-2026-03-15.log"],
        ["a/gc.log", "b/gc.log", "a.1/gc.log", "a.2/gc.log"],
        ["gc.log", "gc.log.gz"],
        ["gc.log.1"],
        ["/x/.1", "/x/.2", ".1", "1"],
        [""],
        [],
    ],
    ids=[
        "dynos", "addresses", "pids", "restarts of a pod", "the number within the name", "folders", "a packed copy of the log itself",
        "one piece", "nothing but a number", "no name", "none",
    ],
)  # fmt: skip
def test_files_that_only_look_alike_stay_apart(names: list[str]) -> None:
    assert find_families(names) == names


def test_a_piece_that_is_there_packed_too_is_read_once_and_told() -> None:
    (family,) = find_families(["gc.log", "gc.log.1", "gc.log.1.gz", "gc.log.2.gz"])
    assert isinstance(family, Family)
    assert family.members == ("gc.log.2.gz", "gc.log.1", "gc.log")
    assert family.twins == ("gc.log.1.gz",)
    assert family.notes == ("not read, for they are pieces that are there unpacked, packed: 1",)


def test_numbers_that_are_missing_in_between_are_told() -> None:
    (family,) = find_families(["gc.log", "gc.log.2", "gc.log.5"])
    assert isinstance(family, Family)
    assert family.missing == (3, 4)
    assert family.notes == ("pieces are missing between those that are there: 3, 4",)


def test_a_family_stands_where_its_first_piece_stood() -> None:
    found = find_families(["a.log", "gc.log.1", "b.log", "gc.log", "c.log"])
    assert [one if isinstance(one, str) else one.name for one in found] == ["a.log", "gc.log*", "b.log", "c.log"]


def test_a_packed_copy_of_the_log_itself_is_no_piece_and_no_twin() -> None:
    family, copy = find_families(["gc.log", "gc.log.1", "gc.log.gz"])
    assert isinstance(family, Family)
    assert (family.members, family.twins, copy) == (("gc.log.1", "gc.log"), (), "gc.log.gz")
