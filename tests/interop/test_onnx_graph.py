"""ONNX: files computed by ONNX's own reference evaluator give the same here, and go on a chip; what is not read is named."""

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from ferrion.arrays.readout import Readout
from ferrion.chip.chip import Chip
from ferrion.core.errors import ConfigError, DataError
from ferrion.interop.convert import convert
from ferrion.interop.onnx_graph import read_onnx
from ferrion.learning.memories import memories_of

RNG = np.random.default_rng(0)


def numbers(*shape):
    return RNG.normal(size=shape).astype("f")


def written(path, nodes, held, shape, inputs=("x",), outputs=("y",)):
    """A model file of these nodes from x to y."""

    def value(name, sizes):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, sizes)

    constants = [numpy_helper.from_array(np.asarray(array), name) for name, array in held.items()]
    graph = helper.make_graph(nodes, "net", [value(name, ["n", *shape]) for name in inputs], [value(name, ["n", "classes"]) for name in outputs], constants)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


def node(kind, given, out, **settings):
    return helper.make_node(kind, given.split(), [out], **settings)


PICTURES = (
    [
        node("Conv", "x w1 b1", "a", pads=[1, 1, 1, 1], strides=[2, 2]),
        node("BatchNormalization", "a s o m v", "b"),
        node("Relu", "b", "c"),
        node("Conv", "c w2", "d", pads=[1, 1, 1, 1]),
        node("Add", "c d", "e"),
        node("MaxPool", "e", "f", kernel_shape=[2, 2], strides=[2, 2]),
        node("AveragePool", "f", "g", kernel_shape=[2, 2], pads=[1, 1, 1, 1]),
        node("Dropout", "g", "h"),
        node("Flatten", "h", "i"),
        node("Gemm", "i w3 b3", "j", transB=1, alpha=0.5, beta=2.0),
        node("Tanh", "j", "k"),
        node("MatMul", "k w4", "l"),
        node("Add", "l b4", "p"),
        node("Softmax", "p", "y"),
    ],
    {
        "w1": numbers(4, 2, 3, 3),
        "b1": numbers(4),
        "s": numbers(4),
        "o": numbers(4),
        "m": numbers(4),
        "v": numbers(4) ** 2,
        "w2": numbers(4, 4, 3, 3),
        "w3": numbers(6, 36),
        "b3": numbers(6),
        "w4": numbers(6, 3),
        "b4": numbers(3),
    },
    (2, 8, 8),
)
SIGNALS = (
    [
        node("Conv", "x w", "a", dilations=[2]),
        node("LeakyRelu", "a", "b", alpha=0.2),
        node("Mul", "b k", "c"),
        node("GlobalAveragePool", "c", "d"),
        node("Reshape", "d shape", "e"),
        node("Sigmoid", "e", "f"),
        node("Identity", "f", "g"),
        node("LogSoftmax", "g", "y"),
    ],
    {"w": numbers(5, 2, 3), "k": numbers(1), "shape": np.array([-1, 5])},
    (2, 16),
)


@pytest.mark.parametrize("net", [PICTURES, SIGNALS], ids=["pictures", "signals"])
def test_a_file_computes_what_it_says(tmp_path, net):
    path, x = written(tmp_path / "net.onnx", *net), numbers(3, *net[2])
    wanted = ReferenceEvaluator(str(path)).run(None, {"x": x})[0]
    found = read_onnx(path)(torch.from_numpy(x))
    np.testing.assert_allclose(found.detach().numpy(), wanted, rtol=1e-4, atol=1e-5)


def test_a_file_goes_on_a_chip(tmp_path):
    path, x = written(tmp_path / "net.onnx", *PICTURES), torch.from_numpy(numbers(3, *PICTURES[2]))
    model = read_onnx(path)
    on_chip = convert(model, Chip.from_card(transfer_spread=0.0), readout=Readout(), slices=3)
    assert len(memories_of(on_chip)) == 4 * 3
    torch.testing.assert_close(on_chip(x), model(x), rtol=0.02, atol=0.02)


@pytest.mark.parametrize(
    ("nodes", "held", "words"),
    [
        ([node("Erf", "x", "a"), node("Sin", "a", "y")], {}, r"does not read: Erf, Sin; it reads Gemm"),
        ([node("Conv", "x w", "y", pads=[1, 0])], {"w": numbers(1, 2, 3)}, r"pads = \[1, 0\]"),
        ([node("Gemm", "x w", "y", transA=1)], {"w": numbers(16, 3)}, "transA"),
        ([node("MatMul", "x x", "y")], {}, "product of two inputs"),
    ],
)
def test_what_is_not_understood_is_named(tmp_path, nodes, held, words):
    with pytest.raises(ConfigError, match=words):
        read_onnx(written(tmp_path / "net.onnx", nodes, held, (2, 16)))


def test_files_that_are_none_are_refused(tmp_path):
    (tmp_path / "text.onnx").write_text("no model")
    for name in ("text.onnx", "none.onnx"):
        with pytest.raises(DataError, match=f"{name} cannot be read"):
            read_onnx(tmp_path / name)
    two = written(tmp_path / "two.onnx", [node("Add", "x z", "y")], {}, (2,), inputs=("x", "z"))
    with pytest.raises(ConfigError, match="2 inputs and 1 outputs"):
        read_onnx(two)
