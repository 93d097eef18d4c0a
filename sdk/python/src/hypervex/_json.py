"""JSON as the server reads it: UTF-8, no NaN."""

from __future__ import annotations

import json
import numbers
from typing import Any, Mapping

from hypervex.errors import refused


def encode(value: object, what: str = "the request") -> bytes:
    """The value as compact JSON.

    :raises ValidationError: NaN or infinity, lone surrogates, nesting without an end.
    :raises TypeError: something that JSON has no form for.
    """
    try:
        return json.dumps(value, default=_plain, allow_nan=False, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    except UnicodeEncodeError:
        raise refused("invalid_json", f"{what}: a text is not well-formed Unicode: a surrogate stands without its partner.") from None
    except RecursionError:
        raise refused("invalid_json", f"{what}: nested too deep.") from None
    except ValueError as error:
        raise refused("invalid_json", f"{what}: {error}; JSON has no NaN, no infinity and no cycles.") from None


def _plain(value: object) -> object:
    # Numbers of numpy are not Python's, but say that they are numbers.
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real):
        return float(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def decode(text: bytes) -> Any:
    """The value of a JSON text.

    :raises ValueError: it is none.
    """
    return json.loads(text)
