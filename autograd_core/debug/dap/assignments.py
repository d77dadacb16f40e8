"""Which line of a script gives a name its value.

`prediction = model(inputs)` makes its nodes on lines of the model, not on its own. What
a person means by a breakpoint there is the node that got the name.
"""

import ast
import linecache
from collections.abc import Iterator

__all__ = ["assigned_names"]


def assigned_names(file: str, line: int) -> list[str]:
    r"""Return the names, attributes and items that a line of a file assigns to.

    >>> linecache.cache["script.py"] = (0, None, ["x, y = f(1)\n", "w.b = 2\n"], "")
    >>> assigned_names("script.py", 1), assigned_names("script.py", 2)
    (['x', 'y'], ['w.b'])
    """
    try:
        tree = ast.parse("".join(linecache.getlines(file)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    return [
        ast.unparse(target)
        for statement in ast.walk(tree)
        if isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign)
        and statement.lineno <= line <= (statement.end_lineno or statement.lineno)
        for target in _targets(statement)
    ]


def _targets(
    statement: ast.Assign | ast.AnnAssign | ast.AugAssign,
) -> Iterator[ast.AST]:
    if isinstance(statement, ast.Assign):
        waiting = [*statement.targets]
    else:
        waiting = [statement.target]
    while waiting:
        target = waiting.pop(0)
        if isinstance(target, ast.Tuple | ast.List):
            waiting = [*target.elts, *waiting]
        else:
            yield target
