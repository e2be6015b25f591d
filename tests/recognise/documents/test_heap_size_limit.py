"""What a heap_size_limit leaves the old generation, held against what real Nodes said of limits that they were given."""

from __future__ import annotations

import pytest

from gclog.recognise.documents.heap_size_limit import ANY_MAJOR, old_generation_of

MEASURED = {  # --max-old-space-size -> heap_size_limit in bytes, by Node, on 64-bit Linux with 24 GB
    4: {48: 117440512, 512: 603979776, 2048: 2214592512, 4096: 4362076160},
    6: {48: 83886080, 512: 570425344, 2048: 2181038080, 4096: 4328521728},
    8: {48: 83886080, 1500: 1606418432},
    10: {48: 85302230, 128: 170604460, 512: 580055166, 1500: 1633537710, 2048: 2217857988, 4096: 4401595083},
    12: {48: 100663296, 512: 587202560, 2048: 2197815296, 4096: 4345298944},
    20: {48: 100663296, 128: 184549376, 512: 587202560, 1500: 1623195648, 8192: 8640266240},
    24: {48: 251658240, 128: 335544320, 512: 738197504, 2048: 2348810240, 4096: 4496293888},
    26: {48: 150994944, 128: 234881024, 512: 637534208, 1500: 1673527296, 4096: 4395630592},
}
OPTIONS = [(major, option, total) for major, rows in MEASURED.items() for option, total in rows.items()]


def mb(total: float) -> float:
    return total / (1 << 20)


@pytest.mark.parametrize(("major", "option", "total"), OPTIONS)
def test_the_option_is_found_again_where_the_version_is_known(major: int, option: int, total: int) -> None:
    old = old_generation_of(mb(total), (major, major))
    assert old is not None and old.likely_mb[0] == option
    assert old.low_mb <= option <= old.high_mb and old.allows(option)


@pytest.mark.parametrize(("major", "option", "total"), [row for row in OPTIONS if row[1] in (512, 2048, 4096)])
def test_round_limits_are_found_without_the_version(major: int, option: int, total: int) -> None:
    old = old_generation_of(mb(total), ANY_MAJOR)
    assert old is not None and old.likely_mb[0] == option


@pytest.mark.parametrize(
    ("total_mb", "major", "option", "semi_space_mb"),
    [
        (650.8043689727783, 10, 512, 64),
        (704, 20, 512, 64),
        (608, 20, 512, 24),
        (518, 24, 512, 2),
        (768, 4, 512, 64),
        (4288, 14, 4096, 64),
    ],
)
def test_the_size_of_semi_spaces_is_reckoned_with(total_mb: float, major: int, option: int, semi_space_mb: float) -> None:
    """--max-semi-space-size, which V8 rounds up to a power of two: 24 is 32."""
    old = old_generation_of(total_mb, (major, major), semi_space_mb)
    assert old is not None and (old.low_mb, old.likely_mb, old.high_mb) == (option, (option,), option)


@pytest.mark.parametrize(
    ("total_mb", "majors", "old_mb"),
    [
        (259, (12, 23), 256),
        (524, (12, 23), 512),
        (1048, (12, 23), 1024),
        (560, (24, 25), 512),
        (1120, (24, 25), 1024),
        (536, (26, 99), 512),
    ],
)
def test_what_node_gives_itself_in_a_container_of_twice_the_size(
    total_mb: float, majors: tuple[int, int], old_mb: float
) -> None:
    old = old_generation_of(total_mb, majors)
    assert old is not None and old.likely_mb[0] == old_mb


def test_a_limit_that_has_been_passed_is_not_the_one() -> None:
    """240 MB is 48 in Node 24 and 192 in Node 22."""
    old = old_generation_of(240, (22, 24))
    assert old is not None
    assert [old.beyond(used_mb) for used_mb in (0, 48, 49, 192, 200, 900)] == [48, 48, 192, 192, 200, 237]


def test_there_may_be_no_room_for_an_old_generation() -> None:
    assert old_generation_of(20, (24, 24)) is None
