"""Filters: conditions on metadata, as docs/filters.md describes them.

Every method takes a filter as a plain dict, ``{"year": {"$gte": 2020}, "lang": "en"}``, or built from fields::

    (field("year").gte(2020) & field("lang").eq("en")) | ~field("draft").exists()
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Iterable, Mapping, Union


@dataclass(frozen=True)
class Condition:
    """A condition, combined with others by ``&``, ``|`` and ``~``. Immutable."""

    json: Mapping[str, Any]
    """The condition as the server reads it."""

    def __and__(self, other: Condition) -> Condition:
        return Condition({"$and": [*_parts(self, "$and"), *_parts(other, "$and")]})

    def __or__(self, other: Condition) -> Condition:
        return Condition({"$or": [*_parts(self, "$or"), *_parts(other, "$or")]})

    def __invert__(self) -> Condition:
        return Condition({"$not": self.json})

    def __bool__(self) -> bool:
        raise TypeError("A condition is neither true nor false here; combine conditions by &, | and ~ instead of and, or and not.")


FilterLike = Union[Mapping[str, Any], Condition]
"""A filter: a dict in the filter language, or a condition."""


@dataclass(frozen=True)
class field:  # noqa: N801 - reads as a word of the filter language
    """A metadata field; dots lead into nested objects. Its methods make conditions."""

    name: str

    def eq(self, value: Any) -> Condition:
        """Equals the value; types do not convert. Of an array: it or one of its items."""
        return self._with("$eq", value)

    def ne(self, value: Any) -> Condition:
        """Does not equal the value, or is missing."""
        return self._with("$ne", value)

    def gt(self, value: Union[int, float, str]) -> Condition:
        """Is greater."""
        return self._with("$gt", value)

    def gte(self, value: Union[int, float, str]) -> Condition:
        """Is greater or equal."""
        return self._with("$gte", value)

    def lt(self, value: Union[int, float, str]) -> Condition:
        """Is less."""
        return self._with("$lt", value)

    def lte(self, value: Union[int, float, str]) -> Condition:
        """Is less or equal."""
        return self._with("$lte", value)

    def is_in(self, values: Iterable[Any]) -> Condition:
        """Equals one of the values."""
        return self._with("$in", list(values))

    def not_in(self, values: Iterable[Any]) -> Condition:
        """Equals none of the values, or is missing."""
        return self._with("$nin", list(values))

    def exists(self, there: bool = True) -> Condition:
        """Is there, be it null; or is not."""
        return self._with("$exists", there)

    def contains(self, value: Any) -> Condition:
        """Is a string with this substring, or an array with this item."""
        return self._with("$contains", value)

    def starts_with(self, prefix: str) -> Condition:
        """Is a string that begins so."""
        return self._with("$prefix", prefix)

    def match(self, words: str) -> Condition:
        """Is a string with all of these words, in any order and case; ``word*`` stands for all that begin so."""
        return self._with("$match", words)

    def near(self, lat: float, lon: float, radius_m: float) -> Condition:
        """Is a place (``{"lat", "lon"}``, degrees) at most this many metres away."""
        return self._with("$near", {"lat": lat, "lon": lon, "radius_m": radius_m})

    def _with(self, operator: str, operand: Any) -> Condition:
        return Condition({self.name: {operator: operand}})


def to_json(condition: FilterLike) -> Dict[str, Any]:
    """The filter as the server reads it."""
    if isinstance(condition, Condition):
        return dict(condition.json)
    if isinstance(condition, Mapping):
        return dict(condition)
    raise TypeError(f"filter: expected a dict or a condition, found {type(condition).__name__}")


def _parts(condition: Condition, group: str) -> Iterable[Mapping[str, Any]]:
    # a & b & c is one group of three, so that long chains stay flat.
    if not isinstance(condition, Condition):
        raise TypeError(f"expected a condition, found {type(condition).__name__}")
    parts: Iterable[Mapping[str, Any]] = condition.json[group] if list(condition.json) == [group] else [condition.json]
    return parts
