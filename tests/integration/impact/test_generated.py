"""The hash that is recomputed is the one that kustomize gives, whatever a generator holds."""

import json

import pytest

from bos_tools.impact.generated import stem
from bos_tools.render.cache import Cache
from bos_tools.render.kustomize import Renderer
from bos_tools.render.objects import objects
from bos_tools.tree.graph import Graph
from harness.memory import Memory

TEXTS = {
    "plain": b"a=b\n", "nothing": b"", "HTML": b"<a href='x'>&amp;</a>", "quotes": b"\"'\\\n", "tabs": b"a\n\tb\n",
    "controls": b"\x01\x08\x0c\x1b", "line separators": "\u2028\u2029".encode(), "letters": "größe 工具 🎉".encode(),
    "no text": b"\xff\xfe\x00\x80", "a return": b"a\r\nb\r\n", "numbers": b"1e3",
}  # fmt: skip


@pytest.mark.parametrize("generator", ["configMapGenerator", "secretGenerator"])
@pytest.mark.parametrize("name", TEXTS)
def test_the_hash_of_a_generated_object_is_recomputed(generator, name, tmp_path):
    listed = json.dumps([{"name": "made", "files": ["held"], "literals": ["b=c", "a=x"]}])
    text = f"namePrefix: pre-\nnameSuffix: -post\nnamespace: one\n{generator}: {listed}\n"
    graph = Graph(Memory({"unit/kustomization.yaml": text.encode(), "unit/held": TEXTS[name]}))

    [made] = objects(Renderer(Cache(tmp_path)).one(graph, "unit"))

    assert made.name.startswith("pre-made-post-")
    assert stem(made) == "pre-made-post"
