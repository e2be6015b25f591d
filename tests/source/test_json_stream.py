from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gclog.recognise.documents.numbers import whole_numbers
from gclog.source.json_stream import CutError, JsonStream, MalformedError


def chunks_of(data: bytes, length: int) -> list[bytes]:
    return [data[at : at + length] for at in range(0, len(data), length)]


def read_all(data: bytes, length: int) -> dict[str, object]:
    stream = JsonStream(chunks_of(data, length))
    stream.begin()
    read: dict[str, object] = {}
    while (key := stream.key()) is not None:
        if key == "numbers":
            read[key] = np.concatenate([np.empty(0, np.int64), *whole_numbers(stream)]).tolist()
        elif key == "strings":
            read[key] = [json.loads(b'"' + raw + b'"') for raw in stream.strings()]
        elif key == "items":
            read[key] = list(stream.items())
        elif key == "skipped":
            stream.skip()
        else:
            read[key] = stream.whole()
    return read


@pytest.mark.parametrize("length", range(1, 30))
@pytest.mark.parametrize("value", [",", "}", "a]b", 'a"]', "\\", ["]", ["}", "a[b"]], {"k}": "[", "": []}, None, True, -1.5])
def test_a_value_with_brackets_and_commas_in_its_strings_is_read_whole(value: object, length: int) -> None:
    data = json.dumps({"whole": value, "skipped": value, "plain": 7}).encode()
    assert read_all(data, length) == {"whole": value, "plain": 7}


@given(
    numbers=st.lists(st.integers(-5, 2**53)),
    strings=st.lists(st.text()),
    whole=st.recursive(st.integers() | st.text(), st.lists, max_leaves=5),
    skipped=st.recursive(st.integers(), st.lists, max_leaves=8),
    length=st.integers(1, 40),
    indent=st.sampled_from([None, 1]),
)
def test_a_document_reads_the_same_however_it_is_cut_into_chunks(
    numbers: list[int], strings: list[str], whole: object, skipped: object, length: int, indent: int | None
) -> None:
    document = {"whole": whole, "numbers": numbers, "skipped": skipped, "strings": strings, "plain": 7}
    data = json.dumps(document, indent=indent).encode()
    assert read_all(data, length) == {key: value for key, value in document.items() if key != "skipped"}


@pytest.mark.parametrize("text", [b"1,,2", b"1,x", b"1-2", b'"a"', b"1 2.5", b"[1]"])
def test_what_is_no_whole_number_is_refused(text: bytes) -> None:
    stream = JsonStream([b'{"n":[' + text + b"]}"])
    stream.begin()
    stream.key()
    with pytest.raises(MalformedError):
        list(whole_numbers(stream))


def test_numbers_before_the_cut_are_given_and_the_cut_one_is_not() -> None:
    stream = JsonStream([b'{"n":[1,2,3', b"4,56"])
    stream.begin()
    stream.key()
    seen: list[int] = []
    with pytest.raises(CutError):
        for block in whole_numbers(stream):
            seen += block.tolist()
    assert seen == [1, 2, 34]


def test_strings_with_quotes_brackets_and_backslashes_keep_them() -> None:
    data = rb'{"strings":["a\"]","\\","\u0041]"],"numbers":[1]}'
    assert read_all(data, 3) == {"strings": ['a"]', "\\", "A]"], "numbers": [1]}


@pytest.mark.parametrize("length", [*range(1, 30), 100])
def test_items_are_read_wherever_the_chunks_end_and_what_follows_them_too(length: int) -> None:
    data = '{"a": 1, "items": [{"n": 1, "s": "]}\u00e9\u20ac"}, {"n": 2}\n, -12.5e3, "x", null, [7], 1234], "z": "\u20ac"}'.encode()
    items = [{"n": 1, "s": "]}é€"}, {"n": 2}, -12.5e3, "x", None, [7], 1234]
    assert read_all(data, length) == {"a": 1, "items": items, "z": "€"}


@pytest.mark.parametrize(
    "text", [b'[{"n": 1}, {"n": 2}', b'[{"n": 1}, {"n": 2},', b'[{"n": 1}, {"n": 2}, {"n', b'[{"n": 1}, {"n": 2}, 12']
)
def test_items_before_the_cut_are_given(text: bytes) -> None:
    stream = JsonStream(chunks_of(b'{"items":' + text, 5))
    stream.begin()
    stream.key()
    seen = []
    with pytest.raises(CutError):
        for item in stream.items():
            seen.append(item)
    assert seen == [{"n": 1}, {"n": 2}]


@pytest.mark.parametrize(("after", "over"), [(b"", True), (b" \n\t", True), (b"\n{", False), (b" Mark-sweep", False)])
@pytest.mark.parametrize("length", [1, 100])
def test_what_follows_the_object_is_seen(after: bytes, over: bool, length: int) -> None:
    stream = JsonStream(chunks_of(b"{}" + after, length))
    stream.begin()
    assert stream.key() is None
    assert stream.is_over() == over


TREE = {
    "id": 1,
    "children": [{"children": [{"id": 3, "t": [{"line": 1}, [2]], "children": []}], "id": 2, "n": "a]}"}, {"id": 4}],
}


def nodes_of(node: dict[str, Any], depth: int = 0) -> list[tuple[int, dict[str, Any]]]:
    below = [found for child in node.get("children", ()) for found in nodes_of(child, depth + 1)]
    return [*below, (depth, {key: value for key, value in node.items() if key != "children"})]


@pytest.mark.parametrize("length", [*range(1, 30), 1000])
@pytest.mark.parametrize("indent", [None, 2])
def test_a_tree_is_read_node_by_node_children_first(length: int, indent: int | None) -> None:
    data = json.dumps({"head": TREE, "after": [1]}, indent=indent).encode()
    stream = JsonStream(chunks_of(data, length))
    stream.begin()
    assert stream.key() == "head"
    assert list(stream.tree("children")) == nodes_of(TREE)
    assert (stream.key(), stream.whole(), stream.key()) == ("after", [1], None)


def test_a_tree_deeper_than_pythons_stack_is_read_and_one_that_is_cut_as_far_as_it_goes() -> None:
    deep = b'{"children":[' * 5000 + b'{"id":7}' + b"]}" * 5000
    assert [depth for depth, _ in JsonStream([deep]).tree("children")] == list(range(5000, -1, -1))
    found = []
    with pytest.raises(CutError):
        for depth, _ in JsonStream([deep[:-9]]).tree("children"):
            found.append(depth)
    assert found == list(range(5000, 4, -1))


@pytest.mark.parametrize("text", [b'{"id":x1}', b'{"id":"' + b"a" * 40 + b'\\q"}'])
def test_a_tree_of_what_is_not_json_is_refused(text: bytes) -> None:
    with pytest.raises(MalformedError):
        list(JsonStream([text]).tree("children"))
