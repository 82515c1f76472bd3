"""The canary Ingress of ingress-nginx: what it is, and what its annotations mean.

Pure functions over plain JSON, for `ingress_nginx`. The canary Ingress has the hosts, paths, class and certificates of
the user's own one, as far as that sends requests to stable's Service, and the candidate's Service behind them. A
tester's cookie of any value is a regular expression on the header `Cookie`: the annotation for cookies knows the value
`always` alone. The controller takes no `;` in an annotation, so all but letters and digits is written like `\\x3b`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pointsman.adapters.kube.guarded import STEERING, escaped
from pointsman.adapters.routers.backends import Backends
from pointsman.model.errors import InputError
from pointsman.model.split import Match

Json = dict[str, Any]
CANARY, WEIGHT = f"{STEERING}canary", f"{STEERING}canary-weight"
BY_HEADER, BY_COOKIE = f"{STEERING}canary-by-header", f"{STEERING}canary-by-cookie"
BY_VALUE, BY_PATTERN = f"{BY_HEADER}-value", f"{BY_HEADER}-pattern"
OWNED = "pointsman.dev/canary-of"
"""The label of a canary Ingress of ours; its value is the name of the user's Ingress."""

_CLASS = "kubernetes.io/ingress.class"
_HEADER = re.compile(r"[A-Za-z0-9-]+")
_PLAIN = re.compile(r"[A-Za-z0-9\-._~/]+")  # what the controller takes in `canary-by-header-value`
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+\-.^_`|~]+")
_COOKIE_VALUE = re.compile(r"[!#-+\--:<-\[\]-~]+")  # RFC 6265: no space, quote, comma, semicolon or backslash
_PATTERN = re.compile(r"\^\(\.\*\\x3b\\s\*\)\?(?P<name>[^=]+)=(?P<value>.+)\(\\x3b\.\*\)\?\$")


def named(ingress: Json) -> str:
    """An Ingress, for messages."""
    return f"Ingress {ingress['metadata']['name']}"


def annotations_of(ingress: Json) -> dict[str, str]:
    """The annotations; none for none."""
    return ingress["metadata"].get("annotations") or {}


def canary_name(main: Json) -> str:
    """What the canary Ingress is called."""
    return f"{main['metadata']['name']}-canary"


def is_ours(ingress: Json, main: Json) -> bool:
    """Whether this is the canary Ingress that we made for `main`."""
    return bool((ingress["metadata"].get("labels") or {}).get(OWNED) == main["metadata"]["name"])


def paths_to(main: Json, service: str) -> list[Json]:
    """The rules of `main`, cut to the paths that lead to this Service."""
    rules = []
    for rule in main["spec"].get("rules") or []:
        paths = (rule.get("http") or {}).get("paths") or []
        kept = [path for path in paths if (path["backend"].get("service") or {}).get("name") == service]
        if kept:
            rules.append({**rule, "http": {**rule["http"], "paths": kept}})
    return rules


def canary_spec(main: Json, backends: Backends) -> Json:
    """The spec of the canary Ingress."""
    rules = [
        {**rule, "http": {"paths": [_to(path, backends.service_of_candidate) for path in rule["http"]["paths"]]}}
        for rule in paths_to(main, backends.service_of_stable)
    ]
    kept = {key: main["spec"][key] for key in ("ingressClassName", "tls") if key in main["spec"]}
    return {**kept, "rules": rules}


def canary_manifest(main: Json, backends: Backends) -> Json:
    """The canary Ingress before it has any effect: weight 0, no testers. It goes when the user's own one goes."""
    metadata, marks = main["metadata"], annotations_of(main)
    owner = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "name": metadata["name"], "uid": metadata["uid"]}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {
            "name": canary_name(main),
            "labels": {OWNED: metadata["name"], "app.kubernetes.io/managed-by": "pointsman"},
            "annotations": {
                **({_CLASS: marks[_CLASS]} if _CLASS in marks else {}),
                CANARY: "true",
                WEIGHT: "0",
            },
            "ownerReferences": [owner],
        },
        "spec": canary_spec(main, backends),
    }


def weight_of(canary: Json | None) -> int:
    """Percent of the requests that the candidate gets; 0 without a canary Ingress. Raises InputError for what the
    controller would read in ways of its own."""
    marks = annotations_of(canary) if canary else {}
    if marks.get(CANARY) != "true":
        return 0
    text = marks.get(WEIGHT, "0")
    if not text.isdecimal() or int(text) > 100 or f"{WEIGHT}-total" in marks:
        raise InputError(
            f"{named(canary or {})} has {WEIGHT}: {text!r}"
            + (f" and {WEIGHT}-total" if f"{WEIGHT}-total" in marks else ""),
            "somebody else wrote that: find out who, and set a weight of 0 to 100 without a total",
        )
    return int(text)


def weight_operations(canary: Json, main: Json, backends: Backends, percent: int) -> list[Json]:
    """Give the candidate this share, on the hosts and paths that `main` has now."""
    return [*set_annotations(canary, {CANARY: "true", WEIGHT: str(percent)}), *_same_paths(canary, main, backends)]


def operations_for_testers(canary: Json, match: Match | None) -> list[Json]:
    """Let exactly this rule for testers stand; none for None."""
    none: dict[str, str | None] = dict.fromkeys((BY_HEADER, BY_VALUE, BY_PATTERN, BY_COOKIE))
    return set_annotations(canary, {**none, **(annotations_for_testers(match) if match else {})})


def annotations_for_testers(match: Match) -> dict[str, str]:
    """A rule for testers in annotations. Raises InputError for what no header or cookie can be."""
    if match.cookie:
        return _cookie_annotations(match)
    if not _HEADER.fullmatch(match.header) or not (match.value.isascii() and match.value.isprintable()):
        raise InputError(
            f"{match.header}: {match.value} is no header that ingress-nginx can look at",
            "use letters, digits and - in the name, and printable ASCII characters in the value",
        )
    if _PLAIN.fullmatch(match.value):
        return {BY_HEADER: match.header, BY_VALUE: match.value}
    return {BY_HEADER: match.header, BY_PATTERN: f"^{_spelt(match.value)}$"}


def matched_by(canary: Json | None) -> Match | None:
    """The rule for testers as it is written; None when there is none. The way back from `annotations_for_testers`."""
    marks = annotations_of(canary) if canary else {}
    if BY_COOKIE in marks:
        return Match("always", cookie=marks[BY_COOKIE])
    if BY_HEADER not in marks:
        return None
    pattern = marks.get(BY_PATTERN, "")
    found = _PATTERN.fullmatch(pattern) if marks[BY_HEADER] == "Cookie" else None
    if found:
        return Match(_read(found["value"]), cookie=_read(found["name"]))
    return Match(marks.get(BY_VALUE) or _read(pattern[1:-1]) or "always", header=marks[BY_HEADER])


def set_annotations(item: Json, wanted: Mapping[str, str | None]) -> list[Json]:
    """Set annotations, or remove them for None, testing what they were."""
    operations: list[Json] = []
    for key, value in wanted.items():
        now, path = annotations_of(item).get(key), f"/metadata/annotations/{escaped(key)}"
        if now == value:
            continue
        operations += [{"op": "test", "path": path, "value": now}] if now is not None else []
        operations.append({"op": "remove", "path": path} if value is None else _added(path, value))
    return operations


def _cookie_annotations(match: Match) -> dict[str, str]:
    if not _TOKEN.fullmatch(match.cookie) or not _COOKIE_VALUE.fullmatch(match.value):
        raise InputError(f"{match.cookie}={match.value} is not a cookie", "check the rule for testers")
    if match.value == "always" and _PLAIN.fullmatch(match.cookie):
        return {BY_COOKIE: match.cookie}
    pattern = rf"^(.*\x3b\s*)?{_spelt(match.cookie)}={_spelt(match.value)}(\x3b.*)?$"
    return {BY_HEADER: "Cookie", BY_PATTERN: pattern}


def _same_paths(canary: Json, main: Json, backends: Backends) -> list[Json]:
    wanted = canary_spec(main, backends)
    return [] if canary["spec"] == wanted else [{"op": "replace", "path": "/spec", "value": wanted}]


def _to(path: Json, service: str) -> Json:
    return {**path, "backend": {"service": {**path["backend"]["service"], "name": service}}}


def _added(path: str, value: str) -> Json:
    return {"op": "add", "path": path, "value": value}


def _spelt(text: str) -> str:
    return "".join(each if each.isalnum() else f"\\x{ord(each):02x}" for each in text)


def _read(text: str) -> str:
    return re.sub(r"\\x([0-9a-f]{2})", lambda found: chr(int(found[1], 16)), text)
