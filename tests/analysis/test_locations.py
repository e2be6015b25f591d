"""The table of V8's locations: no place hides another, and cut ones are told only where they can be."""

from __future__ import annotations

import pytest

from gclog.analysis.measure.locations import LOCATIONS, RETRIED, Location, find_location, name_work


@pytest.mark.parametrize("location", LOCATIONS, ids=lambda location: location.begin)
def test_every_place_is_found_by_its_own_text(location: Location) -> None:
    assert find_location(location.begin) is location


def test_the_retried_places_are_in_the_table() -> None:
    assert {location.begin for location in LOCATIONS} >= RETRIED


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        pytest.param("Ineffective", "ineffective-mark-compacts", id="cut"),
        pytest.param("CALL_AND", "heap-limit", id="cut before its number"),
        pytest.param("inval", "one-large-allocation", id="three places of one kind"),
        pytest.param("Faile", None, id="places of several kinds"),
        pytest.param("Ine", None, id="too short"),
        pytest.param("JSON", None, id="JS is a whole word"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_a_text_that_was_cut(text: str, kind: str | None) -> None:
    found = find_location(text)
    assert (found.kind if found else None) == kind


def test_allocation_itself_names_no_work() -> None:
    assert (
        name_work(["v8::internal::Factory::NewFixedArray(int)", "v8::internal::Runtime_AllocateInYoungGeneration(int)"]) is None
    )
