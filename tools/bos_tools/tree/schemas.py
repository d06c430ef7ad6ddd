"""The JSON Schemas that editors use, as the types make them: `make schemas` writes them, a test holds them."""

import json

from bos_tools.tree import typed
from bos_tools.tree.environment import WHOLE as ENVIRONMENT
from bos_tools.tree.layout import BASE, OVERLAYS
from bos_tools.tree.service_plan import WHOLE as PLAN

SCHEMAS = {f"{OVERLAYS}/environment.schema.json": ENVIRONMENT, f"{BASE}/plan.schema.json": PLAN}
"""Path in the repository to the type."""


def text(path: str) -> str:
    """Return what a schema's file holds."""
    return json.dumps(typed.schema(SCHEMAS[path]), indent=2, ensure_ascii=False) + "\n"
