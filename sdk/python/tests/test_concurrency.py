"""Threads and tasks that share a client; tasks that are cancelled; processes that fork."""

import asyncio
import os
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from server import WAIT, Gate, answer

from hypervex import AsyncClient, Client
from hypervex._async.io import AsyncLimiter
from hypervex._http1 import StreamTimedOut
from hypervex._limits import TimeLimit

HEALTHY = answer(200, {"status": "healthy", "version": "1"})


def test_threads_share_a_client_and_each_gets_its_own_answers(own_server):
    gate = Gate(own_server().port)
    with Client(gate.url, max_connections=4) as client:
        client.batch_add_vectors(({"vector_id": str(i), "vector": [i, 1], "document": "x" * (i * 37)} for i in range(100)))

        def read(seed):
            choice = random.Random(seed)
            for _ in range(40):
                i = choice.randrange(100)
                record = client.get_vector(str(i))
                assert (record.vector_id, record.vector, len(record.document)) == (str(i), [i, 1], i * 37)
            return True

        with ThreadPoolExecutor(12) as threads:
            assert all(threads.map(read, range(12)))
    assert gate.connections <= 4
    gate.close()


def test_threads_survive_connections_that_are_lost_under_them(own_server):
    gate = Gate(own_server().port)
    with Client(gate.url, max_connections=4, retries=30) as client:
        client.batch_add_vectors({"vector_id": str(i), "vector": [i, 1]} for i in range(100))
        gate.lose_every = 5
        with ThreadPoolExecutor(8) as threads:
            assert list(threads.map(lambda i: client.get_vector(str(i)).vector, range(100))) == [[i, 1] for i in range(100)]
    assert gate.connections > 10
    gate.close()


def test_tasks_share_a_client_and_each_gets_its_own_answers(own_server):
    gate = Gate(own_server().port)

    async def run():
        async with AsyncClient(gate.url, max_connections=4) as client:
            await client.batch_add_vectors({"vector_id": str(i), "vector": [i, 1]} for i in range(100))
            records = await asyncio.gather(*(client.get_vector(str(i % 100)) for i in range(400)))
            assert [record.vector for record in records] == [[i % 100, 1] for i in range(400)]

    asyncio.run(run())
    assert gate.connections <= 4
    gate.close()


def test_a_cancelled_call_takes_its_connection_with_it(own_server):
    """Whatever the moment of the cancellation, the next call on the only connection gets its own answer."""
    server = own_server()
    seed = 11

    async def run():
        choice = random.Random(seed)
        async with AsyncClient(server.url, max_connections=1) as client:
            await client.batch_add_vectors({"vector_id": str(i), "vector": [i, 1], "document": "x" * 20_000} for i in range(20))
            cancelled = 0
            for i in range(150):
                task = asyncio.ensure_future(client.get_vector(str(i % 20)))
                for _ in range(choice.randrange(12)):
                    await asyncio.sleep(0)
                if choice.random() < 0.3:
                    await asyncio.sleep(choice.random() * 0.002)
                task.cancel()
                try:
                    await task
                except asyncio.CancelledError:
                    cancelled += 1
                other = (i * 7 + 3) % 20
                assert (await client.get_vector(str(other))).vector == [other, 1]
            assert cancelled > 20

    asyncio.run(run())


def test_cancelling_all_of_many_calls_leaves_room_for_others(own_server):
    server = own_server()

    async def run():
        async with AsyncClient(server.url, max_connections=3) as client:
            await client.add_vector([1, 0], vector_id="a")
            for _ in range(20):
                tasks = [asyncio.ensure_future(client.get_vector("a")) for _ in range(30)]
                await asyncio.sleep(0)
                for task in tasks[::2]:
                    task.cancel()
                results = await asyncio.gather(*tasks, return_exceptions=True)
                assert all(isinstance(r, asyncio.CancelledError) or r.vector == [1, 0] for r in results)
                assert all(r.vector == [1, 0] for r in results[1::2])

    asyncio.run(run())


def test_a_call_that_waits_can_be_cancelled(scripted):
    server = scripted([WAIT], [HEALTHY])

    async def run():
        async with AsyncClient(server.url, max_connections=1) as client:
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(client.health_check(), 0.1)
            assert (await client.health_check()).status == "healthy"

    asyncio.run(run())


def test_a_task_that_leaves_an_export_gives_its_connection_up(own_server):
    server = own_server()

    async def run():
        async with AsyncClient(server.url, max_connections=1) as client:
            collection = client.collection("default")
            await collection.import_records({"vector": [i, 1], "document": "x" * 10_000} for i in range(500))
            exported = collection.export()
            assert (await exported.__anext__()).vector == [0, 1]
            await exported.aclose()
            assert await collection.count() == 500

    asyncio.run(run())


def test_sources_of_an_async_client_may_be_async(own_server):
    server = own_server()

    async def records():
        for i in range(10):
            await asyncio.sleep(0)
            yield {"vector_id": str(i), "vector": [i, 1]}

    async def run():
        async with AsyncClient(server.url) as client:
            assert (await client.batch_add_vectors(records())).upserted == 10
            assert (await client.collection("default").import_records(records())).imported == 10
            assert await client.collection("default").count() == 10

    asyncio.run(run())


def test_an_async_client_belongs_to_one_event_loop(server):
    first, second = asyncio.new_event_loop(), asyncio.new_event_loop()
    client = AsyncClient(server.url)
    try:
        first.run_until_complete(client.health_check())
        with pytest.raises(RuntimeError, match="another event loop"):
            second.run_until_complete(client.health_check())
        first.run_until_complete(client.health_check())
        first.run_until_complete(client.close())
    finally:
        first.close()
        second.close()


def test_permits_are_neither_lost_nor_made_by_cancellations():
    seed = 5

    async def run():
        choice = random.Random(seed)
        limiter = AsyncLimiter(2)
        held = most = 0

        async def hold():
            nonlocal held, most
            await limiter.acquire(TimeLimit(choice.choice([None, None, 0.001])))
            held += 1
            most = max(most, held)
            try:
                for _ in range(choice.randrange(4)):
                    await asyncio.sleep(0)
            finally:
                held -= 1
                limiter.release()

        for _ in range(200):
            tasks = [asyncio.ensure_future(hold()) for _ in range(8)]
            for _ in range(choice.randrange(5)):
                await asyncio.sleep(0)
            for task in choice.sample(tasks, 4):
                task.cancel()
            for result in await asyncio.gather(*tasks, return_exceptions=True):
                assert result is None or isinstance(result, (asyncio.CancelledError, StreamTimedOut)), result
            assert limiter._free == 2 and not limiter._waiting
        assert most == 2

    asyncio.run(run())


FORKS = """
import os, sys
from hypervex import Client

with Client(sys.argv[1]) as client:
    client.batch_add_vectors({"vector_id": str(i), "vector": [i, 1]} for i in range(50))
    children = []
    for child in range(3):
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                code = 0 if all(client.get_vector(str(i)).vector == [i, 1] for i in range(child, 50, 3)) else 2
            finally:
                os._exit(code)
        children.append(pid)
    assert all(client.get_vector(str(i)).vector == [i, 1] for i in range(50))
    assert [os.waitpid(pid, 0)[1] for pid in children] == [0, 0, 0]
"""


def test_a_forked_process_does_not_answer_for_its_parent(own_server):
    # In a process of its own: this one has threads, which a fork does not copy.
    source = Path(__file__).resolve().parent.parent / "src"
    run = subprocess.run(
        [sys.executable, "-c", FORKS, own_server().url], env={**os.environ, "PYTHONPATH": str(source)}, capture_output=True, text=True, timeout=120
    )
    assert run.returncode == 0, run.stderr


def test_a_connection_attempt_that_is_cancelled_leaves_nothing_open(own_server):
    gate = Gate(own_server().port)

    async def run():
        for _ in range(30):
            async with AsyncClient(gate.url, max_connections=1) as client:
                task = asyncio.ensure_future(client.health_check())
                for _ in range(random.randrange(6)):
                    await asyncio.sleep(0)
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                assert (await client.health_check()).status == "healthy"

    asyncio.run(run())
    gate.close()
