"""The base class of cells: weights, dropout, initial state, gates, configuration."""

# Shapes: B batch, D features, U units, G = U · equations columns of the kernel.

from operator import index
from typing import Any

import keras
from keras import ops

from keras_gru.layers.activations import has_derivative
from keras_gru.layers.cells.gates import Gates
from keras_gru.layers.products import product
from keras_gru.layers.types import Activation, Initializer, Shape, StepResult, Tensor, Tensors

# Options of cells with pre-activations x W_x + h W_h + b, which name them in their `arguments`.
FORMS = ("independent_recurrence", "multiplicative_integration")
# Attributes that a subclass may define without changing an equation.
_NO_EQUATIONS = {"__init__", "build", "get_config", "from_config", "initial_bias"}


def _changes_equations(cls: type, since: str) -> bool:
    """Return whether a class, or a base of it below the one that defines `since`, has equations."""
    owner = next(base for base in cls.__mro__ if since in vars(base))
    return any(
        callable(value) or isinstance(value, property | staticmethod | classmethod)
        for base in cls.__mro__[: cls.__mro__.index(owner)]
        for name, value in vars(base).items()
        if name not in _NO_EQUATIONS
    )


class Cell(Gates, keras.layers.SimpleRNNCell):
    """The base class of cells. A subclass names its equations and implements `step`.

    >>> import numpy as np, keras_gru
    >>> from keras import ops
    >>> class OneGateCell(keras_gru.Cell):
    ...     equations = input_equations = recurrent_equations = "zg"
    ...
    ...     def step(self, x, states, weights, masks):
    ...         (h,), (W_h,) = states, weights
    ...         a_z, a_g = ops.split(x + ops.matmul(h, W_h), 2, axis=-1)
    ...         z, g = self.gate("z", a_z), ops.relu(a_g)
    ...         return [z * h + (1 - z) * g], {"z": z}
    >>> gates, _ = keras_gru.RNN(OneGateCell(4)).gates(np.ones((2, 5, 3), "float32"))
    >>> tuple(gates["update"].shape)
    (2, 5, 4)

    Only `step` contains the equations: a single step (`keras.layers.RNN`, `StackedRNNCells`), the
    scan over a sequence (`keras_gru.RNN`) and `layer.gates` all call it. By default the backend
    differentiates the scan. A cell can also define its gradient, `step_gradient` and
    `weight_gradients`, which is faster and takes less memory. A subclass that changes an equation
    without defining a gradient does not inherit that of its parent: the backend differentiates it.

    The arguments are those of `keras.layers.GRUCell`, and the dropout masks are the same.

    Args:
        units: positive integer, the size U of each state and of the output.
        activation: activation function of the candidate. `None` is the identity.
        recurrent_activation: activation function of the gates. `None` is the identity.
        use_bias: whether there is a bias.
        kernel_initializer: initializer of `kernel`, the weights of x.
        recurrent_initializer: initializer of `recurrent_kernel`, the weights of h.
        bias_initializer: initializer of the bias.
        kernel_regularizer, recurrent_regularizer, bias_regularizer: on these weights.
        kernel_constraint, recurrent_constraint, bias_constraint: on these weights.
        dropout: fraction of the inputs to drop in training. One mask is drawn for all steps.
        recurrent_dropout: fraction of the state to drop in training. One mask is drawn for all
            steps.
        seed: seed of the dropout.
        implementation: 1 draws a dropout mask for each equation, 2 one for all of them. Only of
            effect where Keras' cell of the same name has this argument, and only on dropout.
        constant_gates: a dict from the name of a gate to the number in [0, 1] that replaces it,
            such as `{"reset": 1.0}`. The shapes of the weights do not change.
        independent_recurrence: whether each unit sees only its own state (Li et al., 2018): u ⊗ h
            replaces h W_h, and `recurrent_kernel` is u, `(G,)`, initially in [0, 1].
        multiplicative_integration: whether α ⊗ x W_x ⊗ h W_h + β_h ⊗ h W_h + β_x ⊗ x W_x + b
            replaces x W_x + h W_h + b (Wu et al., 2016). α, β_h and β_x, initially 1, are the rows
            of `integration_kernel` `(3, G)`.
        **kwargs: a layer's `name`, `dtype`, `trainable`.

    Call arguments:
        inputs: x, `(B, D)`.
        states: a list of states `(B, U)`, or the only one.
        training: whether dropout is on.

    Returns:
        `(output, states)`: the first state `(B, U)`, and all new states, structured as `states`.
    """

    # A letter for each block of U columns: of the bias, of the kernel, of the recurrent kernel.
    equations = input_equations = recurrent_equations = "h"
    # For each equation: "+" a gate that keeps the state, "-" one that writes to it, "." neither.
    gate_signs = "."
    state_names = "h"
    # Whether `implementation=1` and recurrent dropout draw a mask for each equation, as in Keras.
    masks_by_equation = False

    # The names of the arguments of `__init__` after `units`, but for a layer's.
    arguments = (
        "activation", "recurrent_activation", "use_bias", "kernel_initializer",
        "recurrent_initializer", "bias_initializer", "kernel_regularizer", "recurrent_regularizer",
        "bias_regularizer", "kernel_constraint", "recurrent_constraint", "bias_constraint",
        "dropout", "recurrent_dropout", "seed", "implementation", "constant_gates",
    )  # fmt: skip
    # The hand-written derivative of `step`; `None` uses that of the backend.
    step_gradient = weight_gradients = None
    kernel_module = None  # the module of `layers.kernels` that runs the loop on a GPU

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if _changes_equations(cls, since="step_gradient"):
            cls.step_gradient = cls.weight_gradients = None
        if _changes_equations(cls, since="kernel_module"):
            cls.kernel_module = None
        if _changes_equations(cls, since="arguments"):
            cls.arguments = tuple(name for name in cls.arguments if name not in FORMS)

    def __init__(
        self,
        units: int,
        activation: Activation = "tanh",
        recurrent_activation: Activation = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Initializer = "glorot_uniform",
        recurrent_initializer: Initializer = "orthogonal",
        *args: Any,
        implementation: int = 2,
        constant_gates: dict[str, float] | None = None,
        independent_recurrence: bool = False,
        multiplicative_integration: bool = False,
        **kwargs: Any,
    ) -> None:
        if self.masks_by_equation:  # Keras' cells draw the seeds of these before the dropout's
            kernel_initializer = keras.initializers.get(kernel_initializer)
            recurrent_initializer = keras.initializers.get(recurrent_initializer)
        # The remaining arguments are those of Keras' SimpleRNNCell, in its order.
        own = (index(units), activation, use_bias, kernel_initializer, recurrent_initializer)
        keras.layers.SimpleRNNCell.__init__(self, *own, *args, **kwargs)
        self.recurrent_activation = keras.activations.get(recurrent_activation)
        self.implementation = implementation
        if self.masks_by_equation and (implementation == 1 or self.recurrent_dropout):
            self.dropout_mask_count = len(self.equations)
        if len(self.state_names) > 1:
            self.state_size = [self.units] * len(self.state_names)
        self.constant_gates = self.checked_constants(constant_gates)
        self.independent_recurrence = bool(independent_recurrence)
        self.multiplicative_integration = bool(multiplicative_integration)
        for form in FORMS:
            if getattr(self, form) and form not in self.arguments:
                raise ValueError(f"`{form}`: expected False for {type(self).__name__}, got True.")
        orthogonal = isinstance(self.recurrent_initializer, keras.initializers.Orthogonal)
        if self.independent_recurrence and orthogonal:
            self.recurrent_initializer = keras.initializers.RandomUniform(0.0, 1.0)

    def build(self, input_shape: Shape) -> None:
        columns = len(self.input_equations) * self.units
        self.kernel = self._add("kernel", (input_shape[-1], columns))
        if self.recurrent_equations:
            self.recurrent_kernel = self._add("recurrent", self.recurrent_shape())
        self.bias = self._add("bias", self.bias_shape()) if self.use_bias else None
        if self.multiplicative_integration:
            shape = (3, len(self.equations) * self.units)
            self.integration_kernel = self.add_weight(shape, "ones", name="integration_kernel")
        self.built = True

    def recurrent_shape(self) -> tuple[int, ...]:
        columns = len(self.recurrent_equations) * self.units
        return (columns,) if self.independent_recurrence else (self.units, columns)

    def bias_shape(self) -> tuple[int, ...]:
        return (len(self.equations) * self.units,)

    def initial_bias(self, shape: Shape, dtype: str | None = None) -> Tensor:
        """Return the initial bias."""
        return self.bias_initializer(shape, dtype=dtype)

    def step(self, x: Tensor, states: Tensors, weights: Tensors, masks: Tensors) -> StepResult:
        """Compute one step. Subclasses implement their equations here.

        Args:
            x: `(B, G)`, the input's product with its kernel, plus the bias.
            states: a list of `(B, U)`.
            weights: the result of `step_weights`.
            masks: recurrent dropout masks `(B, U)`, for `products.product`: none, one, or one for
                each equation.

        Returns:
            `(states, residuals)`: the new states, the first of which is the output, and a dict of
            `(B, U)`: the gates by their letter, and what else `step_gradient` needs.
        """
        raise TypeError(f"{type(self).__name__} must define `step(x, states, weights, masks)`.")

    def step_weights(self) -> list[Tensor]:
        """Return the weights for `step`, a list of tensors, split once for all steps."""
        return [ops.convert_to_tensor(self.recurrent_kernel)] if self.recurrent_equations else []

    def input_product(self, x: Tensor, kernel: Tensor, masks: Tensors = ()) -> Tensor:
        """Return x W_x, `(..., B, G)`, of one step or of all steps."""
        return product(x, kernel, masks)

    def input_bias(self) -> Tensor | None:
        """Return the bias that is added to the input's product, or `None`."""
        return None if self.multiplicative_integration else self.bias

    def call(self, inputs: Tensor, states: Any, training: bool = False) -> Any:
        flat = keras.tree.flatten(states)
        input_masks, masks = self.dropout_masks(inputs, flat[0], training)
        x = self.input_product(inputs, ops.convert_to_tensor(self.kernel), input_masks)
        if self.input_bias() is not None:
            x = x + self.input_bias()
        new, _ = self.step(x, flat, self.step_weights(), masks)
        return new[0], new if keras.tree.is_nested(states) else new[0]

    def dropout_masks(self, x: Tensor, h: Tensor, training: bool) -> list[list[Tensor]]:
        """Return the dropout masks of the input and of the state, two lists; empty if not training.

        Args:
            x: the input of a step, `(B, D)`.
            h: the first state, `(B, U)`.
            training: whether dropout is on.
        """
        of_x = of_h = []
        if training and 0 < self.dropout < 1:
            of_x = self.get_dropout_mask(x)
        if training and 0 < self.recurrent_dropout < 1:
            of_h = self.get_recurrent_dropout_mask(h)
        return [product if isinstance(product, list) else [product] for product in (of_x, of_h)]

    def masks_of(self, letters: str, masks: Tensors) -> Tensors:
        """Return the recurrent dropout masks of some equations, for `products.product`."""
        if len(masks) < 2:
            return masks
        return [masks[self.equations.index(letter)] for letter in letters]

    def add(self, x: Tensor, h: Tensor, letters: str = "") -> Tensor:
        """Return the pre-activations of some equations, of all by default.

        Args:
            x: the input's product with its kernel, plus the bias, `(B, G)`.
            h: the state's product with its kernel, `(B, G)`.
            letters: the equations, side by side.
        """
        if not self.multiplicative_integration:
            return x + h
        start = self.equations.index(letters) * self.units
        columns = slice(start, start + len(letters or self.equations) * self.units)
        factors = ops.cast(self.integration_kernel[:, columns], x.dtype)
        alpha, beta_h, beta_x = factors[0], factors[1], factors[2]
        a = alpha * x * h + beta_h * h + beta_x * x
        return a if self.bias is None else a + ops.cast(self.bias[columns], x.dtype)

    def gradient_obstacle(self) -> str | None:
        """Return the reason why the scan cannot use the hand-written gradient; `None` if it can."""
        if self.step_gradient is None:
            return f"{type(self).__name__} has no step_gradient"
        for form in FORMS:
            if getattr(self, form):
                return f"{form} has no step_gradient"
        for name in ("activation", "recurrent_activation"):
            function = getattr(self, name)
            if not has_derivative(function):
                called = keras.activations.serialize(function)
                called = called if isinstance(called, str) else type(function).__name__
                return f"{name} {called} has no derivative from its output"
        return None

    def get_initial_state(self, batch_size: int | None = None) -> list[Tensor]:
        shape = (batch_size, self.units)
        return [ops.zeros(shape, dtype=self.compute_dtype) for _ in self.state_names]

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config["implementation"] = self.implementation
        config |= {form: getattr(self, form) for form in FORMS if form in self.arguments}
        if self.gate_names:
            activation = keras.activations.serialize(self.recurrent_activation)
            config["recurrent_activation"] = activation
            config["constant_gates"] = self.constant_gates or None
        return config

    def _add(self, name: str, shape: Shape):
        """Add a weight by name; `"recurrent"` is `recurrent_kernel`."""
        draw = self.initial_bias if name == "bias" else getattr(self, f"{name}_initializer")

        def initializer(
            shape: Shape, dtype: str | None
        ):  # the QR of `Orthogonal` has no half precision
            half = dtype in ("float16", "bfloat16")
            return ops.cast(draw(shape, dtype="float32" if half else dtype), dtype)

        return self.add_weight(
            shape=shape,
            name="recurrent_kernel" if name == "recurrent" else name,
            initializer=initializer,
            regularizer=getattr(self, f"{name}_regularizer"),
            constraint=getattr(self, f"{name}_constraint"),
        )
