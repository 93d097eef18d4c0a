"""JSON as the server reads it: UTF-8, no NaN."""

from __future__ import annotations

import json
from typing import Any

from hypervex.errors import refused


def encode(value: object, what: str = "the request") -> bytes:
    """The value as compact JSON.

    :raises ValidationError: NaN or infinity, lone surrogates, nesting without an end.
    :raises TypeError: something that JSON has no form for.
    """
    try:
        return json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    except UnicodeEncodeError:
        raise refused("invalid_json", f"{what}: a text is not well-formed Unicode: a surrogate stands without its partner.") from None
    except RecursionError:
        raise refused("invalid_json", f"{what}: nested too deep.") from None
    except ValueError as error:
        raise refused("invalid_json", f"{what}: {error}; JSON has no NaN, no infinity and no cycles.") from None


def decode(text: bytes) -> Any:
    """The value of a JSON text.

    :raises ValueError: it is none.
    """
    return json.loads(text)
