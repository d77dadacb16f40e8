"""The prompt of the debugger: reads a command, does it, and goes on after any error.

The commands themselves are the methods `do_...` of the classes built on this one; their
docstrings are what `help` prints. Input that comes from a pipe is echoed, so that the
transcript of a scripted session reads like one at a terminal.
"""

import cmd
import contextlib
import difflib
import inspect
import shlex
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import TextIO, TypeVar

from ...errors import GraphError, OperandError
from ...value import Value
from ..tape import Tape
from ..tape.steps import Step
from ..wording import Wording

__all__ = ["Prompt", "middle_left_out"]

T = TypeVar("T")

SHORT = {
    "b": "break",
    "bk": "back",
    "c": "continue",
    "cont": "continue",
    "d": "down",
    "h": "help",
    "j": "jump",
    "l": "list",
    "n": "next",
    "p": "print",
    "q": "quit",
    "exit": "quit",
    "r": "reverse",
    "rc": "reverse",
    "rn": "previous",
    "rs": "back",
    "s": "step",
    "u": "up",
    "unt": "until",
    "w": "where",
    "?": "help",
}
"""pdb's short names, and gdb's for going back."""


class Prompt(cmd.Cmd):
    """Reads commands about `tape` from `stdin` and writes to `stdout`."""

    prompt = "(tape) "

    def __init__(
        self, tape: Tape, *, stdin: TextIO | None = None, stdout: TextIO | None = None
    ) -> None:
        """Stand where the tape stands."""
        super().__init__(stdin=stdin, stdout=stdout)
        self.tape = tape
        self.words = Wording(tape)
        self.selected: Value = tape.last.node if tape.last else tape.root
        self.is_terminal = self.stdin is sys.stdin and self.stdin.isatty()
        self.use_rawinput = self.is_terminal

    # --- reading --------------------------------------------------------------------
    def preloop(self) -> None:
        """Let a whole name such as `layers.0.weight[2]` be completed."""
        with contextlib.suppress(ImportError, AttributeError):  # Windows has none
            import readline

            self._delimiters = readline.get_completer_delims()
            readline.set_completer_delims(" \t\n")

    def postloop(self) -> None:
        """Leave the terminal as it was found."""
        with contextlib.suppress(ImportError, AttributeError):
            import readline

            readline.set_completer_delims(self._delimiters)

    def get_names(self) -> list[str]:
        """Return the names among which `help` finds the commands."""
        return [name for name in super().get_names() if name != "do_EOF"]

    def precmd(self, line: str) -> str:
        """Echo what a pipe sends, and write out a short name."""
        if not self.is_terminal and line != "EOF":
            self.say(line.rstrip("\n"))
        word, gap, rest = line.strip().partition(" ")
        return f"{SHORT.get(word, word)}{gap}{rest}"

    def onecmd(self, line: str) -> bool:
        """Do a command; an error is told, and nothing else is lost by it."""
        try:
            return bool(super().onecmd(line))
        except KeyboardInterrupt:
            self.say("\n*** interrupted")
        except OSError as error:  # whose number says nothing to a person
            self.say(f"*** {error if error.filename else error.strerror or error}")
        except (ArithmeticError, ImportError, TypeError, ValueError) as error:
            self.say(f"*** {error}")
        except Exception as error:  # a row of somebody's own may raise anything
            self.say(f"*** {type(error).__name__}: {error}")
        return False

    def do_EOF(self, line: str) -> bool:  # noqa: N802 - what cmd makes of the end
        """End the session where the input ends."""
        self.say("")
        return True

    def default(self, line: str) -> None:
        """Refuse what is no command, and name the near ones."""
        word = line.split()[0] if line.split() else line
        known = [name[3:] for name in self.get_names() if name.startswith("do_")]
        near = difflib.get_close_matches(word, known, n=3)
        hint = f"did you mean {', '.join(near)}?" if near else "help lists them"
        raise GraphError(f"{word} is no command; {hint}")

    def completedefault(self, text: str, *_: object) -> list[str]:
        """Complete the name of a node."""
        return [name for name in self.tape.names.known() if name.startswith(text)]

    def do_help(self, arg: str) -> None:
        """`h(elp) [COMMAND]`: what a command does; alone, all commands."""
        command = getattr(self, f"do_{SHORT.get(arg, arg)}", None)
        if command is not None:
            self.say(inspect.cleandoc(command.__doc__ or ""))
        elif arg:
            self.default(arg)
        else:
            self.say_all(self._commands())

    def _commands(self) -> Iterator[str]:
        """Yield a line for each command, in the order of the code."""
        ours = [
            kind for kind in reversed(type(self).__mro__) if issubclass(kind, Prompt)
        ]
        for name, command in chain.from_iterable(vars(kind).items() for kind in ours):
            if name.startswith("do_") and name in self.get_names():
                first = (command.__doc__ or "").splitlines()[0]
                usage, _, meaning = first.removeprefix("`").partition("`: ")
                yield f"  {usage:30} {meaning}"

    def do_quit(self, line: str) -> bool:
        """`q(uit)`: end the session; the program goes on."""
        return True

    # --- arguments ------------------------------------------------------------------
    def arguments(self, line: str, most: int, usage: str) -> list[str]:
        """Return the words of a command's line, names with blanks in quotes.

        Raises `OperandError` where there are more than `most`.
        """
        try:
            words = shlex.split(line)
        except ValueError:
            words = line.split()
        if len(words) > most:
            raise OperandError(f"too many words; write it as: {usage}")
        return words

    def count(self, word: str) -> int:
        """Return a number of steps that a person typed."""
        if not word.isdecimal() or not int(word):
            raise OperandError(f"{word!r} is no number of steps; write 1, 2, 3, ...")
        return int(word)

    def last_count(self, words: list[str], default: int) -> int:
        """Take a number off the end of the words, the default where there is none."""
        has_one = bool(words) and words[-1].isdecimal()
        return self.count(words.pop()) if has_one else default

    def node(self, name: str) -> Value:
        """Return the node of a name, the selected one of no name or a dot."""
        return self.selected if name in ("", ".") else self.tape.names.find(name)

    # --- writing --------------------------------------------------------------------
    def say(self, text: str) -> None:
        """Write a line, in what the stream can encode."""
        encoding = getattr(self.stdout, "encoding", None) or "utf-8"
        encodable = text.encode(encoding, "backslashreplace").decode(encoding)
        self.stdout.write(f"{encodable}\n")
        self.stdout.flush()

    def say_all(self, lines: Iterable[str]) -> None:
        """Write lines."""
        for line in lines:
            self.say(line)

    def show(self, step: Step | None) -> None:
        """Write what a step did, and select its node."""
        if step is not None:
            self.selected = step.node
            self.say_all(self.words.step(step))


def middle_left_out(path: Sequence[T], most: int, gap: Callable[[int], T]) -> list[T]:
    """Return a path, of a long one its ends and what stands for so many between.

    >>> middle_left_out("abcdef", 4, lambda count: f"{count} more")
    ['a', 'b', '2 more', 'e', 'f']
    """
    if len(path) <= most:
        return list(path)
    half = most // 2
    return [*path[:half], gap(len(path) - 2 * half), *path[-half:]]
