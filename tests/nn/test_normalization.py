"""Normalisation brings numbers to mean 0 and variance 1, over an example or a batch."""

import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from layer_functions import assert_derivatives
from mpmath import mp, mpf

from autograd_core import Value, topological_order
from autograd_core.errors import DomainError, OperandError, ShapeError
from nn import load, save
from nn.layers.batch_normalization import BatchNorm1d
from nn.layers.containers import Sequential
from nn.layers.linear import Linear
from nn.layers.normalization import LayerNorm, RMSNorm
from nn.nested import numbers

rows = st.lists(st.floats(-100, 100), min_size=2, max_size=6)
batches = st.tuples(st.integers(2, 6), st.integers(1, 3), st.integers(0, 1000))


def standardized(xs, eps):
    """Return (x - mean)/√(var + eps), in 60 digits."""
    with mp.workdps(60):
        xs = [mpf(x) for x in xs]
        center = mp.fsum(xs) / len(xs)
        variance = mp.fsum((x - center) ** 2 for x in xs) / len(xs)
        return [float((x - center) / mp.sqrt(variance + eps)) for x in xs]


# --- of one example -----------------------------------------------------------------
@given(xs=rows)
def test_layer_norm_is_its_formula(xs):
    """Within rounding of the numbers that came in."""
    found = numbers(LayerNorm(len(xs))(xs))

    assert found == pytest.approx(standardized(xs, mpf(1e-5)), rel=1e-12, abs=1e-11)


@given(xs=rows, shift=st.integers(-5, 5), scale=st.sampled_from([0.5, 2.0, 8.0]))
def test_layer_norm_takes_away_shift_and_scale(xs, shift, scale):
    """Without eps, a·x + b gives what x gives."""
    if np.ptp(xs) < 1e-3:
        return
    norm = LayerNorm(len(xs), eps=0.0)

    moved = numbers(norm([scale * x + shift for x in xs]))
    assert moved == pytest.approx(numbers(norm(xs)), rel=1e-8, abs=1e-8)


@given(xs=rows)
def test_rms_norm_is_its_formula(xs):
    """x/√(mean x² + eps), accurate to a few units in the last place."""
    found = numbers(RMSNorm(len(xs), eps=1e-5, elementwise_affine=False)(xs))

    with mp.workdps(60):
        mean = mp.fsum(mpf(x) ** 2 for x in xs) / len(xs)
        wanted = [float(mpf(x) / mp.sqrt(mean + mpf(1e-5))) for x in xs]
    assert found == pytest.approx(wanted, rel=1e-15, abs=1e-300)


def test_the_default_eps_of_rms_norm_is_that_of_a_float():
    """As PyTorch's: the distance from 1 to the next float."""
    assert RMSNorm(2).eps == math.ulp(1.0)
    assert numbers(RMSNorm(2)([0.0, 0.0])) == [0.0, 0.0]


@pytest.mark.parametrize(
    "norm",
    [
        LayerNorm(4),
        LayerNorm(4, bias=False),
        LayerNorm(4, elementwise_affine=False),
        RMSNorm(4),
        RMSNorm(4, 1e-5, elementwise_affine=False),
    ],
)
def test_derivatives_are_right(norm):
    """By weight, bias and every number, of one example and of two."""
    assert_derivatives(norm, (4,))
    assert_derivatives(norm, (2, 4))


def test_weight_and_bias_scale_and_shift():
    """Y = w·x̂ + b, number by number."""
    norm = LayerNorm(2, eps=0.0)
    norm.load_state_dict({"weight": [2.0, 3.0], "bias": [0.5, -0.5]})

    assert numbers(norm([1.0, 3.0])) == [-1.5, 2.5]


@pytest.mark.parametrize(("norm", "nodes"), [(LayerNorm(9), 31), (RMSNorm(9), 21)])
def test_normalising_takes_few_nodes(norm, nodes):
    """Sums over the example are one node each; then two or three for each number."""
    ys = norm([float(i) for i in range(9)])

    found = {n for y in ys for n in topological_order(y) if n.op}
    assert len(found) == nodes


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (
            lambda: LayerNorm(3)([1, 2]),
            ShapeError,
            r"LayerNorm\(3, eps=1e-05\) takes 3",
        ),
        (lambda: RMSNorm(3)([[1, 2]]), ShapeError, "takes 3 inputs; got 2"),
        (lambda: RMSNorm(3)(1.0), OperandError, "takes a list of 3 numbers"),
        (lambda: LayerNorm(0), ShapeError, "normalized_shape .* from 1 up"),
        (
            lambda: LayerNorm(2, eps=-1e-5),
            DomainError,
            "eps takes a finite number from 0 up",
        ),
        (lambda: RMSNorm(2, eps="small"), OperandError, "not 'small'"),
        (lambda: BatchNorm1d(2, eps=math.nan), DomainError, "not nan"),
        (lambda: BatchNorm1d(2, momentum=1.5), DomainError, "momentum takes a share"),
        (lambda: BatchNorm1d(2.0), OperandError, "num_features takes a whole number"),
        (lambda: BatchNorm1d(2)([[1, 2], [3]]), ShapeError, "different shapes"),
        (
            lambda: BatchNorm1d(2)([[1], [3]]),
            ShapeError,
            r"BatchNorm1d\(2, eps=1e-05\) takes .* any × 2 numbers; .* \(2, 1\)",
        ),
        (lambda: BatchNorm1d(2)([]), ShapeError, r"got the shape \(0,\)"),
        (lambda: BatchNorm1d(2)(1.0), OperandError, "got 1.0 of float"),
        (lambda: BatchNorm1d(2)([["a", 1], [1, 2]]), OperandError, "'a' of type str"),
        (lambda: BatchNorm1d(2).eval()([[1.0]]), ShapeError, "takes 2 inputs; got 1"),
    ],
)
def test_what_does_not_fit_is_refused(call, error, words):
    """The message names the layer, what it takes and what came."""
    with pytest.raises(error, match=words):
        call()


# --- of a batch ---------------------------------------------------------------------
@given(sizes=batches)
def test_batch_norm_is_its_formula(sizes):
    """Each column is standardised, and the running statistics move a tenth."""
    n, c, seed = sizes
    x = np.random.default_rng(seed).normal(3.0, 2.0, size=(n, c))
    norm = BatchNorm1d(c)

    found = np.array(numbers(norm(x)))

    for i in range(c):
        wanted = standardized(x[:, i], mpf(1e-5))
        assert found[:, i] == pytest.approx(wanted, rel=1e-12, abs=1e-12)
    assert norm.running_mean == pytest.approx(0.1 * x.mean(0))
    assert norm.running_var == pytest.approx(0.9 + 0.1 * x.var(0, ddof=1))
    assert norm.num_batches_tracked == 1


@given(sizes=batches)
def test_without_momentum_the_statistics_are_means_over_batches(sizes):
    """momentum=None gives every batch the same weight."""
    n, c, seed = sizes
    xs = np.random.default_rng(seed).normal(size=(4, n, c))
    norm = BatchNorm1d(c, momentum=None)
    for x in xs:
        norm(x)

    assert norm.running_mean == pytest.approx(xs.mean((0, 1)), abs=1e-12)
    assert norm.running_var == pytest.approx(xs.var(1, ddof=1).mean(0))


def test_batch_norm_has_the_right_derivatives():
    """In training the statistics depend on every example; in evaluation on none."""
    assert_derivatives(BatchNorm1d(2), (4, 2))
    assert_derivatives(BatchNorm1d(2, affine=False), (3, 2))
    assert_derivatives(BatchNorm1d(2).eval(), (3, 2))


def test_in_evaluation_an_example_depends_on_no_other():
    """The running statistics stand in, and stay as they are."""
    norm = BatchNorm1d(1, eps=0.0)
    norm.load_state_dict(
        {
            **{"weight": [2.0], "bias": [1.0], "running_mean": [3.0]},
            **{"running_var": [4.0], "num_batches_tracked": 7},
        }
    )
    norm.eval()

    assert numbers(norm([[5.0], [1.0]])) == [[3.0], [-1.0]]
    assert numbers(norm([5.0])) == [3.0]
    assert (norm.running_mean, norm.running_var) == ([3.0], [4.0])
    assert norm.num_batches_tracked == 7


@pytest.mark.parametrize("batch", [[[1.0, 2.0]], [1.0, 2.0]])
def test_a_batch_of_one_cannot_be_trained_on(batch):
    """One example has no variance; nothing is changed."""
    norm = BatchNorm1d(2)
    before = norm.state_dict()

    with pytest.raises(ShapeError, match=r"more than one example.*got a batch of 1"):
        norm(batch)

    assert norm.state_dict() == before


def test_bad_input_leaves_the_running_statistics_alone():
    """After an error nothing is half-changed."""
    norm = BatchNorm1d(2)
    before = norm.state_dict()

    with pytest.raises(OperandError):
        norm([[1.0, 2.0], [3.0, None]])

    assert norm.state_dict() == before


def test_running_statistics_are_saved_and_no_parameters(tmp_path):
    """They stand in the state under PyTorch's names, and no optimiser sees them."""
    model = Sequential(Linear(2, 2, seed=0), BatchNorm1d(2))
    model([[1.0, 2.0], [3.0, 5.0]])
    save(model, tmp_path / "model.json")
    other = Sequential(Linear(2, 2, seed=1), BatchNorm1d(2))

    load(other, tmp_path / "model.json")

    assert list(model.state_dict())[2:] == [
        *("1.weight", "1.bias", "1.running_mean", "1.running_var"),
        "1.num_batches_tracked",
    ]
    assert len(model.parameters()) == 6 + 4
    assert other.state_dict() == model.state_dict()
    assert other[1].num_batches_tracked == 1
    assert numbers(other.eval()([1.0, 2.0])) == numbers(model.eval()([1.0, 2.0]))
    copy = pickle.loads(pickle.dumps(model))
    assert copy.state_dict() == model.state_dict()


def test_running_statistics_keep_no_graph():
    """They are numbers: the batch that they were made of is freed."""
    norm, x = BatchNorm1d(1), [[Value(1.0)], [Value(2.0)]]
    norm(x)

    assert all(isinstance(m, float) for m in norm.running_mean + norm.running_var)


def test_a_constant_column_gives_zeros():
    """Eps keeps the root from 0, and the gradient finite."""
    xs = [[Value(2.0)], [Value(2.0)]]
    (y,), (z,) = BatchNorm1d(1)(xs)
    (3 * y + z).backward()

    assert (y.data, z.data) == (0.0, 0.0)
    assert all(math.isfinite(x.grad) for (x,) in xs)


@pytest.mark.parametrize("kind", [LayerNorm, RMSNorm])
def test_pytorchs_shape_of_one_level_is_its_length(kind):
    """More levels than one are refused."""
    assert kind((3,)).normalized_shape == kind([3]).normalized_shape == 3
    for form in ((2, 3), ()):
        with pytest.raises(ShapeError, match="normalized_shape takes one number"):
            kind(form)


@pytest.mark.parametrize("training", [True, False])
def test_a_batch_of_sequences_is_refused_in_the_layers_name(training):
    """PyTorch has the numbers at the second level there; nothing has moved."""
    norm = BatchNorm1d(2).train(training)
    before = norm.state_dict()

    with pytest.raises(
        ShapeError, match=r"BatchNorm1d\(2.* any × 2 numbers; got the sh"
    ):
        norm([[[1.0, 2.0], [3.0, 4.0]]] * 2)

    assert norm.state_dict() == before
