"""Clipping holds gradients within limits and keeps what it may."""

import math

import mpmath
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd_core import Value
from autograd_core.errors import DomainError, NonFiniteError, OperandError
from nn.clipping import (
    clip_by_global_norm,
    clip_by_value,
    clip_grad_norm_,
    clip_grad_value_,
)

finite = st.floats(allow_nan=False, allow_infinity=False)
lists = st.lists(finite, min_size=1, max_size=8)
limits = st.floats(1e-3, 1e3)
norms = st.sampled_from([1.0, 1.5, 2.0, 3.0, math.inf])


def with_gradients(gradients):
    """Return parameters that have these gradients."""
    parameters = [Value(0.0, label=f"p{i}") for i in range(len(gradients))]
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = gradient
    return parameters


@given(lists, limits)
def test_a_gradient_within_the_limits_stays_and_the_rest_are_at_them(gradients, limit):
    """Each is min(max(g, -limit), limit)."""
    parameters = with_gradients(gradients)

    clip_grad_value_(parameters, limit)

    wanted = [min(max(g, -limit), limit) for g in gradients]
    assert [p.grad for p in parameters] == wanted
    assert clip_by_value(limit).update(gradients, ()) == (wanted, ())


@given(lists, norms)
def test_the_norm_keeps_its_digits_at_any_size(gradients, norm_type):
    """It is that of mpmath, where squares overflow or vanish, too."""
    norm = clip_grad_norm_(with_gradients(gradients), 1.0, norm_type)

    with mpmath.workdps(40):
        exact = [abs(mpmath.mpf(g)) for g in gradients]
        if norm_type == math.inf:
            wanted = max(exact)
        else:
            wanted = mpmath.fsum(x**norm_type for x in exact) ** (
                1 / mpmath.mpf(norm_type)
            )
    assert norm == pytest.approx(float(wanted), rel=1e-14, abs=5e-324)


@given(lists, limits, norms)
def test_clipped_gradients_have_the_direction_they_had(gradients, limit, norm_type):
    """All are scaled alike, down to the limit and never up."""
    parameters = with_gradients(gradients)

    norm = clip_grad_norm_(parameters, limit, norm_type)

    clipped = [p.grad for p in parameters]
    scale = min(1.0, limit / (norm + 1e-6))
    assert clipped == [g * scale for g in gradients]
    after = clip_grad_norm_(parameters, math.inf, norm_type)
    assert after <= limit * (1 + 1e-12)
    assert [p.grad for p in parameters] == clipped
    transformation = clip_by_global_norm(limit, norm_type)
    assert transformation.update(gradients, ()) == (clipped, ())


@pytest.mark.parametrize(
    ("gradients", "norm"),
    [([1.0, math.nan], math.nan), ([1.0, -math.inf], math.inf)],
)
def test_a_norm_that_is_not_finite_is_an_error_if_asked(gradients, norm):
    """The message names the parameter, and no gradient has changed."""
    parameters = with_gradients(gradients)

    with pytest.raises(NonFiniteError, match=rf"norm .* {norm}; .*'p1'"):
        clip_grad_norm_(parameters, 1.0, error_if_nonfinite=True)

    assert [p.grad for p in parameters] == pytest.approx(gradients, nan_ok=True)


def test_without_asking_it_spoils_what_it_spoils_in_pytorch():
    """Nan makes every gradient nan; infinity makes zeros and nan."""
    parameters = with_gradients([1.0, math.nan])
    assert math.isnan(clip_grad_norm_(parameters, 1.0))
    assert all(math.isnan(p.grad) for p in parameters)

    assert math.isnan(clip_grad_norm_(with_gradients([math.inf, math.nan]), 1.0))

    parameters = with_gradients([1.0, math.inf])
    assert clip_grad_norm_(parameters, 1.0) == math.inf
    assert [p.grad for p in parameters] == pytest.approx([0.0, math.nan], nan_ok=True)


def test_parameters_without_a_gradient_are_left_out():
    """Neither those that no backward pass reached nor the frozen ones count."""
    x, untouched, frozen = with_gradients([3.0, 0.0, 9.0])
    nn.SGD([untouched]).zero_grad()
    frozen.requires_grad = False

    assert clip_grad_norm_([x, untouched, frozen], 1.0) == 3.0
    clip_grad_value_([x, untouched, frozen], 0.5)

    assert (x.grad, untouched.has_grad, frozen.grad) == (0.5, False, 9.0)
    assert clip_grad_norm_([], 1.0) == 0.0


def test_one_parameter_may_be_given_alone_and_one_twice_counts_once():
    """As a Value, or as a weight that stands in two places."""
    (x,) = with_gradients([4.0])

    assert clip_grad_norm_(x, 2.0) == 4.0
    assert clip_grad_norm_([x, x], 1.0) == pytest.approx(2.0)
    assert x.grad == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (
            lambda p: clip_grad_norm_(p, 0.0),
            DomainError,
            "max_norm .* above 0, not 0.0",
        ),
        (lambda p: clip_grad_norm_(p, math.nan), DomainError, "max_norm .* not nan"),
        (lambda p: clip_grad_norm_(p, "1"), OperandError, "max_norm .* not '1'"),
        (lambda p: clip_grad_norm_(p, 1.0, -2), DomainError, "norm_type .* not -2"),
        (lambda p: clip_grad_value_(p, -1.0), DomainError, "clip_value .* not -1.0"),
        (lambda p: clip_grad_value_([1.0], 1.0), OperandError, "Values .* not 1.0"),
        (lambda p: clip_grad_norm_(1.0, 1.0), OperandError, "list .* not 1.0"),
        (lambda p: clip_by_value(0), DomainError, "clip_value"),
        (lambda p: clip_by_global_norm(1.0, 0), DomainError, "norm_type"),
    ],
)
def test_bad_limits_are_refused_and_change_nothing(call, error, words):
    """The message gives the name and the number."""
    parameters = with_gradients([3.0])

    with pytest.raises(error, match=words):
        call(parameters)

    assert parameters[0].grad == 3.0


def test_arrays_and_nested_lists_of_parameters_are_clipped():
    """Their gradients are one vector."""
    numpy = pytest.importorskip("numpy")
    w, b = numpy.array([[Value(1.0)]]), [[Value(2.0)]]
    w[0][0].grad, b[0][0].grad = 3.0, -4.0

    assert clip_grad_norm_([w, b], 10.0) == 5.0
    clip_grad_value_(w, 1.0)

    assert (w[0][0].grad, b[0][0].grad) == (1.0, -4.0)
