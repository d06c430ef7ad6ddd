"""Git against live: which objects of an application are not as Git wants them."""

import json
from collections.abc import Sequence
from typing import Any

from bos_tools.delivery.ports import Managed


def sides(one: Managed) -> tuple[Any, Any]:
    """Return an object as it is and as a sync would make it, without what nobody compares; None for an absent side."""
    live, target = _read(one.live_state), _read(one.target_state)
    if live is None or target is None:
        return live, target
    return _read(one.normalized_live_state), _read(one.predicted_live_state)


def differs(managed: Sequence[Managed]) -> list[str]:
    """Return who is missing, too many or otherwise than Git wants it; hooks come and go and don't count."""
    return [one.id for one in managed if not one.hook and _differs(one)]


def _differs(one: Managed) -> bool:
    live, wanted = sides(one)
    return bool(live != wanted)


def _read(text: str) -> Any:
    data = json.loads(text) if text else None
    if isinstance(data, dict):
        meta = data.get("metadata")
        for key in ("managedFields", "resourceVersion", "generation", "uid", "creationTimestamp"):
            if isinstance(meta, dict):
                meta.pop(key, None)
    return data
