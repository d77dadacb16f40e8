"""The generated code of a graph, taken apart, and held against `backward()`."""

import textwrap
from collections.abc import Sequence

from autograd_core import Value, leaves, zero_grad
from autograd_core.debug.straight_line import to_python


def labelled(*numbers: float) -> list[Value]:
    """Return leaves a, b, c, ... with these numbers."""
    return [Value(x, label=name) for x, name in zip(numbers, "abcdefg", strict=False)]


def body(root: Value) -> str:
    """Return what stands between the head of the function and its end."""
    _, _, text = str(to_python(root)).partition("its parents.\n")
    return textwrap.dedent(text).strip()


def code_of(root: Value) -> list[str]:
    """Return the lines of the function without comments."""
    lines = [line.partition("#")[0].rstrip() for line in body(root).split("\n")]
    return [line for line in lines if line]


def by_backward(root: Value, inputs: Sequence[Value]) -> list[str]:
    """Return the value and the gradients that one `backward()` gives, to the bit."""
    zero_grad(root)
    if root.requires_grad:
        root.backward()
    return [repr(root.data), *(repr(leaf.grad) for leaf in inputs)]


def by_code(root: Value, inputs: Sequence[Value], *numbers: float) -> list[str]:
    """Return the same from the generated code, run on other numbers where given."""
    code = to_python(root)
    names = {node: name for name, node in code.names.items()}
    given = {names[x]: n for x, n in zip(inputs, numbers, strict=False) if x in names}
    value, gradients = code(**given)
    assert set(gradients) == {names[leaf] for leaf in needing(root)}
    return [repr(value), *(repr(gradients.get(names.get(x), 0.0)) for x in inputs)]


def needing(root: Value) -> list[Value]:
    """Return the leaves that need a gradient."""
    return [leaf for leaf in leaves(root) if leaf.requires_grad]


def assert_same_bits(root: Value) -> None:
    """Hold the generated code against `backward()`."""
    assert by_code(root, needing(root)) == by_backward(root, needing(root))
