"""NetworkManager as a way onto the network: its profiles, and the one that it makes for a card that has none.

Source: NetworkManager.conf(5), nm-settings-keyfile(5).
"""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase

from remediations.guest import Guest
from remediations.linux import network_scripts
from remediations.linux.ifupdown_profiles import started
from remediations.linux.ini_lines import IniLine, ini_lines
from remediations.linux.interface_names import Names, matches
from remediations.linux.network_manager import CONFIG as MAIN
from remediations.linux.network_manager import CONFIG_FOLDERS, FOLDERS, IGNORED
from remediations.linux.network_profiles import Profile, System, system
from remediations.linux.ties import first_by_name, read_config
from remediations.vocabulary import Evidence

_PLUGIN = "/usr/lib*/NetworkManager/*/libnm-settings-plugin-ifcfg-rh.so"
_PLUGIN_DEBIAN = "/usr/lib/*/NetworkManager/*/libnm-settings-plugin-ifcfg-rh.so"
_NO = ("false", "no", "0", "off")


def network_manager(guest: Guest, names: Names, managed: bool = False) -> System | None:
    """NetworkManager; ``managed`` tells that netplan has handed every interface to it."""
    service = "networkmanager" if guest.facts.family == "alpine" else "NetworkManager"
    found = system(guest, "NetworkManager", service)
    if found is None:
        return None
    lines = _configuration(guest)
    profiles = _keyfiles(guest) + (network_scripts.redhat_profiles(guest, True) if reads_ifcfg(guest) else ())
    lack = "" if managed else _unmanaged(guest, lines, names)
    default = None if _no_default(lines) else Evidence(MAIN, text="no profile is needed: no-auto-default is not set")
    odd = [line for path, line in lines if line.section.startswith("device") and line.key == "managed"]
    doubt = f"NetworkManager's section {odd[0].section} says what is managed" if odd else ""
    return replace(found, profiles=profiles, default=default, lack=lack, doubt=doubt if lack == "" else "")


def reads_ifcfg(guest: Guest) -> bool:
    """Whether it reads Red Hat's ``ifcfg-*`` files: up to release 9, and Fedora's while the plugin is there."""
    if guest.facts.family != "redhat":
        return False
    last = (36, 0) if guest.facts.distro == "fedora" else (10, 0)
    return (0, 0) < guest.facts.version < last or bool(guest.glob(_PLUGIN) or guest.glob(_PLUGIN_DEBIAN))


def no_default(guest: Guest) -> tuple[Evidence, ...]:
    """The settings by which NetworkManager makes no profile for a card without one."""
    return tuple(Evidence(path, line.number, line.text) for path, line in _configuration(guest) if _all_of(line))


def without_interface_name(content: bytes) -> bytes:
    """The profile for any interface: without its ``interface-name``."""
    return b"".join(line.raw for line in ini_lines(content) if not _is_name(line))


def _is_off(line: IniLine | None) -> bool:
    return line is not None and line.value.lower() in _NO


def _is_name(line: IniLine) -> bool:
    return (line.section, line.key) == ("connection", "interface-name")


def _configuration(guest: Guest) -> list[tuple[str, IniLine]]:
    """The settings of the packages' files, the main one and the administrator's, in the order in which they count."""
    more = first_by_name(guest, CONFIG_FOLDERS, "*.conf")
    own = [path for path in more if path.startswith("/etc/")]
    paths = (*(path for path in more if path not in own), MAIN, *own)
    return [(path, line) for path in paths for line in ini_lines(read_config(guest, path) or b"") if line.key]


def _all_of(line: IniLine) -> bool:
    values = [value.strip() for value in line.value.replace(";", ",").split(",")]
    return line.section == "main" and line.key.rstrip("+") == "no-auto-default" and "*" in values


def _no_default(lines: list[tuple[str, IniLine]]) -> bool:
    said = [line for _, line in lines if line.section == "main" and line.key.rstrip("+-") == "no-auto-default"]
    start = max((i for i, line in enumerate(said) if line.key == "no-auto-default"), default=0)
    return any(_all_of(line) for line in said[start:])


def _unmanaged(guest: Guest, lines: list[tuple[str, IniLine]], names: Names) -> str:
    """Why Ethernet cards are left alone; empty where they are not."""
    specs: list[str] = []
    for _, line in lines:
        if line.section == "keyfile" and line.key.rstrip("+-") == "unmanaged-devices":
            given = [spec.strip() for spec in line.value.replace(",", ";").split(";") if spec.strip()]
            specs = [*specs, *given] if line.key.endswith("+") else given
    excepted = any(_is_card(spec[len("except:") :], names) for spec in specs if spec.startswith("except:"))
    if not excepted and any(_is_card(spec, names) for spec in specs):
        return "leaves Ethernet cards alone (unmanaged-devices)"
    managed = [line.value for _, line in lines if (line.section, line.key) == ("ifupdown", "managed")]
    plugins = " ".join(line.value for _, line in lines if (line.section, line.key) == ("main", "plugins"))
    if guest.facts.family == "debian" and "ifupdown" in plugins and (not managed or managed[-1].lower() in _NO):
        declared = tuple(stanza.name for stanza in started(guest))
        if declared and names.covered(declared):
            return "leaves to ifupdown what /etc/network/interfaces names"
    return ""


def _is_card(spec: str, names: Names) -> bool:
    if spec in ("*", "type:ethernet", "driver:virtio_net"):
        return True
    name = spec.removeprefix("interface-name:").lstrip("=")
    return spec.startswith("interface-name:") and any(fnmatchcase(known, name) for known in names.names)


def _keyfiles(guest: Guest) -> tuple[Profile, ...]:
    found = []
    for path in first_by_name(guest, FOLDERS, "*"):
        content = None if path.endswith(IGNORED) else read_config(guest, path)
        stat = guest.stat(path)
        if not content or stat is None or (path.startswith("/etc/") and stat.mode & 0o077):
            continue  # NetworkManager takes no profile that others may read
        lines = ini_lines(content)
        given = {(line.section, line.key): line for line in lines if line.key}
        kind = given.get(("connection", "type"))
        off = given.get(("connection", "autoconnect"))
        tied = any(section in ("ethernet", "802-3-ethernet") and key == "mac-address" for section, key in given)
        slave = any(("connection", key) in given for key in ("master", "slave-type", "controller", "port-type"))
        if kind is None or kind.value not in ("ethernet", "802-3-ethernet") or slave or tied:
            continue
        drivers = _listed(given.get(("match", "driver")))
        if drivers and not matches(drivers, "virtio_net"):
            continue
        name, method = given.get(("connection", "interface-name")), given.get(("ipv4", "method"))
        owner = given.get(("connection", "permissions"))  # a profile of one user's waits until he is there
        shown = name or method or kind
        dhcp = method is None or method.value == "auto"
        names = (name.value,) if name and name.value else _listed(given.get(("match", "interface-name")))
        waits = _is_off(off) or bool(owner and owner.value)
        found.append(Profile(Evidence(path, shown.number, shown.text), names, dhcp, without_interface_name, waits))
    return tuple(found)


def _listed(line: IniLine | None) -> tuple[str, ...]:
    return tuple(word.strip().lstrip("|&") for word in line.value.split(";") if word.strip()) if line else ()
