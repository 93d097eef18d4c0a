"""Writes any number of records in requests that fit."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from hypervex import models
from hypervex._async.transport import AsyncTransport
from hypervex._records import Batch, BatchBuilder, RecordLike, spell_record
from hypervex._requests import Request
from hypervex.errors import HypervexError, ValidationError, refused
from hypervex.models import BatchError, UpsertResult

MAX_RECORDS = 10_000
"""Records of one request."""


class AsyncBatchWriter:
    """Gathers records and sends them, request by request.

    Invariant: requests go out in the order of the records, one at a time, so that what is written is a beginning of the input.
    """

    def __init__(self, transport: AsyncTransport, path: str, batch_bytes: int, packed: bool, *, partial: bool, atomic: bool) -> None:
        self._transport = transport
        self._path = path
        self._packed = packed
        self._partial = partial
        self._atomic = atomic
        # An atomic call leaves it to the server how many bytes are too many.
        self._builder = BatchBuilder(MAX_RECORDS, 2**62 if atomic else batch_bytes)
        self._upserted = 0
        self._ids: List[Optional[str]] = []
        self._superseded: List[int] = []
        self._errors: List[BatchError] = []

    async def add(self, record: RecordLike) -> None:
        """Takes the next record."""
        try:
            full = self._builder.add(spell_record(record, f"record {self._builder.count}", packed=self._packed))
        except (HypervexError, TypeError) as error:
            if isinstance(error, HypervexError):
                error.written = len(self._ids)
            raise
        if full is not None:
            if self._atomic:
                raise refused("limit_out_of_range", f"An atomic call takes at most {MAX_RECORDS} records; nothing was written.")
            await self._send(full)

    async def finish(self) -> UpsertResult:
        """Sends the rest."""
        last = self._builder.finish()
        if last is not None:
            await self._send(last)
        return UpsertResult(self._upserted, tuple(self._ids), tuple(self._superseded), tuple(self._errors))

    async def _send(self, batch: Batch) -> None:
        try:
            request = Request("POST", self._path, _json_object, batch.body("vectors", partial=self._partial))
            json = await self._transport.call(request)
        except ValidationError as error:
            # The server may allow less than is usual; it has refused the request as a whole.
            if error.code == "body_too_large" and len(batch.records) > 1 and not self._atomic:
                for half in batch.halves():
                    await self._send(half)
                return
            self._tell(error, batch)
            raise
        except HypervexError as error:
            self._tell(error, batch)
            raise
        self._upserted += int(json["upserted"])
        self._ids.extend(json["vector_ids"])
        self._superseded.extend(batch.start + index for index in json.get("superseded") or ())
        for error_json in json.get("errors") or ():
            found = models.read(BatchError, error_json)
            self._errors.append(BatchError(batch.start + found.index, found.code, found.detail))

    def _tell(self, error: HypervexError, batch: Batch) -> None:
        if error.written is None:
            error.written = batch.start


def _json_object(json: Dict[str, Any]) -> Dict[str, Any]:
    return dict(json)
