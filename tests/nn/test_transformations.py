"""Transformations: pure functions on lists of numbers, which chain."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_core import Value
from autograd_core.errors import DomainError, OperandError
from nn.clipping import clip_by_global_norm, clip_by_value
from nn.optimizers import Optimizer
from nn.optimizers.states import encoded, merged, selected
from nn.transformations import (
    Transformation,
    add_decayed_weights,
    chain,
    momentum,
    scale_by_adagrad,
    scale_by_adam,
    scale_by_rms,
    scale_by_stddev,
)

TRANSFORMATIONS = {
    "add_decayed_weights": add_decayed_weights(0.1),
    "momentum": momentum(0.9),
    "nesterov": momentum(0.9, nesterov=True),
    "scale_by_rms": scale_by_rms(0.9, 1e-8),
    "scale_by_stddev": scale_by_stddev(0.9, 1e-8),
    "scale_by_adagrad": scale_by_adagrad(1e-8, 0.1),
    "scale_by_adam": scale_by_adam(0.9, 0.99, 1e-8),
    "clip_by_value": clip_by_value(1.0),
}
floats = st.floats(-100, 100)
rows = st.lists(st.tuples(floats, floats, floats), min_size=1, max_size=6)
each = pytest.mark.parametrize("name", TRANSFORMATIONS)


def run(transformation, gradients, parameters=(1.0, 2.0, 3.0)):
    """Return all updates and the last state."""
    state, updates = transformation.init(list(parameters)), []
    for row in gradients:
        update, state = transformation.apply(list(row), state, list(parameters))
        updates.append(update)
    return updates, state


@each
@given(gradients=rows)
def test_an_update_changes_neither_its_gradients_nor_its_state(name, gradients):
    """So a state that was kept can be gone back to."""
    transformation = TRANSFORMATIONS[name]
    _, state = run(transformation, gradients)
    row, text = [1.0, 2.0, 3.0], json.dumps(encoded(state))

    first = transformation.apply(row, state, [1.0, 2.0, 3.0])
    again = transformation.apply(row, state, [1.0, 2.0, 3.0])

    assert first == again
    assert row == [1.0, 2.0, 3.0]
    assert json.dumps(encoded(state)) == text


@each
@given(gradients=rows)
def test_each_parameter_is_on_its_own(name, gradients):
    """What happens to one does not depend on the others, in their lists or not."""
    together, _ = run(TRANSFORMATIONS[name], gradients)
    alone = [
        run(TRANSFORMATIONS[name], [row[i : i + 1] for row in gradients], [i + 1.0])[0]
        for i in range(3)
    ]

    columns = zip(*alone, strict=True)
    assert together == [[x for (x,) in column] for column in columns]


@each
@given(gradients=rows, left_out=st.integers(0, 2))
def test_a_state_without_a_parameter_is_that_of_the_others(name, gradients, left_out):
    """Entries are taken out of any state and put back into it."""
    _, state = run(TRANSFORMATIONS[name], gradients)
    rest = [i for i in range(3) if i != left_out]

    _, others = run(
        TRANSFORMATIONS[name],
        [[row[i] for i in rest] for row in gradients],
        [i + 1.0 for i in rest],
    )

    assert selected(state, rest) == others
    assert merged(state, others, rest) == state


@given(gradients=rows, parts=st.lists(st.sampled_from(sorted(TRANSFORMATIONS))))
def test_a_chain_is_its_parts_one_after_the_other(gradients, parts):
    """Each part sees the updates of the part before it, and the parameters."""
    transformations = [TRANSFORMATIONS[name] for name in parts]
    parameters = [1.0, 2.0, 3.0]

    updates, state = run(chain(*transformations), gradients)

    step_by_step, states = gradients, []
    for transformation in transformations:
        step_by_step, last = run(transformation, step_by_step, parameters)
        states.append(last)
    assert updates == [list(row) for row in step_by_step]
    assert state == tuple(states)


@given(gradients=rows)
def test_chains_nest(gradients):
    """A chain is a transformation, also of those that read the parameters."""
    parts = [momentum(0.5), add_decayed_weights(0.1), clip_by_global_norm(1.0)]

    flat, _ = run(chain(*parts), gradients)
    nested, _ = run(chain(parts[0], chain(chain(parts[1]), parts[2])), gradients)

    assert nested == flat
    assert run(chain(), gradients)[0] == [list(row) for row in gradients]


def test_chained_transformations_apply_in_order():
    """The second one sees what the first one made; two arguments are enough."""
    halve = Transformation(lambda p: (), lambda u, s: ([x / 2 for x in u], s))
    both = chain(halve, momentum(0.5))

    state = both.init([0.0])
    updates, state = both.update([4.0], state)
    updates, state = both.update([4.0], state)

    assert updates == [3.0]
    assert state == ((), [3.0])


def test_an_optimizer_is_made_of_one_s_own_chain():
    """Clipped to a norm of 1, then decayed: the order of the chain is that of work."""
    x, y = Value(1.0), Value(2.0)
    transformation = chain(clip_by_global_norm(1.0), add_decayed_weights(0.5))
    optimizer = Optimizer([x, y], transformation, lr=1.0)

    x.grad, y.grad = 30.0, -40.0
    optimizer.step()

    assert [x.data, y.data] == pytest.approx([1 - 0.6 - 0.5, 2 + 0.8 - 1.0], rel=1e-6)


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: momentum(2.0), DomainError, "momentum .* not 2.0"),
        (lambda: momentum(0.9, -0.1), DomainError, "dampening .* not -0.1"),
        (lambda: momentum(0.9, 0.1, True), DomainError, "nesterov=True takes"),
        (lambda: momentum(0.0, nesterov=True), DomainError, "momentum above 0"),
        (lambda: momentum("0.9"), OperandError, "momentum takes a number, not '0.9'"),
        (lambda: scale_by_adam(2.0, 0.9, 1e-8), DomainError, "b1 .* not 2.0"),
        (lambda: scale_by_adam(0.9, 1.0, 1e-8), DomainError, "b2 .* not 1.0"),
        (lambda: scale_by_adam(0.9, 0.9, -1), DomainError, "eps .* not -1"),
        (lambda: scale_by_rms(-1.0, 0.0), DomainError, "alpha .* not -1.0"),
        (lambda: scale_by_rms(0.9, -1.0), DomainError, "eps .* not -1.0"),
        (lambda: scale_by_stddev(1.0, 0.0), DomainError, "alpha .* not 1.0"),
        (lambda: scale_by_adagrad(-1.0), DomainError, "eps .* not -1.0"),
        (lambda: scale_by_adagrad(0.0, -1.0), DomainError, "lr_decay .* not -1.0"),
        (lambda: scale_by_adagrad(0.0, 0.0, -1.0), DomainError, "initial_accum"),
        (lambda: add_decayed_weights(-1.0), DomainError, "weight_decay .* not -1.0"),
        (
            lambda: chain(clip_by_value(1.0), "adam"),
            OperandError,
            "chain takes transformations such as .* not 'adam' of type str",
        ),
        (
            lambda: chain(Optimizer([Value(1.0)], momentum(0.5), 0.1)),
            OperandError,
            "of type Optimizer",
        ),
        (lambda: chain(scale_by_adam), OperandError, "of type function"),
    ],
)
def test_a_transformation_that_makes_no_sense_is_refused(make, error, words):
    """When it is made, whoever makes it; the message names the number."""
    with pytest.raises(error, match=words):
        make()
