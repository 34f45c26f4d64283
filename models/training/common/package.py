"""Writing a model package: JSON files as people would write them, and a manifest with every file's hash."""

import hashlib
import json
from pathlib import Path
from typing import Any

MANIFEST_FILE = "manifest.json"


def write_json(file: Path, content: Any) -> None:
    """Two blanks of indent and a newline at the end, keys in the order given."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def describe_files(
    folder: Path, endings: tuple[str, ...] = (".json", ".onnx")
) -> list[dict[str, Any]]:
    """Path, size and sha256 of every file that the package needs to run, in alphabetical order."""
    files = sorted(
        file for file in folder.rglob("*") if file.suffix in endings and file.name != MANIFEST_FILE
    )
    return [
        {
            "path": file.relative_to(folder).as_posix(),
            "sizeBytes": file.stat().st_size,
            "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        }
        for file in files
    ]
