"""The generated parts of the documentation, as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pointsman.entry import needs
from pointsman.entry.roles import BY_ROUTE, WITHOUT_PODS, dead_man_rules_yaml, role_yaml, rules_yaml
from pointsman.entry.spec import GITHUB_TOKEN, STEPS, Input, Step, Type, Where
from pointsman.gen.exit_codes import MEANINGS, meanings_for
from pointsman.strategy.readiness.policy import POLICY, ReadinessCheck

_TAKES = {
    Type.TEXT: "text",
    Type.NAME: "name",
    Type.ROUTE: "name, or `NAME/RULE`",
    Type.DURATION: "duration, like `90s` or `10m`",
    Type.FLAG: "`true` or `false`",
    Type.NUMBER: "whole number",
    Type.PORT: "port, number or name",
    Type.PATH: "path, like `/healthz`",
    Type.IMAGE: "image",
    Type.URL: "address",
    Type.PATTERN: "regular expression",
    Type.STATUS: "status or range",
    Type.WEIGHTS: "percents, like `5,10,30,100`",
    Type.OBJECTIVES: "objectives, like `error-rate ok<1% rollback>5%`",
    Type.RATE: "rate, like `100/s`",
    Type.PAIR: "`name=value`",
    Type.PATHS: "paths, one a line or apart by commas",
    Type.SECRET: "secret",
}
_ABOUT_WISHES = (
    "The rules for `pods/log` and `events` only add a failing pod's last words to the report.\n"
    "All others are checked before anything is touched.\n\n"
)


_BY_ISTIO = (*needs.SPLIT_VIRTUAL_SERVICE, *needs.SPLIT_SUBSETS)
_ABOUT_ROUTES = "\nFor a canary through the Gateway API, these rules too:\n\n"
_ABOUT_ISTIO = "\nFor one through Istio instead these; `destinationrules` only where versions are subsets:\n\n"
_ABOUT_INGRESS = "\nFor one through a canary Ingress instead these:\n\n"
_ABOUT_EVERYWHERE = "\nWithout these some checks are unknown; in a ClusterRole:\n\n"
_ABOUT_DEAD_MAN = "\nWith `dead-man`, these rules too:\n\n"


def inputs_table(step: Step, only: Iterable[Input] | None = None) -> str:
    """Name, what it takes, default and meaning of the inputs (all of the step, unless `only` says which)."""
    inputs = step.inputs if only is None else only
    rows = [(f"`{one.name}`", _takes(one), _default(one), _meaning(step, one)) for one in inputs]
    return table(("input", "takes", "default", "meaning"), rows)


def outputs_table(step: Step) -> str:
    """Name and meaning of the outputs."""
    return table(("output", "meaning"), [(f"`{one.name}`", one.help) for one in step.outputs])


def exit_codes_table(step: Step | None = None) -> str:
    """The exit codes of a step, or all of them."""
    meanings = MEANINGS if step is None else meanings_for(step.name)
    return table(("exit", "meaning"), [(str(code), words) for code, words in meanings.items()])


def steps_table() -> str:
    """Every command with its page."""
    rows = [(f"[`{step.name}`](docs/steps/{step.name}.md)", step.summary) for step in STEPS]
    return table(("step", "what it does"), rows)


def policy_table() -> str:
    """Every check of readiness-check: what it says, how grave it is, what evidence it looks for."""
    rows = [
        (
            check.area.value,
            f"`{check.id}`",
            f"{check.title}.",
            check.severity.value,
            f"{check.evidence}{_attest(check)}",
        )
        for check in POLICY
    ]
    return table(("area", "check", "what is shown", "severity", "evidence"), rows)


def _attest(check: ReadinessCheck) -> str:
    return "; or an attestation" if check.attestable else ""


def permissions_table(step: Step) -> str:
    """The `permissions:` that a job with this step needs on GitHub."""
    names = {one.name for one in step.inputs}
    rows = [("`contents: read`", "only for a checkout in the same job")]
    if "commit-status" in names:
        rows.append(("`statuses: write`", "the commit status; not needed with `commit-status: false`"))
    if "deployment" in names:
        rows.append(("`deployments: write`", "only with `deployment: create`"))
    if "ci-checks" in names:
        rows.append(("`statuses: read`, `checks: read`", "results of CI; not needed with `ci-checks: false`"))
    return table(("permission", "for"), rows)


def role_block(step: Step) -> str:
    """The Kubernetes Role as a fenced block."""
    words = "" if step.name in WITHOUT_PODS else _ABOUT_WISHES
    guards = any(one.name == "dead-man" for one in step.inputs)
    more = f"{_ABOUT_DEAD_MAN}{fenced(dead_man_rules_yaml(), 'yaml')}" if guards else ""
    if step.name == "readiness-check":
        more += f"{_ABOUT_EVERYWHERE}{fenced(rules_yaml(needs.EVERYWHERE_LISTED), 'yaml')}"
        for namespace, permission in needs.ELSEWHERE_LISTED.items():
            more += f"\nIn namespace `{namespace}`:\n\n{fenced(rules_yaml([permission]), 'yaml')}"
    if step.name in BY_ROUTE:
        more += f"{_ABOUT_ROUTES}{fenced(rules_yaml(needs.SPLIT_ROUTE), 'yaml')}"
        more += f"{_ABOUT_ISTIO}{fenced(rules_yaml(_BY_ISTIO), 'yaml')}"
        more += f"{_ABOUT_INGRESS}{fenced(rules_yaml(needs.CANARY_INGRESS), 'yaml')}"
    return f"{words}{fenced(role_yaml(step.name), 'yaml')}{more}"


def fenced(text: str, language: str) -> str:
    """`text` as a fenced block."""
    return f"```{language}\n{text.rstrip()}\n```\n"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; a bar in a cell is written so that it stays in its cell."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |\n" for line in lines)


def _takes(one: Input) -> str:
    return ", ".join(f"`{choice}`" for choice in one.choices) if one.choices else _TAKES[one.type]


def _default(one: Input) -> str:
    if one.required:
        return "**required**"
    if one.name == GITHUB_TOKEN:
        return "the job's token"
    return f"`{one.default}`" if one.default else ""


def _meaning(step: Step, one: Input) -> str:
    if one.where is Where.LAUNCHER:
        return f"{one.help} For steps only, no option."
    if one.name == "output" and step.action:
        return f"{one.help} An option only, no step input."
    return one.help
