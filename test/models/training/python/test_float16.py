"""The converter: what becomes float16, what stays, and that nobody outside notices."""

import unittest

import numpy
from onnx import ModelProto, TensorProto, helper, numpy_helper

from common.float16 import convert_to_float16


def make_model(weights: numpy.ndarray) -> ModelProto:
    """softmax(x * weights) + x, all float32."""
    graph = helper.make_graph(
        [
            helper.make_node("Mul", ["x", "weights"], ["product"]),
            helper.make_node("Softmax", ["product"], ["shares"], axis=1),
            helper.make_node("Add", ["shares", "x"], ["y"]),
        ],
        "graph",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 4])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", 4])],
        [numpy_helper.from_array(weights, "weights")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])


class Float16Test(unittest.TestCase):
    def test_weights_are_halved_and_the_outside_stays(self) -> None:
        original = make_model(numpy.float32([1, 2, 3, 4]))
        converted = convert_to_float16(original).graph
        self.assertEqual([w.data_type for w in converted.initializer], [TensorProto.FLOAT16])
        outside = [*converted.input, *converted.output]
        types = {value.type.tensor_type.elem_type for value in outside}
        self.assertEqual(types, {TensorProto.FLOAT})
        self.assertEqual(original.graph.initializer[0].data_type, TensorProto.FLOAT)

    def test_casts_stand_only_where_precisions_meet(self) -> None:
        converted = convert_to_float16(make_model(numpy.float32([1, 2, 3, 4]))).graph
        operators = [node.op_type for node in converted.node]
        # x to float16 for the product, and back for the softmax; the last operator stays in float32.
        self.assertEqual(operators, ["Cast", "Mul", "Cast", "Softmax", "Add"])

    def test_a_weight_beyond_float16_is_refused(self) -> None:
        with self.assertRaisesRegex(ValueError, "beyond float16"):
            convert_to_float16(make_model(numpy.float32([1, 2, 3, 1e6])))


if __name__ == "__main__":
    unittest.main()
