"""Every pointsman.yaml that a page shows is one that the program and the schema take."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from pointsman.entry.config import settings
from pointsman.entry.readiness_config import readiness_settings
from tests.docs.pages import ROOT, Block, blocks

SCHEMA = json.loads((ROOT / "schema/pointsman.schema.json").read_text())
SHOWN = [block for block in blocks("yaml") if "\nservices:" in block.text]


def test_some_are_shown() -> None:
    assert len(SHOWN) >= 2


@pytest.mark.parametrize("block", SHOWN, ids=lambda block: block.page.name)
def test_every_configuration_shown_is_taken(block: Block, tmp_path: Path) -> None:
    jsonschema.validate(yaml.safe_load(block.text), SCHEMA)
    file = tmp_path / "pointsman.yaml"
    file.write_text(block.text)
    assert readiness_settings(str(file), "shop", None) is not None  # whose expressions are read here only
    assert settings(str(file), "shop", None)["namespace"] == "shop"
