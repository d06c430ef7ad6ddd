"""Write the JSON Schemas of the typed files: `make schemas`."""

from pathlib import Path

from bos_tools.tree.schemas import SCHEMAS, text

ROOT = Path(__file__).resolve().parents[1]

for path in SCHEMAS:
    (ROOT / path).write_text(text(path), encoding="utf-8")
