"""Nodes and steps in words, of any graph and with any label."""

import pytest
from hostile import LABELS, labels
from hypothesis import given
from hypothesis import strategies as st
from reference_passes import bits, roots

from autograd_core import OPS, NaryOp, Op, Value, dot, record_source, scope, tanh, total
from autograd_core.debug import Tape
from autograd_core.debug.wording import Wording, formula
from autograd_core.inspection import number


def ended(root: Value) -> Tape:
    """Return a tape after both passes."""
    tape = Tape(root)
    tape.go_to(len(tape))
    return tape


# --- formulas -----------------------------------------------------------------------
@pytest.mark.parametrize("row", [r for r in OPS.values() if r.arity], ids=str)
def test_a_formula_is_python(row: Op) -> None:
    """Operators stand between or before their operands, all else is a call."""
    names = ["a", "b", "c"][: row.arity]
    values = [0.5, 0.75, 0.25][: row.arity]
    node = row(*map(Value, values))
    text = formula(node, dict(zip(node.parents, names, strict=True)).__getitem__)
    environment = {**OPS, **dict(zip(names, map(Value, values), strict=True))}

    evaluated = eval(text, {"__builtins__": {}}, environment)
    assert bits(evaluated.data) == bits(node.data)


@pytest.mark.parametrize("row", [r for r in OPS.values() if isinstance(r, NaryOp)])
def test_a_formula_of_many_operands_lists_the_first(row: NaryOp) -> None:
    """Eight names have room, or as many as 48 columns; the others are counted."""
    operands = tuple(Value(float(i)) for i in range(21))
    node = Value.__apply_op__(row, operands)
    text = formula(node, lambda node: f"x{node.data:.0f}")

    first = ", ".join(f"x{i}" for i in range(8))
    assert text == f"{row.name}({first}, … 13 more)"
    long = formula(node, lambda node: "y" * 32)
    assert long == f"{row.name}({'y' * 32}, … 20 more)"


def test_a_leaf_says_what_it_is() -> None:
    """It was made by a person, and gets a gradient or none."""
    assert formula(Value(1.0), str) == "leaf"
    assert formula(Value(1.0, requires_grad=False), str) == "constant"


def test_a_symbol_of_somebodys_own() -> None:
    """Only what Python writes before an operand stands there, and all on one line."""
    for symbol in ("√", "=", "|x|", "a b", "\n\x1b"):
        row = Op("row", lambda x: x, (lambda y, x: 1.0,), symbol=symbol)
        assert formula(row(Value(1.0)), lambda _: "x") == "row(x)"
    pair = Op("pair", lambda a, b: a, (lambda y, a, b: 1.0,) * 2, symbol="→\n")
    assert formula(pair(Value(1.0), Value(1.0)), lambda _: "x") == r"x →\n x"


# --- nodes --------------------------------------------------------------------------
@given(roots(), st.floats(0, 1), st.integers(0, 10**6))
def test_a_node_tells_what_is_known(root: Value, share: float, place: int) -> None:
    """Its value once it is computed, its gradient once some of it is there."""
    tape = Tape(root)
    tape.go_to(round(share * len(tape)))
    node = tape.nodes[place % len(tape.nodes)]
    text, state = Wording(tape).node(node), tape.state(node)
    data, gradient = tape.data(node), tape.grad(node)

    assert text.startswith(tape.names.of(node))
    assert (f" = {number(data)}" in text) if data is not None else state == "waiting"
    assert (", gradient " in text) == (gradient is not None)
    assert text.endswith(" so far") == (state == "partial")
    if gradient is not None:
        assert f", gradient {number(gradient)}" in text


@given(labels, labels)
def test_any_label_stands_on_one_line(x_label: str, y_label: str) -> None:
    """Control characters are escaped, and the middle of a long label left out."""
    x, y = Value(0.5, label=x_label), Value(2.0, label=y_label)
    with scope("part"):
        z = dot([x, y], [y, x])
    z.label = x_label + y_label
    tape = Tape(tanh(z))
    words = Wording(tape)
    lines = [words.node(node) for node in tape.nodes]
    lines += [line for step in tape for line in words.step(step)]

    for line in lines:
        assert len(line.splitlines()) == 1
        assert len(line) < 250
        assert line.translate({0x200C: "", 0x200D: ""}).isprintable()


@pytest.mark.parametrize("label", LABELS)
def test_a_constant_with_a_label_is_called_by_it(label: str) -> None:
    """Without one it is its number."""
    named = Value(2.0, label=label, requires_grad=False)
    tape = Tape(Value(1.0) * named + 3.0)
    words = Wording(tape)

    assert words.operand(named) == words.name(named)
    assert words.formula(tape.root).endswith(" + 3")


# --- steps --------------------------------------------------------------------------
def test_the_steps_of_a_learner() -> None:
    """Both passes of tanh(x) * x, as they are told."""
    x = Value(2.0, label="x")
    with scope("net"):
        y = tanh(x)
    tape = Tape(y * x)
    words = Wording(tape)

    assert ["\n".join(words.step(step)) for step in tape] == [
        "forward 1/2   n1 = tanh(x) = 0.964   in net",
        "forward 2/2   n2 = n1 * x = 1.928",
        "backward 0/2   the gradient of n2 is 1",
        "backward 1/2   n2 = n1 * x, gradient 1\n"
        "  n1 gets 1 × 2 = 2\n"
        "  x gets 1 × 0.964 = 0.964 so far",
        "backward 2/2   n1 = tanh(x), gradient 2   in net\n"
        "  x gets 2 × 0.07065 = 0.1413, in all 1.105",
    ]


def test_a_step_with_many_operands_names_a_few() -> None:
    """The others are counted."""
    tape = ended(total([Value(1.0) for _ in range(1000)]))
    assert tape.last is not None
    lines = list(Wording(tape).step(tape.last))

    assert len(lines) == 10
    assert lines[-1] == "  … and 992 operands more"


def test_the_source_is_underlined() -> None:
    """A step ends with its place, its line and the carets."""
    with record_source():
        y = tanh(Value(2.0, label="x"))
    tape = ended(y)
    assert tape.last is not None
    *_, place, line, carets = Wording(tape).step(tape.last)

    assert place.strip() == Wording(tape).place(y)
    assert line.strip() == 'y = tanh(Value(2.0, label="x"))'
    start = line.index("tanh")
    assert carets == " " * start + "^" * len(line[start:])


@given(roots())
def test_phases_count_both_passes(root: Value) -> None:
    """Forward steps are counted from 1, backward ones after the seed."""
    tape = Tape(root)
    words = Wording(tape)
    forward = tape.forward_steps
    last = len(tape) - forward - 1
    for moment in range(len(tape) + 1):
        told = words.phase(moment)
        if moment <= forward:
            assert told == f"forward {moment}/{forward}"
        else:
            assert told == f"backward {moment - forward - 1}/{last}"
