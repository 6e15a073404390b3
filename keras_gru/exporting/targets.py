"""Export formats: how to write files, and how to run them to check them."""

import importlib.util
import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import keras
import numpy as np

from keras_gru.errors import UserError
from keras_gru.exporting import tensorflow_files, tfjs
from keras_gru.exporting.tensorflow_files import Runner

Loader = Callable[[Path], Runner]
TARGETS = ("onnx", "openvino", "litert", "tfjs", "saved_model")
_SUFFIXES = {"onnx": ".onnx", "openvino": ".xml", "litert": ".tflite"}
_QUANTIZES = {"litert": ("int8", "float16"), "openvino": ("float16",)}


@dataclass(frozen=True)
class Target:
    """A format with its options.

    Args:
        name: one of `TARGETS`.
        length: T of a file for sequences of one length: of LiteRT.
        optional_states: whether states are inputs that can be left out: of ONNX.

    Raises:
        UserError: if the format has no such quantization, or no inputs that can be left out.
    """

    name: str
    quantize: str | None = None
    length: int | None = None
    optional_states: bool = False

    def __post_init__(self):
        known = _QUANTIZES.get(self.name, ())
        if self.quantize not in (None, *known):
            have = "; ".join(f"{name}: {' or '.join(modes)}" for name, modes in _QUANTIZES.items())
            raise UserError(
                f"quantize: {self.name} has no {self.quantize}. Formats that quantize: {have}."
            )

        if self.optional_states and self.name != "onnx":
            raise UserError(
                f"states: expected onnx, whose inputs can be optional, got {self.name}. "
                "Export one step (step, --step), whose states are inputs."
            )

    def file_name(self, stem: str) -> str:
        """Return the name of the file, or of the folder for formats without a suffix."""
        quantized = f"_{self.quantize}" if self.quantize else ""
        return f"{stem}{quantized}{_SUFFIXES.get(self.name) or f'_{self.name}'}"

    def write(self, model: keras.Model, path: Path, metadata: Mapping[str, str]) -> None:
        """Write the files of a model."""
        if self.name in ("onnx", "openvino"):
            require_package("onnx", self.name)
            from keras_gru.exporting.onnx_file import onnx_model, write_onnx

            if self.name == "onnx":
                write_onnx(model, path, metadata, self.optional_states)
            else:
                _write_openvino(onnx_model(model, metadata), path, self.quantize == "float16")
        elif self.name == "litert":
            tensorflow_files.write_litert(model, path, self.length or 1, self.quantize)
            path.with_suffix(".json").write_text(json.dumps(dict(metadata)), encoding="utf-8")
        elif self.name == "tfjs":
            tfjs.write_tfjs(model, path, dict(metadata))
        else:
            tensorflow_files.write_saved_model(model, path)
            (path / "metadata.json").write_text(json.dumps(dict(metadata)), encoding="utf-8")

    @property
    def runtimes(self) -> dict[str, Loader]:
        """Return the runtimes by name, with the functions that load files; the first decides.

        A loader returns a function of a dict of arrays to a dict of arrays. It raises an
        `ImportError` if the runtime is not installed.
        """
        if self.optional_states:  # the other two read the default values as constants
            return {"onnxruntime": _load_onnx}
        loaders: dict[str, dict[str, Loader]] = {
            "onnx": {
                "onnxruntime": _load_onnx,
                "openvino": _load_openvino,
                "tract": _load_tract,
            },
            "openvino": {"openvino": _load_openvino},
            "litert": {"ai_edge_litert": tensorflow_files.load_litert},
            "tfjs": {"node": tfjs.load_tfjs},
            "saved_model": {"tensorflow": tensorflow_files.load_saved_model},
        }
        return loaders[self.name]

    def size(self, path: Path) -> int:
        """Return the bytes of a file, or of all files of a folder."""
        files = path.rglob("*") if path.is_dir() else [path]
        files = [*files, path.with_suffix(".bin")] if self.name == "openvino" else files
        return sum(file.stat().st_size for file in files if file.is_file())


def require_package(package: str, extra: str) -> None:
    """Raise an error if an optional package of a format is not installed."""
    if importlib.util.find_spec(package) is None:
        extra = {"onnx": "export"}.get(extra, extra)
        raise UserError(
            f"--to {extra}: expected the package {package}, found none. "
            f"Install it: pip install 'keras_gru[{extra}]'"
        )


def _load_onnx(path: Path) -> Runner:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    inputs = {one.name for one in session.get_inputs()}
    optional = {one.name for one in session.get_overridable_initializers()}
    names = [one.name for one in session.get_outputs()]

    def run(x):
        given = {name: x[name] for name in inputs | (optional & x.keys())}
        # All outputs of a Keras model are tensors.
        found = cast(list[np.ndarray], session.run(names, given))
        return dict(zip(names, found, strict=True))

    return run


def _write_openvino(proto, path: Path, half: bool) -> None:
    require_package("openvino", "openvino")
    import openvino

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.onnx"
        file.write_bytes(proto.SerializeToString())
        try:
            model = openvino.convert_model(file)
        except Exception as error:  # OpenVINO raises its own types
            raise UserError(f"openvino: cannot read the ONNX file ({str(error)[:200]}).") from error
        for entry in proto.metadata_props:
            model.set_rt_info(entry.value, ["keras_gru", entry.key])
        openvino.save_model(model, str(path), compress_to_fp16=half)


def _load_openvino(path: Path) -> Runner:
    import openvino

    # On processors with half precision, that is the default.
    options = {"INFERENCE_PRECISION_HINT": "f32"}
    model = openvino.Core().compile_model(str(path), "CPU", options)
    inputs = [one.get_any_name() for one in model.inputs]
    names = [one.get_names() for one in model.outputs]  # an output may have several

    def run(x):
        found = model({name: np.ascontiguousarray(x[name]) for name in inputs})
        return {name: np.array(found[i]) for i, several in enumerate(names) for name in several}

    return run


def _load_tract(path: Path) -> Runner:
    import tract

    runnables = {}  # tract compiles a file for the shapes of its inputs
    loaded = tract.onnx().load(str(path))
    names = [loaded.input_name(i) for i in range(loaded.input_count())]

    def run(x):
        key = tuple(x[name].shape for name in names)
        if key not in runnables:
            model = tract.onnx().load(str(path))
            for i, name in enumerate(names):
                kind = {"f": "f32", "i": "i32", "b": "bool"}[x[name].dtype.kind]
                model.set_input_fact(i, ",".join([*map(str, x[name].shape), kind]))
            outputs = [model.output_name(i) for i in range(model.output_count())]
            runnables[key] = outputs, model.into_model().into_runnable()
        outputs, runnable = runnables[key]
        found = runnable.run([np.ascontiguousarray(x[name]) for name in names])
        return {name: tensor.to_numpy() for name, tensor in zip(outputs, found, strict=True)}

    return run
