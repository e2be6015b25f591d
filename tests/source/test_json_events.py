"""The events of a JSON document, read in chunks that end anywhere."""

from __future__ import annotations

import json

import pytest

from gclog.source.json_stream import Close, CutError, JsonStream, MalformedError, Member, Open

TEXT = json.dumps(
    {
        "head": {
            "callFrame": {"functionName": 'a"}]{\\é', "lineNumber": -1},
            "selfSize": 12,
            "children": [{"id": 3, "children": []}],
        }
    }
).encode()


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_the_events_are_those_of_the_document_wherever_its_chunks_end(size: int) -> None:
    chunks = [TEXT[at : at + size] for at in range(0, len(TEXT), size)]
    seen = [event for event in JsonStream(chunks).events() if not isinstance(event, Close)]
    named = {event.key for event in seen if isinstance(event, Open)}
    assert {"head", "children"} <= named
    values = {event.key: event.value for event in seen if isinstance(event, Member) and not isinstance(event.value, dict)}
    frames = [event.value for event in seen if isinstance(event, Member) and event.key == "callFrame"]
    assert frames == [{"functionName": 'a"}]{\\é', "lineNumber": -1}]
    assert (values["selfSize"], values["id"]) == (12, 3)


def test_the_document_ends_with_its_brace_whatever_follows() -> None:
    assert list(JsonStream([b'{"a":[1]} trailing {']).events()) == [
        Open("", False),
        Open("a", True),
        Member("", 1),
        Close(True),
        Close(False),
    ]
    assert list(JsonStream([b'{"a":1},{']).events()) == [Member("", {"a": 1})]


@pytest.mark.parametrize("cut", [b"", b'{"head":{', b'{"head":{"id":12', b'{"name":"unclosed'])
def test_what_ends_too_early_is_cut(cut: bytes) -> None:
    with pytest.raises(CutError):
        list(JsonStream([cut]).events())


def test_what_is_no_json_is_malformed() -> None:
    with pytest.raises(MalformedError):
        list(JsonStream([b'{"a":nonsense,}']).events())
