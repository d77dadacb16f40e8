"""scipy's optimisers, given a plain function and its derivatives in one line."""

from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize, root

from autograd_core import exp, grad, hessian, hvp, jacobian, value_and_grad

START = np.array([-1.2, 1.0])


def rosenbrock(x: Any) -> Any:
    """Rosenbrock's valley, least at (1, 1), of an array or a list."""
    return 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2


@pytest.mark.parametrize("method", ["BFGS", "L-BFGS-B", "Newton-CG", "trust-exact"])
def test_the_value_and_gradient_are_what_minimize_takes(method: str) -> None:
    """`value_and_grad(f)` with `jac=True`, and a Hessian where one is asked for."""
    asks = {"hess": hessian(rosenbrock)} if method[0] in "Nt" else {}
    found = minimize(value_and_grad(rosenbrock), START, jac=True, method=method, **asks)

    assert found.success
    assert found.x == pytest.approx([1, 1], abs=1e-3)


@pytest.mark.parametrize("method", ["Newton-CG", "trust-ncg", "trust-krylov"])
def test_products_with_the_hessian_are_what_minimize_takes(method: str) -> None:
    """`f`, `grad(f)` and `hvp(f)` have the signatures of `fun`, `jac` and `hessp`."""
    found = minimize(
        rosenbrock, START, jac=grad(rosenbrock), hessp=hvp(rosenbrock), method=method
    )

    assert found.success
    assert found.x == pytest.approx([1, 1], abs=1e-3)


def test_a_jacobian_is_what_root_takes() -> None:
    """`jacobian(f)` of arrays is the matrix that Powell's hybrid method asks for."""

    def f(x: Any) -> Any:
        return [exp(x[0]) - x[1], x[0] * x[0] + x[1] * x[1] - 2]

    found = root(f, [0.5, 0.5], jac=jacobian(f))

    assert found.success
    assert jacobian(f)([0.0, 1.0]) == [[1.0, -1.0], [0.0, 2.0]]
