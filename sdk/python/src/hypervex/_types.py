"""Words that parameters take."""

from __future__ import annotations

from typing import Iterable, Literal, Mapping, Optional, TypedDict

Part = Literal["metadata", "document", "vector", "vectors"]
"""A part of a record."""

Include = Optional[Iterable[Part]]
"""The parts of a record that an answer carries beside its id; an empty list = none of them."""

Durability = Optional[Literal["fsync", "batch", "os"]]
"""When a write is acknowledged: when it is on disk (``fsync``), within 50 ms of that (``batch``), or when the operating system has it
(``os``). ``None`` = the server's setting, ``fsync`` unless changed."""

Metric = Literal["cosine", "l2", "dot", "manhattan", "hamming", "poincare", "lorentz"]
"""How distances are measured."""

Quantization = Literal["none", "sq8", "sq4", "binary", "auto"]
"""How vectors are kept for searching."""

FieldIndexType = Literal["keyword", "integer", "float", "boolean", "geo", "datetime", "text"]
"""What an index of a metadata field takes."""

Scope = Literal["read", "write", "admin"]
"""What a key may do; each includes those before it."""


VectorFormat = Literal["array", "base64"]
"""How vectors are sent."""


class IndexOptions(TypedDict, total=False):
    """Parameters of a vector field's index; what is left out has the server's default."""

    type: Literal["hnsw", "flat"]
    m: int
    """Links per node, 2 to 128."""
    ef_construction: int
    """Width of the beam while building, 1 to 4,096."""
    ef: int
    """Width of the beam while searching, 1 to 65,536."""


class VectorFieldOptions(TypedDict, total=False):
    """Settings of one of several vector fields."""

    dimension: int
    metric: Metric
    curvature: float
    project: bool
    index: IndexOptions
    quantization: Quantization


VectorFields = Mapping[str, VectorFieldOptions]
"""Vector fields by name."""
