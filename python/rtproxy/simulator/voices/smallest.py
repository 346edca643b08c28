"""The smallest value that a JSON schema allows.

Owns the search through the schema a tool declares. Must not know what calls the
tool. Keywords that need search to satisfy (`pattern`, `not`, `multipleOf` beyond
zero) are left out: a schema that uses them gets a value that may break them.
"""

from __future__ import annotations

from typing import Any

from rtproxy.simulator.commands import Json

_DEPTH = 32  # a schema that refers to itself ends somewhere


def smallest(schema: Json) -> Any:
    """The smallest instance: only required properties, shortest strings, least numbers."""
    return _smallest(schema, schema, _DEPTH)


def _smallest(schema: Any, root: Json, depth: int) -> Any:
    if not isinstance(schema, dict) or not depth:
        return None
    fixed = _fixed(schema)
    if fixed:
        return fixed[0]
    if "$ref" in schema:
        return _smallest(_resolve(schema["$ref"], root), root, depth - 1)
    for keyword in ("anyOf", "oneOf"):
        if schema.get(keyword):
            rest = {key: value for key, value in schema.items() if key != keyword}
            return _smallest(_joined(rest, schema[keyword][0]), root, depth - 1)
    if schema.get("allOf"):
        rest = {key: value for key, value in schema.items() if key != "allOf"}
        for part in schema["allOf"]:
            rest = _joined(rest, _resolved(part, root))
        return _smallest(rest, root, depth - 1)
    return _of_type(schema, root, depth)


def _fixed(schema: Json) -> list[Any]:
    """What the schema itself names as its value, in order of preference."""
    if "const" in schema:
        return [schema["const"]]
    return list(schema.get("enum") or [])[:1]


def _of_type(schema: Json, root: Json, depth: int) -> Any:
    kind = _type(schema)
    if kind == "object":
        properties = schema.get("properties", {})
        return {
            name: _smallest(properties.get(name, {}), root, depth - 1)
            for name in schema.get("required", ())
        }
    if kind == "array":
        element = schema.get("items", {})
        return [_smallest(element, root, depth - 1)] * schema.get("minItems", 0)
    if kind == "string":
        return "x" * schema.get("minLength", 0)
    if kind in ("integer", "number"):
        return _least(schema, whole=kind == "integer")
    return False if kind == "boolean" else None


def _type(schema: Json) -> str | None:
    kind = schema.get("type")
    if isinstance(kind, list):
        return "null" if "null" in kind else next(iter(kind), None)
    if kind is None and ("properties" in schema or "required" in schema):
        return "object"
    return kind


def _least(schema: Json, *, whole: bool) -> float:
    """Zero where it is allowed, else the value of the range that is nearest to it."""
    low, high = schema.get("minimum"), schema.get("maximum")
    step = 1 if whole else 0.5
    if (above := schema.get("exclusiveMinimum")) is not None:
        low = above + step
    if (below := schema.get("exclusiveMaximum")) is not None:
        high = below - step
    if low is not None and low > 0:
        return int(-(-low // 1)) if whole else low
    if high is not None and high < 0:
        return int(high // 1) if whole else high
    return 0


def _resolve(reference: str, root: Json) -> Any:
    """What a reference inside the same schema (`#/$defs/Name`) means; {} where nothing is."""
    found: Any = root
    for step in reference.removeprefix("#").strip("/").split("/"):
        found = found.get(step, {}) if isinstance(found, dict) and step else found
    return found


def _resolved(schema: Any, root: Json) -> Any:
    if isinstance(schema, dict) and "$ref" in schema:
        return _resolve(schema["$ref"], root)
    return schema


def _joined(first: Json, second: Any) -> Json:
    """Both schemas at once, as far as objects are concerned."""
    if not isinstance(second, dict):
        return first
    joined = {**first, **second}
    if "properties" in first and "properties" in second:
        joined["properties"] = {**first["properties"], **second["properties"]}
    if "required" in first and "required" in second:
        joined["required"] = [*first["required"], *second["required"]]
    return joined
