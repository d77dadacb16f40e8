"""The command `python -m viz`: run a script and draw one of its values."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from autograd_core import Value
from autograd_core.errors import OperandError
from autograd_core.inspection import (
    ScriptError,
    divided,
    find,
    named_values,
    number,
    only_end,
    run,
)

from .files import check
from .picture import THEMES
from .rendering import ALL_SUFFIXES, render
from .tree import to_tree
from .view import Options

__all__ = ["main"]

_ABOUT = "Run a script as python would, and draw how one of its Values was computed."

_EXAMPLES = f"""\
Values without a label are called what the script's global names call them.
A FILE ends in one of {", ".join(ALL_SUFFIXES)};
without one a tree is printed.

examples:
  python -m viz train.py                            the tree of the one result
  python -m viz train.py --root loss -o loss.svg    a picture in a file
  python -m viz train.py --root "losses[-1]" --depth 1 -o loss.svg
  python -m viz train.py --root loss --focus model.bias --radius 2
  python -m viz train.py --root loss --backward --top-paths 3
  python -m viz train.py --expand dot mean -o loss.mmd -- --epochs 3
"""


def main(arguments: Sequence[str]) -> int:
    """Do what the arguments ask, print what went wrong, and return the exit code."""
    parser = _parser()
    own, of_script = divided(arguments)
    asked = parser.parse_args(own)
    try:
        if asked.script is None:
            raise ValueError("no SCRIPT.py to run; put it first, before --expand")
        _draw(asked, of_script)
    except ScriptError as error:
        _say(f"{parser.prog}: {error}; nothing is drawn")
        return error.code
    except (ImportError, OSError, OperandError, ValueError) as error:
        _say(f"{parser.prog}: error: {_message(error)}")
        return 2
    return 0


def _draw(asked: argparse.Namespace, of_script: Sequence[str]) -> None:
    if not Path(asked.script).is_file():
        raise FileNotFoundError(f"there is no script {asked.script!r} to run")
    out = Path(asked.output) if asked.output else None
    if out:
        check(out, ALL_SUFFIXES)  # before the script, which may take long
    out = out and out.absolute()  # as the script may go to another folder
    names = run(asked.script, of_script)
    if asked.names:
        _print_names(names)
        return
    root = find(asked.root, names) if asked.root else only_end(names)
    _see_to_gradients(root, asked.backward)
    _write(root, out, asked.renderer, _options(asked, names))


def _write(
    root: Value, out: Path | None, renderer: str | None, options: Options
) -> None:
    if out is None:
        _print_tree(root, options)
    else:
        render(root, out, renderer=renderer, verbose=True, **options)


def _options(asked: argparse.Namespace, names: dict[str, Any]) -> Options:
    """Return the options that were given; values are called what the script does."""
    options = {"names": names, "focus": asked.focus and find(asked.focus, names)}
    options["expand"] = None if asked.expand is None else asked.expand or True
    for name in ("depth", "limit", "radius", "top_paths", "theme"):
        options[name] = getattr(asked, name)
    given = {name: thing for name, thing in options.items() if thing is not None}
    return cast(Options, given)


def _see_to_gradients(root: Value, wanted: bool) -> None:
    if root.has_grad:
        return
    if wanted:
        root.backward()
    elif root.requires_grad:
        _say("backward was not run from this Value; --backward runs it")


def _print_tree(root: Value, options: Options) -> None:
    text = to_tree(root, **options)
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        text = to_tree(root, ascii_only=True, **options)
    print(text, end="")


def _print_names(names: dict[str, Any]) -> None:
    """Print each value that --root can name, what made it and its number."""
    found = named_values(names)
    widest = max(map(len, found.values()), default=0)
    for value, name in found.items():
        made_by = value.op.symbol if value.op else "leaf"
        print(f"{name:{widest}}  {made_by:10}  {number(value.data)}")


def _message(error: Exception) -> str:
    # The number of a system error says nothing to a person.
    if isinstance(error, OSError) and error.filename is None:
        return str(error.strerror or error)
    return str(error)


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m viz",
        description=_ABOUT,
        epilog=_EXAMPLES,
        usage="%(prog)s SCRIPT.py [--root NAME] [-o FILE] [options] [-- ARGUMENTS]",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("script", nargs="?", metavar="SCRIPT.py", help="the script to run")
    add(
        "--root",
        metavar="NAME",
        help="the Value: loss, losses[-1], model.bias; "
        "without it the one that all other global Values lead to",
    )
    add("-o", "--output", metavar="FILE", help="write the picture there")
    add("--backward", action="store_true", help="run root.backward() if nobody did")
    add("--depth", type=int, metavar="N", help="how deep modules stand open")
    add("--limit", type=int, metavar="N", help="boxes beyond which modules are closed")
    add("--focus", metavar="NAME", help="show the neighbourhood of this Value")
    add("--radius", type=int, metavar="N", help="how many arrows away it ends (1)")
    add("--top-paths", type=int, metavar="K", help="show the K heaviest paths")
    add(
        "--expand",
        nargs="*",
        metavar="OP",
        help="take fused operations apart, all or those named",
    )
    add("--theme", choices=THEMES, help="the colours of the picture")
    add(
        "--renderer",
        metavar="NAME",
        help="who draws .svg, .png or .pdf: dot, graphviz-pure or built-in",
    )
    add("--names", action="store_true", help="list the Values to choose from instead")
    return parser
