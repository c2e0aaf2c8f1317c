"""Which target or source a URI means: by its scheme, ours or one that a plug-in brings.

    file:dead.jsonl  stdout:  http://...  https://...  memory:     targets
    file:orders.jsonl  stdin:                                      sources

In: the settings of a target, or the URI and the options of a source. Out: a target or a source, ready to be used;
SetupError with every problem in its settings.

A plug-in is an installed distribution with an entry point in the group ``ruler.schemes``: its name is the scheme, and
what it names is a Scheme, which says how to make targets, sources, or both:

    [project.entry-points."ruler.schemes"]
    queue = "our_queue.ruler:SCHEME"

Always: a plug-in is loaded when its scheme is used, not before. A scheme that two distributions bring, or one of ours
that a plug-in brings too, is an error that names both, never a choice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from urllib.parse import unquote

from ruler.errors import text_of
from ruler.findings import printable
from ruler.route.model import Source, Target
from ruler.route.options import Options, SetupError, problem, quoted
from ruler.route.rule_set import TargetSettings
from ruler.words import near_word

GROUP = "ruler.schemes"
OURS = "ruler-events"  # our distribution
MOST_IN_MEMORY = 10_000  # deliveries that memory: keeps
LONGEST_TEXT = 300  # characters of an error in a plug-in
_is_scheme = re.compile(r"[a-z][a-z0-9+.-]*").fullmatch
URI_WHY = "the URI says what it is: its scheme, and where it stands"
TARGET_FORM = '"https://ops.example/hook"'
SOURCE_FORM = '"file:orders.jsonl"'

MakeTarget = Callable[[TargetSettings], Target]
MakeSource = Callable[[str, Mapping[str, object]], Source]  # of a URI and options


@dataclass(frozen=True, slots=True)
class Scheme:
    """What a scheme means; None where it means no target, or no source. Makers raise SetupError (options.py)."""

    target: MakeTarget | None = None
    source: MakeSource | None = None
    check: Callable[[TargetSettings], object] | None = None  # raises what ``target`` would, where that makes things


def target_of(settings: TargetSettings) -> Target:
    """Return the target that settings describe. SetupError, with places in the document, where there can be none."""
    try:
        return _maker_of(settings)[0](settings)
    except SetupError as error:
        raise error.below("targets", settings.name) from error.__cause__


def checked_target(settings: TargetSettings) -> Target | None:
    """Raise what ``target_of`` would, and leave no trace. Returns a target, to be closed, where one had to be made."""
    try:
        make, check = _maker_of(settings)
        if check is None:
            return make(settings)
        check(settings)
    except SetupError as error:
        raise error.below("targets", settings.name) from error.__cause__
    return None


def source_of(uri: str, options: Mapping[str, object]) -> Source:
    """Return the source that a URI and options describe. SetupError where there can be none."""
    try:
        name = _scheme_name(uri, SOURCE_FORM)
        make = scheme_of(name, SOURCE_FORM).source
        if make is None:
            raise _not_made(name, "source", "target")
        return make(uri, options)
    except SetupError as error:
        raise error.below("source") from error.__cause__


def known_schemes() -> frozenset[str]:
    """The schemes of targets and sources: ours, and those of the plug-ins that are installed. None is loaded."""
    return frozenset(BUILT_IN) | _plug_ins().keys()


def scheme_of(name: str, form: str = TARGET_FORM) -> Scheme:
    """What a scheme means, by its name in small letters. SetupError where it is unknown, or not to be had."""
    brought = _plug_ins().get(name, [])
    owners = [*([OURS] if name in BUILT_IN else []), *map(_distribution_of, brought)]
    if len(owners) > 1:
        raise problem(
            ("uri",),
            f"two distributions bring the scheme {quoted(name)}: {' and '.join(owners)}",
            why="one scheme means one kind of target, and nothing says which of them is meant",
            write=f"one of them uninstalled, so: pip uninstall {owners[-1]}",
        )
    if brought:
        return _loaded(name, brought[0])
    if name not in BUILT_IN:
        known = sorted(known_schemes())
        near = near_word(name, known)
        what = f"nothing has the scheme {quoted(name)}" + (f'; did you mean "{near}"?' if near else "")
        why = f"the schemes are {', '.join(known)}; plug-ins add others"
        raise problem(("uri",), what, why=why, write=f'"{near}:..."' if near else form)
    return BUILT_IN[name]


def _scheme_name(uri: str, form: str = TARGET_FORM + ', or "file:dead.jsonl"') -> str:
    name, colon, _ = uri.partition(":")
    if not colon or not _is_scheme(name.lower()):
        what = "there is no URI" if not uri else "the URI has no scheme"
        raise problem(("uri",), what, why=URI_WHY, write=form)
    return name.lower()


def _maker_of(settings: TargetSettings) -> tuple[MakeTarget, Callable[[TargetSettings], object] | None]:
    """What makes the target of the settings, and what checks them without making anything, where that differs."""
    name = _scheme_name(settings.uri)
    scheme = scheme_of(name)
    if scheme.target is None:
        raise _not_made(name, "target", "source")
    return scheme.target, scheme.check


def _not_made(name: str, wanted: str, other: str) -> SetupError:
    what = f'"{name}" is the scheme of a {other}, and no {wanted} has it'
    return problem(("uri",), what, why=URI_WHY, write=f"a scheme of a {wanted}, such as file")


# ----- plug-ins


def _plug_ins() -> dict[str, list[EntryPoint]]:
    """The entry points of plug-ins by scheme."""
    found: dict[str, list[EntryPoint]] = {}
    for each in entry_points(group=GROUP):
        if _is_scheme(each.name.lower()):
            found.setdefault(each.name.lower(), []).append(each)
    return found


def _distribution_of(entry_point: EntryPoint) -> str:
    distribution = entry_point.dist
    return "a distribution without a name" if distribution is None else printable(str(distribution.name))


def _loaded(name: str, entry_point: EntryPoint) -> Scheme:
    owner = _distribution_of(entry_point)
    try:
        scheme = entry_point.load()
    except Exception as error:
        text = printable(f"{type(error).__name__}: {text_of(error)}"[:LONGEST_TEXT])
        raise problem(
            ("uri",),
            f"the plug-in {owner}, which brings the scheme {quoted(name)}, cannot be loaded: {text}",
            why=f"its entry point is {printable(entry_point.value)}, and that raised an error",
            write=f"a version of {owner} that works here",
        ) from error
    if not isinstance(scheme, Scheme):
        raise problem(
            ("uri",),
            f"the plug-in {owner}, which brings the scheme {quoted(name)}, gives a {type(scheme).__name__}",
            why="what the entry point of a plug-in names is a Scheme of ruler.route.schemes",
            write=f"SCHEME = Scheme(target=...) in {owner}, where {printable(entry_point.value)} is",
        )
    return scheme


# ----- ours; each module is imported when its scheme is used


def path_of(uri: str) -> str:
    """The path that a URI with the scheme file means; relative to the current directory. SetupError for none.

    >>> path_of("file:dead.jsonl"), path_of("file:///var/log/dead%20letters.jsonl"), path_of("file:/tmp/x")
    ('dead.jsonl', '/var/log/dead letters.jsonl', '/tmp/x')
    """
    rest = uri.partition(":")[2]
    if rest.startswith("//"):
        host, slash, path = rest[2:].partition("/")
        if host not in ("", "localhost"):
            what = f"the URI names the machine {quoted(host)}"
            raise problem(("uri",), what, why="files are on this machine", write='"file:/var/..." for a whole path')
        rest = slash + path
    path = unquote(rest, errors="surrogateescape")
    if not path or path.endswith("/") or "\0" in path:
        what = "the URI names no file"
        raise problem(("uri",), what, why="after the scheme stands the path of a file", write='"file:orders.jsonl"')
    return path


def _file_target(settings: TargetSettings) -> Target:
    from ruler.route.targets.lines import LinesTarget

    path, sync = _file_settings(settings)
    return LinesTarget(path, sync=sync)


def _check_file_target(settings: TargetSettings) -> None:
    from ruler.route.targets.line_file import check_path

    check_path(_file_settings(settings)[0])


def _file_settings(settings: TargetSettings) -> tuple[str, bool]:
    options = Options(settings.options, "a file target", ("sync",))
    sync = options.boolean("sync", why="with sync, deliveries are on the disk before they are Ok")
    options.finish()
    return path_of(settings.uri), sync


def _stdout_target(settings: TargetSettings) -> Target:
    from ruler.route.targets.stdout import StdoutTarget

    _require_nothing(settings.uri, "stdout")
    Options(settings.options, "a stdout target", ()).finish()
    return StdoutTarget()


def _memory_target(settings: TargetSettings) -> Target:
    from ruler.route.targets.memory import MemoryTarget

    Options(settings.options, "a memory target", ()).finish()
    return MemoryTarget(MOST_IN_MEMORY)


def _http_target(settings: TargetSettings) -> Target:
    from ruler.route.targets.http import JSON, HttpTarget
    from ruler.route.targets.http_request import read_headers

    options = Options(settings.options, "an HTTP target", ("headers", "content_type"))
    headers = read_headers(options)
    why, write = "it goes out as the header Content-Type", f'"content_type": "{JSON}"'
    content_type = options.text("content_type", default=JSON, why=why, write=write)
    try:
        target = HttpTarget(settings.uri, timeout=settings.timeout, headers=headers, content_type=content_type)
    except SetupError as error:
        of_options = SetupError(*(each for each in error.problems if each.location[0] != "uri")).below("options")
        of_uri = [each for each in error.problems if each.location[0] == "uri"]
        raise SetupError(*options.problems, *of_uri, *of_options.problems) from None
    options.finish()
    return target


def _file_source(uri: str, given: Mapping[str, object]) -> Source:
    from ruler.route.sources.lines import ON_LOSS, LinesSource

    options = Options(given, "a file source", ("position_file", "follow", "on_loss"))
    why = "it says up to where all events are done; without it, it stands beside the file"
    position_file = options.text("position_file", why=why, write='"position_file": "orders.position"')
    follow = options.boolean(
        "follow", default=True, why="with follow, the source waits at the end of the file for more"
    )
    why = "it says what to do where lines that were not done are gone"
    on_loss = options.word("on_loss", ON_LOSS, why=why)
    options.finish()
    return LinesSource(path_of(uri), position_file or None, follow, on_loss=on_loss)


def _stdin_source(uri: str, given: Mapping[str, object]) -> Source:
    from ruler.route.sources.stdin import StdinSource

    _require_nothing(uri, "stdin")
    Options(given, "a stdin source", ()).finish()
    return StdinSource()


def _require_nothing(uri: str, scheme: str) -> None:
    if uri.partition(":")[2] not in ("", "-"):
        what = f'the URI names something after "{scheme}:"'
        raise problem(("uri",), what, why="there is only one of it", write=f'"{scheme}:"')


BUILT_IN: Mapping[str, Scheme] = {
    "file": Scheme(target=_file_target, source=_file_source, check=_check_file_target),
    "stdin": Scheme(source=_stdin_source),
    "stdout": Scheme(target=_stdout_target),
    "memory": Scheme(target=_memory_target),
    "http": Scheme(target=_http_target),
    "https": Scheme(target=_http_target),
}
