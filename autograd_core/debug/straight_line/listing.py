"""A graph as straight-line Python: both passes, one node a line.

What `backward()` does in a loop over any graph stands here written out for one graph,
to be read from top to bottom and stepped through in any debugger. Running it gives the
value and the gradients of `backward()` to the last bit.
"""

import os
import re
from collections.abc import Iterable, Iterator

from ...errors import OperandError
from ...real import described
from ...value import Value
from .generated import GeneratedCode, checked_path, write
from .passes import Line, Passes

__all__ = ["to_python"]

WIDTH = 88
COLUMN = 40  # comments start there at the latest, or behind code that is longer

RUN_AS_SCRIPT = """

if __name__ == "__main__":
    value, gradients = run()
    print("RESULT =", value)
    for name, gradient in gradients.items():
        print(f"d_{name} =", gradient)
"""


def to_python(root: Value, path: str | os.PathLike[str] | None = None) -> GeneratedCode:
    """Write the forward and the backward pass of a graph as a Python function.

    Its parameters are the leaves, and it returns the value of `root` and a dict of the
    gradients. Names come from labels: `layers.0.weight[2]` is `layers_0_weight_2`, and
    its gradient `d_layers_0_weight_2`. What has no label is `x0`, `x1`, ... or, if it
    was computed, `v1`, `v2`, ...; constants without a label are written as numbers.

    >>> from autograd_core import tanh
    >>> x, w = Value(0.5, label="x"), Value(-3.0, label="w")
    >>> code = to_python(tanh(x * w))
    >>> print(code)
    \"""The forward and the backward pass of a graph, one node a line.\"""
    <BLANKLINE>
    from autograd_core import sech_squared, tanh
    <BLANKLINE>
    <BLANKLINE>
    def run(
        x=0.5,
        w=-3.0,
    ):
        \"""Return v2 and the gradient of each leaf.\"""
        # Forward: each node is computed from its parents.
        v1 = x * w
        v2 = tanh(v1)
    <BLANKLINE>
        # Backward: each node sends on its gradient times the local derivative.
        d_x = d_w = 0.0
        d_v1 = 0.0
        d_v2 = 1.0
        d_v1 += d_v2 * sech_squared(v1)  # v2 = tanh(v1)
        d_x += d_v1 * w                  # v1 = x * w
        d_w += d_v1 * x
        return v2, {"x": d_x, "w": d_w}
    <BLANKLINE>
    >>> code()
    (-0.90514825..., {'x': -0.54211991..., 'w': 0.09035331...})

    The name of the source is one like `<graph 0>`, which pdb, tracebacks and notebooks
    show; editors need the file that `path` names, a script that prints the results.
    Other numbers may be passed for the leaves, but `where` keeps to the branch it took.

    Raises `OperandError`, a `TypeError`, for anything but a `Value`; an `OSError` where
    no file can be written; and `GraphError`, a `ValueError`, where a file would need a
    row that is not in `OPS`.
    """  # noqa: D300 - the example holds three quotes
    if not isinstance(root, Value):
        raise OperandError(
            f"to_python(root) takes a Value, not {described(root)}; write the results "
            "of a structure one by one"
        )
    place = None if path is None else checked_path(path)
    passes = Passes(root)
    functions = passes.nodes.functions
    body = [*_function(passes)]
    used = _used(body)
    source = "\n".join([*_head(functions.head(used)), *body, ""])
    if place is not None:
        functions.check_importable(used)
        source += RUN_AS_SCRIPT.replace("RESULT", passes.result)
    code = GeneratedCode(source, passes.named, functions.held(used), place)
    if place is not None:
        write(place, source)
    return code


def _used(lines: Iterable[str]) -> set[str]:
    """Return the names in lines of code, whose comments may hold anything."""
    return {
        name
        for line in lines
        for name in re.findall(r"[A-Za-z_]\w*", line.partition("#")[0])
    }


def _head(imports: list[str]) -> Iterator[str]:
    # two lines without a word of anybody's: Python looks in them for an encoding
    yield '"""The forward and the backward pass of a graph, one node a line."""'
    yield ""
    yield from [*imports, ""] if imports else []
    yield ""


def _function(passes: Passes) -> Iterator[str]:
    parameters = list(_laid_out(passes.parameters()))
    yield from ["def run(", *parameters, "):"] if parameters else ["def run():"]
    yield f'    """Return {passes.result} and the gradient of each leaf."""'
    yield "    # Forward: each node is computed from its parents."
    yield from _laid_out(passes.forward())
    yield ""
    yield from _backward(passes)
    gradients = [f'"{name}": d_{name}' for name in passes.inputs]
    line = f"    return {passes.result}, {{{', '.join(gradients)}}}"
    if len(line) <= WIDTH:
        yield line
    else:
        yield f"    return {passes.result}, {{"
        yield from (f"        {gradient}," for gradient in gradients)
        yield "    }"


def _backward(passes: Passes) -> Iterator[str]:
    if not passes.root.requires_grad:
        yield f"    # No leaf needs a gradient of {passes.result}: no backward pass."
        return
    leaves = {f"d_{name}" for name in passes.inputs}
    others = [name for name in passes.gradients if name != f"d_{passes.result}"]
    yield "    # Backward: each node sends on its gradient times the local derivative."
    yield from _zeros([name for name in others if name in leaves])
    yield from _zeros([name for name in others if name not in leaves])
    yield from _laid_out(passes.backward())


def _zeros(names: list[str]) -> Iterator[str]:
    """Write the gradients to which nothing was added yet, some in each line."""
    line = ""
    for name in names:
        if line and len(f"    {line}{name} = 0.0") > WIDTH:
            yield f"    {line}0.0"
            line = ""
        line += f"{name} = "
    if line:
        yield f"    {line}0.0"


def _laid_out(lines: Iterable[Line]) -> Iterator[str]:
    """Indent lines, with their comments in a column that most of them reach."""
    lines = list(lines)
    widths = [len(line.code) for line in lines if line.comment]
    column = max((width for width in widths if width <= COLUMN), default=0)
    for code, comment in lines:
        if not comment:
            yield f"    {code}"
        elif not code:
            yield f"    # {comment}"
        else:
            yield f"    {code:<{column}}  # {comment}"
