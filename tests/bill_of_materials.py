"""The software bill of materials: every pinned package once, in CycloneDX 1.6; `make sbom` writes it.

What the portal runs on is `required`; what only builds or tests it is `excluded`. The same pins give the same bytes.
"""

import base64
import json
import re
import sys
import tomllib
import uuid
from collections.abc import Iterator
from pathlib import Path

from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

HERE = Path(__file__).parents[1]
RUNS = ("requirements.txt",)
BUILDS = ("requirements-dev.txt", "tests/npm/node.txt")
NODE = "tests/npm/package-lock.json"
_PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(?P<version>[^\s;\\]+)(?P<rest>(?:.*\\\n)*.*)", re.M)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def bill() -> str:
    """Return the bill as JSON."""
    project = tomllib.loads((HERE / "pyproject.toml").read_text("utf-8"))["project"]
    root = Component(name=project["name"], version=project["version"], type=ComponentType.APPLICATION, bom_ref="root")
    found: dict[str, Component] = {}
    for one in _components():
        found.setdefault(str(one.purl), one)  # the first word counts: what runs stands before what builds
    bom = Bom(components=found.values(), metadata=BomMetaData(component=root))
    bom.metadata.timestamp = None  # type: ignore[assignment]  # so that the same pins give the same bytes
    bom.serial_number = uuid.uuid5(uuid.NAMESPACE_URL, "\n".join(sorted(found)))
    bom.register_dependency(root, [one for one in found.values() if one.scope is ComponentScope.REQUIRED])
    return JsonV1Dot6(bom).output_as_string(indent=1) + "\n"


def _components() -> Iterator[Component]:
    for names, scope in ((RUNS, ComponentScope.REQUIRED), (BUILDS, ComponentScope.EXCLUDED)):
        for name in names:
            for pin in _PIN.finditer((HERE / name).read_text("utf-8")):
                hashes = [HashType(alg=HashAlgorithm.SHA_256, content=one) for one in _HASH.findall(pin["rest"])]
                yield _component("pypi", pin["name"].lower(), pin["version"], scope, hashes)
    for path, facts in json.loads((HERE / NODE).read_text("utf-8"))["packages"].items():
        if "integrity" in facts:  # the others are our own: the folder itself, and what stands in for a package
            digest = base64.b64decode(facts["integrity"].removeprefix("sha512-")).hex()
            hashes = [HashType(alg=HashAlgorithm.SHA_512, content=digest)]
            yield _component(
                "npm", path.rpartition("node_modules/")[2], facts["version"], ComponentScope.EXCLUDED, hashes
            )


def _component(kind: str, name: str, version: str, scope: ComponentScope, hashes: list[HashType]) -> Component:
    group, _slash, short = name.rpartition("/")
    purl = PackageURL(kind, group or None, short, version)
    return Component(
        name=short, group=group or None, version=version, type=ComponentType.LIBRARY, scope=scope, purl=purl,
        bom_ref=str(purl), hashes=hashes,
    )  # fmt: skip


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(bill(), "utf-8")
