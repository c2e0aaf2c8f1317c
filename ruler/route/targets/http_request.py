"""What goes out with a POST: where to, and which headers. Nothing here sends anything.

    https://user:word@ops.example/hook   ->  Address("https://ops.example/hook", shown "https://ops.example", ...)
    a delivery                           ->  Ruler-Delivery-Id: 9f3c..., Ruler-Rules: big-order, ca%C3%B1a, ...

Always: what messages show of an address is its scheme, host and port; the rest (user, password, path, query) may be a
secret, as the paths of web hooks often are. Header values of ours are printable ASCII of a limited length, whatever
the names of rules and versions hold: all else is percent-encoded as in a URL.
"""

from __future__ import annotations

import os
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from ruler.findings import printable
from ruler.route.model import Delivery
from ruler.route.options import Options, Problem, SetupError, kind_of, problem, quoted

LONGEST_VALUE = 8000  # characters of a header that a user gives
LONGEST_RULES = 2000  # bytes of Ruler-Rules: servers take 8,000 for all headers, often less
PLAIN = " !#$&'()+./:;<=>?@[]^_`{|}~-"  # what stays as it is in our values, beside letters and digits; no comma, no *

URI_WHY = "deliveries are posted to this address"
URI_FORM = '"https://ops.example/hook"'
HEADERS_WHY = "headers go out with each delivery"
HEADERS_FORM = '"headers": {"Authorization": {"env": "OPS_TOKEN"}}'
OURS = ("content-length", "content-type", "transfer-encoding", "connection", "host")
_is_token = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,200}").fullmatch
_holds_control = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]").search  # all but the tab
_holds_space = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029]").search
_is_no_host = re.compile(r"[!\"$&'()*+,;<=>\\^`{|}\ud800-\udfff]").search
_holds_surrogate = re.compile("[\ud800-\udfff]").search


class Address(NamedTuple):
    """Where deliveries are posted."""

    url: str  # without user and password
    shown: str  # what messages may show of it
    authorization: str = ""  # the header that user and password mean

    def __repr__(self) -> str:
        return f"<Address {self.shown}>"


def address_of(url: str) -> Address:
    """Read a URL. SetupError where nothing can be posted there.

    >>> address_of("https://me:pass@ops.example:8443/hook?token=x")
    <Address https://ops.example:8443>
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise address_problem("the address cannot be read: its host or port is not as it should be") from None
    if _holds_space(url):
        raise address_problem("the address holds white space or a control character")
    if parts.scheme.lower() not in ("http", "https"):
        raise address_problem(f"the scheme is {quoted(parts.scheme)}, expected http or https")
    if not host or port == 0:
        raise address_problem("the address names no host" if not host else "no server has port 0")
    if _is_no_host(host):
        raise address_problem("the host of the address cannot be one")
    place = parts.netloc.rpartition("@")[2]
    bare = urlunsplit((parts.scheme, place, parts.path or "/", parts.query, ""))
    authorization = ""
    if "@" in parts.netloc:
        pair = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
        authorization = "Basic " + b64encode(pair.encode()).decode()
    return Address(bare, printable(f"{parts.scheme.lower()}://{place}"), authorization)


def address_problem(what: str) -> SetupError:
    """The error for a URL that nothing can be posted to. It does not show the URL."""
    return problem(("uri",), what, why=URI_WHY, write=URI_FORM)


def header_problems(headers: Mapping[str, str]) -> Iterator[Problem]:
    """What is wrong with headers that a user gives. Values are not shown."""
    seen: set[str] = set()
    for name, value in headers.items():
        small = name.lower()
        if not _is_token(name):
            what, why = f"{quoted(name)} cannot be the name of a header", "names are of letters, digits and -"
        elif small in OURS or small.startswith("ruler-"):
            what, why = f"{quoted(name)} is set for each delivery", "it says what is sent, so it cannot be another"
            if small == "content-type":
                why = "the option content_type says what it is"
        elif small in seen:
            what, why = f"{quoted(name)} stands twice", "large and small letters are one in names of headers"
        elif wrong := _wrong_with(value):
            what, why = f"the value of {quoted(name)} {wrong[0]}", wrong[1]
        else:
            seen.add(small)
            continue
        yield Problem(("headers", name), what, why, HEADERS_FORM)


def _wrong_with(value: str) -> tuple[str, str] | None:
    """What is wrong with the value of a header, and why."""
    if _holds_control(value):
        return "holds a line end, or another control character", "a header is one line of printable text"
    if len(value) > LONGEST_VALUE:
        return "is too long", f"it may have {LONGEST_VALUE:,} characters"
    if _holds_surrogate(value):
        return "cannot be sent: it holds half of a surrogate pair", "headers go out as UTF-8"
    return None


def read_headers(options: Options) -> dict[str, str]:
    """The headers among options: strings, or the names of variables of the environment that hold them."""
    headers: dict[str, str] = {}
    for name, value in options.table("headers", why=HEADERS_WHY, write=HEADERS_FORM).items():
        where = ("headers", name)
        if isinstance(value, str):
            headers[name] = value
        elif isinstance(value, Mapping) and list(value) == ["env"] and isinstance(value["env"], str):
            found = os.environ.get(value["env"])
            if found is None:
                what = f"there is no variable {quoted(value['env'])} in the environment"
                why = "the value of this header is to come from it, so that it need not stand in the file"
                options.add(
                    (*where, "env"), what, why=why, write=f"{value['env']}=... before the command, or export it"
                )
            else:
                headers[name] = found
        else:
            why = 'a value is a string, or {"env": "NAME"} for the variable of the environment that holds it'
            options.add(where, f"found {kind_of(value)}, which is no value of a header", why=why, write=HEADERS_FORM)
    return headers


def delivery_headers(delivery: Delivery) -> dict[str, str]:
    """The headers that tell of a delivery."""
    route = delivery.route
    return {
        "Ruler-Delivery-Id": delivery.id,
        "Ruler-Rules": rules_value(route.rules),
        "Ruler-Version": plain_value(route.version),
        "Ruler-Target": plain_value(route.target),
        "Ruler-Attempt": str(delivery.attempt),
    }


@lru_cache(maxsize=1024)
def plain_value(text: str) -> str:
    """``text`` as printable ASCII without commas, asterisks and percent signs: these and all else percent-encoded.

    >>> plain_value("2026-11-22"), plain_value("ca\u00f1a, 100%")
    ('2026-11-22', 'ca%C3%B1a%2C 100%25')
    """
    encoded = quote(text.encode("utf-8", "surrogatepass"), safe=PLAIN)
    return encoded if encoded == encoded.strip(" ") else encoded.replace(" ", "%20")


@lru_cache(maxsize=1024)
def rules_value(rules: tuple[str, ...]) -> str:
    """Names of rules with commas between. Of too many, those that there is room for, then ``*`` and how many more.

    >>> rules_value(("big", "a, b")), rules_value(tuple("rule-%d" % number for number in range(1000)))[-24:]
    ('big, a%2C b', 'rule-208, rule-209, *790')
    """
    names: list[str] = []
    room = LONGEST_RULES - 10  # for the last part
    for count, rule in enumerate(rules):
        name = plain_value(rule)
        room -= len(name) + 2
        if room < 0:
            return ", ".join([*names, f"*{len(rules) - count}"])
        names.append(name)
    return ", ".join(names)
