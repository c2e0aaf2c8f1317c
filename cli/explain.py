"""``ruler explain``: says why events match rules, or do not, and what would make them.

Rules come from files and arguments as for ``filter``. Events come from one file or standard input: one JSON object,
which may be laid out over lines, or JSON lines, each an event of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ruler import EventError, Matcher
from ruler.dialects.names import DEFAULT_DIALECT
from ruler.findings import Finding, Source, printable
from ruler.machine.decode import decode
from ruler.machine.select_lines import JSON_WHITE_SPACE
from ruler.paint import Paint
from ruler.words import near_word
from ruler_cli.arguments import Parser, whole_number
from ruler_cli.bad_lines import SHOWN_BAD_LINES, total_of_bad_lines
from ruler_cli.colour import paint_for
from ruler_cli.exit_codes import EXIT_TROUBLE
from ruler_cli.lines import blocks_of_lines, open_input
from ruler_cli.rule_options import add_and_tell, add_rule_options, refuse_reading_twice, require_rules, tell
from ruler_cli.streams import STANDARD_OUTPUT, write_message, write_output

EXIT_ALL_MATCHED = 0
EXIT_NOT_ALL = 1

NEAREST = 5  # rules explained for each event when nothing else is said

HELP = """\
usage: ruler explain (-r FILE | -e JSON)... [options] [FILE]

Say why an event matches rules or does not: for each path the values that the
event has, the pattern that accepts one, or why none does; and what change of
the event or of the rule would make it match.
FILE holds one event, a JSON object, or JSON lines, each of them an event.
Without FILE, or when FILE is -, read standard input.

rules (at least one is needed):
  -r, --rules FILE     {"name": {rule}, ...}, or a list of
                       {"name": "...", "rule": {rule}}; also a directory, JSON
                       lines, a CloudFormation or SAM template, the output of
                       'aws events list-rules', or filters of SNS, Lambda or
                       Pipes (docs/sources.md); YAML with an extra
  -e, --pattern JSON   one rule; the first is called pattern-1, and so on
      --dialect NAME   refuse what this service refuses: event-ruler,
                       eventbridge, eventbridge-pipes, lambda, sns-attributes
                       or sns-body (docs/dialects.md); default: ruler
      --rule NAME      explain this rule alone; may be given several times

what is written:
  -n, --limit NUM      how many rules to explain for each event, the nearest
                       misses first (default 5, or all that --rule names);
                       0 for all
      --details        in place of explanations, how rules matched: which
                       branches, which values at which place
      --format FORMAT  human (default), or json, one object for each event

  -h, --help           show this text
      --version        show the version and the engine that matches events

exit codes: 0 every event matched one of the rules asked about, 1 one did not,
2 trouble (rules with errors, an unreadable file, text that is no event).

example:
  ruler explain -r rules.json --rule big-orders event.json
"""


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asked for."""

    rules: list[str]  # files
    patterns: list[str]  # texts
    dialect: str
    names: list[str]  # of the rules asked about; none for all
    limit: int | None
    details: bool
    format: str  # "human", "json"
    file: str


def options_of(arguments: Sequence[str]) -> Options:
    """Return the options; exits with a message when they make no sense."""
    parser = explain_parser()
    parsed = parser.parse(arguments)
    require_rules(parser, parsed)
    if len(parsed.files) > 1:
        parser.error(f"found {len(parsed.files)} files, expected one with an event or with JSON lines")
    refuse_reading_twice(parser, parsed, parsed.files or ["-"])
    limit = parsed.limit if parsed.limit is not None else 0 if parsed.rule else NEAREST
    return Options(
        parsed.rules,
        parsed.pattern,
        parsed.dialect or DEFAULT_DIALECT,
        parsed.rule,
        limit or None,
        parsed.details,
        parsed.format,
        parsed.files[0] if parsed.files else "-",
    )


def explain_parser() -> Parser:
    parser = Parser("ruler explain", HELP)
    add_rule_options(parser)
    parser.add_argument("--rule", metavar="NAME", action="append", default=[])
    parser.add_argument("-n", "--limit", metavar="NUM", type=whole_number, default=None)
    parser.add_argument("--details", action="store_true")
    return parser


def run_explain(arguments: Sequence[str]) -> int:
    """Run ``ruler explain``. Exit: 0 all events matched, 1 some did not, 2 trouble."""
    options = options_of(arguments)
    matcher: Matcher[str] = Matcher(dialect=options.dialect)
    if not add_and_tell(matcher, options.rules, options.patterns, options.format):
        return EXIT_TROUBLE
    asked = _asked_about(matcher, options)
    return EXIT_TROUBLE if asked is None else _explain_events(asked, options)


def _asked_about(matcher: Matcher[str], options: Options) -> Matcher[str] | None:
    """Return a matcher of the rules asked about; None, and told, when there is no such rule."""
    if not options.names:
        return matcher
    asked: Matcher[str] = Matcher()
    for name in dict.fromkeys(options.names):
        if name not in matcher:
            message = f'no rule is named "{name}"{_advice(name, matcher)}'
            tell(Finding(Source("--rule", ""), "rule-unknown", message), options.format)
            return None
        for text in matcher.rules[name]:
            asked.add_rule(name, text)
    return asked


def _advice(name: str, matcher: Matcher[str]) -> str:
    near = near_word(name, matcher)
    return f'; did you mean "{near}"?' if near else ""


def _explain_events(matcher: Matcher[str], options: Options) -> int:
    """Explain each event of the input, and return the exit code."""
    name = "<stdin>" if options.file == "-" else options.file
    content = _content_of(options)
    if content is None:
        return EXIT_TROUBLE
    paint = paint_for(STANDARD_OUTPUT)
    code, count, bad_count = EXIT_ALL_MATCHED, 0, 0
    for line, event in _events_of(content):
        try:
            matched, output = _explained(matcher, event, options, paint, (name, line), is_first=count == 0)
        except EventError as error:
            code = EXIT_TROUBLE
            bad_count += 1
            if options.format == "json" or bad_count <= SHOWN_BAD_LINES:
                _refuse(error, options.format, name, line or 1, event, content)
            continue
        count += 1
        write_output(output.encode())
        if not matched and code == EXIT_ALL_MATCHED:
            code = EXIT_NOT_ALL
    if bad_count > SHOWN_BAD_LINES and options.format == "human":
        write_message(f"ruler: {total_of_bad_lines(bad_count)}")
    return code


def _content_of(options: Options) -> bytes | None:
    try:
        with open_input(options.file) as file:
            return b"".join(blocks_of_lines(file))
    except OSError as error:
        name = "<stdin>" if options.file == "-" else options.file
        tell(Finding(Source(name, ""), "file-unreadable", error.strerror or str(error)), options.format)
        return None


def _events_of(content: bytes) -> Iterator[tuple[int | None, bytes]]:
    """Yield the line of each event and its text; None for the line when all is one event."""
    lines = content.split(b"\n")
    filled = [(number, line) for number, line in enumerate(lines, 1) if line.strip(JSON_WHITE_SPACE)]
    if len(filled) < 2 or _is_event(content) or not any(_is_event(line) for _, line in filled[:2]):
        yield None, content
    else:
        yield from filled


def _is_event(text: bytes) -> bool:
    try:
        decode(text)
    except EventError:
        return False
    return True


def _explained(
    matcher: Matcher[str],
    event: bytes,
    options: Options,
    paint: Paint,
    place: tuple[str, int | None],
    *,
    is_first: bool,
) -> tuple[bool, str]:
    """Return whether ``event`` matched, and what is written about it."""
    name, line = place
    header = "" if line is None else f"{paint('place', printable(f'{name}:{line}:'))} "
    gap = "" if is_first else "\n"
    if options.details:
        details = matcher.match_details(event)
        if options.format == "json":
            return bool(details), _json_line(name, line, bool(details), details=[each.as_dict() for each in details])
        line_end = "\n" if header else ""
        text = "\n".join(each.text(paint) for each in details) or paint("bad", "no rule matched")
        return bool(details), f"{gap}{header.rstrip() + line_end if details else header}{text}\n"
    explained = matcher.explain(event, limit=options.limit)
    if options.format == "json":
        return explained.matched, _json_line(name, line, explained.matched, **explained.as_dict())
    # One rule by itself needs no count of rules above it.
    text = explained.rules[0].text(paint) if len(matcher) == 1 else explained.text(paint)
    return explained.matched, f"{gap}{header}{text}\n"


def _json_line(name: str, line: int | None, matched: bool, **more: Any) -> str:
    import json

    record = {"file": name, "line": line, "matched": matched, **more}
    return json.dumps(record, ensure_ascii=True) + "\n"


def _refuse(error: EventError, form: str, name: str, first_line: int, event: bytes, content: bytes) -> None:
    """Say where and why ``event``, which begins on ``first_line`` of ``content``, is none."""
    before = event[: error.offset or 0]
    line = first_line + before.count(b"\n")
    column = len(before[before.rfind(b"\n") + 1 :].decode(errors="replace")) + 1
    source = Source(name, content.decode(errors="replace") if form == "human" else "")  # people see the line
    tell(Finding(source, error.code, error.what, line=line, column=column), form)
