"""The iptables that kube-proxy uses: the one whose tables change between two packets.

Debian's usual one writes nftables rules. While it commits a change (each Service that anybody adds is one), now and
then a packet to a cluster IP passes as if there were no rules: it leaves by the default route, which ends nowhere here,
and its sender is told "no route to host" although no pod comes or goes. Measured beside four changes a second: 13 of
89,000 new connections; none of 88,749 with the older one. Tests that allow no failed request must not meet that, and
on a busy machine one still did. So such a packet is also thrown away before the connection is remembered as one that
no rule is for: to its sender that is a lost packet, which TCP sends again a second later (2 of 35,901 failed beside
changes without this, none of 36,001 with it).
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

_COMMANDS = tuple(f"{family}{what}" for family in ("iptables", "ip6tables") for what in ("", "-restore", "-save"))


def path_with_atomic_tables(run_dir: Path) -> str:
    """A PATH on which `iptables` is the older kind, where this machine has it."""
    shims, usual = run_dir / "iptables", _usual_path()
    shims.mkdir()
    for command in _COMMANDS:
        family, dash, what = command.partition("-")
        found = shutil.which(f"{family}-legacy{dash}{what}", path=usual)
        if found:
            (shims / command).symlink_to(found)
    return os.pathsep.join([str(shims), usual])


def lose_what_no_rule_is_for(entering: Callable[[list[str]], list[str]], addresses: str, device: str) -> None:
    """Packets to these addresses of Services that would leave by `device` as they are never happened."""
    program = "iptables-legacy" if shutil.which("iptables-legacy", path=_usual_path()) else "iptables"
    rule = ["--table", "mangle", "--append", "POSTROUTING", "--destination", addresses, "--out-interface", device]
    done = subprocess.run(
        entering([program, "--wait", *rule, "--jump", "DROP"]),
        env={**os.environ, "PATH": _usual_path()},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise OSError(f"{program}: {done.stderr.strip()}")


def _usual_path() -> str:
    return os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"])
