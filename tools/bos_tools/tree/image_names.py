"""An image's name and version, parted and put together as kustomize does."""


def untagged(image: str) -> str:
    """Return an image's name without tag and digest.

    >>> untagged("localhost:5000/a/b:v1@sha256:0")
    'localhost:5000/a/b'
    """
    name = image.partition("@")[0]
    folder, slash, last = name.rpartition("/")
    return folder + slash + last.partition(":")[0]


def version(image: str) -> tuple[str | None, str | None]:
    """Return an image's tag and digest, None for each that it lacks.

    >>> version("localhost:5000/a/b:v1"), version("b@sha256:0")
    (('v1', None), (None, 'sha256:0'))
    """
    name, _, digest = image.partition("@")
    return name[len(untagged(image)) + 1 :] or None, digest or None


def reference(name: str, tag: str | None, digest: str | None) -> str:
    """Return a name with a version."""
    return name + (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")


def is_own(service: str, image: str) -> bool:
    """Tell whether an image bears the name of the service, as it is or behind the address of a registry."""
    return image.rpartition("/")[2] == service
