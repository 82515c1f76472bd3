"""What the Helm chart and the Terraform module are made of: the rules of `pointsman rbac`, the chart's version, and the
schema of its values. Both compose a Role as `entry/rbac.py` does, from the same parts; tests compare the results."""

from __future__ import annotations

import json
from typing import Any

from pointsman import __version__
from pointsman.entry import needs, roles
from pointsman.entry.rbac import GUARDED, ROUTERS, STEPS
from pointsman.report.yaml_text import yaml_text

CHART = "deploy/helm/pointsman-rbac"
MODULE = "deploy/terraform/pointsman-rbac"
_NOTE = "# Made by `python -m pointsman.gen` from src/pointsman/entry/needs.py; edit that.\n"
_HOME = "https://github.com/pointsman-dev/pointsman"
_NAME = "^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$"
_NAMESPACE = "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"
_ACCOUNT = "^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?/)?[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$"

Schema = dict[str, Any]


def roles_yaml() -> str:
    """The parts of every Role, as both installers read them."""
    return _NOTE + yaml_text(roles_data(), short_lists=True)


def roles_data() -> dict[str, Any]:
    """A command's Role is its `rules`, those of the routers if it writes routes, those of a dead-man switch if it is
    to post one, and its `wished`, in this order."""
    return {
        "version": __version__,
        "commands": {step: _command(step) for step in STEPS},
        "routers": {router: roles.rules_of(roles.OF_ROUTER[router]) for router in ROUTERS},
        "postsDeadMan": roles.rules_of(needs.POST_DEAD_MAN),
        "deadMan": roles.rules_of(needs.DEAD_MAN),
        "readiness": {
            "everywhere": roles.rules_of(needs.EVERYWHERE_LISTED),
            "elsewhere": {name: roles.rules_of([one]) for name, one in needs.ELSEWHERE_LISTED.items()},
        },
    }


def _command(step: str) -> dict[str, Any]:
    return {
        "writesRoutes": step in roles.BY_ROUTE,
        "postsDeadMan": step in GUARDED,
        "rules": roles.rules_of(needs.OF_STEP[step]),
        "wished": [] if step in roles.WITHOUT_PODS else roles.rules_of(needs.WISHED),
    }


def chart_yaml() -> str:
    """Chart.yaml; a chart is released with the program whose Roles it installs."""
    chart = {
        "apiVersion": "v2",
        "name": "pointsman-rbac",
        "description": "The least Roles that the commands of Pointsman need, bound to whoever runs them.",
        "type": "application",
        "version": __version__,
        "appVersion": __version__,
        "home": _HOME,
        "sources": [_HOME],
        "keywords": ["rbac", "canary", "blue-green", "progressive-delivery"],
        "annotations": {"artifacthub.io/license": "Apache-2.0"},
    }
    return _NOTE.replace("entry/needs.py", "gen/installs.py") + yaml_text(chart)


def values_schema() -> str:
    """values.schema.json, with the commands and routers that there are; draft 7, which every Helm 3 and 4 knows."""
    return json.dumps(_schema(), indent=2, ensure_ascii=False) + "\n"


def _schema() -> Schema:
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Values of pointsman-rbac",
        **_object(
            {
                "commands": {"description": "Commands that get a Role each.", "minItems": 1, **_set(STEPS)},
                "routers": {"description": "What splits requests, for commands that write routes.", **_set(ROUTERS)},
                "namespaces": _texts("Namespaces of the services; that of the release unless told.", _NAMESPACE),
                "subjects": _object(
                    {
                        "accounts": _texts("Service accounts, as [NAMESPACE/]NAME.", _ACCOUNT),
                        "users": _texts("Users, as your cloud's login names them.", r"^\S(.*\S)?$"),
                        "groups": _texts("Groups, as your cloud's login names them.", r"^\S(.*\S)?$"),
                    }
                ),
                "serviceAccount": _object(
                    {
                        "create": {"description": "Whether to make an account and bind it.", "type": "boolean"},
                        "name": _text("Its name.", _NAME),
                        "namespace": _text("Its namespace; that of the release unless told.", f"{_NAMESPACE}|^$"),
                        "labels": _map("Labels of its own."),
                        "annotations": _map("Annotations, such as the cloud identity that it stands for."),
                    }
                ),
                "deadMan": _object(
                    {
                        "enabled": {"description": "Whether releases post a dead-man switch.", "type": "boolean"},
                        "account": _text("Account of its Job, made in each namespace.", _NAME),
                    }
                ),
                "readiness": _object(
                    {
                        "everywhere": {"description": "Whether to list what is cluster-wide.", "type": "boolean"},
                        "elsewhere": {
                            "description": "Namespaces of other products that are listed in.",
                            **_set(tuple(needs.ELSEWHERE_LISTED)),
                        },
                    }
                ),
                "namePrefix": _text("What the names of Roles begin with.", _NAME),
                "labels": _map("Labels on every object."),
                "annotations": _map("Annotations on every object."),
                "global": {"description": "Helm's own, for a chart that has this one as a part.", "type": "object"},
            }
        ),
    }


def _object(properties: Schema) -> Schema:
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _set(choices: tuple[str, ...]) -> Schema:
    return {"type": "array", "uniqueItems": True, "items": {"enum": list(choices)}}


def _texts(description: str, pattern: str) -> Schema:
    items = {"type": "string", "pattern": pattern}
    return {"description": description, "type": "array", "uniqueItems": True, "items": items}


def _text(description: str, pattern: str) -> Schema:
    return {"description": description, "type": "string", "pattern": pattern}


def _map(description: str) -> Schema:
    return {"description": description, "type": "object", "additionalProperties": {"type": "string"}}
