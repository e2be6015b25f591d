"""Call sites: who asked for the memory, and which functions are one because V8 has inlined them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from made_heap_profiles import INTERVAL, MadeProfile, call

from gclog.heap.sampled.inlined import Group, group_sites
from gclog.heap.sampled.series import read_sampled
from gclog.model.sampled import Site
from gclog.source.open import expand

TIMERS = call("listOnTimeout", 500, "node:internal/timers")
HANDLE, CREATE, LOG = call("handle", 20), call("createSession", 8), call("log", 30)
PUT = call("put", 3, "/app/node_modules/lru/index.js")


def sites(folder: Path, made: MadeProfile) -> dict[str, Site]:
    found = read_sampled(expand([str(made.write(folder / "a.heapprofile"))]))
    return {site.frame.name: site for site in found.sites}


def test_what_node_and_v8_allocate_for_a_function_counts_as_its(tmp_path: Path) -> None:
    made = MadeProfile().add([TIMERS, CREATE], [1, 4]).add([TIMERS, CREATE, call("set", 0, "")], [2]).add([TIMERS], [3])
    found = sites(tmp_path, made)
    assert {name: (site.alive_bytes, site.samples) for name, site in found.items()} == {
        "createSession": ((3 * INTERVAL,), (3,)),
        "listOnTimeout": ((INTERVAL,), (1,)),
    }


def test_a_package_is_named_with_the_function_that_it_was_for(tmp_path: Path) -> None:
    made = MadeProfile().add([HANDLE, PUT], [1, 2, 3]).add([LOG, PUT], [4])
    put = sites(tmp_path, made)["put"]
    assert put.frame.package == "lru" and put.caller is not None and put.caller.name == "handle"


def test_a_function_without_a_name_is_named_with_its_caller(tmp_path: Path) -> None:
    found = sites(tmp_path, MadeProfile().add([HANDLE, call("", 21)], [1]))
    assert found["(anonymous)"].caller == sites(tmp_path, MadeProfile().add([HANDLE], [1]))["handle"].frame


def test_a_function_that_v8_inlined_is_one_site_with_its_caller(tmp_path: Path) -> None:
    made = MadeProfile().add([HANDLE, CREATE], range(1, 6)).add([HANDLE], range(6, 30))
    found = sites(tmp_path, made)
    assert list(found) == ["handle"]
    assert [frame.name for frame in found["handle"].path] == ["handle", "createSession"]
    assert found["handle"].alive_bytes == (29 * INTERVAL,)


def test_functions_that_both_allocate_in_every_call_are_two_sites(tmp_path: Path) -> None:
    made = MadeProfile().add([HANDLE, CREATE], range(1, 30, 2)).add([HANDLE], range(2, 30, 2))
    found = sites(tmp_path, made)
    assert {name: site.path for name, site in found.items()} == {"createSession": (), "handle": ()}


def test_a_function_with_two_callers_is_a_site_of_its_own(tmp_path: Path) -> None:
    made = MadeProfile().add([HANDLE, CREATE], [1, 2, 3]).add([LOG, CREATE], [4]).add([HANDLE], range(5, 30))
    assert set(sites(tmp_path, made)) == {"createSession", "handle"}


def test_a_caller_that_is_inlined_itself_is_the_same_caller(tmp_path: Path) -> None:
    serve = call("serve", 40)
    made = (
        MadeProfile().add([serve, HANDLE, CREATE], range(1, 6)).add([serve, CREATE], range(6, 10)).add([serve], range(10, 40))
    )
    found = sites(tmp_path, made.add([serve, HANDLE], range(40, 60)))
    assert [[frame.name for frame in site.path] for site in found.values()] == [["serve", "handle", "createSession"]]


def numbers(*ordinals: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array(ordinals, dtype=np.int64)


def test_a_chain_is_one_site_also_through_a_function_that_allocated_nothing() -> None:
    taken = {0: numbers(*range(20, 40)), 2: numbers(*range(10, 20)), 3: numbers(*range(1, 10))}
    assert group_sites([taken], [], {3: 2, 2: 1, 1: 0}) == dict.fromkeys((0, 2, 3), Group((0, 2, 3), is_chain=True))


@pytest.mark.parametrize("only_caller", [{0: 1, 1: 0}, {0: 0}], ids=["each other", "itself"])
def test_functions_that_call_one_another_are_no_group(only_caller: dict[int, int]) -> None:
    taken = {0: numbers(*range(1, 10)), 1: numbers(*range(10, 20))}
    assert group_sites([taken], [], only_caller) == {}


def test_one_sample_of_the_callee_proves_nothing() -> None:
    assert group_sites([{0: numbers(*range(2, 90)), 1: numbers(1)}], [], {1: 0}) == {}


def test_of_two_inlined_functions_the_caller_is_named(tmp_path: Path) -> None:
    made = MadeProfile().add([HANDLE, CREATE], range(1, 9)).add([HANDLE], range(20, 60)).add([HANDLE, LOG], range(9, 20))
    (site,) = sites(tmp_path, made).values()
    assert (site.frame.name, [one.name for one in site.inlined], site.path) == ("handle", ["log", "createSession"], ())
    assert site.alive_bytes == (59 * INTERVAL,)
    assert [stack.alive_bytes for stack in site.stacks] == [40 * INTERVAL, 11 * INTERVAL, 8 * INTERVAL]


def test_what_the_caller_has_at_another_rate_may_be_another_functions(tmp_path: Path) -> None:
    """A twelfth of what is allocated stays while the callee has it, all of it while the caller has."""
    made = MadeProfile().add([HANDLE, CREATE], range(1, 1200, 12)).add([HANDLE], range(1200, 1300))
    (site,) = sites(tmp_path, made).values()
    assert (site.frame.name, [one.name for one in site.inlined], site.path) == ("handle", ["createSession"], ())
