"""Type aliases. Keras has no tensor type, as each backend has its own."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Tensor = Any
Tensors = Sequence[Tensor]
Mask = Tensor | None
Residuals = Mapping[str, Tensor]
Shape = Sequence[Any]  # integers, and None if a size is not known
Activation = str | Callable[[Tensor], Tensor] | None
Initializer = Any  # a name, a configuration or a `keras.initializers.Initializer`
StepResult = tuple[list[Tensor], dict[str, Tensor]]  # of `Cell.step`: states and residuals
# One step of a loop: (carried, read) -> (carried, collected).
Step = Callable[[Any, Any], tuple[Any, Any]]
