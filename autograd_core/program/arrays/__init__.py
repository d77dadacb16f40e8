"""Programs over arrays: what a person would have written by hand with numpy.

`layout` says where numbers lie and how a selection is read, `forms` how a row is
computed on arrays; `steps` and `products` write the lines of a group, of which `tables`
finds the matrix products, and `gradients` those of its backward pass, with the names
that `writer` gives; `code` puts them together, and `batches` calls what comes of it
with nested structures, which `structure` takes apart.
"""

try:
    from .batches import Batched
except ModuleNotFoundError as error:
    if error.name != "numpy":
        raise
    from ...errors import MissingExtraError

    raise MissingExtraError("programs over arrays need numpy", "arrays") from None

__all__ = ["Batched"]
