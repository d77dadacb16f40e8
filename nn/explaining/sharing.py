"""How a sum shares the relevance that it received among its terms.

A sum y = z₁ + … + zₙ + b hands each term a fraction of its relevance, in proportion to
what the term contributed; the rules of the literature differ in how they count. Each
is a function from the terms, the bias the last of them, to their fractions. What falls
to the bias stays there: it is absorbed.
"""

from collections.abc import Callable
from math import copysign

from autograd_core import total

from ..hyperparameters import between

__all__ = ["Sharing", "epsilon_rule", "gamma_rule", "z_plus", "zero"]

Floats = list[float]
Sharing = Callable[[Floats], Floats]


def zero(terms: Floats) -> Floats:
    """Return zᵢ/Σz, LRP-0: all is handed on (Bach et al. 2015, eq. 56).

    Terms that cancel to a small sum have large fractions of either sign. A sum of
    exactly 0 has nothing to share by, and hands on nothing.

    >>> zero([3.0, -1.0, 0.0])
    [1.5, -0.5, 0.0]
    """
    return _over(terms, total(terms))


def epsilon_rule(epsilon: float) -> Sharing:
    """Return zᵢ/(Σz + ε·sign(Σz)), LRP-ε: small sums absorb (Bach 2015, eq. 58).

    >>> epsilon_rule(0.5)([3.0, -1.0, 0.0])
    [1.2, -0.4, 0.0]
    """
    between("epsilon", epsilon, 0.0)

    def share(terms: Floats) -> Floats:
        whole = total(terms)
        return _over(terms, whole + copysign(epsilon, whole))

    return share


def gamma_rule(gamma: float) -> Sharing:
    """Return (zᵢ + γ·zᵢ⁺)/Σ(z + γ·z⁺), LRP-γ: what speaks for it counts more.

    For a sum below 0 the terms below 0 speak for it, so that the divisor is never
    smaller than the sum (Montavon et al. 2019, sec. 10.2.1; Andéol et al. 2021).

    >>> gamma_rule(1.0)([3.0, -1.0, 0.0])
    [1.2, -0.2, 0.0]
    """
    between("gamma", gamma, 0.0)

    def share(terms: Floats) -> Floats:
        whole = total(terms)
        return zero([z + gamma * z if z * whole > 0.0 else z for z in terms])

    return share


def z_plus(terms: Floats) -> Floats:
    """Return zᵢ⁺/Σz⁺, the α₁β₀ rule: only what is above 0 counts (Bach 2015, eq. 60).

    >>> z_plus([3.0, -1.0, 1.0])
    [0.75, 0.0, 0.25]
    """
    return zero([z if z > 0.0 else 0.0 for z in terms])


def _over(terms: Floats, divisor: float) -> Floats:
    return [z / divisor if divisor else 0.0 for z in terms]
