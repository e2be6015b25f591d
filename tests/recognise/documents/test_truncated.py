"""JSON that is cut off anywhere is closed to JSON that is whole."""

from __future__ import annotations

import json

import pytest

from gclog.recognise.documents.truncated import close_json

WHOLE = '{"a": "x, \\" ] }", "b": [1, {"c": null}, []], "d": {"e": {"f": 2}}, "g": "\\\\"}'


@pytest.mark.parametrize("cut", range(1, len(WHOLE) + 1))
def test_every_beginning_of_an_object_is_closed(cut: int) -> None:
    closed = json.loads(close_json(WHOLE[:cut]))
    whole = json.loads(WHOLE)
    assert closed.keys() <= whole.keys()
    assert all(closed[key] == whole[key] for key in list(closed)[:-1])


@pytest.mark.parametrize("text", ["", "words", '"', "]", "{]"])
def test_what_is_no_object_gives_nothing(text: str) -> None:
    assert close_json(text) == ""
