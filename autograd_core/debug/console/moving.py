"""The commands that move: a step, a module, to a breakpoint, forwards and backwards."""

from collections.abc import Callable
from itertools import islice

from ...errors import UnknownNameError
from ...inspection import counted, number
from ...value import Value
from ..tape.steps import Step
from .stopping import Stopping

__all__ = ["Moving"]

_LISTED = 8  # leaves whose gradients are printed at the end


class Moving(Stopping):
    """Moves the tape and shows the step that led there."""

    def do_step(self, line: str) -> None:
        """`s(tep) [COUNT]`: do one step, or so many.

        Forward, a step gives one node its value. Backward, a step hands one node's
        gradient on to its operands.
        """
        self._repeat(line, "step [COUNT]", self.tape.step, self._at_end)

    def do_next(self, line: str) -> None:
        """`n(ext) [COUNT]`: do one step, or all those of a module."""
        self._repeat(line, "next [COUNT]", self.tape.over, self._at_end)

    def do_back(self, line: str) -> None:
        """`back, bk, rs [COUNT]`: undo one step, or so many, and show where that leads.

        Every number is again what it was.
        """

        def back() -> Step | None:
            return self.tape.back() and self.tape.last

        self._repeat(line, "back [COUNT]", back, self._at_start)

    def do_previous(self, line: str) -> None:
        """`previous, rn [COUNT]`: undo one step, or all those of a module."""
        self._repeat(line, "previous [COUNT]", self.tape.back_over, self._at_start)

    def do_continue(self, line: str) -> None:
        """`c(ontinue)`: go on to the next breakpoint, or to the end."""
        self.arguments(line, 0, "continue")
        self._arrive(self.tape.run(), self._at_end)

    def do_reverse(self, line: str) -> None:
        """`r(everse), rc [WHAT]`: go back to the breakpoint before, or to WHAT."""
        what = line.strip()
        tape = self.tape
        back = tape.reverse_to(self.meant(what)) if what else tape.reverse()
        self._arrive(back, self._at_start)

    def do_until(self, line: str) -> None:
        """`unt(il) [WHAT]`: go on until it is there; alone, to the next module.

        WHAT is what `break` takes, or a condition: `until loss`, `until log`,
        `until model.py:14`, `until not isfinite(data)`. A node is there when it gets
        its value, and when it hands its gradient on; a leaf when its gradient is
        complete. Breakpoints do not stop it.
        """
        what = line.strip()
        tape = self.tape
        step = tape.run_to(self.meant(what)) if what else tape.next_module()
        self._arrive(step, self._at_end)

    def do_jump(self, line: str) -> None:
        """`j(ump) MOMENT`: go to start, backward, end, or the number of a moment.

        `jump backward` goes to where the backward pass begins.
        """
        tape, words = self.tape, self.arguments(line, 1, "jump MOMENT")
        places = {"start": 0, "backward": tape.forward_steps + 1, "end": len(tape)}
        word = words[0] if words else ""
        if word not in places and not word.isdecimal():
            raise UnknownNameError("moment", word, [*places, str(tape.moment)])
        tape.go_to(min(places[word], len(tape)) if word in places else int(word))
        if tape.moment in (0, len(tape)):
            (self._at_end if tape.moment else self._at_start)()
        else:
            self.show(tape.last)

    def do_restart(self, line: str) -> None:
        """`restart`: go back to the start, where only the leaves have values."""
        self.do_jump("start")

    # --- arriving -------------------------------------------------------------------
    def _repeat(
        self,
        line: str,
        usage: str,
        move: Callable[[], Step | None],
        at_limit: Callable[[], None],
    ) -> None:
        words = self.arguments(line, 1, usage)
        step = None
        for _ in range(self.count(words[0]) if words else 1):
            step = move()
            if step is None or self.tape.stops:
                break
        self._arrive(step, at_limit)

    def _arrive(self, step: Step | None, at_limit: Callable[[], None]) -> None:
        for stop in self.tape.stops:
            reason = f"{stop.breakpoint.number}, {stop.breakpoint.text}"
            self.say(f"stopped at {reason}: {self.words.name(stop.node)}")
            if stop.error is not None:
                self.say(f"*** its condition cannot be told: {stop.error}")
        if step is None:
            at_limit()
        else:
            self.show(step)

    def _at_start(self) -> None:
        self.selected = self.tape.root
        leaves = [node for node in self.tape.nodes if node.is_leaf]
        what = counted(len(leaves), "leaf has its value", "leaves have their values")
        self.say(f"at the start: {what}, nothing is computed")

    def _at_end(self) -> None:
        tape = self.tape
        self.selected = tape.last.node if tape.last else tape.root
        if not tape.root.requires_grad:
            self.say(
                "at the end: the root needs no gradient, there is no backward pass"
            )
            return
        self.say("at the end: every gradient is complete")
        named = [node for node in tape.nodes if node.is_leaf and node.requires_grad]
        self.say_all(map(self._leaf, islice(named, _LISTED)))
        if len(named) > _LISTED:
            self.say(f"  … and {len(named) - _LISTED:,} leaves more")

    def _leaf(self, node: Value) -> str:
        gradient = self.tape.grad(node)
        shown = "none has reached it" if gradient is None else number(gradient)
        return f"  {self.words.name(node)}: gradient {shown}"
