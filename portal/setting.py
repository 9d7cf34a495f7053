"""What one setting is, and the demo value that anybody can compute of a secret one."""

import hashlib
from dataclasses import dataclass


def demo_secret(name: str) -> str:
    """Return the demo value of a secret: 64 hexadecimal digits that anybody can compute."""
    return hashlib.sha256(f"cho-so demo {name}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Key:
    """One setting: `default` None means required in production; `secret` gets a demo value elsewhere.

    A secret `needed_with` another setting is required in production only where that one is given.
    """

    name: str
    what: str
    default: str | None = None
    secret: bool = False
    versioned: bool = False
    needed_with: str = ""

    def demo(self) -> str:
        """Return what stands in for this secret outside production."""
        return f"1:{demo_secret(self.name)}" if self.versioned else demo_secret(self.name)
