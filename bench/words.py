"""Somebody else's words, fit to be shown to anyone: without the places of the machine they were said on."""

from __future__ import annotations

import re

_ADDRESS = re.compile(r"\b(?:https?|file)://[^\s,;)\]\"']*")
_PATH = re.compile(r"(?<![\w.])/(?:[\w.@+-]+/)+[\w.@+-]*")
_HOST = re.compile(r"(?:(?<=lookup )|(?<=host=')|(?<=host=\")|(?<=connect to )|(?<=[Ff]rom/to ))[\w.-]+")
_NUMBERS = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b")


def without_places(words: str) -> str:
    """One line, in which an ellipsis stands for each address, host, and path of a file."""
    for place in (_ADDRESS, _PATH, _HOST, _NUMBERS):
        words = place.sub("…", words)
    return " ".join(words.split())
