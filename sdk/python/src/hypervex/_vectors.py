"""Vectors on their way to the server: float32, checked, as JSON.

The server keeps float32, so the rounding is done here: nine significant digits are then enough to spell every component exactly,
and are shorter and faster on both sides than the seventeen of a float64. :func:`spell` is the one place that knows how a vector
looks on the wire.

Packed, a vector is the base64 of its float32 in little-endian order: a fifth of the work, and half the bytes. Integers stay numbers
even so: in a field of bits base64 stands for the packed bits, and those are what a list of integers may be.
"""

from __future__ import annotations

import base64
import math
import sys
from array import array
from typing import Any, Sequence, Union

from hypervex.errors import refused

VectorLike = Union[Sequence[float], "array[float]", bytes, Any]
"""A vector: a sequence of numbers, a one-dimensional numpy array or anything else with ``tolist()``; packed bits as ``bytes``."""


def spell(vector: VectorLike, where: str = "vector", *, packed: bool = False) -> bytes:
    """The vector as a JSON value.

    :param where: what the vector is, for messages.
    :param packed: base64 instead of numbers, for servers that read it.
    :raises ValidationError: ``invalid_vector`` (empty, not numbers, more than one axis) or ``non_finite_vector``.
    """
    if isinstance(vector, (bytes, bytearray, memoryview)):
        return b'"' + base64.b64encode(vector) + b'"'
    floats = _from_numpy(vector, where) if _is_numpy(vector) else _to_floats(vector, where)
    _check(floats, where)
    if packed and not _begins_with_integer(vector):
        return b'"' + base64.b64encode(_little_endian(floats)) + b'"'
    return b"[" + (b"%.9g," * len(floats) % tuple(floats))[:-1] + b"]"


def _begins_with_integer(vector: Any) -> bool:
    if _is_numpy(vector):
        return bool(vector.dtype.kind in "iu")
    return isinstance(vector, (list, tuple, range)) and len(vector) > 0 and isinstance(vector[0], int)


def _little_endian(floats: "array[float]") -> "array[float]":
    if sys.byteorder == "big":
        floats = floats[:]
        floats.byteswap()
    return floats


def _is_numpy(vector: object) -> bool:
    return type(vector).__module__.split(".")[0] == "numpy" and hasattr(vector, "ndim")


def _to_floats(vector: Any, where: str) -> "array[float]":
    if isinstance(vector, (str, dict)) or not hasattr(vector, "__len__"):
        if not hasattr(vector, "tolist"):
            raise refused("invalid_vector", f"{where}: expected a sequence of numbers, found {type(vector).__name__}.")
        vector = vector.tolist()
    try:
        return vector if isinstance(vector, array) and vector.typecode == "f" else array("f", vector)
    except OverflowError:
        raise refused("non_finite_vector", f"{where}: a component is beyond the range of float32.") from None
    except (TypeError, ValueError):
        raise refused("invalid_vector", f"{where}: expected numbers, found {_first_other(vector)}.") from None


def _first_other(vector: Any) -> str:
    for index, component in enumerate(vector):
        if not isinstance(component, (int, float)):
            return f"{type(component).__name__} at index {index}"
    return "something else"


def _check(floats: "array[float]", where: str) -> None:
    if not floats:
        raise refused("invalid_vector", f"{where}: the vector is empty.")
    # A sum of finite float32 is finite in float64, so one look tells about all of them.
    if not math.isfinite(sum(floats)):
        index = next(i for i, component in enumerate(floats) if not math.isfinite(component))
        raise refused("non_finite_vector", f"{where}: component {index} is {floats[index]}; every component must be a finite float32.")


def _from_numpy(vector: Any, where: str) -> "array[float]":
    if vector.ndim != 1 or vector.dtype.kind not in "fiu":
        raise refused("invalid_vector", f"{where}: expected one axis of numbers, found {vector.ndim} of {vector.dtype}.")
    import numpy

    with numpy.errstate(over="ignore"):  # what is too large becomes infinite, and is refused as such
        return array("f", vector.astype("float32").tobytes())
