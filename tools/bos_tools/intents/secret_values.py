"""Which values a cluster's Secrets get: what is missing, what is to be replaced, and what is made of it."""

import base64
import json
from collections.abc import Callable, Iterable, Mapping

from bos_tools.errors import Refused, Usage
from bos_tools.tree import patterns
from bos_tools.tree.secrets import RANDOM, REFERENCE, Contract, Form, Key

Pair = tuple[str, str]
"""A Secret and one of its keys."""
Held = Mapping[Pair, bytes]
"""What the cluster has; it is read to make one value of another, and goes nowhere else."""


def due(contract: Contract, needed: Iterable[Pair], asked: Iterable[str], held: Held, *, rotate: bool) -> list[Pair]:
    """Return what is to be written: what is needed and absent; to rotate, what is named and all that is made of it.

    Raises Usage for a name that nobody needs, Refused for a value that is never replaced.
    """
    needed = list(needed)
    chosen = [pair for pair in needed if not asked] if not rotate else []
    for word in asked:
        name, _, wanted = word.partition("/")
        found = [pair for pair in needed if pair[0] == name and wanted in ("", pair[1])]
        if not found:
            raise Usage(f"no such Secret: {word!a}", reason="unknown-secret", hint="bos-tools secrets list")
        chosen += found
    if not rotate:
        return [pair for pair in needed if pair in chosen and not held.get(pair)]
    if not chosen:
        raise Usage("what is to be rotated is named", reason="usage", hint="bos-tools secrets create NAME/KEY --rotate")
    return [pair for pair in needed if pair in _with_followers(contract, chosen, needed, held)]


def _with_followers(contract: Contract, chosen: list[Pair], needed: list[Pair], held: Held) -> set[Pair]:
    """Add what is made of the chosen; one that is fixed stays as it is, and one that is frozen stops the whole."""
    found: set[Pair] = set()
    waiting = list(chosen)
    while waiting:
        pair = waiting.pop()
        said = key_of(contract, pair)
        if pair in found or (said.how == "fixed" and held.get(pair)):
            continue
        if held.get(pair) and said.frozen:
            raise Refused(f"{'/'.join(pair)} is never replaced: {said.frozen}", reason="frozen")
        found.add(pair)
        waiting += [other for other in needed if pair in key_of(contract, other).refers]
    return found


def askable(contract: Contract, pairs: Iterable[Pair], given: Mapping[Pair, str], *, generate: bool) -> list[Pair]:
    """Return what a person is asked for: what nobody gave, and what can't be made or shall not be."""
    open_ = [pair for pair in pairs if pair not in given]
    return [
        pair
        for pair in open_
        if not key_of(contract, pair).made or (not generate and key_of(contract, pair).how == "random")
    ]


def values(
    contract: Contract, pairs: Iterable[Pair], given: Mapping[Pair, str], held: Held, draw: Callable[[int], str]
) -> dict[Pair, str]:
    """Return what to write for each pair: what was given, else what the contract makes of chance and other values.

    Raises Refused for a value that its reader would not take, or one that is made of another which is nowhere.
    """
    pairs = list(pairs)
    plain: dict[Pair, str] = {}

    def value(pair: Pair) -> str:
        if pair in plain:
            return plain[pair]
        if pair not in pairs:
            found = held.get(pair)
            if not found:
                hint = f"bos-tools secrets create {pair[0]}"
                raise Refused(f"{'/'.join(pair)} must be made first", reason="missing-secret", hint=hint)
            return found.decode("utf-8", "replace")
        said = key_of(contract, pair)
        text = given.get(pair)
        if text is None:
            if not said.made:
                raise Refused(f"{'/'.join(pair)} can't be made: {said.what}", reason="unknown-value")
            text = REFERENCE.sub(lambda found: value((found[1], found[2])), said.made)
            text = RANDOM.sub(lambda found: draw(int(found[1])), text)
        if said.form is not Form.login and not patterns.selects(said.holds, text):
            raise Refused(
                f"the value of {'/'.join(pair)} has characters or a length that its reader refuses", reason="bad-value"
            )
        plain[pair] = text
        return text

    return {pair: _encoded(pair, key_of(contract, pair).form, value(pair)) for pair in pairs}


def _encoded(pair: Pair, form: Form, text: str) -> str:
    if form is Form.base64:
        return base64.b64encode(text.encode()).decode()
    if form is Form.bcrypt:
        import bcrypt

        return bcrypt.hashpw(text.encode(), bcrypt.gensalt()).decode()
    if form is Form.login:
        _check_login(pair, text)
    return text


def login(registry: str, user: str, password: str) -> str:
    """Return a registry login as the kubelet reads it (kubernetes.io, "Pull an Image from a Private Registry")."""
    auth = base64.b64encode(f"{user}:{password}".encode()).decode()
    return json.dumps({"auths": {registry: {"username": user, "password": password, "auth": auth}}})


def _check_login(pair: Pair, text: str) -> None:
    try:
        found = json.loads(text)
        is_login = all(isinstance(one, dict) and one.get("auth") for one in found["auths"].values()) and found["auths"]
    except (ValueError, TypeError, KeyError, AttributeError):
        is_login = False
    if not is_login:
        message = f"the value of {'/'.join(pair)} is no registry login with an `auth` for each registry"
        raise Refused(message, reason="bad-value", hint="a credential helper keeps it elsewhere: give --username")


def key_of(contract: Contract, pair: Pair) -> Key:
    """Return a key of the contract; raises Refused for one that no service owns."""
    found = contract.key(*pair)
    if found is None:
        raise Refused(
            f"{'/'.join(pair)} is not in the contract",
            reason="no-contract",
            hint="say it under `secrets` in the plan.yaml of the base that owns it",
        )
    return found
