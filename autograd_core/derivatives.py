"""Derivatives of functions, of any order.

`grad` takes a function to the function that gives its gradient, and so do its siblings
here and in `products`. Numbers as arguments give numbers; `Value`s give `Value`s, which
can be differentiated again. The arguments and the result may be nested lists, tuples,
dicts and numpy arrays; a derivative has their structure. A function may close over a
`Value` that needs a gradient: it then counts as an argument, unless `no_grad` is on.

Each of them evaluates the function on fresh nodes (see `differentiation`) and asks the
`Linearization` of what was recorded for pulls or pushes. Derivatives of derivatives
need no rules of their own: the local derivatives of every row are made of rows.

>>> from autograd_core import grad, tanh
>>> grad(tanh)(20)
1.6993417021166355e-17
>>> grad(lambda x: x * grad(lambda y: x * y)(x))(3)
6.0
"""

from collections.abc import Callable, Sequence
from typing import Any

from .arguments import Argnums, check_argnums, name_of, named
from .differentiation import Point, as_value, warn_of_independence
from .errors import GraphError, OperandError, ShapeError
from .linearization import Linearization, ancestors
from .real import described
from .recording import state
from .trees import leaves_of, paths, rebuilt
from .value import Value

__all__ = [
    "derivative",
    "grad",
    "gradient",
    "hessian",
    "jacobian",
    "value_and_grad",
]

Function = Callable[..., Any]


def grad(f: Function, argnums: Argnums = 0) -> Function:
    """Return the function that gives the gradient of `f`, a function to one number.

    The gradient is taken by the argument whose number is `argnums`, and has its
    structure; for a tuple of argument numbers it is a tuple. It costs two to five
    evaluations of `f`, however many inputs there are (Griewank & Walther 2008, ch. 4).

    >>> grad(lambda x, y: x * y * y, argnums=1)(3, 4)
    24.0
    >>> grad(lambda p: p["a"] * p["b"][0])({"a": 2, "b": [5]})
    {'a': 5.0, 'b': [2.0]}
    """
    both = _value_and_grad("grad", f, argnums)

    def gradient_at(*args: Any, **keywords: Any) -> Any:
        return both(*args, **keywords)[1]

    return named(gradient_at, "grad", f)


def value_and_grad(f: Function, argnums: Argnums = 0) -> Function:
    """Return the function that gives the value of `f` and its gradient.

    With numpy arrays it is what scipy asks for:
    `minimize(value_and_grad(f), x0, jac=True, hess=hessian(f))`.

    >>> value_and_grad(lambda x: x[0] * x[1])([3, 4])
    (12.0, [4.0, 3.0])
    """
    return named(_value_and_grad("value_and_grad", f, argnums), "value_and_grad", f)


def _value_and_grad(asked: str, f: Function, argnums: Argnums) -> Function:
    check_argnums(asked, f, argnums)

    def value_and_gradient_at(*args: Any, **keywords: Any) -> tuple[Any, Any]:
        point = Point(asked, f, args, keywords, argnums)
        point.require_one_number()
        gradients = point.linearization().pull([1.0])
        return point.value(), point.like_primals(gradients)

    return value_and_gradient_at


def derivative(f: Function, order: int = 1) -> Function:
    """Return the function that gives the derivative of `f` of that order.

    `f` takes a number first, by which it is differentiated, and returns a number or a
    structure of numbers. Forward mode is used at each order.

    >>> from autograd_core import exp, tanh
    >>> derivative(tanh, 2)(20)
    -3.39868340423327...e-17
    >>> derivative(lambda t, rate: [exp(rate * t), t * t], order=2)(0, 3)
    [9.0, 2.0]
    """
    name_of(f)
    if not isinstance(order, int) or order < 0:
        raise ShapeError(
            f"derivative(f, order) takes an order of 0, 1, 2, ..., not {order!r}"
        )

    def derivative_at(*args: Any, **keywords: Any) -> Any:
        point = Point("derivative", f, args, keywords, 0)
        point.require_one_input()
        if order == 0:
            return point.value()
        rates = point.outputs
        for remaining in reversed(range(order)):
            create_graph = point.create_graph or remaining > 0
            slope = point.linearization_of(rates, create_graph=create_graph)
            rates = slope.push([1.0])
        return point.like_result([point.present(rate) for rate in rates])

    return named(derivative_at, "derivative", f)


def jacobian(f: Function, argnums: Argnums = 0) -> Function:
    """Return the function that gives the derivative of each output by each input.

    The result has the structure of `f`'s result, with the structure of the argument in
    place of each number: a list of m numbers by a list of n gives m lists of n. Reverse
    mode takes one pull a row, forward mode one push a column: the fewer are done.

    >>> jacobian(lambda x: [x[0] * x[1], x[0] - x[1], x[1]])([3, 4])
    [[4.0, 3.0], [1.0, -1.0], [0.0, 1.0]]
    """
    check_argnums("jacobian", f, argnums)

    def jacobian_at(*args: Any, **keywords: Any) -> Any:
        point = Point("jacobian", f, args, keywords, argnums)
        rows = _rows(point.linearization(), len(point.outputs), len(point.seats))
        return point.like_result([point.like_primals(row) for row in rows])

    return named(jacobian_at, "jacobian", f)


def _rows(slope: Linearization, outputs: int, inputs: int) -> list[list[Any]]:
    if outputs <= inputs:
        return [slope.pull(_unit(i, outputs)) for i in range(outputs)]
    columns = [slope.push(_unit(j, inputs)) for j in range(inputs)]
    return [list(row) for row in zip(*columns, strict=True)] or [[]] * outputs


def _unit(i: int, length: int) -> list[float | None]:
    """Return the i-th unit vector, with nothing at all in place of 0."""
    return [1.0 if j == i else None for j in range(length)]


def hessian(f: Function, argnums: Argnums = 0) -> Function:
    """Return the function that gives all second derivatives of `f`, to one number.

    The result has the structure of the argument, with that structure again in place of
    each number: lists of n numbers give n lists of n. It is symmetric to the last bit.

    >>> hessian(lambda x: x[0] * x[0] * x[1])([3, 4])
    [[8.0, 6.0], [6.0, 0.0]]
    """
    check_argnums("hessian", f, argnums)

    def hessian_at(*args: Any, **keywords: Any) -> Any:
        point = Point("hessian", f, args, keywords, argnums)
        slope = point.slope_of_gradient(often=True)
        n = len(point.seats)
        rows = [slope.pull(_unit(i, n))[: i + 1] for i in range(n)]
        for i, row in enumerate(rows):
            row += [rows[j][i] for j in range(i + 1, n)]
        return rebuilt(point.primals, [point.like_primals(row) for row in rows])

    return named(hessian_at, "hessian", f)


def gradient(output: Value, inputs: Any, *, create_graph: bool = False) -> Any:
    """Return the derivative of one node by others, in the structure of `inputs`.

    The inputs are nodes that the output was computed from, leaves or not. No node's
    `grad` is read or changed. The results are numbers; with `create_graph=True` they
    are nodes, for derivatives of derivatives.

    >>> x = Value(3)
    >>> slope = gradient(x * x * x, x, create_graph=True)
    >>> slope.data, gradient(slope, x)
    (27.0, 18.0)
    """
    nodes = leaves_of(inputs)
    _check_nodes(output, nodes)
    order, ends = ancestors([output])
    reached = ends.union(order)
    pairs = zip(paths(inputs, "inputs"), nodes, strict=True)
    missed = [name for name, node in pairs if node not in reached]
    warn_of_independence("gradient", missed)
    create_graph = create_graph or state.trace is not None  # numbers hold for one call
    slope = Linearization(order, [output], nodes, create_graph=create_graph)
    results = slope.pull([1.0])
    return rebuilt(inputs, [as_value(r) for r in results] if create_graph else results)


def _check_nodes(output: Any, inputs: Sequence[Any]) -> None:
    for node in (output, *inputs):
        if not isinstance(node, Value):
            raise OperandError(
                f"gradient(output, inputs) takes one Value and a structure of Values, "
                f"not {described(node)}; for a function of numbers there is grad(f)"
            )
    for node in inputs:
        if not node.requires_grad:
            raise GraphError(
                f"gradient asked by {node!r}, a constant; make it with Value(x)"
            )
