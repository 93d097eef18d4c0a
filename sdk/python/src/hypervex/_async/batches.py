"""Writes any number of records in requests that fit."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Dict, List, Optional, Tuple, Type

from hypervex import models
from hypervex._async.transport import AsyncExchange, AsyncTransport
from hypervex._records import Batch, BatchBuilder, RecordLike, spell_record
from hypervex._requests import Request
from hypervex.errors import HypervexError, ValidationError, refused
from hypervex.models import BatchError, UpsertResult

MAX_RECORDS = 10_000
"""Records of one request."""

Answer = Dict[str, Any]


class AsyncBatchWriter:
    """Gathers records and sends them, request by request. While the server works on one, the next is gathered.

    Invariant: a request is sent when the answer to the one before has come, so that what is written is a beginning of the input.
    """

    def __init__(self, transport: AsyncTransport, path: str, batch_bytes: int, packed: bool, *, partial: bool, atomic: bool) -> None:
        self._transport = transport
        self._path = path
        self._packed = packed
        self._partial = partial
        self._atomic = atomic
        # An atomic call leaves it to the server how many bytes are too many.
        self._builder = BatchBuilder(MAX_RECORDS, 2**62 if atomic else batch_bytes)
        self._begun: Optional[Tuple[Batch, Request[Answer], AsyncExchange]] = None
        self._upserted = 0
        self._ids: List[Optional[str]] = []
        self._superseded: List[int] = []
        self._errors: List[BatchError] = []

    async def __aenter__(self) -> AsyncBatchWriter:
        return self

    async def __aexit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]) -> None:
        # Whatever ended the block: of a request that was sent it is to be known what became of it.
        if isinstance(error, Exception):
            try:
                await self._settle()
            except HypervexError:
                pass
        if isinstance(error, HypervexError) and error.written is None:
            error.written = len(self._ids)
        if self._begun is not None:
            self._begun[2].abandon()

    async def add(self, record: RecordLike) -> None:
        """Takes the next record."""
        full = self._builder.add(spell_record(record, f"record {self._builder.count}", packed=self._packed))
        if full is not None:
            if self._atomic:
                raise refused("limit_out_of_range", f"An atomic call takes at most {MAX_RECORDS} records; nothing was written.")
            await self._settle()
            request = self._request(full)
            self._begun = full, request, await self._transport.begin(request)

    async def finish(self) -> UpsertResult:
        """Sends the rest."""
        await self._settle()
        last = self._builder.finish()
        if last is not None:
            await self._write(last)
        return UpsertResult(self._upserted, tuple(self._ids), tuple(self._superseded), tuple(self._errors))

    async def _settle(self) -> None:
        """Waits for the answer to what was sent."""
        if self._begun is None:
            return
        batch, request, exchange = self._begun
        self._begun = None
        try:
            self._take(batch, await self._transport.finish(request, exchange))
        except ValidationError as error:
            await self._split(batch, error)
        finally:
            exchange.abandon()

    async def _write(self, batch: Batch) -> None:
        try:
            self._take(batch, await self._transport.call(self._request(batch)))
        except ValidationError as error:
            await self._split(batch, error)

    async def _split(self, batch: Batch, error: ValidationError) -> None:
        # The server may allow less than is usual; it has refused the request as a whole.
        if error.code != "body_too_large" or len(batch.records) == 1 or self._atomic:
            raise error
        for half in batch.halves():
            await self._write(half)

    def _request(self, batch: Batch) -> Request[Answer]:
        return Request("POST", self._path, _json_object, batch.body("vectors", partial=self._partial))

    def _take(self, batch: Batch, json: Answer) -> None:
        self._upserted += int(json["upserted"])
        self._ids.extend(json["vector_ids"])
        self._superseded.extend(batch.start + index for index in json.get("superseded") or ())
        for error_json in json.get("errors") or ():
            found = models.read(BatchError, error_json)
            self._errors.append(BatchError(batch.start + found.index, found.code, found.detail))


def _json_object(json: Answer) -> Answer:
    return dict(json)
