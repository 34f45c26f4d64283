"""The model card says what was measured, and nothing is left to fill in."""

import json
import tempfile
import unittest
from pathlib import Path

from ddpm_mnist.card import TEMPLATE, write_card


class CardTest(unittest.TestCase):
    def test_figures_come_from_the_results(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            evaluation = {
                "readAsAsked": 0.981,
                "readAsAskedByDigit": {str(digit): 90 + digit for digit in range(10)},
                "classifierAccuracyOnRealDigits": 0.9945,
            }
            for sampler in ("ddpm-1000", "ddim-50"):
                (folder / f"evaluation-{sampler}.json").write_text(json.dumps(evaluation))
            entries = [
                {"step": 50 * n, "samples": 3200 * n, "seconds": 60 * n, "loss": 0.1 / n}
                for n in range(1, 101)
            ]
            (folder / "log.jsonl").write_text("\n".join(json.dumps(entry) for entry in entries))
            card = write_card(folder, TEMPLATE.read_text())
        for figure in (
            "98.1 %",
            "99.5 %",
            "90, 91, 92",
            "5,000 steps (320,000 digits",
            "100 minutes",
        ):
            self.assertIn(figure, card)
        self.assertNotRegex(card, r"[{}]")


if __name__ == "__main__":
    unittest.main()
