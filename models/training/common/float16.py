"""Mixed precision for ONNX graphs: weights and arithmetic in float16, named operators in float32."""

from collections.abc import Iterable

import numpy
import onnx
from onnx import (
    GraphProto,
    ModelProto,
    NodeProto,
    TensorProto,
    ValueInfoProto,
    helper,
    numpy_helper,
)

# What loses digits or overflows in float16: sums over many values, exponentials, angles.
FLOAT32_OPERATORS = frozenset(
    {
        "Cos",
        "Exp",
        "InstanceNormalization",
        "LayerNormalization",
        "Pow",
        "ReduceMean",
        "Resize",
        "Sin",
        "Softmax",
        "Sqrt",
    }
)
FLOAT16_MAX = 65504.0


class Float16Converter:
    """
    Rewrites one graph; its inputs and outputs stay float32, so that callers need not know.
    A cast stands where a float32 operator meets a float16 one, and once for each value.
    """

    def __init__(self, model: ModelProto, float32_operators: Iterable[str]) -> None:
        self.float32_operators = frozenset(float32_operators)
        self.model = onnx.shape_inference.infer_shapes(model)
        self.graph: GraphProto = self.model.graph
        known: list[ValueInfoProto] = [
            *self.graph.value_info,
            *self.graph.input,
            *self.graph.output,
        ]
        # Element type of every value as the graph stands so far.
        self.types = {value.name: value.type.tensor_type.elem_type for value in known}
        self.types |= {weights.name: weights.data_type for weights in self.graph.initializer}
        self.weights = {weights.name: weights for weights in self.graph.initializer}
        self.nodes: list[NodeProto] = []
        self.casts: dict[tuple[str, int], str] = {}

    def convert(self) -> ModelProto:
        """The model in mixed precision. Raises ValueError for what cannot be converted."""
        outputs = {value.name for value in self.graph.output}
        self._turn_constants_into_weights()
        for node in list(self.graph.node):
            self._convert_node(node, outputs)
        del self.graph.node[:]
        self.graph.node.extend(self.nodes)
        del self.graph.initializer[:]
        used = {name for node in self.nodes for name in node.input}
        self.graph.initializer.extend(w for name, w in self.weights.items() if name in used)
        # The inferred types of inner values are no longer true.
        del self.graph.value_info[:]
        onnx.checker.check_model(self.model)
        return self.model

    def _turn_constants_into_weights(self) -> None:
        rest = []
        for node in self.graph.node:
            if node.op_type != "Constant":
                rest.append(node)
                continue
            weights = TensorProto()
            weights.CopyFrom(node.attribute[0].t)
            weights.name = node.output[0]
            self.weights[weights.name] = weights
            self.types[weights.name] = weights.data_type
        del self.graph.node[:]
        self.graph.node.extend(rest)

    def _convert_node(self, node: NodeProto, outputs: set[str]) -> None:
        if any(attribute.HasField("g") for attribute in node.attribute):
            raise ValueError(f"{node.op_type} {node.name} holds a graph of its own")
        if node.op_type == "Cast":
            # Its output's type is its attribute: followed as it is.
            self.types[node.output[0]] = node.attribute[0].i
            self.nodes.append(node)
            return
        # What leaves the graph is float32 outside: its last operator loses nothing on the way there.
        is_last = any(name in outputs for name in node.output)
        is_float32 = is_last or node.op_type in self.float32_operators
        wanted = TensorProto.FLOAT if is_float32 else TensorProto.FLOAT16
        for index, name in enumerate(node.input):
            if self._is_float(name):
                node.input[index] = self._with_type(name, wanted)
        self.nodes.append(node)
        for name in node.output:
            if self._is_float(name):
                self.types[name] = wanted

    def _is_float(self, name: str) -> bool:
        return self.types.get(name) in (TensorProto.FLOAT, TensorProto.FLOAT16)

    def _with_type(self, name: str, wanted: int) -> str:
        if self.types[name] == wanted:
            return name
        if name not in self.weights:
            return self._cast(name, wanted)
        half = f"{name}_float16"
        if half not in self.weights:
            self.weights[half] = to_float16(self.weights[name], half)
            self.types[half] = TensorProto.FLOAT16
        return half

    def _cast(self, name: str, wanted: int) -> str:
        key = (name, wanted)
        if key not in self.casts:
            suffix = "float16" if wanted == TensorProto.FLOAT16 else "float32"
            self.casts[key] = f"{name}_as_{suffix}"
            self.types[self.casts[key]] = wanted
            self.nodes.append(helper.make_node("Cast", [name], [self.casts[key]], to=wanted))
        return self.casts[key]


def to_float16(weights: TensorProto, name: str) -> TensorProto:
    """The same numbers rounded to the nearest float16. Raises ValueError when one is too large."""
    values = numpy_helper.to_array(weights)
    if values.size > 0 and numpy.abs(values).max() > FLOAT16_MAX:
        raise ValueError(f"{weights.name} holds {numpy.abs(values).max()}, beyond float16")
    return numpy_helper.from_array(values.astype(numpy.float16), name)


def convert_to_float16(
    model: ModelProto, float32_operators: Iterable[str] = FLOAT32_OPERATORS
) -> ModelProto:
    """A copy in mixed precision."""
    copy = ModelProto()
    copy.CopyFrom(model)
    return Float16Converter(copy, float32_operators).convert()
