"""`python -m pointsman.gen [--check] [--root FOLDER]`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from pointsman.gen.artifact import difference, write
from pointsman.gen.artifacts import artifacts_for
from pointsman.model.errors import PointsmanError


@click.command(help="Make everything that follows from the specification of steps and inputs.")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 when a file is not what it should be.")
@click.option(
    "--root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    help="The repository.  [default: the working directory]",
)
def main(check: bool, root: Path) -> None:
    """Write the generated files, or compare them."""
    try:
        sys.exit(_compare(root) if check else _write(root))
    except PointsmanError as error:
        click.echo(f"{error.message}\n  {error.advice}", err=True)
        sys.exit(error.exit_code)


def _compare(root: Path) -> int:
    differences = [text for one in artifacts_for(root) if (text := difference(root, one))]
    for text in differences:
        click.echo(text)
    if differences:
        click.echo(f"\n{len(differences)} file(s) drifted from the specification: run `python -m pointsman.gen`")
    return 1 if differences else 0


def _write(root: Path) -> int:
    for one in artifacts_for(root):
        if difference(root, one):
            write(root, one)
            click.echo(f"{'wrote' if one.text is not None else 'removed'} {one.path}")
    return 0


if __name__ == "__main__":
    main()
