"""The commands about breakpoints and watches."""

from ...errors import OperandError, UnknownNameError
from ..tape.breakpoints import Breakpoint
from .prompt import Prompt

__all__ = ["Stopping"]


class Stopping(Prompt):
    """Sets, lists and takes away what a run stops at."""

    def do_break(self, line: str) -> None:
        """`b(reak) [WHAT] [if CONDITION]`: stop there; alone, list the breakpoints.

        WHAT is a node (`loss`, `n7`), an operation (`log`), a module
        (`MLP.layers.0`), a line of the root's file (`14`) or of any (`model.py:14`).
        It stops when such a node gets its value, and when it hands its gradient on.
        Where a name could mean several things, say `break op log`, `break node log`,
        `break module log`. A condition is about each node at hand:
        `break if abs(grad) > 10`, `break log if data < 0`.
        """
        if not line.strip():
            self._list()
            return
        self._added(self._set(line))

    def do_watch(self, line: str) -> None:
        """`watch NODE or CONDITION`: stop whenever its value or gradient changes.

        `watch w.grad` stops at each contribution to the gradient of w,
        `watch op tanh` and `watch module MLP.layers.0` at each to one of these,
        `watch not isfinite(data)` where a value is not finite.
        """
        what = line.strip()
        kind, _, name = what.partition(" ")
        if not what:
            raise OperandError("watch what? a node, or a condition: watch grad > 1")
        if kind in ("op", "module", "line") and name:
            self._added(self.tape.watch(**{kind: name.strip()}))
        else:
            self._added(self.tape.watch(what))

    def do_clear(self, line: str) -> None:
        """`clear [NUMBER ...]`: take away these breakpoints, or all of them."""
        for each in self._numbered(line):
            self.tape.clear(each)
            self.say(f"took away {each}")

    def do_enable(self, line: str) -> None:
        """`enable [NUMBER ...]`: let these breakpoints stop again, or all of them."""
        self._switch(line, True)

    def do_disable(self, line: str) -> None:
        """`disable [NUMBER ...]`: do not stop at these breakpoints, or at any."""
        self._switch(line, False)

    def meant(self, what: str) -> Breakpoint:
        """Return the breakpoint that a text means, without setting it.

        A text that nothing is called by may be a condition.
        """
        try:
            each = self._set(what)
        except UnknownNameError:
            if what.replace("_", "").replace(".", "").isalnum():
                raise
            each = self._set(f"if {what}")
        self.tape.clear(each)
        return each

    def _set(self, line: str) -> Breakpoint:
        what, found, rule = f" {line} ".partition(" if ")
        asked = {"condition": rule.strip()} if found else {}
        what = what.strip()
        kind, _, name = what.partition(" ")
        if kind in ("node", "op", "module", "line") and name:
            return self._break_at(kind, name.strip(), asked)
        if not what:
            return self.tape.break_at(**asked)
        if what.isdecimal() or what.rpartition(":")[2].isdecimal():
            return self._break_at("line", what, asked)
        for kind in ("node", "op", "module"):
            try:
                return self._break_at(kind, what, asked)
            except UnknownNameError:
                continue
        raise UnknownNameError("node, operation or module", what, self._stoppable())

    def _break_at(self, kind: str, name: str, asked: dict[str, str]) -> Breakpoint:
        return self.tape.break_at(**{kind: name}, **asked)

    def _stoppable(self) -> set[str]:
        nodes = self.tape.nodes
        ops = {node.op.name for node in nodes if node.op}
        return (
            ops
            | {node.scope for node in nodes if node.scope}
            | set(self.tape.names.known())
        )

    def _added(self, each: Breakpoint) -> None:
        count = "" if each.nodes is None else f" ({len(each.nodes):,} of the nodes)"
        self.say(f"{each}{count if each.nodes and len(each.nodes) > 1 else ''}")

    def _list(self) -> None:
        self.say_all(
            map(str, self.tape.breakpoints)
            if self.tape.breakpoints
            else ["no breakpoints; help break tells how to set one"]
        )

    def _numbered(self, line: str) -> list[Breakpoint]:
        words = line.split()
        known = {str(each.number): each for each in self.tape.breakpoints}
        for word in words:
            if word not in known:
                raise UnknownNameError("breakpoint", word, known)
        return [known[word] for word in words] if words else list(known.values())

    def _switch(self, line: str, enabled: bool) -> None:
        for each in self._numbered(line):
            each.enabled = enabled
            self.say(str(each))

    def complete_break(self, text: str, *_: object) -> list[str]:
        """Complete a node, an operation or a module."""
        return sorted(name for name in self._stoppable() if name.startswith(text))

    complete_until = complete_reverse = complete_break
