"""Values that satisfy a JSON schema, made of what the caller has written.

Numbered lines of the question (`1. ...`) are points: an object that names numbers beside its text
gets one point's text and that point's number, so that an answer about given material is one that
holds. Where each names one number, as in a translation, there is one for every point, in quotation
marks: the very words that were sent would be no answer. Other texts are the caller's own
sentences, in their order.
"""

import itertools
import re
from collections.abc import Iterator
from typing import Any

NUMBERED = re.compile(r"^\s*(\d{1,4})[.)]\s+(.+)$", re.MULTILINE)
SENTENCE = re.compile(r"[^.!?\n]+[.!?]?")
PHRASES = ("That is how it is.", "Have a look.", "More of this soon.")
NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
FORMATS = {
    "date": "2026-11-21", "time": "18:30:00Z", "date-time": "2026-11-21T18:30:00Z",
    "email": "mira@example.org", "uri": "https://example.org/", "ipv4": "192.0.2.1",
    "uuid": "7d444840-9dc0-11d1-b245-5ffdce74fad2", "hostname": "example.org", "duration": "PT1M",
    "ipv6": "2001:db8::1",
}  # fmt: skip
# What a pattern may want; the first that fits is the answer.
CANDIDATES = ("sandbox", "Sandbox", "#sandbox", "@sandbox", "a", "A", "en", "en-GB", "1", "12",
              "123", "1234", "1.5", "00:01", "2026-11-21", "A-1", "a_b", "+441234567890",
              *FORMATS.values())  # fmt: skip
DEEP = 6  # levels, from which on a schema that holds itself is ended as soon as it can be


class Unsatisfiable(ValueError):
    """The schema is wrong, or asks for what the sandbox cannot make."""


TYPES = ("object", "array", "string", "integer", "number", "boolean", "null")
FORMS: dict[str, type | tuple[type, ...]] = {
    "properties": dict, "$defs": dict, "definitions": dict, "required": list, "enum": list,
    "anyOf": list, "oneOf": list, "allOf": list, "$ref": str, "format": str, "pattern": str,
    "minLength": int, "maxLength": int, "minItems": int, "maxItems": int,
    "minimum": (int, float), "maximum": (int, float), "multipleOf": (int, float),
    "exclusiveMinimum": (int, float), "exclusiveMaximum": (int, float),
}  # fmt: skip


def check_form(schema: Any) -> None:
    """Whether it is a schema at all. Raises Unsatisfiable."""
    if isinstance(schema, bool):
        return
    if not isinstance(schema, dict):
        raise Unsatisfiable(f"{schema!r} is not a schema.")
    for name, kind in FORMS.items():
        value = schema.get(name)
        if name in schema and (not isinstance(value, kind) or isinstance(value, bool)):
            raise Unsatisfiable(f"{value!r} is not valid for '{name}'.")
    kinds = schema.get("type", "object")
    for one in kinds if isinstance(kinds, list) and kinds else [kinds]:
        if one not in TYPES:
            raise Unsatisfiable(f"{one!r} is not valid for 'type'.")
    if not all(isinstance(one, str) for one in schema.get("required", ())):
        raise Unsatisfiable("'required' is a list of names.")
    if schema.get("multipleOf", 1) <= 0:
        raise Unsatisfiable("'multipleOf' is above 0.")
    try:
        re.compile(schema.get("pattern", ""))
    except re.error as e:
        raise Unsatisfiable(f"'pattern' is no regular expression: {e}.") from e
    for name in ("enum", "anyOf", "oneOf", "allOf"):
        if name in schema and not schema[name]:
            raise Unsatisfiable(f"'{name}' is empty.")
    for name in ("properties", "$defs", "definitions"):
        for one in schema.get(name, {}).values():
            check_form(one)
    for one in [schema.get("items", True), *(schema.get("prefixItems") or ())]:
        check_form(one)
    for name in ("anyOf", "oneOf", "allOf"):
        for one in schema.get(name, ()):
            check_form(one)


def check_strict(schema: Any, where: str = "()") -> None:
    """What `strict` demands of every object: no other keys, and all of them required.

    Raises Unsatisfiable with the sentence that the vendor would say.
    """
    if isinstance(schema, list):
        for one in schema:
            check_strict(one, where)
    if not isinstance(schema, dict):
        return
    properties = schema.get("properties")
    if schema.get("type") == "object" and schema.get("additionalProperties") is not False:
        raise Unsatisfiable(
            f"In context={where}, 'additionalProperties' is required to be supplied and to be "
            "false."
        )
    if isinstance(properties, dict):
        missing = set(properties) - set(schema.get("required", ()))
        if missing:
            raise Unsatisfiable(
                f"In context={where}, 'required' is required to be supplied and to be an array "
                f"including every key in properties. Missing '{min(missing)}'."
            )
        for name, one in properties.items():
            check_strict(one, f"('properties', '{name}')")
    for name in ("items", "anyOf", "$defs", "definitions"):
        found = schema.get(name)
        values = list(found.values()) if name in ("$defs", "definitions") and found else found
        check_strict(values, f"('{name}',)")


class Answerer:
    """Makes one value. material: what the caller has written."""

    def __init__(self, schema: dict[str, Any], material: str) -> None:
        self.root = schema
        self.points = [(int(n), text.strip()) for n, text in NUMBERED.findall(material)]
        own = [one.strip() for one in SENTENCE.findall(material) if one.strip()]
        texts = PHRASES if self.points else own or PHRASES
        self._texts: Iterator[str] = itertools.cycle(texts)
        self._next_point = itertools.cycle(self.points) if self.points else None
        self._point: tuple[int, str] | None = None

    def value(self) -> Any:
        return self._value(self.root, 0)

    def _value(self, schema: Any, depth: int) -> Any:
        if schema is True or schema == {}:
            return next(self._texts)
        if not isinstance(schema, dict):
            raise Unsatisfiable("A schema is an object.")
        if depth > 4 * DEEP:
            raise Unsatisfiable("The schema has no end.")
        if "$ref" in schema:
            return self._value(self._resolved(schema["$ref"]), depth + 1)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return schema["enum"][0]
        if "allOf" in schema:
            return self._value(self._merged(schema), depth)
        for name in ("anyOf", "oneOf"):
            if name in schema:
                return self._value(self._branch(schema[name], depth), depth + 1)
        return self._of_type(schema, self._type(schema, depth), depth)

    def _resolved(self, ref: str) -> Any:
        if not ref.startswith("#"):
            raise Unsatisfiable(f"{ref} is not in the schema.")
        found: Any = self.root
        for step in ref.lstrip("#/").split("/") if ref != "#" else ():
            try:
                found = found[step]
            except (KeyError, TypeError) as e:
                raise Unsatisfiable(f"{ref} is not in the schema.") from e
        return found

    def _merged(self, schema: dict[str, Any]) -> dict[str, Any]:
        found = {name: value for name, value in schema.items() if name != "allOf"}
        for one in schema["allOf"]:
            if isinstance(one, bool):
                continue
            part = self._resolved(one["$ref"]) if "$ref" in one else one
            for name, value in part.items():
                if name == "properties":
                    found[name] = {**found.get(name, {}), **value}
                elif name == "required":
                    found[name] = [*found.get(name, ()), *value]
                else:
                    found[name] = value
        return found

    def _branch(self, branches: list[Any], depth: int) -> Any:
        """The first that says something; deep down the one that ends."""
        nulls = [one for one in branches if isinstance(one, dict) and one.get("type") == "null"]
        if depth >= DEEP and nulls:
            return nulls[0]
        return next((one for one in branches if one not in nulls), branches[0])

    def _type(self, schema: dict[str, Any], depth: int) -> str:
        kind = schema.get("type")
        if isinstance(kind, list):
            kind = "null" if depth >= DEEP and "null" in kind else kind[0]
        if kind is None:
            kind = "object" if "properties" in schema else "string"
        return str(kind)

    def _of_type(self, schema: dict[str, Any], kind: str, depth: int) -> Any:
        if kind == "object":
            return self._object(schema, depth)
        if kind == "array":
            return self._array(schema, depth)
        if kind == "string":
            return self._string(schema)
        if kind in ("integer", "number"):
            return self._number(schema, kind)
        if kind == "boolean":
            return True
        if kind == "null":
            return None
        raise Unsatisfiable(f"There is no type {kind!r}.")

    def _object(self, schema: dict[str, Any], depth: int) -> dict[str, Any]:
        properties = schema.get("properties", {})
        outer = self._point
        if self._next_point and (_is_of_a_point(schema) or _names_a_number(schema)):
            number, text = next(self._next_point)
            self._point = (number, f"“{text}”" if _names_a_number(schema) else text)
        wanted = [
            name for name in properties if depth < DEEP or name in schema.get("required", ())
        ]
        found = {name: self._value(properties[name], depth + 1) for name in wanted}
        self._point = outer
        return found

    def _array(self, schema: dict[str, Any], depth: int) -> list[Any]:
        items = schema.get("items", True)
        low, high = int(schema.get("minItems", 0)), int(schema.get("maxItems", 10**6))
        usual = 0 if depth >= DEEP else 1 if _is_number(items) else min(3, len(self.points) or 2)
        is_ref = isinstance(items, dict) and "$ref" in items
        item = self._resolved(items["$ref"]) if is_ref else items
        if usual and self.points and _names_a_number(item):
            usual = len(self.points)
        return [self._value(items, depth + 1) for _ in range(min(max(low, usual), high))]

    def _string(self, schema: dict[str, Any]) -> str:
        if form := schema.get("format"):
            return FORMATS.get(form, next(self._texts))
        low, high = int(schema.get("minLength", 0)), int(schema.get("maxLength", 10**6))
        if pattern := schema.get("pattern"):
            return _patterned(pattern, low, high)
        text = self._point[1] if self._point else next(self._texts)
        while len(text) < low:
            text = f"{text} {next(self._texts)}"
        return text[:high]

    def _number(self, schema: dict[str, Any], kind: str) -> float | int:
        step = schema.get("multipleOf", 1)
        low = schema.get("minimum", schema.get("exclusiveMinimum"))
        high = schema.get("maximum", schema.get("exclusiveMaximum"))
        value = self._point[0] if self._point else 1
        if low is not None and value <= low:
            value = -(-low // step) * step
            value += step if "exclusiveMinimum" in schema and value <= low else 0
        if high is not None and value >= high:
            value = high // step * step
            value -= step if "exclusiveMaximum" in schema and value >= high else 0
        if value % step:
            value = value // step * step
        return int(value) if kind == "integer" else float(value)


def _is_number(schema: Any) -> bool:
    return isinstance(schema, dict) and schema.get("type") in ("integer", "number")


def _is_of_a_point(schema: dict[str, Any]) -> bool:
    """Whether an object names the numbers of points."""
    return any(
        isinstance(one, dict) and one.get("type") == "array" and _is_number(one.get("items"))
        for one in schema.get("properties", {}).values()
    )


def _names_a_number(schema: Any) -> bool:
    """Whether it is an object that names the number of one point, beside a text."""
    parts = schema.get("properties", {}) if isinstance(schema, dict) else {}
    kinds = [one.get("type") for one in parts.values() if isinstance(one, dict)]
    return sorted(map(str, kinds)) == ["integer", "string"]


def _patterned(pattern: str, low: int, high: int) -> str:
    for one in CANDIDATES:
        if re.search(pattern, one) and low <= len(one) <= high:
            return one
    raise Unsatisfiable(f"The sandbox has no text for the pattern {pattern}.")
