"""How operators and methods on a node become rows of the table.

`a * b` on two nodes is the hot path of the whole project, so the node of a row with one
or two operands is built here in straight-line code; everything unusual (a number on one
side, an open `no_grad`, two classes) goes through the row itself. The methods are
written out, one name a row, so that they can be read, completed and found.
"""

import operator
from collections.abc import Callable
from typing import Any, NoReturn

from . import ops, recording
from .errors import OperandError
from .op import Op
from .real import is_real, shown
from .recording import NOT_RUN

__all__ = ["Arithmetic"]

_new = object.__new__


def _unary(op: Op) -> Callable[[Any], Any]:
    """Make the method of a row with one operand."""
    forward = op.forward

    def method(self: Any) -> Any:
        if recording.detours:
            return op(self)
        node = _new(self.__class__)
        node._a = self
        node._a_data = data = self._data
        node._b = node._b_data = None
        node._data = node._y = forward(data)
        node._grad = NOT_RUN
        node.op = op
        node.label = ""
        node.requires_grad = self.requires_grad
        if recording.notes:
            node.scope = recording.state.scope
            if recording.watchers:
                recording.watch(node)
        else:
            node.scope = ""
        return node

    return _named(method, op)


def _binary(op: Op) -> Callable[[Any, Any], Any]:
    """Make the operator of a row with two operands."""
    forward = op.forward

    def method(self: Any, other: Any) -> Any:
        kind = self.__class__
        if other.__class__ is not kind or recording.detours:
            return _general(kind, op, self, other, other)
        node = _new(kind)
        node._a = self
        node._b = other
        node._a_data = a = self._data
        node._b_data = b = other._data
        node._data = node._y = forward(a, b)
        node._grad = NOT_RUN
        node.op = op
        node.label = ""
        node.requires_grad = self.requires_grad or other.requires_grad
        if recording.notes:
            node.scope = recording.state.scope
            if recording.watchers:
                recording.watch(node)
        else:
            node.scope = ""
        return node

    return _named(method, op)


def _reflected(op: Op) -> Callable[[Any, Any], Any]:
    """Make the operator for a number on the left of a node."""

    def method(self: Any, other: Any) -> Any:
        return _general(self.__class__, op, other, self, other)

    return _named(method, op)


def _general(kind: Any, op: Op, a: Any, b: Any, other: Any) -> Any:
    """Apply `op` to a node of class `kind` and whatever stands on its other side."""
    if other.__class__ is float or isinstance(other, Arithmetic) or is_real(other):
        return kind.__apply_op__(op, (a, b))
    if other is None or isinstance(other, _NEVER_OPERANDS):
        raise OperandError(
            f"{op.symbol} takes real numbers and Values, not {shown(other)}"
        )
    return NotImplemented  # an array, say, that applies the operator to each element


_NEVER_OPERANDS = (str, bytes, complex, list, tuple, dict, set)


def _comparison(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """Make a comparison of data, which gives a plain bool unless it is traced."""

    def method(self: Any, other: Any) -> bool:
        if recording.detours and recording.state.trace is not None:
            traced: bool = recording.state.trace.compare(compare, self, other)
            return traced
        if isinstance(other, Arithmetic):
            return compare(self._data, other._data)
        return compare(self._data, other) if is_real(other) else NotImplemented

    return method


def _named(method: Callable[..., Any], op: Op) -> Callable[..., Any]:
    method.__name__ = op.name
    method.__doc__ = op.__doc__
    return method


class Arithmetic:
    """The operators, the comparisons and the methods of a node."""

    __slots__ = ()

    _data: float

    __add__, __radd__ = _binary(ops.add), _reflected(ops.add)
    __sub__, __rsub__ = _binary(ops.sub), _reflected(ops.sub)
    __mul__, __rmul__ = _binary(ops.mul), _reflected(ops.mul)
    __truediv__, __rtruediv__ = _binary(ops.div), _reflected(ops.div)
    __pow__, __rpow__ = _binary(ops.power), _reflected(ops.power)
    __neg__ = _unary(ops.neg)
    __abs__ = _unary(ops.abs)

    __lt__ = _comparison(operator.lt)
    __le__ = _comparison(operator.le)
    __gt__ = _comparison(operator.gt)
    __ge__ = _comparison(operator.ge)

    abs = _unary(ops.abs)
    # np.arccos and its kin look for methods by numpy's names
    acos = arccos = _unary(ops.acos)
    acosh = arccosh = _unary(ops.acosh)
    asin = arcsin = _unary(ops.asin)
    asinh = arcsinh = _unary(ops.asinh)
    atan = arctan = _unary(ops.atan)
    atanh = arctanh = _unary(ops.atanh)
    cbrt = _unary(ops.cbrt)
    cos = _unary(ops.cos)
    cosh = _unary(ops.cosh)
    digamma = _unary(ops.digamma)
    erf = _unary(ops.erf)
    erfc = _unary(ops.erfc)
    exp = _unary(ops.exp)
    exp2 = _unary(ops.exp2)
    expm1 = _unary(ops.expm1)
    gaussian = _unary(ops.gaussian)
    gelu = _unary(ops.gelu)
    heaviside = _unary(ops.heaviside)
    identity = _unary(ops.identity)
    lgamma = _unary(ops.lgamma)
    log = _unary(ops.log)
    log10 = _unary(ops.log10)
    log1p = _unary(ops.log1p)
    log2 = _unary(ops.log2)
    log_sigmoid = _unary(ops.log_sigmoid)
    neg = negative = _unary(ops.neg)
    normal_cdf = _unary(ops.normal_cdf)
    normal_pdf = _unary(ops.normal_pdf)
    relu = _unary(ops.relu)
    sech_squared = _unary(ops.sech_squared)
    sigmoid = _unary(ops.sigmoid)
    sign = _unary(ops.sign)
    silu = _unary(ops.silu)
    sin = _unary(ops.sin)
    sinh = _unary(ops.sinh)
    softplus = _unary(ops.softplus)
    sqrt = _unary(ops.sqrt)
    tan = _unary(ops.tan)
    tanh = _unary(ops.tanh)

    def leaky_relu(self, negative_slope: float = 0.01) -> Any:
        """Return x where it is positive, negative_slope·x elsewhere."""
        return ops.leaky_relu(self, negative_slope)

    def elu(self, alpha: float = 1.0) -> Any:
        """Return x where it is positive, alpha·(eˣ - 1) elsewhere."""
        return ops.elu(self, alpha)

    def clip(self, low: float, high: float) -> Any:
        """Return x held between low and high."""
        return ops.clip(self, low, high)

    def __pos__(self) -> Any:
        return self

    def __format__(self, spec: str) -> str:
        return format(self._data, spec) if spec else repr(self)

    def __bool__(self) -> NoReturn:
        raise OperandError(
            f"the truth of {self!r} is ambiguous; write the comparison you mean, such "
            "as v > 0, or v.data != 0"
        )

    def __float__(self) -> NoReturn:
        raise OperandError(
            f"a plain number made of {self!r} would lose the graph; use a function of "
            "autograd_core such as autograd_core.exp to stay in it, or v.data to leave "
            "it"
        )

    __int__ = __complex__ = __float__
