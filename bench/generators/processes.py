"""Events of 2.5 KB that tell of a started process, as security sensors write them, with long texts in five fields.

Rules for such events ask for words somewhere in a command line or a file name; `WORDS` is what both are made of.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from bench.generators import vocabulary as words
from bench.generators.draw import Draw

PATHS = ("commandLine", "image", "parentCommandLine", "parentImage", "scriptBlock")
"""The fields that hold texts, all under ``detail``."""

_TEXT = (
    "account access action activity add address admin agent alias allow analysis append application archive "
    "argument assembly attribute audit authority auto backup base batch begin binary block boot branch browser "
    "buffer build bypass cache call certificate change channel check child class clear client clipboard clone close "
    "code collect column command commit common compile component compress computer condition config confirm connect "
    "console consumer container content context control convert cookie copy core count create credential crypto "
    "current data database date debug decode default define delete deploy description desktop detail detect device "
    "digest direct directory disable discover disk dispatch display document domain download drive driver dump "
    "dynamic edit element email enable encode encrypt endpoint engine enumerate environment error event exception "
    "exchange exclude execute exit expand expire explorer export extend extension external extract factory failure "
    "feature fetch field file filter find firewall firmware flag folder force foreign format forward framework "
    "function gateway generate global group handle handler hardware hash header health hidden history home host "
    "hotfix icon identity image import include index information inherit initial inject input insert inspect "
    "install instance integrity interface internal internet invoke isolate item job journal kernel keyboard "
    "language launch layer ledger level library license limit link list listen load local locale location lock log "
    "login loop machine mail manage manifest map mask master match memory message metadata method microphone "
    "migrate mirror mode module monitor mount move name native network node notify null object offline online open "
    "operator option order output owner package packet page parallel parameter parent parse partition password "
    "patch path pattern payload performance permission persist phone pipeline platform plugin policy port power "
    "prefix prepare preview principal print priority private process produce profile program project prompt "
    "property protect protocol provider proxy public publish query queue quick random range read record recover "
    "recycle redirect reflect refresh region register registry release remote remove rename render repair replace "
    "report request reserve reset resolve resource response restart restore result resume return reverse revoke "
    "role root route runtime sample sandbox save scan schedule schema scope screen script search section secure "
    "security segment select sequence serial server service session setting setup shadow share shell shortcut "
    "shutdown signal silent simple single snapshot socket software source special speed spool stack stage standard "
    "start state static status stop storage store stream string structure submit subscribe suffix summary support "
    "suspend switch symbol sync syntax system table target task template temporary terminal test text thread ticket "
    "timeline token trace track traffic transfer transform translate transport trigger trust tunnel type undo "
    "uninstall unique unlock unpack update upgrade upload user utility validate value variable vector vendor verify "
    "version video virtual volume wait warning watch window wizard worker workflow workspace wrapper write zone"
)
WORDS = tuple(_TEXT.split())
_PROGRAMS = ("powershell", "cmd", "rundll32", "msiexec", "svchost", "python", "java", "wmic", "schtasks", "certutil")
_FOLDERS = ("Windows", "System32", "ProgramData", "Users", "AppData", "Local", "Temp", "Common Files")


def processes(count: int, seed: int = 1) -> Iterator[bytes]:
    """``count`` events, one line each, without line ends."""
    draw = Draw(seed)
    for number in range(count):
        yield json.dumps(_event(draw, number), separators=(",", ":")).encode()


def pair(draw: Draw) -> str:
    """Two words in one: what names of programs and options look like."""
    return draw.pick(WORDS) + draw.pick(WORDS).title()


def _event(draw: Draw, number: int) -> dict[str, Any]:
    user = draw.pick(words.USERS)
    return {
        "version": "0",
        "source": "sensor.process",
        "detail-type": draw.pick(("Process Start", "Process Access", "Script Block")),
        "account": words.account(draw),
        "region": draw.pick_skewed(words.REGIONS),
        "detail": {
            "processId": 1000 + number,
            "image": _image(draw),
            "commandLine": _command(draw, 28),
            "currentDirectory": f"C:\\Users\\{user}\\",
            "user": f"{draw.pick(words.TEAMS)}\\{user}",
            "integrityLevel": draw.pick(("Low", "Medium", "High", "System")),
            "hashes": {"md5": draw.hexadecimal(32), "sha256": draw.hexadecimal(64)},
            "parentProcessId": draw.between(4, 999),
            "parentImage": _image(draw),
            "parentCommandLine": _command(draw, 20),
            "scriptBlock": " ".join(f"{_option(draw)};" for _ in range(31)),
            "environment": {pair(draw): draw.hexadecimal(20) for _ in range(5)},
        },
    }


def _image(draw: Draw) -> str:
    folders = "\\".join(draw.pick(_FOLDERS) for _ in range(3))
    return f"C:\\{folders}\\{draw.pick(_PROGRAMS)}\\{pair(draw)}.exe"


def _command(draw: Draw, options: int) -> str:
    return " ".join([f"{draw.pick(_PROGRAMS)}.exe", *(_option(draw) for _ in range(options))])


def _option(draw: Draw) -> str:
    return f"-{pair(draw)} {draw.pick(WORDS)}"
