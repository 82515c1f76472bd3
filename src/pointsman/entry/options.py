"""The click option of an input, as every command has it."""

from __future__ import annotations

import click

from pointsman.entry.table import Input, Type, parameter_of, variable_of


def option_of(one: Input) -> click.Option:
    """The click option of an input; text only, for `entry/values.py` reads it."""
    words = one.help + (f"  [{'|'.join(one.choices)}]" if one.choices else "")
    words += "  [required]" if one.required else f"  [default: {one.default}]" if one.default else ""
    declarations = [f"--{one.name}", parameter_of(one.name)]
    if one.type is Type.FLAG:
        return click.Option(
            declarations,
            is_flag=False,
            flag_value="true",
            envvar=variable_of(one.name),
            help=words,
            metavar="[BOOL]",
        )
    return click.Option(
        declarations, envvar=variable_of(one.name), help=words, metavar=one.type.value.upper(), type=str
    )
