"""Profiles in the format of pprof, written and read by Google's own protobuf library, from a description of the format made here."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

__all__ = ["PROFILE", "made_pprof"]

MESSAGES: dict[str, list[tuple[int, str, str, bool]]] = {
    "ValueType": [(1, "type", "int64", False), (2, "unit", "int64", False)],
    "Label": [(1, "key", "int64", False), (2, "str", "int64", False), (3, "num", "int64", False)],
    "Sample": [(1, "location_id", "uint64", True), (2, "value", "int64", True), (3, "label", "Label", True)],
    "Line": [(1, "function_id", "uint64", False), (2, "line", "int64", False), (3, "column", "int64", False)],
    "Location": [
        (1, "id", "uint64", False),
        (2, "mapping_id", "uint64", False),
        (3, "address", "uint64", False),
        (4, "line", "Line", True),
    ],
    "Function": [
        (1, "id", "uint64", False),
        (2, "name", "int64", False),
        (3, "system_name", "int64", False),
        (4, "filename", "int64", False),
        (5, "start_line", "int64", False),
    ],
    "Profile": [
        (1, "sample_type", "ValueType", True),
        (2, "sample", "Sample", True),
        (4, "location", "Location", True),
        (5, "function", "Function", True),
        (6, "string_table", "string", True),
        (9, "time_nanos", "int64", False),
        (10, "duration_nanos", "int64", False),
        (11, "period_type", "ValueType", False),
        (12, "period", "int64", False),
        (13, "comment", "int64", True),
    ],
}
"""From https://github.com/google/pprof/blob/main/proto/profile.proto."""


def profile_message() -> Any:
    file = descriptor_pb2.FileDescriptorProto(name="profile.proto", package="perftools", syntax="proto3")
    field = descriptor_pb2.FieldDescriptorProto
    for name, fields in MESSAGES.items():
        message = file.message_type.add(name=name)
        for number, key, kind, repeated in fields:
            added = message.field.add(name=key, number=number, label=field.LABEL_REPEATED if repeated else field.LABEL_OPTIONAL)
            if kind in MESSAGES:
                added.type, added.type_name = field.TYPE_MESSAGE, f".perftools.{kind}"
            else:
                added.type = {"int64": field.TYPE_INT64, "uint64": field.TYPE_UINT64, "string": field.TYPE_STRING}[kind]
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("perftools.Profile"))


PROFILE = profile_message()


Place = tuple[str, str, int]
"""Function, file, line."""


def made_pprof(
    stacks: Sequence[tuple[Sequence[Sequence[Place]], Sequence[int]]],
    types: Sequence[tuple[str, str]] = (("inuse_objects", "count"), ("inuse_space", "bytes")),
    **more: int,
) -> bytes:
    """A profile of stacks, outermost location first, with their values. Of several places in a location the later ones are inlined in the first."""
    profile = PROFILE()
    texts = {"": 0}

    def text(word: str) -> int:
        return texts.setdefault(word, len(texts))

    for kind, unit in types:
        profile.sample_type.add(type=text(kind), unit=text(unit))
    for stack, values in stacks:
        sample = profile.sample.add(value=values)
        for places in reversed(stack):
            location = profile.location.add(id=len(profile.location) + 1)
            sample.location_id.append(location.id)
            for name, file, line in reversed(places):
                function = profile.function.add(id=len(profile.function) + 1, name=text(name), filename=text(file))
                location.line.add(function_id=function.id, line=line)
    for name, value in more.items():
        setattr(profile, name, value)
    profile.string_table.extend(texts)
    return gzip.compress(profile.SerializeToString())
