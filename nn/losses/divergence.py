"""The Kullback-Leibler divergence: what a wrong distribution costs."""

from typing import Any

from autograd_core import div, exp, log, mul, sub, total, where

from .reduction import (
    REDUCTIONS,
    at_most_zero,
    check_reduction,
    pairs,
    probability,
    reduced,
)

__all__ = ["kl_div"]


def kl_div(
    log_probabilities: Any,
    targets: Any,
    reduction: str = "mean",
    *,
    log_target: bool = False,
) -> Any:
    """Return the mean of t·(log t - x), whose sum is the divergence KL(t ‖ eˣ).

    It is what the model's probabilities eˣ lose of t (Kullback and Leibler 1951), in
    PyTorch's convention: first the model's *log*-probabilities x, such as `log_softmax`
    gives, then the target's probabilities t, or with `log_target` their logarithms. The
    mean over all numbers is no divergence; `"sum"` is one for a single distribution,
    `"batchmean"` the mean of one for each entry of the outermost list of a batch. (Of a
    bare list, one distribution, PyTorch's batchmean divides by its length.) A target
    of 0 counts nothing, even where x is -inf.

    >>> from math import log
    >>> round(kl_div([log(0.25), log(0.75)], [0.5, 0.5], "sum"), 6)
    0.143841
    """
    check_reduction(reduction, (*REDUCTIONS, "batchmean"))
    form, both = pairs("kl_div", log_probabilities, targets)
    term = _term_of_logarithm if log_target else _term
    terms = [term(x, t) for x, t in both]
    if reduction == "batchmean" and terms:
        return div(total(terms), float(form[0] if len(form) > 1 else 1))
    reduction = "mean" if reduction == "batchmean" else reduction
    return reduced("kl_div", terms, form, reduction)


def _term(x: Any, target: Any) -> Any:
    at_most_zero("kl_div", x)
    if probability("kl_div", target) == 0.0:
        return where(False, x, 0.0)
    return mul(target, sub(log(target), x))


def _term_of_logarithm(x: Any, target: Any) -> Any:
    at_most_zero("kl_div", x)
    if at_most_zero("kl_div", target) == float("-inf"):
        return where(False, x, 0.0)
    return mul(exp(target), sub(target, x))
