# SPDX-License-Identifier: Apache-2.0
"""What type a column of JSON values has in Arrow, where it has one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["JSON_TEXT", "MARK", "Kind"]

MARK, JSON_TEXT = b"evalkit", b"json"  # metadata of columns whose texts are JSON

_MOST_KEYS = 40  # of objects in a column; more are names of things, not of fields
# Objects under these keys have keys of their own making: in a struct every row would get those of
# all others, and a tool's JSON Schema would say something else.
_FREE = frozenset(
    {
        "tools", "functions", "parameters", "properties", "arguments", "args", "input",
        "inputSchema", "input_schema", "schema", "json_schema", "json", "response",
    }
)  # fmt: skip
_SAFE = 1 << 53  # integers up to here are exact as floats
_LARGEST = 1 << 63


@dataclass(slots=True)
class Kind:
    """What has been seen in one place; made bigger value by value.

    Attributes:
        scalars: "bool", "int", "wide" (an integer that no float holds), "float", "text", "huge".
        items: Of lists.
        keys: Of objects.
        free: Whether an object was seen that no struct can stand for.
    """

    scalars: set[str] = field(default_factory=set)
    items: Kind | None = None
    keys: dict[str, Kind] | None = None
    free: bool = False

    def see(self, value: Any, name: str = "") -> None:
        """Learn from a value that stands under a key of that name."""
        if isinstance(value, str):
            self.scalars.add("text")
        elif isinstance(value, bool):
            self.scalars.add("bool")
        elif isinstance(value, int):
            size = abs(value)
            self.scalars.add("int" if size <= _SAFE else "wide" if size < _LARGEST else "huge")
        elif isinstance(value, float):
            self.scalars.add("float")
        elif isinstance(value, list):
            if self.items is None:
                self.items = Kind()
            for item in value:
                self.items.see(item, name)
        elif isinstance(value, dict):
            self._see_object(value, name)

    def _see_object(self, value: dict[str, Any], name: str) -> None:
        if self.keys is None:
            self.keys = {}
        if not value or name in _FREE:
            self.free = True
        if self.free:
            return
        for key, inner in value.items():
            if key not in self.keys:
                if len(self.keys) >= _MOST_KEYS:
                    self.free = True
                    return
                self.keys[key] = Kind()
            self.keys[key].see(inner, key)

    def arrow(self) -> pa.DataType | None:
        """The type; None where no one type holds all that was seen, exactly."""
        import pyarrow as pa

        if self.free or bool(self.scalars) + (self.items is not None) + (self.keys is not None) > 1:
            return None
        if self.items is not None:
            inner = self.items.arrow()
            return None if inner is None else pa.list_(inner)
        if self.keys is not None:
            fields = [(key, kind.arrow()) for key, kind in self.keys.items()]
            return None if any(kind is None for _, kind in fields) else pa.struct(fields)
        if self.scalars <= {"text"}:
            return pa.string()  # nothing but null, too
        if self.scalars == {"bool"}:
            return pa.bool_()
        if self.scalars <= {"int", "wide"}:
            return pa.int64()
        return pa.float64() if self.scalars <= {"int", "float"} else None
