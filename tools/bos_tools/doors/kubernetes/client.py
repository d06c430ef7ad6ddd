"""A cluster: objects as plain data in and out, so that no field of a newer API is lost."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from bos_tools.doors.failures import HttpFailed, WrongAnswer, translated
from bos_tools.doors.http import address
from bos_tools.errors import MayNot, OutsideError, conceal

if TYPE_CHECKING:
    from datetime import datetime

    import lightkube

    from bos_tools.doors.kubernetes.kubeconfig import Selected

Data = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """A kind as the API server addresses it."""

    group: str
    version: str
    kind: str
    plural: str
    is_namespaced: bool = True

    @property
    def api(self) -> str:
        """Return its apiVersion."""
        return f"{self.group}/{self.version}" if self.group else self.version


CLAIM = Kind("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims")
POD = Kind("", "v1", "Pod", "pods")
QUOTA = Kind("", "v1", "ResourceQuota", "resourcequotas")
SECRET = Kind("", "v1", "Secret", "secrets")
STORAGE_CLASS = Kind("storage.k8s.io", "v1", "StorageClass", "storageclasses", is_namespaced=False)
SNAPSHOT = Kind("snapshot.storage.k8s.io", "v1", "VolumeSnapshot", "volumesnapshots")
CONFIG_MAP = Kind("", "v1", "ConfigMap", "configmaps")
APPLICATION = Kind("argoproj.io", "v1alpha1", "Application", "applications")
APP_PROJECT = Kind("argoproj.io", "v1alpha1", "AppProject", "appprojects")
POSTGRES = Kind("postgresql.cnpg.io", "v1", "Cluster", "clusters")
BACKUP = Kind("postgresql.cnpg.io", "v1", "Backup", "backups")


class ClusterSaid(OutsideError):
    """Raised when the API server refused; carries its status and reason."""

    def __init__(self, what: str, status: int, reason: str, said: str) -> None:
        super().__init__(f"the cluster refused {what}: {said}", reason=f"cluster-{reason.lower() or status}")
        self.status = status
        self.said = said


DENIED = re.compile(
    r'User "(?P<user>[^"]*)" cannot (?P<verb>\w+) resource "(?P<resource>[^"]+)" in API group "(?P<group>[^"]*)"'
    r'(?: in the namespace "(?P<namespace>[^"]+)")?'
)
"""How the API server says that a role is missing (k8s.io/apiserver, responsewriters.Forbidden)."""


class Cluster:
    """One cluster's API server."""

    def __init__(self, client: "lightkube.Client", asker: str = "nobody", ended: "datetime | None" = None) -> None:
        self._client = client
        self._asker, self._ended = asker, ended
        self.url = str(client.config.cluster.server)

    @classmethod
    def connect(cls, kubeconfig: str | None = None, context: str | None = None) -> "Cluster":
        """Connect by a kubeconfig: the one named, KUBECONFIG, or the user's own; inside a pod by its account.

        Raises OutsideError when there is none or it has no such context, Usage when its server is no address.
        """
        from bos_tools.doors.kubernetes.kubeconfig import selected, unusable

        chosen = selected(kubeconfig, context)
        config = chosen.config
        url = address("the cluster", str(config.cluster.server))
        try:
            client, ended = _opened(chosen, url)
        except OutsideError:
            raise
        except Exception as error:  # a certificate, a key or a proxy that does not work, by any exception
            said = f"context {config.context_name}: {type(error).__name__}"
            raise unusable(chosen.where, f"{said}: {error}" if isinstance(error, OSError) else said) from error
        return cls(client, f"user {chosen.user} of context {config.context_name}", ended)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(self, kind: Kind, name: str, namespace: str | None = None) -> Data | None:
        """Return an object, or None where there is none."""
        try:
            with self._translated(f"to show {kind.kind} {name}"):
                return _plain(self._client.get(_resource(kind), name, namespace=namespace))
        except (ClusterSaid, HttpFailed) as said:  # the second for a kind that the server does not know
            if said.status == 404:
                return None
            raise

    def list(self, kind: Kind, namespace: str | None = None, labels: dict[str, str] | None = None) -> list[Data]:
        """Return the objects of a kind in a namespace, in the server's order; an unknown kind has none."""
        try:
            with self._translated(f"to list {kind.plural}"):
                found = self._client.list(_resource(kind), namespace=namespace, labels=labels)  # type: ignore[arg-type]  # its alias is wider
                return [_plain(one) for one in found]
        except (ClusterSaid, HttpFailed) as said:  # the second for a kind that the server does not know
            if said.status == 404:
                return []
            raise

    def create(self, kind: Kind, data: Data, *, dry_run: bool = False) -> Data:
        """Create an object.

        Raises ClusterSaid with the server's words.
        """
        namespace = data["metadata"].get("namespace")
        with self._translated(f"to create {kind.kind} {data['metadata']['name']}"):
            made = _resource(kind).from_dict(data)
            return _plain(self._client.create(made, namespace=namespace, dry_run=dry_run))

    def merge(self, kind: Kind, name: str, namespace: str | None, patch: Data, *, dry_run: bool = False) -> Data:
        """Lay a merge patch over an object; a dry run answers quota, class and validation and changes nothing.

        Raises ClusterSaid with the server's words.
        """
        from lightkube.types import PatchType

        with self._translated(f"to change {kind.kind} {name}"):
            return _plain(
                self._client.patch(
                    _resource(kind), name, patch, namespace=namespace, patch_type=PatchType.MERGE, dry_run=dry_run
                )
            )

    def delete(self, kind: Kind, name: str, namespace: str | None = None) -> None:
        """Delete an object; raises ClusterSaid where there is none."""
        with self._translated(f"to delete {kind.kind} {name}"):
            self._client.delete(_resource(kind), name, namespace=namespace)

    @contextmanager
    def _translated(self, what: str) -> Iterator[None]:
        from lightkube.core.exceptions import ApiError, ConfigError

        with translated("the cluster", self.url):
            try:
                yield
            except ApiError as error:
                status = error.status
                said = " ".join(str(status.message).split())
                raise self._refusal(what, int(status.code or 0), str(status.reason or ""), said) from error
            except (ConfigError, OSError) as error:  # the command or the file that gives a token, when it is asked
                from bos_tools.doors.kubernetes.kubeconfig import unusable

                raise unusable(self.url, " ".join(str(error).split())) from error
            except (KeyError, TypeError, AttributeError, ValueError) as error:  # an answer that is no object
                raise WrongAnswer("the cluster", self.url, f"no object when asked {what}") from error

    def _refusal(self, what: str, status: int, reason: str, said: str) -> OutsideError:
        """Return what the server's refusal means: who may not ask, who is not known, or a no to the thing itself."""
        denied = DENIED.search(said) if status == 403 else None
        if denied is not None:
            group = f".{denied['group']}" if denied["group"] else ""
            where = f" in {denied['namespace']}" if denied["namespace"] else ""
            needs = f"{denied['verb']} on {denied['resource']}{group}{where}"
            return MayNot(f"{denied['user'] or 'this account'} may not ask the cluster {what}: needs {needs}", needs)
        refusal = ClusterSaid(what, status, reason, said)
        if status == 401:
            end = f", whose certificate ended on {self._ended:%Y-%m-%d %H:%M} UTC" if self._ended else ""
            refusal.hint = f"log in again: {self._asker}{end}"
        return refusal


def _opened(chosen: "Selected", url: str) -> "tuple[lightkube.Client, datetime | None]":
    """Return the library's client with our transport under it, and when the client's certificate ended, if it did."""
    import base64

    import lightkube
    from lightkube.config.client_adapter import verify_cluster
    from lightkube.config.models import User

    from bos_tools.doors.kubernetes.plugin import ended
    from bos_tools.doors.kubernetes.transport import transport

    config, user = chosen.config, chosen.config.user or User()
    renew = None
    if chosen.plugin is not None:
        plugin, first = chosen.plugin, [chosen.plugin.ask()]
        if first[0].certificate and first[0].key:
            pair = [base64.b64encode(text.encode()).decode() for text in (first[0].certificate, first[0].key)]
            user = User(client_cert_data=pair[0], client_key_data=pair[1])

        def renew() -> str | None:
            return (first.pop() if first else plugin.ask()).token

    conceal(*filter(None, (user.token, user.password)))
    certificate = base64.b64decode(user.client_cert_data) if user.client_cert_data else b""
    if user.client_cert:
        certificate = Path(config.abs_file(user.client_cert)).read_bytes()
    verify = verify_cluster(config.cluster, user, config.abs_file)
    way = transport(url, verify, chosen, renew)
    return lightkube.Client(config._replace(user=user), field_manager="bos-tools", transport=way), ended(certificate)


@cache
def _resource(kind: Kind) -> Any:
    """Return the library's class for a kind; it registers each but once."""
    from lightkube.generic_resource import create_global_resource, create_namespaced_resource

    make = create_namespaced_resource if kind.is_namespaced else create_global_resource
    return make(kind.group, kind.version, kind.kind, kind.plural)


def _plain(made: Any) -> Data:
    """Return an object as plain data, its metadata too."""
    data: Data = made.to_dict()
    return data
