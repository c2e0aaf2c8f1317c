"""The ten lines people write by hand: prints the lines of a file whose STREET is FULTON."""

import sys

import orjson

with open(sys.argv[1], "rb") as lines:
    for line in lines:
        if orjson.loads(line)["properties"]["STREET"] == "FULTON":
            sys.stdout.buffer.write(line)
