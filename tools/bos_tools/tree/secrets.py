"""The contract of Secrets: what the manifests read, what for, and where the values come from; none is here."""

import re
from dataclasses import dataclass
from enum import StrEnum

REFERENCE = re.compile(r"\{([a-z0-9-]+)/([A-Za-z0-9._-]+)\}")
RANDOM = re.compile(r"\{random:(\d+)\}")


class Form(StrEnum):
    """How a value lies in the Secret."""

    plain = "plain"
    base64 = "base64"
    bcrypt = "bcrypt"
    """The hash of a password that only a person keeps."""
    login = "login"
    """A registry, a user and a password, as the kubelet reads them."""


@dataclass(frozen=True)
class Key:
    """One key of a Secret."""

    what: str
    made: str = ""
    """How it can be made: words, `{random:LENGTH}`, `{SECRET/KEY}`.  Empty where somebody must say it."""
    form: Form = Form.plain
    holds: str = r"[^\0\r\n]+"
    """What the whole value must match, before it is encoded: what its reader takes."""
    frozen: str = ""
    """Why a value that is there is never replaced."""

    @property
    def refers(self) -> list[tuple[str, str]]:
        """Return the Secrets and keys of which its value is made."""
        return [(found[1], found[2]) for found in REFERENCE.finditer(self.made)]

    @property
    def how(self) -> str:
        """Return in a word where the value comes from."""
        if self.form in (Form.login, Form.bcrypt):
            return "registry login" if self.form is Form.login else "asked, kept as a hash"
        if not self.made:
            return "asked"
        if self.refers:
            return "from " + ", ".join("/".join(one) for one in self.refers)
        return "random" if RANDOM.search(self.made) else "fixed"


@dataclass(frozen=True)
class Secret:
    """One Secret with its keys."""

    keys: dict[str, Key]
    type: str = "Opaque"


def _random(what: str, *, length: int = 32, holds: str = Key.holds, frozen: str = "") -> Key:
    return Key(what, f"{{random:{length}}}", holds=holds, frozen=frozen)


FIRST_START = "read on the first start only: change it in the server, then here by hand"
NO_DOLLAR = r"[^\0\r\n$]+"
"""Grafana expands a $ once more (base/grafana/datasources.yaml)."""
CSV = r"[^\0\r\n,\"\s]+"
WORD = r"[A-Za-z0-9._-]+"
"""What base/zlmediakit/render-config.sh takes."""

# The keys of backend-env are the environment of the backend, whose source is elsewhere: what it reads is said here.
CONTRACT: dict[str, Secret] = {
    "swr-cred": Secret(
        {".dockerconfigjson": Key("the login of the private registry", form=Form.login)},
        "kubernetes.io/dockerconfigjson",
    ),
    "postgres-auth": Secret(
        {
            "username": Key("the owner of the database, for its operator", "buildingos"),
            "password": _random("the password of the database's owner", frozen=FIRST_START),
        }
    ),
    "postgres-grafana": Secret(
        {
            "username": Key("the role that only reads, for its operator", "grafana"),
            "password": _random("the password of the role that only reads", holds=NO_DOLLAR, frozen=FIRST_START),
        }
    ),
    "postgres-backup": Secret(
        {
            "access-key-id": Key("the object store of the backups: who writes"),
            "secret-access-key": Key("the object store of the backups: the key"),
        }
    ),
    "redis-auth": Secret({"password": _random("the password of redis and its Sentinels")}),
    "tdengine-auth": Secret(
        {
            # Old servers take 16 characters at most.
            "password": _random("the password of TDengine's root", length=16, frozen=FIRST_START),
            "grafana-basic-auth": Key(
                "Grafana's login to TDengine, as a user that an administrator makes there",
                "grafana:{random:16}",
                form=Form.base64,
            ),
        }
    ),
    "emqx-auth": Secret(
        {
            "cookie": _random("what the brokers know each other by", holds=WORD),
            "dashboard-password": _random("the first password of the dashboard's admin", frozen=FIRST_START),
            "users.csv": Key(
                "the first clients of the broker",
                "user_id,password,is_superuser\nbackend,{backend-env/MQTT_PASSWORD},false\nnodered,{random:32},false\n",
                holds=r"user_id,password,is_superuser\n(?:[^,\s]+,[^,\s]+,(?:true|false)\n)+",
                frozen=FIRST_START,
            ),
        }
    ),
    "emqx-license": Secret({"key": Key("the licence that a cluster of EMQX needs")}),
    "grafana-admin": Secret(
        {"password": _random("the first password of Grafana's admin", holds=NO_DOLLAR, frozen=FIRST_START)}
    ),
    "zlmediakit-secret": Secret({"secret": _random("the secret of ZLMediaKit's API", holds=WORD)}),
    "nodered-secret": Secret(
        {
            "credential-secret": _random(
                "what Node-RED encrypts the credentials of its flows with",
                frozen="the credentials that Node-RED has stored are lost with it",
            ),
            "admin-hash": Key("the password of the editor's admin", form=Form.bcrypt, holds=r"[^\0\r\n]{12,72}"),
        }
    ),
    "backend-env": Secret(
        {
            "PGUSER": Key("the database's owner", "buildingos"),
            "PGPASSWORD": Key("the database's password", "{postgres-auth/password}"),
            "REDIS_PASSWORD": Key("the password of redis", "{redis-auth/password}"),
            "MQTT_USERNAME": Key("the broker's user", "backend", holds=CSV),
            "MQTT_PASSWORD": _random("the broker's password", holds=CSV),
            "EMQX_API_USER": Key("the broker's dashboard: who asks", "admin"),
            "EMQX_API_PASSWORD": Key("the broker's dashboard: the password", "{emqx-auth/dashboard-password}"),
            "TDENGINE_USER": Key("TDengine's user", "root"),
            "TDENGINE_PASSWORD": Key("TDengine's password", "{tdengine-auth/password}"),
            "ZLMEDIAKIT_SECRET": Key("the secret of ZLMediaKit's API", "{zlmediakit-secret/secret}"),
            "JWT_SECRET": _random("what the backend signs its sessions with", length=48),
        }
    ),
}
"""Made in the cluster, never in Git (base/README.md, rule 7; decision 10)."""


def key(name: str, wanted: str) -> Key | None:
    """Return a key of the contract, None for one that is not in it."""
    secret = CONTRACT.get(name)
    return secret.keys.get(wanted) if secret is not None else None
