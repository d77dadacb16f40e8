"""Lists of rows as the protocol writes them: by reference, and some at a time.

A reference is a number that stands for a list, such as the operands of a node. It means
the same list for as long as the client stays, and the rows tell of the present moment.
"""

from ...value import Value
from ..tape import Tape
from .arguments import RequestError
from .lists import Key, Lists, Row
from .wire import Json

__all__ = ["Variables"]

_EXPENSIVE = 1000  # rows from which on an editor should not unfold a list by itself


class Variables:
    """The lists of a tape, each by its reference.

    >>> x = Value(3.0, label="x")
    >>> variables = Variables(Tape(x * x))
    >>> operands = variables.scope("Operands", ("operands", 1))
    >>> [row["name"] for row in variables.shown(operands["variablesReference"])]
    ['a: x', 'b: x']
    """

    def __init__(self, tape: Tape) -> None:
        """Look at a tape, which may go on moving."""
        self._tape = tape
        self._lists = Lists(tape)
        self._references: dict[Key, int] = {}
        self._keys: list[Key] = []

    def scope(self, title: str, key: Key) -> Json:
        """Return a list as a part of what a frame shows."""
        count = self._lists.rows(key).length
        return {
            "name": title,
            "expensive": count >= _EXPENSIVE,
            **self._unfolding(key),
        }

    def node(self, node: Value) -> Json:
        """Return how all that is known of a node is unfolded."""
        return self._unfolding(("node", self._tape.place(node)))

    def shown(
        self, reference: int, start: int = 0, count: int = 0, which: str = ""
    ) -> list[Json]:
        """Return variables of a list, all where none are counted.

        `which` may be "named" or "indexed", which are the rows of short and of long
        lists. Raises `RequestError`, a `ValueError`, for a reference never given.
        """
        rows = self._lists.rows(self._key(reference))
        if which in ("named", "indexed") and (which == "indexed") != rows.is_long:
            return []
        end = min(start + count, rows.length) if count else rows.length
        return [self._variable(rows.make(i)) for i in range(start, end)]

    def row(self, reference: int, called: str) -> Row:
        """Return the row of a list that has this name.

        Raises `RequestError`, a `ValueError`, where there is none.
        """
        rows = self._lists.rows(self._key(reference))
        for row in map(rows.make, range(rows.length)):
            if row.name == called:
                return row
        raise RequestError(f"nothing is called {called!r} here")

    def _key(self, reference: int) -> Key:
        if not 0 < reference <= len(self._keys):
            raise RequestError(
                f"there is nothing under the reference {reference}; ask for the scopes "
                "of a frame first"
            )
        return self._keys[reference - 1]

    def _unfolding(self, key: Key) -> Json:
        if key not in self._references:
            self._keys.append(key)
            self._references[key] = len(self._keys)
        rows = self._lists.rows(key)
        kind = "indexedVariables" if rows.is_long else "namedVariables"
        return {"variablesReference": self._references[key], kind: rows.length}

    def _variable(self, row: Row) -> Json:
        variable: Json = {"name": row.name, "value": row.value, "variablesReference": 0}
        if row.inside is not None:
            variable |= self._unfolding(row.inside)
        if row.expression:
            variable["evaluateName"] = row.expression
        if row.node is None or row.is_gradient:
            variable["presentationHint"] = {"attributes": ["readOnly"]}
        return variable
