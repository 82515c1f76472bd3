"""`pointsman rbac`: the Role that a command needs, made of the very list that it checks before its first write."""

from __future__ import annotations

import click

STEPS = (
    "blue-green-switch",
    "canary-step",
    "promote",
    "abort",
    "verify-health",
    "rollback",
    "readiness-check",
    "status",
)
ROUTERS = ("service", "gateway-api", "istio", "ingress-nginx")
GUARDED = ("blue-green-switch", "canary-step")
"""Those that can post a dead-man switch."""


@click.command(short_help="Print the Role that a command needs in the service's namespace.")
@click.option("--command", required=True, type=click.Choice(STEPS), help="What is to run under it.")
@click.option(
    "--router", type=click.Choice(ROUTERS), default="service", show_default=True, help="What splits requests."
)
@click.option("--dead-man", is_flag=True, help="With what --dead-man needs on top.")
@click.option("--namespace", metavar="NAME", help="Namespace of the objects; without it, that of kubectl apply.")
@click.option("--account", metavar="[NAMESPACE/]NAME", help="Service account that is bound to the Role.")
@click.option("--group", metavar="NAME", help="Group that is bound to the Role, as your cloud's login names it.")
@click.option("--user", metavar="NAME", help="User that is bound to the Role, as your cloud's login names it.")
def rbac(
    command: str,
    router: str,
    dead_man: bool,
    namespace: str | None,
    account: str | None,
    group: str | None,
    user: str | None,
) -> None:
    """Print the Role that a command needs in the service's namespace, for kubectl apply.

    It is made of the list that the command checks before it writes anything; with less it changes nothing.
    """
    from pointsman.entry import needs, roles
    from pointsman.report.yaml_text import yaml_text

    if router != "service" and command not in roles.BY_ROUTE:
        raise click.UsageError(f"{command} writes no route, so --router {router} means nothing with it")
    if dead_man and command not in GUARDED:
        raise click.UsageError(f"{command} posts no dead-man switch")
    if account and not (namespace or "/" in account):
        raise click.UsageError("give --account NAMESPACE/NAME, or --namespace: a binding names the account's namespace")
    more = (*roles.OF_ROUTER[router], *(needs.POST_DEAD_MAN if dead_man else ()))
    objects = [roles.role(command, more)]
    if account or group or user:
        objects.append(roles.binding(command, roles.subjects(account or "", group or "", user or "", namespace or "")))
    for one in objects:
        if namespace:
            one["metadata"]["namespace"] = namespace
    click.echo("---\n".join(yaml_text(one, short_lists=True) for one in objects), nl=False)
