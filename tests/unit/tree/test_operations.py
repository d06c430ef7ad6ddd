"""The operations of a JSON 6902 patch that are about one field."""

from bos_tools.tree.nodes import parse
from bos_tools.tree.operations import operations

PATCH = b"""\
- op: test
  path: /spec/replicas
  value: 1
- op: replace
  path: /spec
  value: {replicas: 2}
- op: add
  path: /spec/replicas
  value: 3
- op: remove
  path: /spec/replicas
- op: copy
  from: /spec/min
  path: /spec/replicas
- op: add
  path: /spec/replicas/deeper
  value: 4
- op: add
  path: /metadata/annotations/example.com~1a~0b
  value: x
"""


def test_what_sets_or_removes_a_field_or_a_part_above_it_is_told_in_order():
    root = parse(PATCH, "patch.yaml").single()

    found = [
        (op.index, op.line, op.depth, op.removes, op.value is not None) for op in operations(root, ("spec", "replicas"))
    ]

    assert found == [(1, 4, 1, False, True), (2, 7, 2, False, True), (3, 10, 2, True, False), (4, 12, 2, False, False)]


def test_a_pointer_is_read_with_its_escapes():
    root = parse(PATCH, "patch.yaml").single()

    assert [op.index for op in operations(root, ("metadata", "annotations", "example.com/a~b"))] == [6]
