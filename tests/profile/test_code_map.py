"""The code map, as of any line of a log."""

from __future__ import annotations

from gclog.model.profile import ProfileNote
from gclog.profile.code_map import Code, CodeMap, Native
from gclog.profile.versions import rules_of

NODE_12, NODE_20 = rules_of((7, 8)), rules_of((11, 3))


def name_at(code: CodeMap, address: int) -> str | None:
    match code.find(address):
        case Code(function=None, name=name):
            return name
        case Code(function=function, marker=marker):
            assert function is not None
            return marker + function.name
        case Native(name=name):
            return name
        case _:
            return None


def test_code_is_found_from_its_first_address_to_its_last() -> None:
    code = CodeMap()
    code.add_code("Builtin", "Add", 0x1000, 16)
    assert [name_at(code, address) for address in (0xFFF, 0x1000, 0x100F, 0x1010)] == [None, "Add", "Add", None]


def test_new_code_discards_all_that_it_overlaps() -> None:
    code = CodeMap()
    code.add_code("Builtin", "before", 0x1000, 0x20)
    code.add_code("Builtin", "inside", 0x1020, 0x20)
    code.add_code("Builtin", "after", 0x1040, 0x20)
    code.add_code("Builtin", "new", 0x1010, 0x31)
    assert [name_at(code, address) for address in (0x1000, 0x1010, 0x1040, 0x1041)] == [None, "new", "new", None]


def test_a_moved_function_takes_its_code_along() -> None:
    code = CodeMap()
    code.add_function_code("JS", "f /x.js:1:1", 0x1000, 0x10, 0x9000, "~")
    code.move(0x9000, 0x9100)
    code.add_function_code("JS", "f /x.js:1:1", 0x2000, 0x10, 0x9100, "*")
    assert code.move(0x1000, 0x3000) == [(0x1000, 0x1010), (0x3000, 0x3010)]
    assert [name_at(code, address) for address in (0x1000, 0x2000, 0x3000)] == [None, "*f /x.js:1:1", "~f /x.js:1:1"]


def test_moving_unknown_code_is_reported() -> None:
    assert CodeMap().move(0x1000, 0x2000) is None


def test_deleted_code_is_gone() -> None:
    code = CodeMap()
    code.add_code("Builtin", "Add", 0x1000, 16)
    code.delete(0x1000)
    assert name_at(code, 0x1000) is None


def test_the_same_code_of_the_same_function_changes_its_tier_only() -> None:
    code = CodeMap()
    code.add_function_code("LazyCompile", "f", 0x1000, 0x10, 0x9000, "~")
    code.add_function_code("Function", "f", 0x1000, 0x10, 0x9000, "*")
    found = code.find(0x1000)
    assert isinstance(found, Code)
    assert (found.tag, found.marker) == ("LazyCompile", "*")


def test_up_to_node_12_the_first_function_at_an_address_stays_and_later_it_does_not() -> None:
    for rules, stays in ((NODE_12, "~first"), (NODE_20, "~second")):
        code = CodeMap(rules)
        code.add_function_code("JS", "first", 0x1000, 0x10, 0x9000, "~")
        code.add_function_code("JS", "second", 0x1000, 0x10, 0x9100, "~")
        assert name_at(code, 0x1000) == stays


def test_a_binary_has_its_largest_mapping() -> None:
    code = CodeMap()
    for end in (0x401000, 0x500000, 0x402000):
        code.add_library("/usr/bin/node", 0x400000, end, 0)
    assert [name_at(code, address) for address in (0x400000, 0x4FFFFF, 0x500000)] == ["/usr/bin/node", "/usr/bin/node", None]


def test_a_builtin_inside_a_binary_keeps_its_name() -> None:
    code = CodeMap()
    code.add_library("/usr/bin/node", 0x400000, 0x500000, 0)
    code.add_code("Builtin", "ArrayMap", 0x480000, 16)
    assert [name_at(code, address) for address in (0x480000, 0x480010)] == ["ArrayMap", "/usr/bin/node"]


def test_a_function_that_is_compiled_on_its_first_call_does_not_take_the_builtins_place() -> None:
    code = CodeMap()
    code.add_code("Builtin", "CompileLazy", 0x1000, 16)
    code.add_function_code("JS", "f", 0x1000, 16, 0x9000, "~")
    assert name_at(code, 0x1000) == "CompileLazy"


def test_node_looks_no_further_than_the_page_of_a_binary() -> None:
    code = CodeMap(NODE_20)
    code.add_library("/usr/bin/node", 0x400000, 0x400800, 0)
    code.add_code("Builtin", "Add", 0x400900, 16)
    assert name_at(code, 0x400900) is None


def test_up_to_node_12_page_numbers_of_far_addresses_collide() -> None:
    for rules, found in ((NODE_12, None), (NODE_20, "Add")):
        code = CodeMap(rules)
        code.add_library("/lib", 0x7F0000400000, 0x7F0000401000, 0)
        code.add_code("Builtin", "Add", 0x400100, 16)
        assert name_at(code, 0x400100) == found


def test_a_copy_of_the_builtins_at_the_end_of_the_code_range_has_their_names() -> None:
    code = CodeMap()
    code.add_library("/usr/bin/node", 0x400000, 0x2601000, 0)
    code.add_code("Builtin", "First", 0x18C4000, 768)
    code.add_code("Builtin", "StringAdd_CheckNone", 0x1900000, 64)
    code.add_code("BytecodeHandler", "Last", 0x1A55A00, 184)
    copied = 0x7FB74BE40000  # 0x7fb72c000000 + 512 MB - 7 regions of 256 KB, which hold 0x191ab8 bytes
    assert name_at(code, copied) is None
    code.add_code_range(0x7FB72C000000)
    assert [name_at(code, copied + offset) for offset in (-1, 0, 0x3C000, 0x191AB7, 0x191AB8)] == [
        None,
        "First",
        "StringAdd_CheckNone",
        "Last",
        None,
    ]


class Counting:
    """Symbols of binaries, and how often they were asked for."""

    def __init__(self) -> None:
        self.asked = 0

    def begin(self, v8: str | None) -> None:
        pass

    def notes(self) -> tuple[ProfileNote, ...]:
        return ()

    def of(self, library: Native) -> list[tuple[str, int, int]]:
        self.asked += 1
        return [("main", library.start, library.start + 16)]


def test_binaries_are_read_only_if_something_is_looked_up_in_them() -> None:
    symbols = Counting()
    code = CodeMap(None, symbols)
    code.add_library("/bin/node", 0x1000, 0x2000, 0)
    code.add_code("Builtin", "Add", 0x5000, 16)
    assert code.find(0x5008) is not None and symbols.asked == 0
    found = code.find(0x1004)
    assert isinstance(found, Native) and found.name == "main" and symbols.asked == 1
    assert code.find(0x1005) is found and symbols.asked == 1
