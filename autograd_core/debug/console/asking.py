"""The commands that explain and that change: why, paths, expand, set, restore, draw."""

from collections.abc import Iterator
from pathlib import Path

from ...errors import OperandError
from ...inspection import HeavyPath, counted, number
from ..drawing import draw
from ..explanation import explain_on, heaviest
from ..fused import Part, parts
from ..tape.answers import Change
from .prompt import Prompt, middle_left_out

__all__ = ["Asking"]

_DEPTH = 4  # sums that `why` writes out
_PATHS = 3
_SHOWN = 8  # changes, nodes of a path


class Asking(Prompt):
    """Explains gradients, and tries what would be if."""

    def do_why(self, line: str) -> None:
        """`why [NODE] [DEPTH]`: a gradient as a sum, and whence its terms came.

        Below the sums stands what is noteworthy: where a gradient of 0 was lost, which
        factor made a huge one.
        """
        words = self.arguments(line, 2, "why [NODE] [DEPTH]")
        depth = self.last_count(words, _DEPTH)
        node = self.node(words[0] if words else "")
        self.say(explain_on(self.tape, node, depth).text)

    def do_paths(self, line: str) -> None:
        """`paths [A] B [COUNT]`: the heaviest paths from A, or the root, back to B.

        Each is the product of the local derivatives along it; the gradient is the sum
        over all paths.
        """
        usage = "paths [A] B [COUNT]"
        words = self.arguments(line, 3, usage)
        count = self.last_count(words, _PATHS)
        if not words:
            raise OperandError(f"paths to which node? write it as: {usage}")
        end = self.node(words.pop())
        start = self.node(words[0]) if words else self.tape.root
        if start is end:
            raise OperandError(f"{self.words.name(end)} is both ends of the path")
        found = heaviest(self.tape, start, end, count)
        if not found:
            names = self.words.name(start), self.words.name(end)
            raise OperandError("no gradient flows from {} to {}".format(*names))
        for n, path in enumerate(found, start=1):
            self.say_all(self._path(n, path))

    def do_expand(self, line: str) -> None:
        """`expand [NODE]`: the elementary operations inside of a fused one."""
        node = self.node(line.strip())
        inside = parts(self.tape, node)
        made = f"{self.words.name(node)} = {self.words.formula(node)}"
        self.say(f"{made} is {counted(len(inside), 'operation', 'operations')}:")
        self.say_all(map(self._part, inside))

    def do_set(self, line: str) -> None:
        """`set NODE VALUE`: what would be if a value were another.

        All that depends on it is computed anew, gradients up to this moment too, for
        this session alone. `restore` takes it back.
        """
        words = self.arguments(line, 2, "set NODE VALUE")
        if len(words) != 2:
            raise OperandError("set which node to what? write it as: set NODE VALUE")
        try:
            value = float(words[1])
        except ValueError:
            raise OperandError(f"{words[1]!r} is no number") from None
        self._changed(self.tape.set(self.node(words[0]), value))

    def do_restore(self, line: str) -> None:
        """`restore`: take back every `set`."""
        self.arguments(line, 0, "restore")
        self._changed(self.tape.restore())

    def do_draw(self, line: str) -> None:
        """`draw [FILE]`: write a picture of this moment, as moment-12.svg or so."""
        words = self.arguments(line, 1, "draw [FILE]")
        path = Path(words[0] if words else f"moment-{self.tape.moment}.svg")
        self.say(f"wrote {draw(self.tape, path)}")

    # --- what they write ------------------------------------------------------------
    def _path(self, n: int, path: HeavyPath) -> Iterator[str]:
        factors = [number(local) for local in path.factors]
        product = " × ".join(middle_left_out(factors, _SHOWN, _more))
        share = f"{path.share:.0%} of the weight of all paths"
        yield f"{n}.  {number(path.product)} = {product}, {share}"
        names = [self.words.name(node) for node in path.nodes]
        yield f"    {' → '.join(middle_left_out(names, _SHOWN, _more))}"

    def _part(self, part: Part) -> str:
        gradient = (
            "" if part.gradient is None else f", gradient {number(part.gradient)}"
        )
        return f"  {part.name} = {part.formula} = {number(part.value)}{gradient}"

    def _changed(self, changes: list[Change]) -> None:
        if not changes:
            self.say("nothing changed")
            return
        self.say_all(map(self._change, changes[:_SHOWN]))
        if len(changes) > _SHOWN:
            self.say(f"  … and {len(changes) - _SHOWN:,} values more")
            rest = changes[_SHOWN:]
            self.say_all(self._change(c) for c in rest if c.node is self.tape.root)
        self.say("the nodes of your program keep their values; restore takes it back")

    def _change(self, change: Change) -> str:
        name = self.words.name(change.node)
        return f"  {name}  {number(change.before)} → {number(change.after)}"


def _more(count: int) -> str:
    return f"… {count} more …"
