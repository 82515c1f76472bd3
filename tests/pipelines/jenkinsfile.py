"""A declarative Jenkinsfile, read simply: its blocks, what stands in each, and the shell steps among that.

It knows the part of the language that the example is written in, and refuses the rest: one block, step or assignment
a line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_BLOCK = re.compile(r"""(?P<name>\w+)(?:\('(?P<label>[^']+)'\))? \{""")
_COMMENT = re.compile(r"(?:^|\s)//[^'\"]*$")
_SHELL = re.compile(r"sh '([^'\\]*)'")
_ASSIGNED = re.compile(r"(\w+) = (.+)")
# Where each block may stand, as Jenkins has it.
_PLACES = {
    "": {"pipeline"},
    "pipeline": {"options", "parameters", "environment", "stages", "post"},
    "stages": {"stage"},
    "stage": {"steps", "post"},
    "post": {"always", "aborted", "failure", "success", "unsuccessful", "cleanup"},
}


@dataclass
class Block:
    """A block with the lines and the blocks in it."""

    name: str
    label: str = ""
    lines: list[str] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)

    def block(self, name: str, label: str = "") -> Block:
        """The block of that name in it; one that is not there is empty."""
        found = [one for one in self.blocks if (one.name, one.label) == (name, label)]
        return found[0] if found else Block(name)

    @property
    def shell(self) -> list[str]:
        """Its own shell steps."""
        return [found[1] for line in self.lines if (found := _SHELL.fullmatch(line))]

    @property
    def assigned(self) -> dict[str, str]:
        """What is assigned in it, as it is written."""
        return {found[1]: found[2] for line in self.lines if (found := _ASSIGNED.fullmatch(line))}


def read(text: str) -> Block:
    """The pipeline of a Jenkinsfile. Raises ValueError for what it cannot read."""
    open_blocks = [Block("")]
    for number, raw in enumerate(text.splitlines(), 1):
        line = _COMMENT.sub("", raw).strip()
        if line == "}" and len(open_blocks) > 1:
            open_blocks.pop()
        elif found := _BLOCK.fullmatch(line):
            _enter(open_blocks, Block(found["name"], found["label"] or ""), number)
        elif line in ("{", "}") or (line.startswith("sh ") and not _SHELL.fullmatch(line)):
            raise ValueError(f"line {number}: {line}")
        elif line:
            open_blocks[-1].lines.append(line)
    if len(open_blocks) != 1:
        raise ValueError(f"{open_blocks[-1].name} is not closed")
    (pipeline,) = open_blocks[0].blocks
    return pipeline


def _enter(open_blocks: list[Block], block: Block, number: int) -> None:
    place = open_blocks[-1]
    if block.name not in _PLACES.get(place.name, set()):
        raise ValueError(f"line {number}: {block.name} has no place in {place.name or 'a file'}")
    place.blocks.append(block)
    open_blocks.append(block)
