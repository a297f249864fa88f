"""netplan's YAML files that match or set a MAC address (netplan-yaml(5))."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import yaml

from remediations.guest import Guest, GuestError
from remediations.linux.text import decode, encode
from remediations.linux.ties import MAC_NAME, Tied, by_hand, first_by_name, read_config
from remediations.vocabulary import Evidence

FOLDERS = ("/etc/netplan", "/usr/lib/netplan", "/lib/netplan")
_LARGEST = 64 * 1024
_NO_ADDRESS = ("", "random", "stable", "stable-ssid", "permanent", "preserve")
_SPECIAL = ("version", "renderer")
ANY_ETHERNET = 'name: "e*"'
"""Kernel names (eth0) and predictable ones (ens3) alike."""


@dataclass(frozen=True)
class _Address:
    """A ``macaddress`` key: where it stands, and what is around it."""

    key: yaml.ScalarNode
    value: yaml.ScalarNode
    interface: str
    kind: str
    matching: bool
    siblings: frozenset[str]
    flow: bool


def tied_by_netplan(guest: Guest) -> list[Tied]:
    """The files with an address; GuestError where one cannot be understood."""
    return tied_files(guest, first_by_name(guest, FOLDERS, "*.yaml"))


def tied_files(guest: Guest, paths: tuple[str, ...]) -> list[Tied]:
    """The same for any files that hold netplan's ``network:`` mapping, taken together.

    An interface whose name is its address counts too.
    """
    contents: dict[str, bytes] = {}
    for path in paths:
        if (content := read_config(guest, path)) is not None:
            contents[path] = content
    addresses = {path: _addresses(path, content) for path, content in contents.items()}
    alone = sum(address.matching for found in addresses.values() for address in found) == 1
    tied = []
    for path, found in addresses.items():
        named = _named(contents[path])
        nodes = [*(address.key for address in found), *named]
        untie = (
            partial(_refuse, path, _line(decode(contents[path]), named[0])) if named else partial(_untie, path, alone)
        )
        if nodes:
            tied.append(Tied(path, tuple(_place(path, contents[path], node) for node in nodes), untie))
    return tied


def _refuse(path: str, line: int, _content: bytes) -> bytes:
    raise by_hand(path, line, "the interface's name is its address")


def _named(content: bytes) -> list[yaml.Node]:
    """Names that are addresses: of a definition without ``match``, for which it is the interface's, or in a match."""
    found: list[yaml.Node] = []
    for kind, interfaces in _items(dict(_items(yaml.compose(decode(content), yaml.SafeLoader))).get("network")):
        if kind in _SPECIAL or not isinstance(interfaces, yaml.MappingNode):
            continue
        for key, settings in interfaces.value:
            match = dict(_items(settings)).get("match")
            name = key if match is None else dict(_items(match)).get("name")
            for node in name.value if isinstance(name, yaml.SequenceNode) else [name]:
                if isinstance(node, yaml.ScalarNode) and MAC_NAME.fullmatch(node.value):
                    found.append(node)
    return found


def without_addresses(content: bytes, path: str = "", alone: bool = True) -> bytes:
    """The file with its one address match made a match of any Ethernet interface, and without addresses it sets.

    ``alone`` tells that no other file matches an address. PlanError where that is not certain to be right.
    """
    return _untie(path, alone, content)


def _untie(path: str, alone: bool, content: bytes) -> bytes:
    text = decode(content)
    found = _addresses(path, content)
    if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, yaml.SafeLoader)):
        raise by_hand(path, _line(text, found[0].key), "the file uses aliases")
    for address in sorted(found, key=lambda known: -known.key.start_mark.index):
        start, end = _range(path, text, address, alone)
        text = text[:start] + (ANY_ETHERNET if _renamed(address) else "") + text[end:]
    if _data(encode(text)) != _expected(_data(content)):
        raise by_hand(path, _line(text, found[0].key), "the address cannot be taken out cleanly")
    return encode(text)


def _range(path: str, text: str, address: _Address, alone: bool) -> tuple[int, int]:
    """The characters to replace."""
    line = _line(text, address.key)
    start, end = address.key.start_mark.index, address.value.end_mark.index
    if _renamed(address):
        # Names that several definitions share would make them one another's rivals.
        if not alone or address.kind != "ethernets":
            raise by_hand(path, line, f"which interface {address.interface} is without the address is not certain")
        return start, end
    head = text.rfind("\n", 0, start) + 1
    tail = text.find("\n", end)
    tail = len(text) if tail < 0 else tail + 1
    if address.flow or text[head:start].strip() or text[end:tail].split("#")[0].strip():
        raise by_hand(path, line, "the address shares its line")
    return head, tail


def _renamed(address: _Address) -> bool:
    return address.matching and "name" not in address.siblings


def _expected(data: object) -> object:
    """What the document should hold after the edit."""
    if isinstance(data, dict) and isinstance(network := data.get("network"), dict):
        for kind, interfaces in network.items():
            if kind in _SPECIAL or not isinstance(interfaces, dict):
                continue
            for settings in (value for value in interfaces.values() if isinstance(value, dict)):
                if _is_address(settings.get("macaddress")):
                    del settings["macaddress"]
                match = settings.get("match")
                if isinstance(match, dict) and _is_address(match.get("macaddress")):
                    del match["macaddress"]
                    match.setdefault("name", "e*")
    return data


def _is_address(value: object) -> bool:
    return value is not None and str(value).lower() not in _NO_ADDRESS


def _data(content: bytes) -> object:
    try:
        return yaml.safe_load(decode(content))
    except (yaml.YAMLError, ValueError, RecursionError):
        return None


def _addresses(path: str, content: bytes) -> list[_Address]:
    if len(content) > _LARGEST:
        raise GuestError(f"{path}: larger than {_LARGEST} bytes")
    try:
        root = yaml.compose(decode(content), yaml.SafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise GuestError(f"{path} is no YAML that can be understood") from error
    found: list[_Address] = []
    for kind, interfaces in _items(dict(_items(root)).get("network")):
        for interface, settings in [] if kind in _SPECIAL else _items(interfaces):
            found += _of(settings, interface, kind, False)
            found += _of(dict(_items(settings)).get("match"), interface, kind, True)
    return found


def _of(node: yaml.Node | None, interface: str, kind: str, matching: bool) -> list[_Address]:
    if not isinstance(node, yaml.MappingNode):
        return []
    siblings = frozenset(name for name, _ in _items(node))
    return [
        _Address(key, value, interface, kind, matching, siblings, bool(node.flow_style))
        for key, value in node.value
        if isinstance(key, yaml.ScalarNode)
        and isinstance(value, yaml.ScalarNode)
        and key.value == "macaddress"
        and _is_address(value.value)
    ]


def _items(node: yaml.Node | None) -> list[tuple[str, yaml.Node]]:
    if not isinstance(node, yaml.MappingNode):
        return []
    return [(str(key.value), value) for key, value in node.value if isinstance(key, yaml.ScalarNode)]


def _line(text: str, node: yaml.Node) -> int:
    """A node's line, from 1; PyYAML's own line numbers also count U+2028 and its kin."""
    return text.count("\n", 0, node.start_mark.index) + 1


def _place(path: str, content: bytes, node: yaml.Node) -> Evidence:
    text = decode(content)
    line = _line(text, node)
    return Evidence(path, line, text.split("\n")[line - 1].strip())
