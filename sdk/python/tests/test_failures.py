"""Servers that answer badly, late or not at all."""

import ssl
from pathlib import Path

import pytest
from server import WAIT, Gate, answer, problem

from hypervex import (
    APIError, ConnectionError, HypervexError, RateLimitError, ServerError, TimeoutError, UnavailableError, ValidationError,
)

HEALTHY = answer(200, {"status": "healthy", "version": "1"})
WHEN = "2026-01-01T00:00:00.000Z"
RECORD = answer(201, {"vector_id": "a", "vector": [1], "created_at": WHEN, "updated_at": WHEN, "version": "0" * 32})
COUNT = answer(200, {"count": 3})


def requests_of(server):
    return [request.split(b" HTTP/")[0].decode() for request in server.requests]


def test_nobody_there_is_a_connection_error(connect, scripted):
    server = scripted()
    with pytest.raises(ConnectionError):
        connect(f"http://{'a' * 70}.invalid", retries=0).health_check()
    with pytest.raises(ConnectionError) as caught:
        connect(server.url, retries=0).health_check()
    assert not caught.value.request_sent and "hypervex serve" in str(caught.value)
    import builtins

    assert isinstance(caught.value, builtins.ConnectionError) and isinstance(caught.value, HypervexError)


def test_a_server_that_is_opening_is_tried_again(connect, scripted):
    server = scripted([problem(503, "opening", "Retry-After: 0"), problem(503, "opening", "Retry-After: 0"), RECORD])
    assert connect(server.url).add_vector([1]).vector_id == "a"
    assert requests_of(server) == ["POST /api/v1/vectors"] * 3


def test_too_much_to_do_is_tried_again_and_then_told(connect, scripted):
    server = scripted([problem(429, "overloaded", "Retry-After: 0")] * 3)
    with pytest.raises(RateLimitError) as caught:
        connect(server.url, retries=2).add_vector([1])
    assert (caught.value.code, caught.value.retry_after) == ("overloaded", 0)
    assert len(server.requests) == 3


def test_a_pause_that_the_time_does_not_allow_is_not_begun(connect, scripted):
    server = scripted([problem(503, "opening", "Retry-After: 3600"), HEALTHY])
    with pytest.raises(UnavailableError) as caught:
        connect(server.url, timeout=30).health_check()
    assert caught.value.retry_after == 3600 and len(server.requests) == 1


def test_a_log_that_failed_is_told_at_once(connect, scripted):
    server = scripted([problem(503, "log_failed", "Retry-After: 0"), RECORD])
    with pytest.raises(UnavailableError) as caught:
        connect(server.url).add_vector([1])
    assert caught.value.code == "log_failed" and len(server.requests) == 1


def test_a_read_is_tried_again_where_a_write_is_not(connect, scripted):
    lost = [b""]  # the request comes, the connection ends
    server = scripted(lost, lost, [COUNT])
    assert connect(server.url).collection("default").count() == 3
    assert len(server.requests) == 3

    server = scripted(lost, [RECORD])
    with pytest.raises(ConnectionError) as caught:
        connect(server.url).add_vector([1])
    assert caught.value.request_sent and len(server.requests) == 1


def test_a_proxys_bad_gateway_is_tried_again_for_reads_only(connect, scripted):
    gateway = b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\nsome"
    assert connect(scripted([gateway, COUNT]).url).collection("default").count() == 3
    with pytest.raises(ServerError) as caught:
        connect(scripted([gateway, RECORD]).url).add_vector([1])
    assert (caught.value.status_code, caught.value.code) == (502, "unexpected_answer")


def test_an_answer_that_does_not_come_is_a_timeout(connect, scripted):
    server = scripted([WAIT])
    with pytest.raises(TimeoutError) as caught:
        connect(server.url, timeout=0.2).health_check()
    assert caught.value.request_sent and "0.2 s" in str(caught.value)


def test_a_frozen_server_is_a_timeout_and_serves_again_when_it_thaws(connect, own_server):
    server = own_server()
    client = connect(server.url, max_connections=1)
    client.health_check()
    server.freeze()
    try:
        client._transport._timeout = 0.3
        with pytest.raises(TimeoutError) as caught:
            client.health_check()
        assert caught.value.request_sent
    finally:
        server.thaw()
    client._transport._timeout = 60
    assert client.health_check().status == "healthy"


def test_a_call_waits_for_a_connection_no_longer_than_its_time(connect, server, name):
    client = connect(server.url, max_connections=1)
    client.create_collection(name)
    client.collection(name).import_records({"vector": [i, 1], "document": "x" * 10_000} for i in range(500))
    exported = client.collection(name).export()
    next(exported)
    client._transport._timeout = 0.2
    with pytest.raises(TimeoutError) as caught:
        client.health_check()
    assert not caught.value.request_sent
    client._transport._timeout = 60
    exported.close()
    assert client.health_check().status == "healthy"


@pytest.mark.parametrize(
    "garbage",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"HTTP/1.1 two hundred\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20_000,
        answer(200, ["no", "object"]),
        answer(200, {"status": "healthy"}),
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n<html",
        b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 404 Not Found\r\nContent-Type: application/problem+json\r\nContent-Length: 2\r\n\r\n[]",
    ],
)
def test_what_is_no_answer_of_a_server_is_told_as_such(connect, scripted, garbage):
    with pytest.raises(APIError) as caught:
        connect(scripted([garbage]).url, retries=0).health_check()
    assert caught.value.code == "unexpected_answer"


@pytest.mark.parametrize(
    "cut",
    [
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{\"status\"",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
    ],
)
def test_an_answer_that_breaks_off_is_a_lost_connection(connect, scripted, cut):
    with pytest.raises(ConnectionError) as caught:
        connect(scripted([cut]).url, retries=0).health_check()
    assert caught.value.request_sent


def test_answers_of_every_framing_are_read(connect, scripted):
    body = b'{"status": "healthy", "version": "1"}'
    chunks = b"5;x=y\r\n" + body[:5] + b"\r\n%X\r\n" % (len(body) - 5) + body[5:] + b"\r\n0\r\nTrailer: 1\r\n\r\n"
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks
    interim = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
    endless = b"HTTP/1.1 200 OK\r\n\r\n" + body
    server = scripted([chunked, interim + HEALTHY, endless], [HEALTHY])
    client = connect(server.url)
    for _ in range(4):
        assert client.health_check().version == "1"
    assert len(server.requests) == 4


def test_tls_is_spoken_and_the_server_has_to_be_who_it_says(connect, scripted):
    here = Path(__file__).resolve().parent / "tls"
    mine = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    mine.load_cert_chain(here / "certificate.pem", here / "key.pem")
    trusting = ssl.create_default_context(cafile=str(here / "certificate.pem"))
    long = answer(200, {"status": "x" * 1_000_000, "version": "1"})
    server = scripted([RECORD, HEALTHY, HEALTHY, long], tls=mine)
    client = connect(server.url, ssl_context=trusting, retries=0)
    client.add_vector([1], document="x" * 1_000_000)
    assert len(server.requests[0]) > 1_000_000  # the ticket that comes in between is no answer
    assert [len(client.health_check().status) for _ in range(3)] == [7, 7, 1_000_000]
    with pytest.raises(ConnectionError) as caught:
        connect(scripted([HEALTHY], tls=mine).url, retries=0).health_check()
    assert not caught.value.request_sent and "certificate" in str(caught.value).lower()


def test_an_early_answer_to_a_long_body_is_read(connect, own_server):
    client = connect(own_server("--max-body-bytes", "4096").url)
    with pytest.raises(ValidationError) as caught:
        client.collection("default").upsert([{"vector": [1, 0], "document": "x" * 900_000}] * 30, atomic=True)
    assert caught.value.code == "body_too_large"
    assert client.health_check().status == "healthy"


def test_a_connection_that_the_server_closed_while_idle_is_replaced(connect, own_server):
    server = own_server()
    gate = Gate(server.port)
    client = connect(gate.url, retries=0)
    for _ in range(3):
        assert client.add_vector([1, 0]).vector_id
    assert gate.connections == 1
    gate.cut()
    assert client.add_vector([1, 0]).vector_id
    assert (gate.connections, client.get_stats().count) == (2, 4)
    gate.close()


def test_an_idle_connection_that_is_lost_with_a_read_on_it_is_replaced_at_once(connect, scripted):
    server = scripted([HEALTHY, b""], [HEALTHY])
    client = connect(server.url, retries=0)
    assert client.health_check() == client.health_check()
    assert len(server.requests) == 3


def test_an_answer_that_nobody_asked_for_is_not_taken_for_the_next_one(connect, scripted):
    server = scripted([HEALTHY + answer(200, {"status": "stray", "version": "1"})], [HEALTHY])
    client = connect(server.url)
    assert [client.health_check().status for _ in range(2)] == ["healthy", "healthy"]


def test_a_server_that_is_killed_and_restarted_serves_on(connect, own_server):
    first = own_server()
    gate = Gate(first.port)
    client = connect(gate.url)
    client.add_vector([1, 0], vector_id="kept")
    first.kill()
    gate.target = None
    with pytest.raises(HypervexError):
        client.add_vector([1, 0])
    gate.target = own_server().port
    client.wait_until_ready()
    assert client.get_vector("kept").vector == [1, 0]
    gate.close()


def test_a_write_whose_answer_is_lost_may_have_been_done_and_says_so(connect, own_server):
    gate = Gate(own_server().port)
    client = connect(gate.url)
    client.health_check()
    gate.answers_to_lose = 1
    with pytest.raises(ConnectionError) as caught:
        client.add_vector([1, 0], vector_id="maybe")
    assert caught.value.request_sent
    assert client.get_vector("maybe").vector == [1, 0]
    gate.close()


def test_a_read_whose_answer_is_lost_is_read_again(connect, own_server):
    gate = Gate(own_server().port)
    client = connect(gate.url)
    client.add_vector([1, 0], vector_id="a")
    gate.answers_to_lose = 2
    assert client.get_vector("a").vector == [1, 0]
    gate.close()


def test_a_client_that_is_closed_says_so(connect, server):
    client = connect(server.url)
    client.health_check()
    client.close()
    client.close()
    with pytest.raises(HypervexError, match="closed"):
        client.health_check()


def test_waiting_for_a_server_that_does_not_come_ends(connect, scripted):
    server = scripted()
    with pytest.raises(TimeoutError):
        connect(server.url, retries=0).wait_until_ready(timeout=0.2)


def test_settings_of_a_client_are_checked():
    from hypervex import Client

    with_blanks = ("http://lo calhost", "http://ex\r\nample", "http://localhost/a b", "http://bücher.example")
    for url in ("localhost:8080", "ftp://localhost", "http://", "http://user:pass@localhost", "http://localhost/?a=b", *with_blanks):
        with pytest.raises(ValueError):
            Client(url)
    numbers = (dict(timeout=0), dict(timeout=-1), dict(retries=-1), dict(max_connections=0), dict(batch_bytes=0))
    for wrong in (*numbers, dict(api_key="a\r\nb"), dict(api_key="")):
        with pytest.raises(ValueError):
            Client(**wrong)
    assert repr(Client("http://127.0.0.1:8080/", api_key="secret")) == "Client('http://127.0.0.1:8080')"


def test_a_path_of_the_address_stands_before_the_routes(connect, scripted):
    server = scripted([HEALTHY])
    connect(f"{server.url}/behind/proxy/", api_key="secret").health_check()
    assert requests_of(server) == ["GET /behind/proxy/api/v1/health"]
    assert b"Authorization: Bearer secret\r\n" in server.requests[0]
