"""A recording double of the `docker` program: it notes each call and answers as it is told."""

import itertools
from pathlib import Path

PROGRAM = r"""#!/bin/sh
notes=$(dirname "$0")/notes
count=$(ls "$notes" | wc -l)
printf '%s\0' "$@" > "$notes/$(printf %03d "$count").$1"
answers=$(dirname "$0")/answers
case $1 in
    image) [ -e "$answers/present" ] ;;
    create) env -0 > "$(dirname "$0")/environment" ;;
esac || exit 1
if [ -e "$answers/$1.sh" ]; then . "$answers/$1.sh"; fi
"""


class RecordingDocker:
    """A directory for PATH with the program, its notes and its answers."""

    def __init__(self, place: Path) -> None:
        self.place = place
        (place / "notes").mkdir(parents=True)
        (place / "answers").mkdir()
        (place / "docker").write_text(PROGRAM)
        (place / "docker").chmod(0o755)
        self.answer("version", "echo linux-amd64")
        self.answer("info", "echo '[name=seccomp,profile=default]'")
        self.answer("create", f"echo {'c' * 64}")
        self.answer("run", "echo started")
        (place / "answers" / "present").touch()

    def answer(self, command: str, script: str) -> None:
        """What the program does from now on when its first argument is `command`."""
        (self.place / "answers" / f"{command}.sh").write_text(script + "\n")

    def forget_image(self) -> None:
        """The image has to be pulled from now on."""
        (self.place / "answers" / "present").unlink()

    def calls(self, command: str) -> list[list[str]]:
        """The arguments of each call of `command`, in order."""
        found = sorted((self.place / "notes").glob(f"*.{command}"))
        return [note.read_text().split("\0")[:-1] for note in found]

    @property
    def creation(self) -> list[str]:
        """The arguments the container was created with."""
        (call,) = self.calls("create")
        return call

    def options(self, name: str) -> list[str]:
        """The values that the option `name` was given at creation."""
        call = self.creation
        return [value for option, value in itertools.pairwise(call) if option == name]

    @property
    def environment(self) -> dict[str, str]:
        """The variables the program had when it created the container."""
        entries = (self.place / "environment").read_text().split("\0")
        return dict(entry.split("=", 1) for entry in entries if "=" in entry)
