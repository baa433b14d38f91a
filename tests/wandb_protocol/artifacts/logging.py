"""Logs artifacts as the client does: announced, files put, manifest put, committed."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.wandb_protocol.speaking import Speaking

CREATE = """mutation CreateArtifact($input: CreateArtifactInput!) { createArtifact(input: $input) {
    artifact { id state artifactSequence { latestArtifact { id } } } } }"""
MANIFEST = """mutation CreateArtifactManifest($artifactID: ID!, $baseArtifactID: ID, $digest: String!, $type: String!) {
    createArtifactManifest(input: {artifactID: $artifactID, baseArtifactID: $baseArtifactID,
        name: "wandb_manifest.json", digest: $digest, entityName: "e", projectName: "p", runName: "run1",
        type: $type}) {
        artifactManifest { id file { id uploadUrl uploadHeaders } } } }"""
FILES = """mutation CreateArtifactFiles($input: CreateArtifactFilesInput!) { createArtifactFiles(input: $input) {
    files { edges { node { storagePath uploadUrl uploadHeaders uploadMultipartUrls { uploadID }
        artifact { id } } } } } }"""
COMMIT = """mutation CommitArtifact($artifactID: ID!) { commitArtifact(input: {artifactID: $artifactID}) {
    artifact { id digest } } }"""
NAMED = """query ArtifactMembershipByName($project: String!, $name: String!) { project(name: $project) {
    artifactCollectionMembership(name: $name) { versionIndex aliases { alias } artifactCollection { __typename name }
        artifact { __typename id state size fileCount digest versionIndex description metadata tags { name }
            aliases { alias artifactCollection { name } } artifactType { name }
            artifactSequence { __typename name } } } } }"""


def md5(content: bytes) -> str:
    return base64.b64encode(hashlib.md5(content).digest()).decode()


def entry(content: bytes, **more: object) -> dict[str, object]:
    return {"digest": md5(content), "size": len(content), **more}


@dataclass
class Artifacts:
    """A client that logs artifacts of a run in project p."""

    client: Speaking
    clients: int = 0
    said: dict[str, object] = field(default_factory=dict)

    def announce(self, name: str, digest: str, **more: object) -> dict[str, Any]:
        self.clients += 1
        wish = {
            "artifactCollectionName": name, "artifactTypeName": "dataset", "entityName": "e", "projectName": "p",
            "runName": "run1", "digest": digest, "clientID": f"client{self.clients}", "enableDigestDeduplication": True,
            "aliases": [{"alias": "latest", "artifactCollectionName": name}], **more,
        }  # fmt: skip
        found: dict[str, Any] = self.client.data(CREATE, input=wish)["createArtifact"]["artifact"]
        return found

    def file(self, artifact_id: str, name: str, content: bytes) -> dict[str, Any]:
        """Where a file may be put."""
        wish = {"artifactID": artifact_id, "name": name, "md5": md5(content)}
        answer = self.client.data(FILES, input={"artifactFiles": [wish], "storageLayout": "V2"})
        (edge,) = answer["createArtifactFiles"]["files"]["edges"]
        node: dict[str, Any] = edge["node"]
        return node

    def manifest(self, artifact_id: str, contents: Mapping[str, object], kind: str = "FULL", base: str = "") -> bytes:
        """Put a manifest of these entries; its bytes."""
        content = json.dumps(
            {"version": 1, "storagePolicy": "x", "storagePolicyConfig": {}, "contents": contents}
        ).encode()
        answer = self.client.data(
            MANIFEST, artifactID=artifact_id, baseArtifactID=base or None, digest=md5(content), type=kind
        )
        address = answer["createArtifactManifest"]["artifactManifest"]["file"]["uploadUrl"]
        assert self.put(address, content).status_code == 200
        return content

    def put(self, address: str, content: bytes) -> httpx.Response:
        """A bare PUT, as the client's: it brings no key."""
        return self.client.asking.put(address.removeprefix(self.client.asking.base_url), content=content)

    def get(self, address: str) -> httpx.Response:
        return self.client.asking.get(address.removeprefix(self.client.asking.base_url))

    def log(self, name: str, files: Mapping[str, bytes], **more: object) -> str:
        """Log an artifact of these files; its id."""
        digest = hashlib.md5(repr(sorted(files.items())).encode()).hexdigest()
        made = self.announce(name, digest, **more)
        if made["state"] == "COMMITTED":
            return str(made["id"])
        for path, content in files.items():
            address = self.file(made["id"], path, content)["uploadUrl"]
            if address is not None:
                assert self.put(address, content).status_code == 200
        self.manifest(made["id"], {path: entry(content) for path, content in files.items()})
        self.client.data(COMMIT, artifactID=made["id"])
        return str(made["id"])

    def named(self, name: str, project: str = "p") -> Any:
        """The membership that "name:alias" names."""
        return self.client.data(NAMED, project=project, name=name)["project"]["artifactCollectionMembership"]

    def aliases(self, name: str) -> list[str]:
        return sorted(one["alias"] for one in self.named(name)["aliases"])
