"""The fields in which two states of an object differ: by merge keys, no more of them than a reader needs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bos_tools.impact.fields import ABSENT, pairs, same

WEB = {"name": "web", "image": "web:1", "ports": [{"containerPort": 80}], "env": [{"name": "A", "value": "1"}]}
SIDE = {"name": "side", "image": "side:1"}
RULE = {"from": [{"podSelector": {}}], "ports": [{"port": 80}]}
OTHER = {"ports": [{"port": 443}]}

TABLE = {
    "a container that is not the first": (
        {"containers": [WEB, SIDE]},
        {"containers": [WEB, {**SIDE, "image": "side:2"}]},
        [("containers[side].image", "side:1", "side:2")],
    ),
    "a container in front of the others": (
        {"containers": [WEB]},
        {"containers": [SIDE, WEB]},
        [("containers[side]", ABSENT, SIDE)],
    ),
    "containers in another order": (
        {"containers": [WEB, SIDE]},
        {"containers": [SIDE, WEB]},
        [("containers", "web, side", "side, web")],
    ),
    "a variable": (
        {"env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]},
        {"env": [{"name": "B", "value": "3"}, {"name": "C", "value": "4"}]},
        [
            ("env[A]", {"name": "A", "value": "1"}, ABSENT),
            ("env[B].value", "2", "3"),
            ("env[C]", ABSENT, {"name": "C", "value": "4"}),
        ],
    ),
    "a port by its number and protocol": (
        {"ports": [{"port": 53, "protocol": "UDP", "targetPort": 1}, {"port": 53, "targetPort": 2}]},
        {"ports": [{"port": 53, "protocol": "TCP", "targetPort": 2}, {"port": 53, "protocol": "UDP", "targetPort": 3}]},
        [
            ("ports[53,UDP].targetPort", 1, 3),
            ("ports[53,TCP].protocol", ABSENT, "TCP"),
            ("ports", "53,UDP, 53,TCP", "53,TCP, 53,UDP"),
        ],
    ),
    "a mount by its path": (
        {"volumeMounts": [{"mountPath": "/a", "name": "x"}, {"mountPath": "/b", "name": "x"}]},
        {"volumeMounts": [{"mountPath": "/b", "name": "y"}]},
        [("volumeMounts[/a]", {"mountPath": "/a", "name": "x"}, ABSENT), ("volumeMounts[/b].name", "x", "y")],
    ),
    "a rule in front of others that only their place tells apart": (
        {"ingress": [RULE]},
        {"ingress": [OTHER, RULE]},
        [("ingress[0]", ABSENT, OTHER)],
    ),
    "a rule that changes in its place": (
        {"egress": [RULE, {"to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}]},
        {"egress": [RULE, {"to": [{"ipBlock": {"cidr": "10.0.0.0/9"}}]}]},
        [("egress[1].to[0].ipBlock.cidr", "10.0.0.0/8", "10.0.0.0/9")],
    ),
    "words of a command, which mean something together": (
        {"args": ["-a", "1"]},
        {"args": ["-a", "2", "-b"]},
        [("args", ["-a", "1"], ["-a", "2", "-b"])],
    ),
    "a number that becomes a text": ({"a": 1}, {"a": "1"}, [("a", 1, "1")]),
    "a number that becomes true": ({"a": 1}, {"a": True}, [("a", 1, True)]),
    "nothing that becomes an empty mapping": ({}, {"emptyDir": {}}, [("emptyDir", ABSENT, {})]),
    "a null that goes": ({"a": None}, {}, [("a", None, ABSENT)]),
    "a key with a dot": ({"data": {"a.conf": "x"}}, {"data": {"a.conf": "y"}}, [('data["a.conf"]', "x", "y")]),
    "a list that becomes a mapping": ({"a": [1]}, {"a": {"b": 1}}, [("a", [1], {"b": 1})]),
}


@pytest.mark.parametrize("name", TABLE)
def test_what_differs_is_told_by_merge_keys(name):
    old, new, expected = TABLE[name]

    assert list(pairs(old, new)) == expected


def test_each_leaf_of_what_comes_can_be_told():
    assert list(pairs({}, {"data": {"a": "1", "b": "2"}, "list": []}, whole=False)) == [
        ("data.a", ABSENT, "1"),
        ("data.b", ABSENT, "2"),
        ("list", ABSENT, []),
    ]


leaf = st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from(["", "a", "1"])
named = st.fixed_dictionaries({"name": st.sampled_from("xyz")}, optional={"port": st.integers(1, 3), "image": leaf})
data = st.recursive(
    leaf,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(named, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "ports", "env"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(data, data)
def test_two_values_differ_where_something_is_told_and_nowhere_else(old, new):
    assert same(old, old)
    assert not list(pairs(old, old))
    assert bool(list(pairs(old, new))) == (not same(old, new))
    assert bool(list(pairs(old, new, whole=False))) == (not same(old, new))
