"""The terms of the chain rule, and the sums that gradients are."""

import math

import pytest
from graphs import roots
from hypothesis import given
from hypothesis import strategies as st
from random_graphs import STEPS, Steps, grown

from autograd_core import Value, topological_order, total, where
from viz.terms import sums, terms


def close(a: float, b: float, size: float) -> bool:
    """Tell whether two sums of terms of that size are the same but for rounding."""
    return abs(a - b) <= 1e-8 * size or a == b


@given(roots())
def test_terms_are_upstream_times_local(root: Value) -> None:
    """Each operand has one term, and its contribution is the product of its factors."""
    for node in topological_order(root):
        found = terms(node)

        assert [term.tail for term in found] == list(node.parents)
        assert [term.place for term in found] == list(range(len(node.parents)))
        for term in found:
            flows = term.tail.requires_grad and term.local is not None
            assert flows or term.contribution is None
            if flows and node.has_grad:
                assert term.local is not None
                assert term.contribution == node.grad * term.local


@given(roots())
def test_sums_are_the_gradients(root: Value) -> None:
    """After one pass the terms alone make each gradient; nothing is left over."""
    order = topological_order(root)

    for node, whole in sums(order, order).items():
        assert whole.rest is None
        assert len(whole.terms) > 1
        assert close(math.fsum(whole.terms), node.grad, max(map(abs, whole.terms)))


@given(roots())
def test_a_node_without_a_sum_has_one_term_or_none(root: Value) -> None:
    """What is left out is used once at most, or by nodes that no gradient reaches."""
    order = topological_order(root)
    known = sums(order, order)
    uses: dict[Value, int] = {}
    for term in (term for node in order for term in terms(node)):
        if term.contribution is not None:
            uses[term.tail] = uses.get(term.tail, 0) + 1

    for node in order:
        assert (node in known) == (uses.get(node, 0) > 1)


@given(STEPS, st.integers(1, 3))
def test_earlier_passes_are_the_rest(steps: Steps, passes: int) -> None:
    """Gradients of leaves that piled up are the terms of this pass and a rest."""
    nodes = grown(steps)
    for _ in range(passes):
        nodes[-1].backward()
    order = topological_order(nodes[-1])
    known = sums(order, order)

    for leaf in (n for n in order if n.is_leaf and n in known):
        whole = known[leaf]
        size = max(map(abs, whole.terms))
        assert close(math.fsum(whole.terms) + (whole.rest or 0.0), leaf.grad, size)
        assert close(math.fsum(whole.terms) * passes, leaf.grad, size * passes)
        if abs(leaf.grad) > 1e-6 * size:
            assert (whole.rest is None) == (passes == 1)


@given(STEPS, st.integers(0, 10**6))
def test_another_graph_is_the_rest(steps: Steps, i: int) -> None:
    """What a second graph added to a shared leaf is no term of this one."""
    nodes = grown(steps)
    (nodes[i % len(nodes)] * 3.0 + nodes[0] * 5.0).backward()
    before = nodes[0].grad
    nodes[-1].backward()
    order = topological_order(nodes[-1])
    whole = sums([nodes[0]], order)[nodes[0]]

    assert whole.rest == pytest.approx(before, rel=1e-6)


def test_one_use_and_an_earlier_pass_are_a_sum() -> None:
    """A node that is used once shows both passes, which one number would hide."""
    x = Value(3.0)
    y = x * 2.0
    y.backward()
    y.backward()

    assert sums([x], [x, y])[x] == ([2.0], 2.0)


@pytest.mark.parametrize(
    ("factors", "terms_of_x"),
    [
        ([math.inf, -math.inf], [math.inf, -math.inf]),
        ([math.inf, 1.0], [math.inf, 1.0]),
        ([math.nan, 1.0], [math.nan, 1.0]),
        ([1e308, 1e308], [1e308, 1e308]),
        ([1e16, 1.0, -1e16], [1e16, 1.0, -1e16]),
        ([5e-324, 5e-324], [5e-324, 5e-324]),
        ([0.0, -0.0], [0.0, -0.0]),
    ],
)
def test_sums_at_the_ends_of_floats(
    factors: list[float], terms_of_x: list[float]
) -> None:
    """Terms that overflow, cancel or are not finite leave no rest behind."""
    x = Value(1.0)
    root = total([x * factor for factor in factors])
    root.backward()
    whole = sums([x], topological_order(root))[x]

    assert whole.rest is None
    assert repr(whole.terms) == repr(terms_of_x)


def test_the_branch_not_taken_adds_no_term() -> None:
    """`where` hands nothing to the operand it did not choose: not even a 0."""
    x = Value(2.0)
    root = where(x > 0, x * 3.0, x / 0.0)
    root.backward()
    order = topological_order(root)

    assert x.grad == 3.0
    assert sums(order, order) == {}
