"""Float kernels: what each op computes, to a few units in the last place.

Every kernel takes floats and returns a float, gives the IEEE result at the edges and
never raises. They are grouped by the difficulty that each group has to master:
`elementary` the edges of `math`, `activations` saturation, `normal` and `gamma` the
special functions, `reductions` the rounding of long sums and products.
"""

from . import activations, elementary, normal, reductions
from .activations import *  # noqa: F403 - each module's __all__ is its list of kernels
from .elementary import *  # noqa: F403
from .gamma import digamma, lgamma, polygamma
from .normal import *  # noqa: F403
from .reductions import *  # noqa: F403

__all__ = [
    *activations.__all__,
    *elementary.__all__,
    *normal.__all__,
    *reductions.__all__,
    "digamma",
    "lgamma",
    "polygamma",
]
