"""A target that posts each delivery to an address, over HTTP or HTTPS.

    HttpTarget("https://ops.example/hook", timeout=10.0, headers={"Authorization": "Bearer ..."})

In: deliveries. Out: what the answers mean (http_answer.py); no answer, in time or at all, is Retry.

The body of a POST is the data of the delivery, byte for byte; headers tell its id, rules, version, target and attempt
(http_request.py). Connections are kept and used again, as many as there are sends at one time. Certificates are judged
by those that the system trusts. Proxies, cookies and redirects are not used.

Always: of an answer's body a limited part is read, for a limited time, and a 2xx whose body is cut off or slow is Ok.
Reasons show scheme, host and port of the address and nothing else of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ruler.errors import text_of
from ruler.findings import printable
from ruler.route.model import Delivery, Outcome, Retry
from ruler.route.options import Problem, SetupError, problem
from ruler.route.targets.http_answer import outcome_of
from ruler.route.targets.http_request import address_of, address_problem, delivery_headers, header_problems
from ruler.version import VERSION

if TYPE_CHECKING:
    import aiohttp
    import yarl

JSON = "application/json"
MOST_BODY = 64 * 1024  # bytes of an answer: up to there its connection is used again
BODY_SECONDS = 1.0  # for the body of an answer, once its head is there
LONGEST_REASON = 300  # characters


class HttpTarget:
    """Posts deliveries to ``url``. ``timeout`` is in seconds, for one POST with its answer."""

    max_batch = 1

    def __init__(
        self, url: str, *, timeout: float = 30.0, headers: Mapping[str, str] | None = None, content_type: str = JSON
    ) -> None:
        _require_aiohttp()
        self._address = address_of(url)
        self._url = _parsed(self._address.url)
        self.timeout = timeout
        self._headers = {"User-Agent": f"ruler-events/{VERSION}", "Accept-Encoding": "identity"}
        self._add_headers(headers or {}, content_type)
        self._session: aiohttp.ClientSession | None = None

    def __repr__(self) -> str:
        return f"<HttpTarget {self._address.shown}>"

    def _add_headers(self, headers: Mapping[str, str], content_type: str) -> None:
        problems = list(header_problems(headers))
        if any(name.lower() == "authorization" for name in headers) and self._address.authorization:
            what = "the address has a user and a password, and there is a header Authorization too"
            why = "the user and the password go out as this header"
            problems.append(Problem(("headers", "Authorization"), what, why, "one of the two"))
        if problems or next(header_problems({"X": content_type}), None) is not None:
            what, why = "the content type holds a line end, or is too long", "it goes out as a header"
            raise SetupError(*(problems or [Problem(("content_type",), what, why, f'"content_type": "{JSON}"')]))
        if self._address.authorization:
            self._headers["Authorization"] = self._address.authorization
        given = {name.lower() for name in headers}
        self._headers = {name: value for name, value in self._headers.items() if name.lower() not in given}
        self._headers |= {**headers, "Content-Type": content_type}

    async def send(self, deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
        return [await self._post(delivery) for delivery in deliveries]

    async def close(self) -> None:
        """Close the connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _opened(self) -> aiohttp.ClientSession:
        """The one session, made by the first POST, since it belongs to the loop that runs then."""
        import aiohttp

        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0),  # who sends has a limit already, and may change it
                timeout=aiohttp.ClientTimeout(total=self.timeout, sock_connect=self.timeout),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,  # a few bytes could become many
            )
        return self._session

    async def _post(self, delivery: Delivery) -> Outcome:
        import aiohttp

        server = self._address.shown
        try:
            async with self._opened().post(
                self._url,
                data=delivery.data,
                headers={**self._headers, **delivery_headers(delivery)},
                allow_redirects=False,
            ) as response:
                body = await _beginning_of(response)
                return outcome_of(
                    response.status,
                    server=server,
                    phrase=response.reason or "",
                    retry_after=response.headers.get("Retry-After", ""),
                    location=response.headers.get("Location", ""),
                    body=body,
                )
        except TimeoutError:
            return Retry(reason=f"{server} has not answered within {self.timeout:g} seconds")
        except aiohttp.ClientResponseError as error:  # its own text shows all of the address
            return Retry(reason=_short(f"{server} gave an answer that is not HTTP: {error.message}"))
        except aiohttp.ClientConnectorCertificateError as error:
            return Retry(reason=_short(f"the certificate of {server} is not trusted: {error.certificate_error}"))
        except aiohttp.ClientConnectorError as error:
            return Retry(reason=_short(f"cannot connect to {server}: {text_of(error.os_error)}"))
        except aiohttp.ServerDisconnectedError:
            return Retry(reason=f"{server} closed the connection before its answer")
        except (aiohttp.ClientError, OSError) as error:
            text = text_of(error)
            shown = "" if "://" in text else f": {text}"  # it may show all of the address
            return Retry(reason=_short(f"{server}: {type(error).__name__}{shown}"))


async def _beginning_of(response: aiohttp.ClientResponse) -> bytes:
    """The body of an answer, or the beginning of one that is long or slow; the connection of such a one is closed."""
    import aiohttp

    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while len(body) < MOST_BODY:
                part = await response.content.read(MOST_BODY - len(body))
                if not part:
                    break
                body += part
    except (TimeoutError, aiohttp.ClientError, OSError):  # the head has decided; the body is for people
        response.close()
    if not response.content.at_eof():
        response.close()
    return bytes(body)


def _parsed(url: str) -> yarl.URL:
    """The URL as the client reads it, which is stricter about hosts."""
    import yarl

    try:
        parsed = yarl.URL(url)
        if parsed.raw_host:
            return parsed
    except ValueError:
        pass  # its text shows all of the URL
    raise address_problem("the host of the address cannot be one")


def _short(text: str) -> str:
    return printable(" ".join(text[: 4 * LONGEST_REASON].split())[:LONGEST_REASON])


def _require_aiohttp() -> None:
    try:
        import aiohttp  # noqa: F401
    except ImportError:
        raise problem(
            ("uri",),
            "targets of http and https need aiohttp, which is not installed",
            why="the bare matcher does without it, so it comes with an extra",
            write='pip install "ruler-events[route]"',
        ) from None
