"""A machine that tells of events and asks for them."""

import json
from typing import Any

from tests.traceability.epcis.making import document


class Machine:
    """Holds a key; without one it is a stranger."""

    def __init__(self, client: Any, key: str | None) -> None:
        self.client = client
        self.headers = {} if key is None else {"Authorization": f"Bearer {key}"}

    def post(self, body: Any, *, kind: str = "application/ld+json", **headers: str) -> Any:
        """Send a body as it is, or a value as JSON."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.client.post("/epcis/capture", data=data, content_type=kind, headers={**self.headers, **headers})

    def tell(self, *events: dict[str, Any]) -> Any:
        """Send events, which must be taken."""
        answer = self.post(document(*events))
        assert answer.status_code == 202, answer.get_json()
        return answer

    def ask(self, query: str = "") -> list[dict[str, Any]]:
        """Ask for events."""
        answer = self.client.get("/epcis/events" + query, headers=self.headers)
        assert answer.status_code == 200, answer.get_json()
        return list(answer.get_json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"])
