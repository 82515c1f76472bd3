"""Kubeconfig files, written as JSON (every JSON document is a YAML document)."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any


def cluster_entry(server: str, authority: Path) -> dict[str, Any]:
    """The `cluster` part for a server whose certificate `authority` has signed."""
    return {"server": server, "certificate-authority-data": base64.b64encode(authority.read_bytes()).decode()}


def write(path: Path, cluster: dict[str, Any], user: dict[str, Any], namespace: str = "default") -> Path:
    """Write a file with one context, readable by its owner alone."""
    context = {"cluster": "test", "user": "user", "namespace": namespace}
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "test", "cluster": cluster}],
        "users": [{"name": "user", "user": user}],
        "contexts": [{"name": "test", "context": context}],
        "current-context": "test",
    }
    path.touch(mode=0o600)
    path.write_text(json.dumps(document, indent=1))
    return path
