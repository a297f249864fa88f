"""netplan's Ethernet definitions as profiles, for the renderer that each is handed to (netplan-yaml(5))."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import yaml

from remediations.guest import Guest, GuestError
from remediations.linux import cloud_network, systemd
from remediations.linux.init_system import Init, detect
from remediations.linux.netplan import ANY_ETHERNET, FOLDERS
from remediations.linux.network_profiles import Profile, System
from remediations.linux.text import decode, encode, numbered
from remediations.linux.ties import by_hand, first_by_name, read_config
from remediations.vocabulary import Evidence

_LARGEST = 64 * 1024
_TRUE = ("true", "on", "yes", "y")
"""netplan's own words, quoted or not: more than those of YAML 1.1 that are booleans."""
_NOT_BROUGHT_UP = ("manual", "off")
_GENERATORS = (
    "/usr/lib/systemd/system-generators/netplan",
    "/lib/systemd/system-generators/netplan",
    "/usr/lib/netplan/generate",
    "/lib/netplan/generate",
)


@dataclass(frozen=True)
class Netplan:
    """The merged files: definitions by name with the file of each, and the renderer of those that name none."""

    ethernets: Mapping[str, tuple[Mapping[str, Any], Evidence]] = field(default_factory=dict)
    renderer: str = "networkd"
    place: Evidence | None = None


def installed(guest: Guest) -> bool:
    """Whether netplan's generator is there."""
    return any(guest.exists(path) for path in _GENERATORS)


def load(guest: Guest, generated: bool = True) -> Netplan:
    """The files merged in the order of their names; ``generated`` tells whether those that cloud-init wrote count.

    Raises GuestError where one cannot be understood.
    """
    merged: dict[str, tuple[Mapping[str, Any], Evidence]] = {}
    renderer, place = "networkd", None
    for path in first_by_name(guest, FOLDERS, "*.yaml"):
        if not generated and cloud_network.generated(path):
            continue
        content = read_config(guest, path) or b""
        if len(content) > _LARGEST:
            raise GuestError(f"{path}: larger than {_LARGEST} bytes")
        network = network_of(path, content)
        if network.get("renderer"):
            renderer, place = str(network["renderer"]), _place(path, content, "renderer")
        for name, settings in ethernets(network).items():
            before = merged[name][0] if name in merged else {}
            merged[name] = ({**before, **settings}, _place(path, content, name))
    return Netplan(merged, renderer, place)


def network_of(path: str, content: bytes) -> Mapping[str, Any]:
    """The ``network:`` mapping of one file."""
    try:
        data = yaml.safe_load(decode(content))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise GuestError(f"{path} is no YAML that can be understood") from error
    network = data.get("network") if isinstance(data, dict) else None
    return network if isinstance(network, dict) else {}


def ethernets(network: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The Ethernet definitions of a ``network:`` mapping, with the renderer that is named for all of them."""
    found = network.get("ethernets")
    every = dict(found) if isinstance(found, dict) else {}
    shared = every.pop("renderer", None) if not isinstance(every.get("renderer"), dict) else None
    own = {"renderer": shared} if shared else {}
    return {str(name): {**own, **settings} if isinstance(settings, dict) else own for name, settings in every.items()}


def profile(name: str, settings: Mapping[str, Any], place: Evidence) -> Profile | None:
    """A definition as a profile; None where it matches by an address or by another driver."""
    match = settings.get("match")
    names: tuple[str, ...] = (name,)
    if isinstance(match, dict):
        if match.get("macaddress"):
            return None
        drivers = match.get("driver")
        if drivers and "virtio" not in str(drivers) and "*" not in str(drivers):
            return None
        given = match.get("name")
        names = tuple(map(str, given)) if isinstance(given, list) else (str(given),) if given else ()
    plain = "match" not in settings and "set-name" not in settings
    widen = partial(with_match, place.path, name) if plain else None
    dhcp = str(settings.get("dhcp4")).lower() in _TRUE
    return Profile(place, names, dhcp, widen, str(settings.get("activation-mode")) in _NOT_BROUGHT_UP)


def works(guest: Guest, network_manager: System | None) -> Mapping[str, bool]:
    """Whether what netplan hands an interface to runs, by renderer. It starts networkd by itself."""
    unit = systemd.find_unit(guest, "systemd-networkd.service") if _systemd(guest) else systemd.Unit("", None)
    return {
        "networkd": unit.path is not None and unit.masked_by is None,
        "NetworkManager": network_manager is not None and network_manager.starts,
    }


def netplan(guest: Guest, network_manager: System | None) -> System | None:
    """netplan as its generator works at boot: for networkd, which it starts itself, and for NetworkManager."""
    if not installed(guest):
        return None
    known = load(guest)
    running = works(guest, network_manager)
    profiles, dead = [], ""
    for name, (settings, place) in known.ethernets.items():
        renderer = str(settings.get("renderer") or known.renderer)
        if not running.get(renderer, False):
            dead = f"hands the interface to {renderer}, which does not run"
        elif made := profile(name, settings, place):
            profiles.append(made)
    evidence = (known.place,) if known.place else ()
    lack = dead if dead and not profiles else ""
    return System("netplan", True, evidence, tuple(profiles), lack=lack)


def _systemd(guest: Guest) -> bool:
    return detect(guest) is Init.SYSTEMD


def with_match(path: str, name: str, content: bytes) -> bytes:
    """The file with one definition made one of any Ethernet interface. PlanError where that is not certain."""
    text = decode(content)
    try:
        root = yaml.compose(text, yaml.SafeLoader)
        before = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise by_hand(path, 1, "it cannot be understood") from error
    node: yaml.Node | None = root
    for key in ("network", "ethernets", name):
        node = _child(node, key)
    if not isinstance(node, yaml.MappingNode) or not node.value:
        raise by_hand(path, 1, f"{name} has no settings of its own")
    first = node.value[0][0].start_mark
    if node.flow_style:
        added = "match: {" + ANY_ETHERNET + "}, "
    else:
        indent = " " * first.column
        ending = "\r\n" if "\r\n" in text else "\n"
        added = "match: {" + ANY_ETHERNET + "}" + ending + indent
    after = text[: first.index] + added + text[first.index :]
    try:
        before["network"]["ethernets"][name]["match"] = {"name": "e*"}
        same = yaml.safe_load(after) == before
    except (yaml.YAMLError, ValueError, RecursionError, TypeError, KeyError):
        same = False
    if not same:
        raise by_hand(path, first.line + 1, "the match cannot be added cleanly")
    return encode(after)


def _child(node: yaml.Node | None, name: str) -> yaml.Node | None:
    if not isinstance(node, yaml.MappingNode):
        return None
    return next((value for key, value in node.value if isinstance(key, yaml.ScalarNode) and key.value == name), None)


def _place(path: str, content: bytes, name: str) -> Evidence:
    for number, text in numbered(content):
        if text.strip().strip("\"'{ ").startswith((f"{name}:", f'{name}":')):
            return Evidence(path, number, text.strip())
    return Evidence(path)
