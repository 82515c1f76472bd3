"""`pointsman power`: how long each weight must be held, from numbers alone; asks no cluster and changes nothing."""

from __future__ import annotations

import click


class Refused(click.ClickException):
    """Numbers that cannot be honoured, shown as click shows a wrong option."""

    exit_code = 2


@click.command(short_help="Tell how long each weight must be held, at this traffic, to see a regression.")
@click.option("--traffic", required=True, metavar="RATE", help="Requests to the whole service: 100/s or 6000/min.")
@click.option("--weight", required=True, metavar="LIST", help="Percent on the candidate; several as 5,10,30.")
@click.option("--baseline", required=True, metavar="SHARE", help="Share of bad requests of the version that serves.")
@click.option("--detect", required=True, metavar="SHARE", help="Share of bad requests that must be found.")
@click.option(
    "--objective",
    metavar="TEXT",
    default="error-rate ok<1% rollback>5%",
    show_default=True,
    help="Thresholds the candidate must hold.",
)
@click.option(
    "--tolerance",
    type=click.Choice(["tolerant", "strict", "single-pod"]),
    default="tolerant",
    show_default=True,
    help="How much worse than stable a candidate may be.",
)
@click.option("--within", metavar="DURATION", help="Refuse when a weight needs longer than this.")
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Form.")
def power(**texts: str | None) -> None:
    """Tell how long each weight must be held, at this traffic, to see a regression, and to be promoted on proof.

    Bad is what the objective counts: wrong answers, or requests slower than its thresholds.
    """
    from pointsman.entry.power_question import answer
    from pointsman.model.errors import PointsmanError

    try:
        click.echo(answer(texts), nl=False)
    except PointsmanError as wrong:
        raise Refused("\n  ".join(filter(None, [wrong.message, wrong.advice]))) from wrong
