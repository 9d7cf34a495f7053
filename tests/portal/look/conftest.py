"""An app whose pages are drawn and never stored: the look needs no database."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, render_template, render_template_string

from portal import create_app
from portal.component_samples import shown_components
from portal.config import Settings

Draw = Callable[..., str]


@pytest.fixture(scope="session")
def drawing_app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    folder: Path = tmp_path_factory.mktemp("look")
    return create_app(
        Settings.from_env({"DATABASE_URL": f"sqlite:///{folder}/none.sqlite", "INSTANCE_DIR": str(folder)})
    )


@pytest.fixture
def draw(drawing_app: Flask) -> Draw:
    """Render a template by name, or a source with `source=`, as a request for `address` would."""

    def drawn(template: str = "", /, *, source: str = "", address: str = "/docs/components", **context: Any) -> str:
        with drawing_app.test_request_context(address):
            drawing_app.preprocess_request()
            return render_template_string(source, **context) if source else render_template(template, **context)

    return drawn


@pytest.fixture
def samples(drawing_app: Flask) -> dict[str, Any]:
    """What the components page shows, without its form."""
    with drawing_app.test_request_context("/docs/components"):
        return {"sample": shown_components(with_errors=False)["sample"]}
