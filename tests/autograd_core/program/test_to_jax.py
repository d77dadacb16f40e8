"""`program.to_jax()`: JAX computes, differentiates, maps and shards what was traced."""

import itertools
import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

jax = pytest.importorskip("jax", reason="pip install 'autograd-core[jax]'")

import nn  # noqa: E402
from autograd_core import (  # noqa: E402
    OPS,
    Value,
    custom_op,
    dot,
    hessian,
    log,
    maximum,
    relu,
    softmax,
    total,
    where,
)
from autograd_core.errors import (  # noqa: E402
    GraphError,
    MissingExtraError,
    OperandError,
    ShapeError,
    TraceError,
)
from autograd_core.program import trace  # noqa: E402
from autograd_core.program.jax_forms import ROWS, form, jax_forms  # noqa: E402
from autograd_core.testing import expressions  # noqa: E402

PLACES = (-2.3, -0.4, 0.3, 0.8, 1.7, 2.5)
KINKS = (-1.0, 0.0, 1.0)
ELEMENTWISE = sorted(name for name, op in OPS.items() if op.arity is not None)
SEQUENCES = sorted(name for name, op in OPS.items() if op.arity is None)


@pytest.fixture(autouse=True, scope="module")
def _double_precision():
    with jax.enable_x64(True):
        yield


def close(found, wanted, within=1e-12):
    """Tell whether nested numbers agree, nan with nan."""
    return jax.tree.all(
        jax.tree.map(
            lambda a, b: np.allclose(a, b, rtol=within, atol=within, equal_nan=True),
            found,
            jax.tree.map(np.asarray, wanted),
        )
    )


def inside(op, numbers):
    """Tell whether a row is defined at these numbers, an order being whole."""
    if op.name == "polygamma" and numbers[0] != round(numbers[0]):
        return False
    return all(x in part for x, part in zip(numbers, op.domain, strict=True))


def places(op):
    """Return operands of a row, its domain's ordinary numbers in all combinations."""
    first = (1.0, 2.0) if op.name == "polygamma" else PLACES
    rest = [PLACES] * (op.arity - 1)
    every = list(itertools.product(first, *rest))
    return [numbers for numbers in every if inside(op, numbers)]


def by_jax(op, points):
    """Return (y, ∂y/∂operand ...) at each point, by JAX."""
    every = tuple(range(op.arity))
    both = jax.jit(jax.vmap(jax.value_and_grad(form(op), argnums=every)))
    y, slopes = both(*np.array(points).T)
    return np.stack([y, *slopes], axis=-1).tolist()


def by_engine(op, numbers):
    """Return (y, ∂y/∂operand ...) as the engine has them."""
    y = op(*numbers)
    slopes = op.local_derivatives([True] * op.arity, y, numbers)
    return [y, *(slope or 0.0 for slope in slopes)]


# --- rows ---------------------------------------------------------------------------
def test_every_row_but_dot_has_a_form():
    """The table has no gap; a dot becomes a matrix product before it is asked for."""
    assert jax_forms().keys() == ROWS.keys() - {"dot"}


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_a_row_is_the_engines(name):
    """Value and every partial agree to 1e-12 all over the domain."""
    op = OPS[name]
    assert places(op)
    for numbers, found in zip(places(op), by_jax(op, places(op)), strict=True):
        assert close(found, by_engine(op, numbers)), numbers


@pytest.mark.parametrize(
    "name",
    [
        *("abs", "clip", "elu", "heaviside", "hypot", "leaky_relu", "maximum"),
        *("minimum", "power", "relu", "sign"),
    ],
)
def test_kinks_and_ties_go_as_in_the_engine(name):
    """Slopes are 0 at the kinks of relu, abs and clip, and ties are split evenly."""
    op = OPS[name]
    points = list(itertools.product(KINKS, repeat=op.arity))
    for numbers, found in zip(points, by_jax(op, points), strict=True):
        wanted = by_engine(op, numbers)
        if np.isfinite(wanted).all():
            assert found == pytest.approx(wanted, rel=1e-15, abs=0.0), numbers


@pytest.mark.parametrize("name", SEQUENCES)
def test_a_row_on_sequences_is_the_engines(name):
    """Value and gradient of one long row and of ragged ones agree."""
    op = OPS[name]

    def f(x, y):
        if name == "dot":
            return op(x, y, 0.5) * op(x[:2], y[:2])
        return op(x) * op(y) * op(y[:2]) * op(x[1:])

    x, y = [0.5, -1.5, 2.0], [1.0, 0.25, -3.0]
    assert_is_the_program(trace(f, x, y), x, y)


@pytest.mark.parametrize("name", ["tanh", "sigmoid", "power", "atan2", "erf", "lgamma"])
def test_derivatives_of_derivatives_are_rows_again(name):
    """The Hessian, forward over reverse, is the engine's."""
    op = OPS[name]
    numbers = [1.3, 0.7][: op.arity]

    def f(x):
        return op(*x) * x[0]

    found = jax.hessian(trace(f, numbers).to_jax())(np.array(numbers))
    assert close(found, np.array(hessian(f)(numbers)))


def test_the_mixed_derivative_of_a_power_at_exponent_0():
    """∂²(aᵇ)/∂a∂b is 1/a at b = 0."""
    f = trace(lambda a, b: a**b, 1.0, 1.0).to_jax()

    assert float(jax.grad(jax.grad(f), 1)(4.0, 0.0)) == pytest.approx(0.25, rel=1e-15)


# --- programs -----------------------------------------------------------------------
def assert_is_the_program(program, *args, within=1e-12):
    """Assert that value and all gradients are the engine's, with and without jit."""
    f = program.to_jax()
    every = tuple(range(len(args)))
    value, gradient = program.value_and_grad(*args, argnums=every)
    given = jax.tree.map(float, args)
    both = jax.value_and_grad(f, argnums=every)
    for found in (both(*given), jax.jit(both)(*given)):
        assert close(found[0], value, within)
        assert close(found[1], gradient, within)


def network(widths):
    """Return the function of an MLP's parameters and inputs, and its parameters."""
    model = nn.MLP(widths[0], [*widths[1:]], seed=0)
    start = [layer.state_dict() for layer in model.layers]

    def loss(parameters, x):
        signal = x
        for i, layer in enumerate(parameters):
            rows = zip(layer["weight"], layer["bias"], strict=True)
            signal = [dot(w, signal, b) for w, b in rows]
            if i < len(parameters) - 1:
                signal = [OPS["tanh"](z) for z in signal]
        return total([s * s for s in softmax(signal)]) + relu(signal[0])

    return loss, start


@settings(max_examples=5)
@given(
    widths=st.lists(st.integers(1, 4), min_size=2, max_size=4),
    seed=st.integers(0, 2**32 - 1),
)
def test_a_network_is_the_engines(widths, seed):
    """Loss and gradient of random networks agree to 1e-12."""
    loss, start = network(widths)
    x = np.random.default_rng(seed).normal(size=widths[0]).tolist()

    assert_is_the_program(trace(loss, start, [0.5] * widths[0]), start, x)


@settings(max_examples=15)
@given(expressions())
def test_an_expression_of_any_rows_is_the_engines(expression):
    """Value and gradient of random graphs agree, away from kinks and poles."""
    numbers = list(expression.point)
    program = trace(lambda xs: expression(*xs), numbers)
    value, gradient = program.value_and_grad(numbers)
    both = jax.value_and_grad(program.to_jax())(np.array(numbers))

    if np.isfinite([value, *gradient]).all():
        assert close(both, (value, np.array(gradient)), within=1e-9)


def test_a_constant_is_a_jax_array_too():
    """What hangs on no argument has the type and precision of the rest."""
    f = trace(lambda x: [2.0, 3.0], 1.0).to_jax()

    assert isinstance(f(1.0), jax.Array)
    assert jax.jacobian(f)(1.0).tolist() == [0.0, 0.0]


def test_vmap_is_the_batch():
    """JAX's map over examples gives what the array program gives, and its gradient."""
    loss, start = network([3, 4, 2])
    program = trace(loss, start, [0.1, 0.2, 0.3])
    xs = np.random.default_rng(0).normal(size=(5, 3))
    parameters = [{k: np.array(v) for k, v in layer.items()} for layer in start]

    many = jax.jit(jax.vmap(jax.value_and_grad(program.to_jax()), in_axes=(None, 0)))
    values, gradients = many(parameters, xs)

    batch = program.batch(in_axes=(None, 0))
    wanted, summed = batch.value_and_grad(start, xs)
    assert close(values, wanted)
    summed_here = jax.tree.map(lambda g: g.sum(0), gradients)
    assert close(jax.tree.leaves(summed_here), jax.tree.leaves(summed))


def test_structures_come_back_as_they_were_traced():
    """Dicts, tuples and ragged lists keep their form; rectangles are arrays."""

    def f(x):
        return {"sum": x["a"] + x["b"][0], "rows": ([x["a"]], x["b"])}

    program = trace(f, {"a": 1.0, "b": [2.0, 3.0]})
    found = program.to_jax()({"a": 4.0, "b": np.array([5, 6])})

    assert found["sum"] == 9.0
    assert isinstance(found["rows"], tuple)
    assert [x.tolist() for x in found["rows"]] == [[4.0], [5.0, 6.0]]
    ragged = trace(lambda x: [x[0][0], x[1][1]], [[1.0], [2.0, 3.0]]).to_jax()
    assert ragged([[7], np.array([8, 9])]).tolist() == [7.0, 9.0]


def test_no_gradient_passes_a_detached_number():
    """What the trace took as data is data to JAX: the derivative of x·[x] is [x]."""
    program = trace(lambda x: x * x.data, 3.0)

    assert jax.grad(program.to_jax())(3.0) == program.value_and_grad(3.0)[1] == 3.0


def test_a_choice_is_made_by_each_example():
    """`where` and `maximum` choose anew for each number that is mapped."""
    program = trace(lambda x: where(x > 0, x * x, -x) + maximum(x, 1.0), 3.0)
    f = jax.vmap(jax.value_and_grad(program.to_jax()))

    values, slopes = f(np.array([-2.0, 1.0, 3.0]))

    assert values.tolist() == [3.0, 2.0, 12.0]
    assert slopes.tolist() == [-1.0, 2.5, 7.0]


def test_the_branch_not_taken_needs_a_harmless_operand_as_always_in_jax():
    """0·inf is nan in JAX where the engine sends nothing; a second `where` helps."""
    bare = trace(lambda x: where(x > 0, log(x), 0.0), 1.0)
    safe = trace(lambda x: where(x > 0, log(where(x > 0, x, 1.0)), 0.0), 1.0)

    assert bare.value_and_grad(0.0) == safe.value_and_grad(0.0) == (0.0, 0.0)
    assert math.isnan(jax.grad(bare.to_jax())(0.0))
    assert jax.grad(safe.to_jax())(0.0) == 0.0
    assert jax.grad(safe.to_jax())(2.0) == 0.5


def test_captured_values_are_read_once():
    """A JAX function is pure: what is assigned later does not reach it."""
    w = Value(2.0)
    program = trace(lambda x: w * x, 1.0)
    f = program.to_jax()
    w.data = 5.0

    assert (f(3.0), program(3.0), program.to_jax()(3.0)) == (6.0, 15.0, 15.0)


def test_infinities_and_nan_go_through():
    """No number is refused: exp overflows, nan stays nan."""
    f = trace(lambda x: OPS["exp"](x) + 1.0, 0.0).to_jax()

    assert f(1000.0) == math.inf
    assert math.isnan(f(math.nan))


@pytest.mark.parametrize("x", [1, True, 1.0, np.float32(1), np.int8(1)])
def test_numbers_of_any_kind_are_computed_with_in_double_precision(x):
    """A third of a whole number, or of one in single precision, has all digits."""
    third = trace(lambda x: x / 3.0, 1.0).to_jax()(x)

    assert third.dtype == np.float64
    assert third == 1.0 / 3.0


def test_single_precision_is_jaxs_default():
    """Without x64 the results are JAX's float32, without a warning."""
    loss, start = network([2, 3, 1])
    program = trace(loss, start, [0.5, -0.5])
    with jax.enable_x64(False):
        value, gradient = jax.value_and_grad(program.to_jax())(start, [0.5, -0.5])

    assert value.dtype == np.float32
    assert close(float(value), program(start, [0.5, -0.5]), within=1e-6)
    assert len(jax.tree.leaves(gradient)) == 13


SHARDED = """
import jax
jax.config.update("jax_num_cpu_devices", 8)
jax.config.update("jax_enable_x64", True)
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from autograd_core import tanh
from autograd_core.program import trace

program = trace(lambda w, x: tanh(w[0] * x + w[1]) ** 2, [0.5, 0.1], 1.0)
f = program.to_jax()
loss = lambda w, xs: jax.vmap(f, (None, 0))(w, xs).mean()
mesh = Mesh(np.array(jax.devices()), ("examples",))
xs, w = np.linspace(-2, 2, 16), np.array([0.5, 0.1])
placed = jax.device_put(xs, NamedSharding(mesh, PartitionSpec("examples")))
parts = len({shard.device for shard in placed.addressable_shards})
value, gradient = jax.jit(jax.value_and_grad(loss))(w, placed)
wanted, summed = program.batch((None, 0)).value_and_grad(w, xs)
print(parts, abs(value - wanted.mean()) < 1e-15, abs(gradient - summed / 16).max())
"""


def test_a_batch_may_lie_on_several_devices():
    """Split over 8 simulated devices, the mean's gradient is that of one."""
    done = subprocess.run(
        [sys.executable, "-c", SHARDED], capture_output=True, text=True, check=True
    )

    parts, alike, off = done.stdout.split()
    assert (parts, alike) == ("8", "True")
    assert float(off) < 1e-15


# --- bad input ----------------------------------------------------------------------
def test_a_program_with_guards_is_refused():
    """The message names the line of the decision, and what to write instead."""
    program = trace(lambda x: x if x > 0 else -x, 3.0)

    with pytest.raises(TraceError, match=r"test_to_jax.py:\d+ held .*where\("):
        program.to_jax()


@pytest.mark.parametrize("name", ["cube", "tanh", "less"])
def test_a_row_of_ones_own_is_refused_by_name(name):
    """Also where it is called like a row of the table."""

    def cube(x):
        return x**3

    cube.__name__ = name
    own = custom_op(lambda y, x: 3 * x * x)(cube)

    with pytest.raises(GraphError, match=f"'{name}' is none of them"):
        trace(lambda x: own(x), 1.0).to_jax()


def test_to_jax_without_jax_names_the_extra(monkeypatch):
    """The error is about the extra, raised before anything is written."""
    monkeypatch.setitem(sys.modules, "jax", None)

    with pytest.raises(MissingExtraError, match=r"autograd-core\[jax\]"):
        trace(lambda x: x, 1.0).to_jax()


@pytest.mark.parametrize(
    ("args", "error", "words"),
    [
        (([1.0, 2.0],), ShapeError, "takes 2 arguments"),
        (([1.0], 1.0), ShapeError, r"x of f takes an array of shape \(2,\)"),
        (([1.0, 2.0], [1.0]), ShapeError, "jax.vmap"),
        (([[1.0], [1.0, 2.0]], 1.0), ShapeError, "x of f"),
        ((["a", "b"], 1.0), OperandError, "x of f"),
        ((np.array([1j, 2.0]), 1.0), OperandError, "complex128"),
        (([1.0, 2.0], None), OperandError, "y of f"),
        ((Value(1.0), 1.0), OperandError, "x of f"),
    ],
)
def test_arguments_of_another_kind_are_named(args, error, words):
    """The message names the argument, its shape and what came instead."""

    def f(x, y):
        return x[0] * x[1] + y

    with pytest.raises(error, match=words):
        trace(f, [1.0, 2.0], 3.0).to_jax()(*args)
