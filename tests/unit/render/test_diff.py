"""The one semantic diff, and the one mask of Secrets."""

import pytest

from bos_tools.render.diff import Change, differences, fields, masked
from bos_tools.render.mask import HIDDEN

SECRET = "Secret buildingos/swr-cred"
OLD = b"""\
apiVersion: v1
kind: Secret
metadata:
  name: swr-cred
  namespace: buildingos
  labels: {app: a}
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: '{"data":{"password":"b2xk"}}'
type: Opaque
data:
  password: b2xk
"""
NEW = OLD.replace(b"b2xk", b"bmV3").replace(b"app: a", b"app: b")


def test_a_secret_tells_its_keys_and_never_its_values():
    changes = differences(OLD, NEW)

    assert changes == [
        Change(SECRET, "metadata.labels.app", "a", "b"),
        Change(
            SECRET, 'metadata.annotations["kubectl.kubernetes.io/last-applied-configuration"]', HIDDEN, HIDDEN
        ),
        Change(SECRET, "data.password", HIDDEN, HIDDEN),
    ]  # fmt: skip
    assert "bmV3" not in str(changes)


def test_a_secret_that_comes_or_goes_shows_on_which_side_it_is():
    came = {change.field: (change.old, change.new) for change in differences(b"", NEW)}

    assert came["kind"] == (None, "Secret")
    assert came["data.password"] == (None, HIDDEN)


@pytest.mark.parametrize(
    "field", ["data.x", "stringData.x", "metadata.annotations.x", "metadata.managedFields[0].x", "x"]
)
def test_what_is_not_known_to_be_open_is_hidden(field):
    assert masked(Change(SECRET, field, "old", None)) == Change(SECRET, field, HIDDEN, None)


@pytest.mark.parametrize("who", ["ConfigMap a/b", "SecretStore.external-secrets.io a/b", "ExternalSecret.x a/b"])
def test_nothing_else_is_hidden(who):
    assert masked(Change(who, "data.x", "old", "new")) == Change(who, "data.x", "old", "new")


def test_two_states_of_one_object_differ_in_their_leaves():
    live, git = {"spec": {"replicas": 1, "paused": None}}, {"spec": {"replicas": "1"}}

    assert list(fields("Deployment.apps a/b", live, git)) == [
        Change("Deployment.apps a/b", "spec.replicas", 1, "1"),
        Change("Deployment.apps a/b", "spec.paused", None, None),
    ]
