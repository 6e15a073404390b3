"""Matrix products whose rows may be under dropout masks, and their gradients.

`masks` is a list: empty without dropout, one mask that every block of columns shares, or one mask
for each block. A mask is constant over time, so it broadcasts against a leading time axis.
"""

# Shapes: B batch, D features, G columns (blocks side by side); any leading axes before them.

from keras import ops

from keras_gru.layers.types import Tensor, Tensors


def product(rows: Tensor, weights: Tensor, masks: Tensors = ()) -> Tensor:
    """Return `rows · weights`, `(..., B, G)`; each block of columns sees its own masked rows.

    Args:
        rows: `(..., B, D)`.
        weights: `(D, G)`; or `(G,)`, the diagonals of square blocks side by side.
        masks: dropout masks `(B, D)`, see above.
    """
    diagonal = len(weights.shape) == 1
    if len(masks) < 2 and not diagonal:
        return ops.matmul(apply_masks(rows, masks), weights)
    count = weights.shape[0] // rows.shape[-1] if diagonal else len(masks)
    each = [rows * mask for mask in masks] if len(masks) > 1 else [apply_masks(rows, masks)] * count
    times = ops.multiply if diagonal else ops.matmul
    blocks = zip(each, ops.split(weights, count, axis=-1), strict=True)
    return ops.concatenate([times(row, block) for row, block in blocks], axis=-1)


def product_gradient(d_product: Tensor, transposed: Tensor, masks: Tensors = ()) -> Tensor:
    """Return the derivative of `product` with respect to its rows, `(..., B, D)`.

    Args:
        d_product: `(..., B, G)`, the derivative with respect to the product.
        transposed: `(G, D)`, the weights transposed.
        masks: those of the product.
    """
    if len(masks) < 2:
        return apply_masks(ops.matmul(d_product, transposed), masks)
    blocks = zip(
        masks,
        ops.split(d_product, len(masks), axis=-1),
        ops.split(transposed, len(masks), axis=0),
        strict=True,
    )
    return sum(ops.matmul(d_block, block) * mask for mask, d_block, block in blocks)


def weight_gradient(rows: Tensor, d_product: Tensor, masks: Tensors = ()) -> Tensor:
    """Return the derivative of `product` with respect to its weights `(D, G)`: Σ rowᵀ d.

    Args:
        rows: `(..., B, D)`, with any number of leading axes.
        d_product: `(..., B, G)`.
        masks: those of the product.
    """
    if len(masks) < 2:
        return ops.matmul(
            ops.transpose(flatten_rows(apply_masks(rows, masks))), flatten_rows(d_product)
        )
    blocks = zip(masks, ops.split(d_product, len(masks), axis=-1), strict=True)
    return ops.concatenate([weight_gradient(rows * mask, d) for mask, d in blocks], axis=-1)


def bias_gradient(d_sum: Tensor) -> Tensor:
    """Return the derivative with respect to a bias, `(G,)`, from `(..., B, G)`."""
    return ops.sum(flatten_rows(d_sum), axis=0)


def apply_masks(rows: Tensor, masks: Tensors) -> Tensor:
    """Return the rows under the single mask, or unchanged."""
    return rows * masks[0] if masks else rows


def flatten_rows(tensor: Tensor) -> Tensor:
    """Return all rows of a tensor `(..., B, G)` as a matrix."""
    return ops.reshape(tensor, (-1, tensor.shape[-1]))


def split_at(columns: Tensor, index: int) -> tuple[Tensor, Tensor]:
    """Split columns at an index.

    `keras.ops.split` at an index depends on data to `torch.export`.
    """
    return columns[..., :index], columns[..., index:]
