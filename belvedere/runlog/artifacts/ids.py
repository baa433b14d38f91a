"""The opaque ids that clients hold in their hands: base64 of "Kind:<project>:<hexadecimal>", as they take them apart
(`wandb-artifact://<hex of the id>`)."""

import base64
import binascii

from belvedere.core.errors import NotFound

CLIENT_SCHEME, SERVER_SCHEME = "wandb-client-artifact://", "wandb-artifact://"


def opaque_id(kind: str, project: str, name: str) -> str:
    """What a client holds in its hand for a thing of a project."""
    return base64.b64encode(f"{kind}:{project}:{name}".encode()).decode()


def taken_apart(opaque: object, kind: str) -> tuple[str, str]:
    """Project and name that an opaque id of that kind stands for; NotFound when it is none of ours."""
    try:
        found, project, name = base64.b64decode(str(opaque), validate=True).decode().split(":", 2)
    except (binascii.Error, UnicodeDecodeError, ValueError):
        found, project, name = "", "", ""
    if found != kind:
        raise NotFound(f"{str(opaque)[:80]!r} is no id of an {kind}; ask for it by name instead")
    return project, name


def reference_to(project: str, artifact_id: str, path: str) -> str:
    """The address of a file of an artifact, as the manifest of another one names it."""
    return f"{SERVER_SCHEME}{f'Artifact:{project}:{artifact_id}'.encode().hex()}/{path}"


def referred(address: str) -> tuple[str, str, str] | None:
    """Project, artifact id and path that such an address names; None for another address. The project is "" where the
    artifact is named by its client's id."""
    scheme, _, rest = address.partition("://")
    who, _, path = rest.partition("/")
    if f"{scheme}://" == CLIENT_SCHEME:
        return "", who.partition(":")[0], path
    if f"{scheme}://" != SERVER_SCHEME:
        return None
    try:
        kind, project, artifact_id = bytes.fromhex(who).decode().split(":", 2)
    except ValueError:  # also text that is none
        return None
    return (project, artifact_id, path) if kind == "Artifact" else None
