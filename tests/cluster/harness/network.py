"""A network namespace of its own for one cluster, joined to the machine by one pair of virtual devices.

The pair gives the node an address and lets clients outside the namespace reach the API server.
The default route, without which Kubernetes does not start, ends in a bridge without ports (not every kernel
has dummy devices): nothing a test sends leaves the machine, not even to a cluster IP that isn't known yet.
Cluster IPs and pods are reachable inside only.
Commands enter with `nsenter --net`: `ip netns exec` would remount /sys and hide the control groups
from kubelet.
"""

from __future__ import annotations

import ipaddress
import json
import os
import subprocess
from pathlib import Path

_RANGE = ipaddress.IPv4Network("198.18.0.0/15")
"""Set aside for test networks (RFC 2544), so it collides with nobody's real addresses."""

NOWHERE = "nowhere"
"""The device that the default route ends in."""
_TO_NOWHERE = (
    f"link add {NOWHERE} type bridge",
    f"addr add 198.51.100.2/24 dev {NOWHERE}",
    f"link set {NOWHERE} up",
    f"route add default via 198.51.100.1 dev {NOWHERE}",
)


class Namespace:
    """Created by `create`, gone with everything in it after `delete`."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.path = Path("/run/netns") / name
        self.address = ""
        """The node's address, known after `create`."""

    def create(self) -> None:
        outside, inside = _free_pair()
        _ip("netns", "add", self.name)
        _ip("link", "add", self.name, "type", "veth", "peer", "name", "eth0", "netns", self.name)
        _ip("addr", "add", f"{outside}/30", "dev", self.name)
        _ip("link", "set", self.name, "up")
        for command in (f"addr add {inside}/30 dev eth0", "link set eth0 up", "link set lo up", *_TO_NOWHERE):
            _ip("-n", self.name, *command.split())
        self._set("net/ipv4/ip_forward", "1")
        self._set("net/bridge/bridge-nf-call-iptables", "1")
        self.address = str(inside)

    def entering(self, argv: list[str]) -> list[str]:
        """The command line that runs `argv` inside."""
        return ["nsenter", f"--net={self.path}", "--", *argv]

    def delete(self) -> None:
        """Remove it if it exists; the pair of devices goes with it."""
        if self.path.exists():
            _ip("netns", "del", self.name)

    def _set(self, key: str, value: str) -> None:
        """Write a network setting of the namespace; a setting this kernel doesn't have isn't needed."""
        script = 'if [ -e "/proc/sys/$0" ]; then echo "$1" > "/proc/sys/$0"; fi'
        subprocess.run(self.entering(["sh", "-c", script, key, value]), check=True)


def _free_pair() -> tuple[ipaddress.IPv4Address, ipaddress.IPv4Address]:
    """Two addresses of a /30 that no device of this machine is in; where to start depends on the process."""
    used = {ipaddress.IPv4Interface(taken).network for taken in _addresses()}
    subnets = list(_RANGE.subnets(new_prefix=30))
    start = os.getpid() % len(subnets)
    for subnet in subnets[start:] + subnets[:start]:
        if not any(subnet.overlaps(taken) for taken in used):
            first, second = subnet.hosts()
            return first, second
    raise OSError(f"no free network left in {_RANGE}")


def _addresses() -> list[str]:
    listed = json.loads(_ip("-json", "-4", "addr", "show"))
    return [f"{entry['local']}/{entry['prefixlen']}" for device in listed for entry in device["addr_info"]]


def _ip(*arguments: str) -> str:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise OSError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout
