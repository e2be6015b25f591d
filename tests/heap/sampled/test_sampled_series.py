"""Several profiles: one sampling or not, what grows, what only comes and goes."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from made_heap_profiles import INTERVAL, MadeProfile, call

from gclog.heap.sampled.sampling import Ints, Sampling
from gclog.heap.sampled.series import compare_samplings, read_sampled
from gclog.heap.sampled.tree import Call, CallTree
from gclog.model.not_known import NotKnown
from gclog.model.sampled import SampledHeap
from gclog.source.open import expand

SAMPLED = Path(__file__).parents[3] / "samples" / "sampled"
LEAK, CACHE, CHURN = call("leak", 8), call("cache", 20), call("churn", 30)


def profile(leak: range = range(0), cache: range = range(0), churn: range = range(0), has_samples: bool = True) -> MadeProfile:
    """Numbers are those of a sampling in which each of the three takes every third."""
    made = MadeProfile(has_samples)
    made.add([LEAK], (1 + 3 * n for n in leak)).add([CACHE], (2 + 3 * n for n in cache)).add(
        [CHURN], (3 + 3 * n for n in churn)
    )
    return made


def series(folder: Path, *made: MadeProfile) -> SampledHeap:
    paths = [one.write(folder / f"{number}.heapprofile") for number, one in enumerate(made, 1)]
    return read_sampled(expand([str(path) for path in paths]))


def growers(found: SampledHeap) -> list[str]:
    return [site.frame.name for site in found.growers]


def test_of_three_the_site_is_named_whose_samples_stay(tmp_path: Path) -> None:
    found = series(
        tmp_path,
        profile(range(30), range(30), range(10, 30)),
        profile(range(50), range(30), range(30, 50)),
        profile(range(70), range(30), range(50, 70)),
    )
    assert (found.method, growers(found)) == ("same-sampling", ["leak"])
    leak = found.sites[0]
    assert leak.alive_bytes == (30 * INTERVAL, 50 * INTERVAL, 70 * INTERVAL)
    growth = leak.growth
    assert growth is not None
    assert (growth.new, growth.gone, growth.stayed, growth.stayed_bytes) == (40, 0, 20, 20 * INTERVAL)


def test_a_cache_that_fills_and_stops_does_not_grow(tmp_path: Path) -> None:
    found = series(tmp_path, profile(cache=range(10)), profile(cache=range(60)), profile(cache=range(61)))
    assert growers(found) == []


def test_a_cache_that_turns_over_does_not_grow(tmp_path: Path) -> None:
    found = series(tmp_path, profile(cache=range(40)), profile(cache=range(30, 72)), profile(cache=range(60, 104)))
    assert growers(found) == []


def test_two_profiles_say_what_is_new_and_that_it_may_be_a_cache(tmp_path: Path) -> None:
    found = series(tmp_path, profile(range(10)), profile(range(40)))
    assert growers(found) == ["leak"]
    assert any("two profiles cannot distinguish a leak from a cache warming up" in note for note in found.notes)
    growth = found.sites[0].growth
    assert growth is not None and isinstance(growth.stayed, NotKnown)


def test_they_are_put_in_the_order_in_which_they_were_taken(tmp_path: Path) -> None:
    found = series(tmp_path, profile(range(60)), profile(range(20)), profile(range(40)))
    assert found.sites[0].alive_bytes == (20 * INTERVAL, 40 * INTERVAL, 60 * INTERVAL)
    assert any("not given in the order" in note for note in found.notes)


def test_another_sampling_is_compared_by_site_and_against_chance(tmp_path: Path) -> None:
    other = MadeProfile().add([LEAK], range(1, 90)).add([CHURN], range(90, 104))
    found = series(tmp_path, profile(range(20), churn=range(10)), other)
    assert (found.method, growers(found)) == ("by-site", ["leak"])
    assert any("different samplings" in note for note in found.notes)


def test_without_a_list_of_samples_sizes_are_judged_by_the_default_interval(tmp_path: Path) -> None:
    small = series(tmp_path, profile(range(20), has_samples=False), profile(range(60), has_samples=False))
    assert (small.method, growers(small)) == ("by-site", [])
    large = [MadeProfile(False).add([LEAK], range(count), 8 * INTERVAL) for count in (20, 60)]
    assert growers(series(tmp_path, *large)) == ["leak"]


TICK, MAKE, RENDER = call("tick", 11), call("make", 6), call("render", 7)


def inlined_or_not(*, has_samples: bool, leaks: bool) -> list[MadeProfile]:
    """Of what `render` allocates the newest stay; V8 inlines it into `tick`, drops that code, and inlines it again. `make` may leak."""
    steps = []
    for number, render in enumerate(([TICK], [TICK, RENDER], [TICK]), 1):
        made = MadeProfile(has_samples).add(render, range(10_000 * number, 10_000 * number + 80), 8 * INTERVAL)
        kept = range(30 * number) if leaks else range(0)
        steps.append(made.add([TICK, MAKE], (1 + 300 * one for one in kept), 8 * INTERVAL).add([LEAK], [2]))
    return steps


@pytest.mark.parametrize("has_samples", [True, False])
@pytest.mark.parametrize("count", [2, 3])
def test_what_is_counted_as_another_function_in_between_does_not_grow(tmp_path: Path, has_samples: bool, count: int) -> None:
    found = series(tmp_path, *inlined_or_not(has_samples=has_samples, leaks=False)[:count])
    assert growers(found) == []
    (site,) = (site for site in found.sites if site.frame.name != "leak")
    assert site.alive_bytes == (640 * INTERVAL,) * count


@pytest.mark.parametrize("has_samples", [True, False])
def test_a_leak_beside_it_grows_by_what_it_leaks(tmp_path: Path, has_samples: bool) -> None:
    found = series(tmp_path, *inlined_or_not(has_samples=has_samples, leaks=True))
    (grower,) = found.growers
    assert {one.name for one in (grower.frame, *grower.inlined)} >= {"make"}
    assert grower.alive_bytes[-1] - grower.alive_bytes[0] == 60 * 8 * INTERVAL


def test_files_and_owners_of_a_profile_are_the_same_whatever_is_given_beside_it(tmp_path: Path) -> None:
    package = call("put", 3, "/app/node_modules/lru/index.js")
    first = MadeProfile().add([TICK], range(1, 41)).add([TICK, package], [50])
    second = MadeProfile().add([TICK], range(1, 11)).add([TICK, package], range(50, 90))
    alone, both = series(tmp_path, first), series(tmp_path, first, second)
    for kind in ("files", "owners"):
        assert {one.category: one.alive_bytes[0] for one in getattr(alone, kind)} == {
            one.category: one.alive_bytes[0] for one in getattr(both, kind)
        }


def test_only_the_trees_of_what_can_be_the_last_are_kept() -> None:
    def samplings() -> Iterator[Sampling]:
        for number in (3, 1, 2):
            tree = CallTree()
            tree.add([Call("leak", "/app/shop.js", 8)], number * INTERVAL)
            one = tree.sampling(str(number), taken_ns=number)
            kept.append(weakref.ref(one.parent))
            yield one
            gc.collect()
            alive.append(sum(parent() is not None for parent in kept))

    kept: list[weakref.ref[Ints]] = []
    alive: list[int] = []
    found = compare_samplings(samplings())
    assert [one.name for one in found.profiles] == ["1", "2", "3"]
    assert len(found.paths) == 1 and alive[-1] == 2


@pytest.mark.parametrize("method", ["same-sampling", "by-site"])
def test_chance_alone_accuses_next_to_nobody(tmp_path: Path, method: str) -> None:
    """300 sites at a level of 40 samples, of which half are new each time."""
    random = np.random.default_rng(7)
    steps = [MadeProfile() for _ in range(3)]
    for number, made in enumerate(steps):
        again = 1000 if method == "by-site" and number else 0
        for site in range(300):
            new = 1_000_000 * (number + 1) + 100 * site
            kept = range(100 * site + 1 + again, 100 * site + 21 + again)
            made.add([call(f"site{site}", site + 1)], [*kept, *range(new, new + int(random.poisson(20)))])
    found = series(tmp_path, *steps)
    assert found.method == method
    assert len(found.growers) <= 1


@pytest.mark.parametrize("count", [2, 3])
def test_the_sample_of_a_server_names_its_function(count: int) -> None:
    paths = sorted((SAMPLED / "node20").glob("*.heapprofile"))[-count:]
    found = read_sampled(expand([str(path) for path in paths]))
    assert found.method == "same-sampling"
    assert [frame.name for frame in found.growers[0].path][-1] == "createSession"
    assert len(found.growers) == 1
