"""The HTTP target against a server on loopback: what goes out, and what answers mean, however strange they are."""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from target_deliveries import deliveries, delivery

from ruler.route import OK, Delivery, Outcome, Reject, Retry
from ruler.route.options import SetupError
from ruler.route.targets import HttpTarget
from ruler.route.targets.http_answer import outcome_of, seconds_after

web = pytest.importorskip("aiohttp.web", reason="targets of HTTP come with the extra ruler-events[route]")

Answer = Callable[[Any], Awaitable[Any]]
Raw = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def server_of(answer: Answer, context: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """A server that answers each POST so; gives its address."""
    application = web.Application(client_max_size=8 * 1024 * 1024)
    application.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(application, shutdown_timeout=0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    try:
        port = runner.addresses[0][1]
        yield f"http{'s' if context else ''}://127.0.0.1:{port}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def raw_server_of(talk: Raw) -> AsyncIterator[str]:
    """A server that reads a request and then does as it likes with the connection; gives its address."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            lengths = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
            await reader.readexactly(int(lengths[0].split(b":")[1]))
            await talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client has gone, as it should
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


async def posted(url: str, given: list[Delivery] | None = None, **settings: Any) -> list[Outcome]:
    """What the target answers to one batch."""
    target = HttpTarget(url, **settings)
    try:
        return list(await target.send(given or deliveries(b'{"a": 1.50}')))
    finally:
        await target.close()


def outcome_from_raw(talk: Raw, **settings: Any) -> Outcome:
    """What the target makes of what a server does with the connection. ``SERVER`` stands for its address."""

    async def run() -> Outcome:
        async with raw_server_of(talk) as url:
            [outcome] = await posted(url + "/hook?secret=1", **settings)
            return type(outcome)(
                **{
                    name: value.replace(url, "SERVER") if isinstance(value, str) else value
                    for name in outcome.__slots__
                    for value in [getattr(outcome, name)]
                }
            )

    return asyncio.run(run())


def writing(data: bytes, *, then_wait: bool = False) -> Raw:
    """A server that writes ``data`` and closes the connection, or keeps it open and says no more."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()
        if then_wait:
            await reader.read()  # until the client closes

    return talk


# ----- what goes out


def test_the_data_goes_out_byte_for_byte_with_headers_that_tell_of_the_delivery() -> None:
    """A POST to the path and query of the address."""
    seen: list[Any] = []

    async def answer(request: Any) -> Any:
        seen.append((request.method, request.raw_path, await request.read(), request.headers.copy()))
        return web.Response()

    given = delivery(b'{"a": 1.50,\n "b":"\\u00e9"}', rules=("big", "caña, 1"), version="2026-11-22", attempt=3)

    async def run() -> list[Outcome]:
        async with server_of(answer) as url:
            return await posted(f"{url}/a%20b?x=%2B1", [given], headers={"X-Team": "ops"})

    assert asyncio.run(run()) == [OK]
    [(method, path, body, headers)] = seen
    assert (method, path, body) == ("POST", "/a%20b?x=%2B1", given.data)
    assert {name: value for name, value in headers.items() if name.startswith(("Ruler-", "X-", "Content-"))} == {
        "Ruler-Delivery-Id": given.id,
        "Ruler-Rules": "big, ca%C3%B1a%2C 1",
        "Ruler-Version": "2026-11-22",
        "Ruler-Target": "ops",
        "Ruler-Attempt": "3",
        "X-Team": "ops",
        "Content-Type": "application/json",
        "Content-Length": str(len(given.data)),
    }
    assert headers["User-Agent"].startswith("ruler-events/")


HOSTILE = ("a\r\nX-Evil: 1", "\0", "\ud800", "é" * 1024, " ", "*", "100%", *(f"rule-{n}" for n in range(5000)))


def test_names_of_rules_may_hold_anything() -> None:
    """Headers stay one line each, printable, and short enough for any server."""
    seen: list[Any] = []

    async def answer(request: Any) -> Any:
        seen.append(request.headers.copy())
        return web.Response()

    given = [
        delivery(rules=HOSTILE[:1], version="v\n1", target="é"),
        delivery(rules=HOSTILE),
        delivery(rules=HOSTILE[3:4]),
    ]

    async def run() -> list[Outcome]:
        async with server_of(answer) as url:
            return await posted(url, given)

    assert asyncio.run(run()) == [OK] * 3
    assert seen[0]["Ruler-Rules"] == "a%0D%0AX-Evil: 1"
    assert (seen[0]["Ruler-Version"], seen[0]["Ruler-Target"]) == ("v%0A1", "%C3%A9")
    assert seen[1]["Ruler-Rules"].startswith("a%0D%0AX-Evil: 1, %00, %ED%A0%80, *")
    assert seen[2]["Ruler-Rules"] == "*1"
    assert all("X-Evil" not in each and len(each["Ruler-Rules"]) <= 2000 for each in seen)


def test_user_and_password_go_out_as_a_header_and_are_shown_nowhere() -> None:
    """Neither in reasons, nor in what a debugger prints of the target."""
    seen: list[Any] = []

    async def answer(request: Any) -> Any:
        seen.append((request.raw_path, request.headers["Authorization"]))
        return web.Response(status=404)

    async def run() -> tuple[str, str]:
        async with server_of(answer) as url:
            whole = url.replace("http://", "http://me:pass%40word@") + "/path-secret?key=query-secret"
            target = HttpTarget(whole)
            [outcome] = await target.send([delivery()])
            await target.close()
            assert isinstance(outcome, Reject)
            return outcome.reason, repr(target)

    texts = asyncio.run(run())
    assert seen == [("/path-secret?key=query-secret", "Basic " + base64.b64encode(b"me:pass@word").decode())]
    for text in texts:
        assert "127.0.0.1" in text
        assert not any(secret in text for secret in ("me:", "word", "path-secret", "query-secret"))


def test_a_connection_is_used_again() -> None:
    """One connection for deliveries one after the other, whatever the answers' bodies are."""
    ports: set[int] = set()
    bodies = iter([b"", b"ok", b"x" * 10_000, b"{}"])

    async def answer(request: Any) -> Any:
        ports.add(request.transport.get_extra_info("peername")[1])
        return web.Response(body=next(bodies))

    async def run() -> list[Outcome]:
        async with server_of(answer) as url:
            return await posted(url, deliveries(*[b"{}"] * 4))

    assert asyncio.run(run()) == [OK] * 4
    assert len(ports) == 1


def test_sends_at_one_time_do_not_wait_for_each_other() -> None:
    """Each has a connection: the server answers when all requests are there."""

    async def run() -> list[Outcome]:
        barrier = asyncio.Barrier(8)

        async def answer(request: Any) -> Any:
            await barrier.wait()
            return web.Response()

        async with server_of(answer) as url:
            target = HttpTarget(url)
            found = await asyncio.gather(*(target.send([each]) for each in deliveries(*[b"{}"] * 8)))
            await target.close()
            return [outcome for [outcome] in found]

    assert HttpTarget.max_batch == 1
    assert asyncio.run(run()) == [OK] * 8


# ----- what answers mean


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_ok(status: int) -> None:
    """Whatever is in it."""
    assert outcome_of(status, server="s", body=b"error", retry_after="5") == OK


@pytest.mark.parametrize("status", [408, 425, 429, 500, 501, 503, 599, 600, 999])
def test_these_are_retried_after_what_retry_after_says(status: int) -> None:
    """429 and 503 name a time, as a rule."""
    assert outcome_of(status, server="s") == Retry(None, f"s answered {status}")
    assert outcome_of(status, server="s", retry_after="7") == Retry(7.0, f"s answered {status}")


@pytest.mark.parametrize("status", [100, 101, 300, 301, 302, 303, 307, 308, 400, 401, 403, 404, 409, 410, 422, 499])
def test_all_other_answers_are_rejected(status: int) -> None:
    """The same delivery would be answered the same again."""
    assert isinstance(outcome_of(status, server="s", retry_after="5"), Reject)


def test_a_redirect_says_where_to_without_what_may_be_secret() -> None:
    """The owner of the rule set writes the new address; a delivery is not carried elsewhere by an answer."""
    found = outcome_of(301, server="s", phrase="Moved", location="https://me:pass@new.example/path?key=1")
    assert found == Reject("s answered 301 Moved, and names https://new.example; redirects are not followed")
    assert outcome_of(302, server="s", location="/other") == Reject("s answered 302; redirects are not followed")
    assert outcome_of(302, server="s", location="//[") == Reject("s answered 302; redirects are not followed")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        (" 120 ", 120.0),
        ("1.5", 1.5),
        ("86400", 3600.0),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 37.0),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 37.0),
        ("Sun Nov  6 08:49:37 1994", 37.0),
        ("Sun, 06 Nov 1994 08:48:00 GMT", 0.0),
        ("Sun, 06 Nov 2094 08:48:00 GMT", 3600.0),
        ("-5", None),
        ("9" * 5000, None),
        ("1e9", None),
        ("soon", None),
        ("", None),
        ("Sun, 99 Nov 1994 99:99:99 GMT", None),
        ("Sun, 06 Nov 99999 08:49:37 GMT", None),
        ("\u0661\u0662", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_at_most_an_hour(text: str, seconds: float | None) -> None:
    """What is neither counts as not given."""
    assert seconds_after(text, 784111740.0) == seconds


def test_a_reason_holds_the_beginning_of_the_body_printable() -> None:
    """What the server says is for people; it cannot fill a log or move a cursor."""
    found = outcome_of(400, server="s", phrase="Bad\x1b[31m", body=b'{"error":\n\n "no\x07 \xff"}' + b" y" * 100_000)
    assert isinstance(found, Reject)
    assert found.reason.startswith('s answered 400 Bad\\u001b[31m: {"error": "no\\u0007 \ufffd"} y y')
    assert len(found.reason) < 300 and found.reason.isprintable()


def test_a_server_that_fails_asks_to_wait_and_recovers() -> None:
    """As seen on the wire: 503 with Retry-After, 429 with a date, 422, 301, then 200."""
    answers = iter(
        [
            web.Response(status=503, headers={"Retry-After": "20"}, text="busy"),
            web.Response(status=429, headers={"Retry-After": "Sun, 06 Nov 1994 08:49:37 GMT"}),
            web.Response(status=422, text='{"error": "no total"}'),
            web.Response(status=301, headers={"Location": "/elsewhere"}),
            web.Response(status=200),
        ]
    )
    paths: list[str] = []

    async def answer(request: Any) -> Any:
        paths.append(request.path)
        return next(answers)

    async def run() -> list[Outcome]:
        async with server_of(answer) as url:
            found = await posted(url, deliveries(*[b"{}"] * 5))
            return [each if each == OK else type(each)(**_without(each, url)) for each in found]  # type: ignore[arg-type]

    assert asyncio.run(run()) == [
        Retry(20.0, "S answered 503 Service Unavailable: busy"),
        Retry(0.0, "S answered 429 Too Many Requests"),
        Reject('S answered 422 Unprocessable Entity: {"error": "no total"}'),
        Reject("S answered 301 Moved Permanently; redirects are not followed"),
        OK,
    ]
    assert paths == ["/"] * 5


def _without(outcome: Outcome, url: str) -> dict[str, Any]:
    """The attributes of an outcome, the address in its reason as ``S``."""
    values = {name: getattr(outcome, name) for name in outcome.__slots__}
    return values | {"reason": values["reason"].replace(url, "S")}


# ----- servers that misbehave


def test_a_server_that_stalls_is_retried_once_the_time_is_up() -> None:
    """Before any answer, and in the middle of its head."""
    for data in (b"", b"HTTP/1.1 200 O", b"HTTP/1.1 200 OK\r\nX: y\r\n"):
        found = outcome_from_raw(writing(data, then_wait=True), timeout=0.05)
        assert found == Retry(None, "SERVER has not answered within 0.05 seconds")


def test_a_connection_closed_without_an_answer_is_retried() -> None:
    """The server may have taken the delivery, or not."""
    assert outcome_from_raw(writing(b"")) == Retry(None, "SERVER closed the connection before its answer")
    cut = outcome_from_raw(writing(b"HTTP/1.1 200 OK\r\nX: "))
    assert isinstance(cut, Retry)


def test_an_answer_cut_off_in_its_body_counts_by_its_head() -> None:
    """2xx means that the server has taken the delivery; what it says beyond is not needed."""
    for status, expected in ((200, OK), (500, Retry(None, "SERVER answered 500 X: par"))):
        head = f"HTTP/1.1 {status} X\r\nContent-Length: 100\r\n\r\n".encode()
        assert outcome_from_raw(writing(head + b"par")) == expected


@pytest.mark.parametrize(
    "garbage",
    [
        b"\0\xff\xfe\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 2xx OK\r\n\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nbad header\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 10_000 + b"\r\n",
    ],
)
def test_garbage_is_retried_and_the_reason_shows_no_secret(garbage: bytes) -> None:
    """Something that is no web server, or one that has gone mad; it may come to its senses."""
    found = outcome_from_raw(writing(garbage), timeout=5.0)
    assert isinstance(found, Retry)
    assert "SERVER" in found.reason and "secret" not in found.reason
    assert found.reason.isprintable() and len(found.reason) <= 300


def test_a_body_that_is_not_what_it_says_does_not_undo_a_2xx() -> None:
    """Compressed, it says, and is not; in chunks, and ends in the middle of one."""
    head = b"HTTP/1.1 200 OK\r\n"
    assert outcome_from_raw(writing(head + b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc")) == OK
    assert outcome_from_raw(writing(head + b"Transfer-Encoding: chunked\r\n\r\nff\r\nab")) == OK


def test_a_huge_body_is_not_read() -> None:
    """The beginning of it is enough; the rest stays with the server."""
    written = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal written
        writer.write(b"HTTP/1.1 400 X\r\nContent-Length: 10000000000\r\n\r\n")
        while True:
            writer.write(b"z" * 65536)
            await writer.drain()
            written += 65536

    found = outcome_from_raw(talk)
    assert isinstance(found, Reject)
    assert found.reason == "SERVER answered 400 X: " + "z" * 200 + "..."
    assert written < 64 * 1024 * 1024  # what the buffers of both ends hold


def test_a_slow_body_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte of it comes just in time; the answer is what the head says."""
    monkeypatch.setattr("ruler.route.targets.http.BODY_SECONDS", 0.05)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        while True:
            writer.write(b"z")
            await writer.drain()
            await asyncio.sleep(0.001)

    assert outcome_from_raw(talk, timeout=30.0) == OK


def test_nobody_listening_is_retried() -> None:
    """A port that is closed; the reason is the system's."""

    async def run() -> tuple[Outcome, str]:
        async with raw_server_of(writing(b"")) as url:
            pass
        [outcome] = await posted(url + "/secret")
        return outcome, url

    outcome, url = asyncio.run(run())
    assert isinstance(outcome, Retry)
    assert outcome.reason.startswith(f"cannot connect to {url}: ")
    assert "secret" not in outcome.reason


def test_a_send_that_is_cancelled_leaves_nothing_behind() -> None:
    """No task, and no connection once the target is closed."""

    async def run() -> None:
        arrived = asyncio.Event()

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            arrived.set()
            await reader.read()

        async with raw_server_of(talk) as url:
            target = HttpTarget(url)
            sending = asyncio.create_task(target.send([delivery()]))  # type: ignore[arg-type]
            await arrived.wait()
            sending.cancel()
            with pytest.raises(asyncio.CancelledError):
                await sending
            await target.close()
            await target.close()

    asyncio.run(run())


# ----- certificates


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that nobody has signed, and its key."""
    directory = tmp_path_factory.mktemp("certificate")
    key, certificate = directory / "key.pem", directory / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command += ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"]
    try:
        subprocess.run([*command, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("openssl is not installed, which makes the certificate of this test")
    return certificate, key


def test_a_certificate_that_the_system_does_not_trust_is_refused(certificate: tuple[Path, Path]) -> None:
    """Nothing is sent to such a server; it is Retry, since certificates are renewed."""
    seen: list[Any] = []

    async def answer(request: Any) -> Any:
        seen.append(request)
        return web.Response()

    async def run() -> Outcome:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*certificate)
        async with server_of(answer, context) as url:
            [outcome] = await posted(url + "/secret")
            return outcome

    outcome = asyncio.run(run())
    assert isinstance(outcome, Retry)
    assert "certificate" in outcome.reason.lower() and "secret" not in outcome.reason
    assert not seen


# ----- settings


@pytest.mark.parametrize(
    ("url", "what"),
    [
        ("ftp://ops.example", 'the scheme is "ftp", expected http or https'),
        ("https://", "the address names no host"),
        ("https:ops.example", "the address names no host"),
        ("https://me:topsecret@/x", "the address names no host"),
        ("https://ops.example:99999/", "the address cannot be read: its host or port is not as it should be"),
        ("https://ops.example:0/", "no server has port 0"),
        ("https://[::1/", "the address cannot be read: its host or port is not as it should be"),
        ("https://ops.exa<mple/topsecret", "the host of the address cannot be one"),
        ("https://ops.example/a b", "the address holds white space or a control character"),
        ("https://ops.example/\r\nX: y", "the address holds white space or a control character"),
    ],
)
def test_an_address_is_judged_at_the_start(url: str, what: str) -> None:
    """And what may be secret in it is not shown."""
    with pytest.raises(SetupError) as caught:
        HttpTarget(url)
    assert str(caught.value) == (
        f'$.uri: {what}\n  why:   deliveries are posted to this address\n  write: "https://ops.example/hook"'
    )


@pytest.mark.parametrize(
    ("headers", "what"),
    [
        ({"X y": "1"}, '"X y" cannot be the name of a header'),
        ({"": "1"}, '"" cannot be the name of a header'),
        ({"X-Key": "topsecret\r\nX: 1"}, 'the value of "X-Key" holds a line end, or another control character'),
        ({"X-Key": "topsecret" * 1000}, 'the value of "X-Key" is too long'),
        ({"X-Key": "topsecret\ud800"}, 'the value of "X-Key" cannot be sent'),
        ({"Ruler-Attempt": "1"}, '"Ruler-Attempt" is set for each delivery'),
        ({"content-type": "text/plain"}, '"content-type" is set for each delivery'),
        ({"X-A": "1", "x-a": "2"}, '"x-a" stands twice'),
    ],
)
def test_headers_are_judged_at_the_start(headers: dict[str, str], what: str) -> None:
    """And their values are not shown."""
    with pytest.raises(SetupError) as caught:
        HttpTarget("https://ops.example", headers=headers)
    assert what in str(caught.value)
    assert "topsecret" not in str(caught.value)


def test_a_user_in_the_address_and_a_header_authorization_cannot_both_be() -> None:
    """One of them would be lost."""
    with pytest.raises(SetupError, match="there is a header Authorization too"):
        HttpTarget("https://me:pass@ops.example", headers={"authorization": "Bearer x"})


def test_a_content_type_and_a_user_agent_can_be_chosen() -> None:
    """The body stays the data of the delivery."""
    seen: list[Any] = []

    async def answer(request: Any) -> Any:
        seen.append((request.headers["Content-Type"], request.headers.getall("User-Agent"), await request.read()))
        return web.Response()

    async def run() -> list[Outcome]:
        async with server_of(answer) as url:
            settings: dict[str, Any] = {"content_type": "application/cloudevents+json", "headers": {"user-agent": "us"}}
            return await posted(url, [delivery(json.dumps({}).encode())], **settings)

    assert asyncio.run(run()) == [OK]
    assert seen == [("application/cloudevents+json", ["us"], b"{}")]
    with pytest.raises(SetupError, match="the content type holds a line end"):
        HttpTarget("https://ops.example", content_type="a\nb")
