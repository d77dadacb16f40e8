"""The rows of one operand as PyTorch has them: modules by their names, or functions."""

from collections.abc import Callable
from typing import Any

__all__ = ["FUNCTIONS", "MODULES"]

MODULES: dict[str, tuple[str, dict[str, Any]]] = {
    "elu": ("ELU", {}),
    "gelu": ("GELU", {}),
    "identity": ("Identity", {}),
    "leaky_relu": ("LeakyReLU", {}),
    "log_sigmoid": ("LogSigmoid", {}),
    "relu": ("ReLU", {}),
    "sigmoid": ("Sigmoid", {}),
    "silu": ("SiLU", {}),
    "softplus": ("Softplus", {"threshold": 40.0}),  # of 20, 9 digits would be right
    "tanh": ("Tanh", {}),
}


def _method(name: str) -> Callable[[Any], Any]:
    return lambda x: getattr(x, name)()


FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    **{
        name: _method(name)
        for name in (
            *("abs", "acos", "acosh", "asin", "asinh", "atan", "atanh", "cos", "cosh"),
            *("digamma", "erf", "erfc", "exp", "exp2", "expm1", "lgamma", "log"),
            *("log10", "log1p", "log2", "neg", "sign", "sin", "sinh", "sqrt", "tan"),
        )
    },
    "cbrt": lambda x: x.sign() * x.abs() ** (1.0 / 3.0),
    "gaussian": lambda x: (-x * x).exp(),
    "heaviside": lambda x: x.sign().relu(),  # which has a gradient, of 0
    "normal_cdf": lambda x: 0.5 * (-0.7071067811865476 * x).erfc(),
    "normal_pdf": lambda x: 0.3989422804014327 * (-0.5 * x * x).exp(),
    "sech_squared": lambda x: 1.0 / x.cosh() ** 2,
}
