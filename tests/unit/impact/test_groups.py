"""What is the same in several environments is told once."""

from bos_tools.impact.changes import Difference
from bos_tools.impact.compare import differences
from bos_tools.impact.groups import sections
from bos_tools.tree.layout import Unit

CONFIG = (
    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\ndata:\n  app.conf: |\n    host {}\n    gzip {}\n    end\n"
)
SERVICE = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  type: {}\n"


def differ(env: str, old: str, new: str) -> list[Difference]:
    return differences(Unit(env, "web"), old.encode(), new.encode())


def test_lines_that_change_in_texts_that_differ_otherwise_are_one_change():
    everywhere = [
        one for env in ("dev", "prod") for one in differ(env, CONFIG.format(env, "on"), CONFIG.format(env, "off"))
    ]

    [section] = sections(everywhere)

    assert section.environments == ("dev", "prod")
    assert section.differences[0].fields[0].lines == ["@@ -1,3 +1,3 @@", " host dev", "-gzip on", "+gzip off", " end"]


def test_another_change_of_the_same_field_is_another():
    dev, prod = (differ(env, SERVICE.format("ClusterIP"), SERVICE.format(env)) for env in ("NodePort", "LoadBalancer"))

    assert [section.environments for section in sections([*dev, *prod])] == [("NodePort",), ("LoadBalancer",)]


def test_an_object_that_comes_is_one_line_however_it_is_in_each_environment():
    both = [*differ("dev", "", SERVICE.format("NodePort")), *differ("prod", "", SERVICE.format("ClusterIP"))]

    assert [section.environments for section in sections(both)] == [("dev", "prod")]
