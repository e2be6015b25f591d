"""A JSON document that is cut off, closed where its last whole value ends."""

from __future__ import annotations

__all__ = ["close_json"]

CLOSING = {"{": "}", "[": "]"}


def close_json(text: str) -> str:
    """The text up to its last whole item, with every object and array that is open there closed; empty if there is none."""
    open_now: list[str] = []
    kept, closing = 0, ""
    in_string = is_escaped = False
    for at, char in enumerate(text):
        if in_string:
            in_string = is_escaped or char != '"'
            is_escaped = char == "\\" and not is_escaped
            continue
        match char:
            case '"':
                in_string = True
            case "{" | "[":
                open_now.append(CLOSING[char])
                kept, closing = at + 1, "".join(reversed(open_now))
            case "}" | "]":
                if not open_now or open_now.pop() != char:
                    return ""
                kept, closing = at + 1, "".join(reversed(open_now))
            case ",":
                kept, closing = at, "".join(reversed(open_now))
            case _:
                continue
    return text[:kept] + closing
