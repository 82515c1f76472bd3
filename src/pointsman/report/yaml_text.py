"""YAML as it is written here: keys in the order given, nothing folded, lists indented below their key."""

from __future__ import annotations

from typing import Any

import yaml

_NEVER_FOLDED = 10_000


class _Dumper(yaml.SafeDumper):
    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002 - its name
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the signature is PyYAML's
        return True


def yaml_text(value: Any, short_lists: bool = False) -> str:
    """`value` as YAML; `short_lists` writes lists and mappings without inner ones on one line."""
    return str(
        yaml.dump(
            value,
            Dumper=_Dumper,
            sort_keys=False,
            allow_unicode=True,
            width=_NEVER_FOLDED,
            default_flow_style=None if short_lists else False,
        )
    )
