"""What collections had to move, and whether they were slow for that."""

from __future__ import annotations

import pytest
from made_collections import made

from gclog.analysis.measure.effort import find_slow, measure_embedder, measure_young
from gclog.model.not_known import NotKnown


def scavenge(before_mb: float, after_mb: float, pause_ms: float = 1.0, kind: str = "Scavenge") -> dict[str, float | str]:
    return {"type": kind, "used_before_mb": before_mb, "used_after_mb": after_mb, "pause_ms": pause_ms}


@pytest.mark.parametrize("size_mb", [0.5, 1.0, 2.0, 8.0, 16.0, 64.0])
@pytest.mark.parametrize("filled", [0.83, 0.95, 1.1])
def test_the_semi_space_is_read_off_the_distance_between_scavenges(size_mb: float, filled: float) -> None:
    young = measure_young(made(*(scavenge(10 + size_mb * filled, 10.0) for _ in range(8))))
    assert young.semi_space_mb == size_mb
    assert young.kept_share == 0.0


def test_a_semi_space_that_grew_is_what_it_is_now() -> None:
    rows = [scavenge(11.0, 10.0)] * 30 + [scavenge(18.0, 10.0)] * 30
    assert measure_young(made(*rows)).semi_space_mb == 8.0


def test_survivors_take_room_so_that_the_size_is_not_known() -> None:
    rows = [scavenge(10.0 + step * 4 + 8, 10.0 + step * 4 + 4) for step in range(8)]
    young = measure_young(made(*rows))
    assert isinstance(young.semi_space_mb, NotKnown)
    assert young.kept_share == pytest.approx(0.5)


def test_too_few_scavenges_show_nothing() -> None:
    young = measure_young(made(scavenge(12.0, 10.0), scavenge(12.0, 10.0), scavenge(12.0, 10.0)))
    assert (
        young.semi_space_mb == young.kept_share == NotKnown("needs 3 scavenges that follow another collection, the log has 2")
    )


def test_a_fifth_of_a_second_for_a_few_mb_is_slow() -> None:
    slow = find_slow(made(scavenge(10.6, 9.6, 220.1), scavenge(12.5, 11.4, 170.5), scavenge(18.7, 15.6, 175.5)))
    assert slow is not None
    assert (slow.count, slow.of, slow.longest_ms, slow.longest_moved_mb) == (3, 3, 220.1, pytest.approx(3.0))
    assert slow.share_of_pauses == pytest.approx(1.0)
    assert not slow.longest_is_full


@pytest.mark.parametrize(
    ("pause_ms", "kind", "slow"),
    [
        (266_000.0, "Mark-sweep", True),
        (2_000.0, "Mark-sweep", False),
        (49.0, "Scavenge", False),
        (60.0, "Scavenge", True),
    ],
    ids=["minutes for 4 GB", "2 s for 4 GB", "short", "60 ms for next to nothing"],
)
def test_what_is_slow_depends_on_what_there_was_to_do(pause_ms: float, kind: str, slow: bool) -> None:
    size_mb = 4096.0 if kind == "Mark-sweep" else 100.0
    rows = [scavenge(size_mb + 2, size_mb), scavenge(size_mb + 2, size_mb, pause_ms, kind)]
    assert (find_slow(made(*rows)) is not None) is slow


def test_many_survivors_may_take_long() -> None:
    rows = [scavenge(100.0 + 16 * step + 16, 100.0 + 16 * step + 15, 80.0) for step in range(4)]
    assert find_slow(made(*rows)) is None


@pytest.mark.parametrize(("external_ms", "slow"), [(91.0, False), (0.1, True)])
def test_callbacks_of_the_embedder_are_not_the_collector_being_slow(external_ms: float, slow: bool) -> None:
    row = {**scavenge(4.1, 4.0, 91.7, "Mark-sweep"), "external_ms": external_ms}
    assert (find_slow(made(row, row, row)) is not None) is slow


def test_time_in_callbacks_is_that_of_all_pauses_and_of_the_longest() -> None:
    rows = [
        {**scavenge(80.0, 40.0, pause, "Mark-sweep"), "external_ms": external}
        for pause, external in ((100, 90), (20, 0), (40, 38))
    ]
    embedder = measure_embedder(made(*rows))
    assert embedder is not None
    assert (embedder.total_ms, embedder.share, embedder.longest_ms, embedder.longest_share) == (128.0, 0.8, 90.0, 0.9)
    assert embedder.longest_line == 1
    assert measure_embedder(made(scavenge(80.0, 40.0, 100.0))) is None
