"""The commands that look: at a node, its source, its neighbours and the whole graph."""

import linecache
from collections.abc import Iterator, Sequence

from ...errors import OperandError
from ...inspection import counted, one_line
from ...source import Source
from ...value import Value
from ..explanation import heaviest
from .prompt import Prompt, middle_left_out

__all__ = ["Looking"]

_AROUND = 5  # lines before and after the one that is listed
_DEPTH = 3  # of a tree
_LONGEST = 10  # nodes of a path that are written out


class Looking(Prompt):
    """Shows what is known at this moment."""

    def do_print(self, line: str) -> None:
        """`p(rint) [NODE or EXPRESSION]`: what is known of a node, with every digit.

        An expression is arithmetic with nodes: `print w.grad * 0.1`, `print exp(x)`.
        """
        name = line.strip()
        try:
            node = self.node(name)
        except ValueError:
            if name.replace("_", "").isalnum():
                raise
            known = self.tape.condition(name).value({}, self.tape.fact)
            self.say("not known at this moment" if known is None else repr(known))
        else:
            self.say_all(self._details(node))

    def do_list(self, line: str) -> None:
        """`l(ist) [NODE]`: the source around what made a node, with that underlined."""
        node = self.node(line.strip())
        source = node.source
        if source is None:
            self.say(
                f"{self.words.name(node)} has no source line; make the graph inside "
                "`with record_source():`"
            )
            return
        self.say(one_line(source.place, 70))
        self.say_all(_listing(source))

    def do_where(self, line: str) -> None:
        """`w(here)`: the moment, the module, and the way from the root to this node.

        Of several ways it is the one that carries most of the gradient.
        """
        self.arguments(line, 0, "where")
        tape, node = self.tape, self.selected
        self.say(f"moment {tape.moment} of {len(tape)}: {self.words.phase()}")
        if node.scope:
            self.say(f"in {' > '.join(_parts(node.scope))}")
        ways = heaviest(tape, tape.root, node, 1)
        way: Sequence[Value | None] = ways[0].nodes if ways else (node,)
        for each in middle_left_out(way, _LONGEST, lambda count: None):
            mark = "->" if each is node else "  "
            self.say(f"{mark} {self.words.node(each) if each is not None else '...'}")

    def do_up(self, line: str) -> None:
        """`u(p) [NODE]`: look at what uses this node: its child.

        Of several children it is the one that hands on most; the others are listed.
        """
        self._climb(line, self.tape.children(self.selected), "uses")

    def do_down(self, line: str) -> None:
        """`d(own) [NODE]`: look at an operand of this node: its parent.

        Of several operands it is the one that is handed most; the others are listed.
        """
        parents = list(dict.fromkeys(self.selected.parents))
        self._climb(line, parents, "is an operand of")

    def do_tree(self, line: str) -> None:
        """`tree [NODE] [DEPTH]`: a node, its operands, and theirs."""
        words = self.arguments(line, 2, "tree [NODE] [DEPTH]")
        depth = self.last_count(words, _DEPTH)
        node = self.node(words[0] if words else "")
        self.say_all(self._branches(node, depth))

    # --- what they write ------------------------------------------------------------
    def _details(self, node: Value) -> Iterator[str]:
        tape, words = self.tape, self.words
        made = "" if node.is_leaf else f" = {words.formula(node)}"
        name, id_ = words.name(node), tape.names.id(node)
        yield f"{name}{made}" + (f"   ({id_})" if id_ != name else "")
        data = tape.data(node)
        yield f"  value     {'not computed yet' if data is None else repr(data)}"
        yield f"  gradient  {self._gradient(node)}"
        pairs = zip(node.parents, tape.local_derivatives(node), strict=True)
        for operand, local in list(pairs)[:_LONGEST]:
            by = "constant" if local is None else f"local derivative {local!r}"
            yield f"  operand   {words.name(operand)}, {by}"
        if node.scope:
            yield f"  module    {one_line(node.scope, 70)}"
        yield from words.source(node)

    def _gradient(self, node: Value) -> str:
        tape, gradient = self.tape, self.tape.grad(node)
        if not node.requires_grad:
            return "none: it is a constant"
        if gradient is None:
            over = tape.moment >= tape.complete_at(node)
            return "none has reached it" if over else "none yet"
        terms = len(tape.received(node))
        of = f", of {counted(terms, 'contribution', 'contributions')}" if terms else ""
        return f"{gradient!r}, {tape.state(node)}{of}"

    def _climb(self, line: str, found: list[Value], relation: str) -> None:
        if not found:
            raise OperandError(f"nothing {relation} {self.words.name(self.selected)}")
        name = line.strip()
        chosen = self.node(name) if name else max(found, key=self._weight)
        if chosen not in found:
            names = ", ".join(map(self.words.name, found[:_LONGEST]))
            raise OperandError(f"{name} is none of them: {names}")
        self.selected = chosen
        self.say(self.words.node(chosen))
        self.say_all(self.words.source(chosen))
        others = [self.words.operand(node) for node in found if node is not chosen]
        if others:
            more = ", ..." if len(others) > _LONGEST else ""
            self.say(f"  beside it: {', '.join(others[:_LONGEST])}{more}")

    def _weight(self, node: Value) -> tuple[bool, float]:
        return node.requires_grad, abs(self.tape.grad(node) or 0.0)

    def _branches(self, node: Value, depth: int) -> Iterator[str]:
        seen = set[Value]()
        waiting = [(node, "", "", depth)]
        while waiting:
            node, lead, branch, below = waiting.pop()
            again = node in seen and bool(node.parents)
            yield f"{lead}{branch}{self.words.node(node)}{' (above)' if again else ''}"
            seen.add(node)
            inner = lead + {"├─ ": "│  ", "└─ ": "   ", "": ""}[branch]
            if node.parents and not again:
                if not below:
                    yield f"{inner}└─ …"
                    continue
                branches = ["├─ "] * (len(node.parents) - 1) + ["└─ "]
                pairs = zip(node.parents, branches, strict=True)
                waiting += [(p, inner, mark, below - 1) for p, mark in pairs][::-1]


def _listing(source: Source) -> Iterator[str]:
    """Yield the lines around a place, that one with carets below."""
    first, last = max(1, source.line - _AROUND), source.line + _AROUND
    lines = linecache.getlines(source.filename)[first - 1 : last]
    width = len(str(last))
    for n, line in enumerate(lines, start=first):
        if n != source.line:
            yield f"{n:{width}}    {line.rstrip()}".rstrip()
            continue
        indent = line[: len(line) - len(line.lstrip())]
        shown, carets = source.underlined().splitlines()
        yield f"{n:{width}} -> {indent}{shown}"
        yield f"{'':{width}}    {indent}{carets}"


def _parts(scope: str) -> list[str]:
    return one_line(scope, 70).split(".")
