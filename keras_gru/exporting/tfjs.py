"""TensorFlow.js models in the layers format: `model.json` and its weights.

TensorFlow.js has Keras' layers, and no masks among its inputs: tokens are masked by an embedding
with `mask_zero`, vectors are not. Its GRU resets before the product, as ours does.
"""

# Shapes: B batch, T time, D features.

import json
import subprocess
from pathlib import Path
from shutil import which
from typing import Any

import keras
import numpy as np

from keras_gru.errors import UserError
from keras_gru.exporting.operators import operator
from keras_gru.files import write_text
from keras_gru.models.graph import is_padding_mask, is_tensor, trace_model
from keras_gru.version import __version__

_RNN = {"GRU": "GRU", "LSTM": "LSTM", "RNN": "SimpleRNN"}
_LAYERS = (
    "Dense",
    "Dropout",
    "Embedding",
    "LayerNormalization",
    "Reshape",
    "Flatten",
    "Concatenate",
)
# Those that it computes as Keras does; its hard_sigmoid has another slope.
_ACTIVATIONS = (
    "linear", "relu", "relu6", "elu", "selu", "gelu", "mish", "sigmoid", "softmax", "softplus",
    "softsign", "tanh",
)  # fmt: skip


def write_tfjs(model: keras.Model, path: str | Path, metadata: dict[str, str]) -> None:
    """Write a folder with `model.json` and `weights.bin`.

    Args:
        metadata: strings that are stored in `model.json` as `userDefinedMetadata`.

    Raises:
        UserError: if TensorFlow.js has no such layer.
    """
    layers, weights, outputs = _topology(model)
    path = Path(path)
    path.mkdir(parents=True, exist_ok=True)
    names = [layer["name"] for layer in layers if layer["class_name"] == "InputLayer"]
    config = {
        "name": model.name,
        "layers": layers,
        "input_layers": [[name, 0, 0] for name in names],
        "output_layers": [[name, 0, 0] for name in outputs],
    }
    content = {
        "format": "layers-model",
        "generatedBy": f"keras_gru {__version__}",
        "convertedBy": None,
        "modelTopology": {
            "keras_version": "2.15.0",  # the dialect that TensorFlow.js reads
            "backend": "tensorflow",
            "model_config": {"class_name": "Functional", "config": config},
        },
        "weightsManifest": [
            {
                "paths": ["weights.bin"],
                "weights": [
                    {"name": name, "shape": list(array.shape), "dtype": "float32"}
                    for name, array in weights.items()
                ],
            }
        ],
        "userDefinedMetadata": metadata,
    }
    arrays = [array.astype("<f4").tobytes() for array in weights.values()]
    (path / "weights.bin").write_bytes(b"".join(arrays))
    write_text(path / "model.json", json.dumps(content))


def _topology(model):
    """Return the layers, the weights by their names, and the names of the output layers."""
    graph = trace_model(model)
    source, layers, weights = {}, [], {}  # the id of a tensor: the layer that it comes from
    masked_tokens = set()

    def add(name, kind, config, inputs):
        layers.append(
            {
                "name": name,
                "class_name": kind,
                "config": {"name": name, **config},
                "inbound_nodes": [[[name, 0, 0, {}] for name in inputs]] if inputs else [],
            }
        )

    for tensor in keras.tree.flatten(graph.inputs):
        source[id(tensor)] = tensor.name
        if tensor.dtype != "bool":  # the embedding computes masks
            shape = [None, *tensor.shape[1:]]
            add(tensor.name, "InputLayer", {"batch_input_shape": shape, "dtype": tensor.dtype}, [])
    for call in graph.calls:
        operation = call.operation
        kind, tensors = type(operation).__name__, keras.tree.flatten(call.args)
        inputs = [source.get(id(tensor)) for tensor in tensors if is_tensor(tensor)]
        (output, *_) = keras.tree.flatten(call.outputs)
        if None in inputs or call.kwargs.get("initial_state") is not None:
            raise UserError(
                f"tfjs: '{operation.name}': expected a layer without states among its inputs and "
                "outputs, got one with them. Export to onnx, which onnxruntime-web runs."
            )
        if kind == "Copy":
            source[id(output)] = inputs[0]
        elif (kind == "NotEqual" and tensors[-1] == 0) or is_padding_mask(operation):
            source[id(output)] = inputs[0]
            masked_tokens.add(inputs[0])
        elif isinstance(operation, keras.layers.RNN | keras.layers.Bidirectional):
            config, arrays = _recurrent(operation)
            add(operation.name, *config, inputs)
            weights.update(arrays)
            source[id(output)] = operation.name
        elif isinstance(operation, keras.Layer) and kind in _LAYERS:
            add(operation.name, kind, _without_keras_3_settings(operation), inputs)
            names = ["embeddings"] if kind == "Embedding" else [w.name for w in operation.weights]
            arrays = zip(names, operation.get_weights(), strict=True)
            weights.update({f"{operation.name}/{name}": array for name, array in arrays})
            source[id(output)] = operation.name
        else:
            raise UserError(
                f"tfjs: '{operation.name}' ({kind}): expected a layer that TensorFlow.js has "
                f"({', '.join((*_RNN.values(), 'Bidirectional', *_LAYERS))}), got another. "
                "Export to onnx, which onnxruntime-web runs."
            )
    for layer in layers:
        if layer["class_name"] == "Embedding":
            (node,) = layer["inbound_nodes"][0]
            layer["config"]["mask_zero"] = node[0] in masked_tokens
    outputs = [source.get(id(tensor)) for tensor in keras.tree.flatten(graph.outputs)]
    if None in outputs:
        raise UserError("tfjs: expected a model without states among its outputs, got one with.")
    return layers, weights, outputs


def _without_keras_3_settings(layer) -> dict[str, Any]:
    """Return a layer's configuration without what only Keras 3 knows."""
    config = {
        key: value for key, value in layer.get_config().items() if not isinstance(value, dict)
    }
    dropped = ("name", "dtype", "quantization_config", "build_config", "lora_rank", "rms_scaling")
    config = {key: value for key, value in config.items() if key not in dropped}
    if hasattr(layer, "activation"):
        config["activation"] = _activation(layer, layer.activation)
    if isinstance(layer, keras.layers.Reshape):
        config["target_shape"] = [-1 if size is None else size for size in config["target_shape"]]
    return config


def _activation(layer, function) -> str:
    name = keras.activations.serialize(function)
    if name not in _ACTIVATIONS:
        raise UserError(
            f"tfjs: layer '{layer.name}': expected an activation that TensorFlow.js computes as "
            f"Keras does ({', '.join(_ACTIVATIONS)}), got {getattr(function, '__name__', name)}. "
            "Export to onnx, which onnxruntime-web runs."
        )
    return name


def _recurrent(
    layer: Any, name: str | None = None
) -> tuple[tuple[str, dict[str, Any]], dict[str, Any]]:
    """Return the class and configuration of an RNN layer, and its weights by their names.

    Args:
        name: the name that TensorFlow.js gives it; `None` for its own.
    """
    if isinstance(layer, keras.layers.Bidirectional):
        # TensorFlow.js puts "forward_" and "backward_" before the name of the wrapped layer.
        (kind, config), arrays = _recurrent(layer.forward_layer, f"forward_{layer.name}")
        _, others = _recurrent(layer.backward_layer, f"backward_{layer.name}")
        prefixed = {f"{layer.name}/{name}": array for name, array in {**arrays, **others}.items()}
        wrapped = {"class_name": kind, "config": {"name": layer.name, **config}}
        return ("Bidirectional", {"layer": wrapped, "merge_mode": layer.merge_mode}), prefixed
    kind = operator(layer)
    if kind is None or getattr(layer.cell, "reset_after", False):
        raise UserError(
            f"tfjs: layer '{layer.name}' ({type(layer.cell).__name__}): expected a GRU that resets "
            "before the product, an LSTM or a SimpleRNN, got another. TensorFlow.js has no such "
            "layer: export to onnx, which onnxruntime-web runs."
        )
    cell = layer.cell
    config = {
        "units": cell.units,
        "activation": _activation(layer, cell.activation),
        "use_bias": cell.use_bias,
        "return_sequences": layer.return_sequences,
        "go_backwards": layer.go_backwards,
    }
    if kind != "RNN":
        config["recurrent_activation"] = _activation(layer, cell.recurrent_activation)
    names = ("kernel", "recurrent_kernel", "bias")
    arrays = {
        f"{name or layer.name}/{weight}": array
        for weight, array in zip(names, cell.get_weights(), strict=False)
    }
    return (_RNN[kind], config), arrays


def load_tfjs(path: str | Path):
    """Return a function that runs a model in Node, one sequence after the other.

    Raises:
        ImportError: if Node or its package `@tensorflow/tfjs` is not installed.
    """
    node = which("node")
    if node is None:
        raise ImportError("Node is not installed")
    found = subprocess.run([node, "-e", "require('@tensorflow/tfjs')"], capture_output=True)
    if found.returncode:
        raise ImportError("Node has no @tensorflow/tfjs here (npm install @tensorflow/tfjs)")

    def run(x):
        given = {
            name: {"shape": array.shape, "values": np.asarray(array, "float64").ravel().tolist()}
            for name, array in x.items()
        }
        words = [node, "-e", _SCRIPT, str(Path(path).resolve())]
        done = subprocess.run(words, input=json.dumps(given), capture_output=True, text=True)
        if done.returncode:
            raise UserError(f"{path}: Node cannot run it ({done.stderr.strip().splitlines()[-1]}).")
        output = json.loads(done.stdout.splitlines()[-1])
        return {"output": np.array(output["values"], "float32").reshape(output["shape"])}

    return run


_SCRIPT = """
const fs = require('fs'), tf = require('@tensorflow/tfjs');
const folder = process.argv[1];
const { weightsManifest, modelTopology, format } = JSON.parse(
  fs.readFileSync(folder + '/model.json'));
const bytes = fs.readFileSync(folder + '/weights.bin');
const weightData = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
const artifacts = { modelTopology, format, weightSpecs: weightsManifest[0].weights, weightData };
tf.loadLayersModel({ load: async () => artifacts }).then(async (model) => {
  const given = JSON.parse(fs.readFileSync(0));
  const inputs = model.inputs.map(({ name }) => tf.tensor(given[name].values, given[name].shape));
  const output = model.predict(inputs.length > 1 ? inputs : inputs[0]);
  console.log(JSON.stringify({ shape: output.shape, values: Array.from(await output.data()) }));
}).catch((error) => { console.error(String(error)); process.exit(1); });
"""
