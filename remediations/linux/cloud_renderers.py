"""The network that cloud-init sets up at an instance's first boot: which system it writes for, and whether that runs.

Source: cloud-init's network configuration reference and its renderers: the first of the list that is there is written
for, whether anything starts it or not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from remediations.guest import Guest
from remediations.linux import cloud_config, cloud_init, cloud_network, netplan_profiles, services
from remediations.linux.ifupdown import INTERFACES, takes_in
from remediations.linux.interface_names import Names
from remediations.linux.netplan_profiles import ethernets, profile
from remediations.linux.network_manager import CONFIG
from remediations.linux.network_profiles import Outcome, Profile, System, Way, for_name, way
from remediations.vocabulary import Evidence

_PRIORITY = ("eni", "sysconfig", "netplan", "network-manager", "networkd")
_SYSTEMS = {
    "eni": "ifupdown",
    "sysconfig": "ifcfg files",
    "netplan": "netplan",
    "network-manager": "NetworkManager",
    "networkd": "systemd-networkd",
}
_FIRST = (0, 7, 7)
"""Before this version it configures no network by itself, and sets up what a config drive says at most."""
_OLD = {"debian": (9, 0), "ubuntu": (16, 4)}
_OLD_OF_FAMILY = {"redhat": (7, 0), "suse": (12, 0)}
_RENDERERS = "/usr/lib*/python*/*-packages/cloudinit/net/renderers.py"
_WRITTEN = "/etc/network/interfaces.d/50-cloud-init"
_FUNCTIONS = "/etc/sysconfig/network-scripts/network-functions"


@dataclass(frozen=True)
class Rendered:
    """How cloud-init's way stands. ``service`` is what to enable to make it work, where that is all that it lacks.

    ``decided`` tells that it writes a profile without DHCP for the interface, whatever else could bring that up.
    """

    way: Way
    service: str = ""
    decided: bool = False


def rendered(guest: Guest, names: Names, systems: dict[str, System]) -> Rendered | None:
    """cloud-init's way; None where cloud-init leaves the network alone. Raises GuestError."""
    if not cloud_init.installed(guest) or not cloud_network.writes_again(guest):
        return None
    if _too_old(guest):
        sentence = "this version of cloud-init sets up no network by itself"
        return Rendered(Way("cloud-init", Outcome.DOWN, sentence, (Evidence(cloud_init.PROGRAM),)))
    config = cloud_config.load(guest)
    if (own := own_system(guest)) is not None and (judged := way(own, names)).outcome is not Outcome.UP:
        return Rendered(judged, decided=judged.fixed)
    if own is None and config.flag("disable_fallback_netcfg", False):
        sentence = "cloud-init sets up no network but what the cloud describes (disable_fallback_netcfg)"
        return Rendered(Way("cloud-init", Outcome.UNSURE, sentence, config.evidence("disable_fallback_netcfg")))
    listed = config.get("system_info", "network", "renderers")
    priority = tuple(map(str, listed)) if isinstance(listed, list) else _PRIORITY
    chosen = next((name for name in priority if _available(guest, name)), None)
    if chosen is None:
        sentence = "cloud-init finds no network system that it could write for"
        return Rendered(Way("cloud-init", Outcome.DOWN, sentence, config.evidence("system_info", "network")))
    return _through(guest, chosen, names, systems)


def _through(guest: Guest, chosen: str, names: Names, systems: dict[str, System]) -> Rendered:
    does = f"cloud-init sets the network up with {_SYSTEMS[chosen]}"
    if chosen == "netplan":
        # A renderer named in another file is that of cloud-init's too, where that names none.
        known = netplan_profiles.load(guest, generated=False)
        renderer = str(cloud_config.load(guest).get("network", "renderer") or known.renderer)
        if not netplan_profiles.works(guest, systems.get("NetworkManager")).get(renderer, False):
            place = (known.place,) if known.place else ()
            return _down(f"{does}, which hands it to {renderer}, and that does not run", place)
        beside = _beside(systems.get("netplan"), names) or _before(systems.get("systemd-networkd"), names, "10-netplan")
        return beside or Rendered(Way("cloud-init", Outcome.UP, does, _evidence(guest)))
    wanted = {
        "eni": ("ifupdown",),
        "sysconfig": ("NetworkManager", "The network service", "wicked"),
        "network-manager": ("NetworkManager",),
        "networkd": ("systemd-networkd",),
    }[chosen]
    there = [systems[name] for name in wanted if name in systems]
    running = next((known for known in there if known.starts and not known.lack), None)
    if running is not None and chosen == "eni" and guest.facts.family == "debian" and not _sources(guest):
        return _down(f"cloud-init writes what {INTERFACES} does not take in", (Evidence(INTERFACES),))
    if running is None and chosen == "network-manager" and _runs(systems, "systemd-networkd"):
        sentence = "whether cloud-init writes for NetworkManager, which is off, or for systemd-networkd cannot be told"
        return Rendered(Way("cloud-init", Outcome.UNSURE, sentence, systems["systemd-networkd"].evidence))
    if running is not None:
        beside = _beside(running, names) if chosen == "eni" and guest.facts.family == "debian" else None
        if chosen == "networkd":
            beside = _before(running, names, "10-cloud-init")
        up = Rendered(Way("cloud-init", Outcome.UP, does, (*running.evidence[:1], *_evidence(guest))))
        return beside or up
    if not there:
        return _down(f"{does}, which is not installed", ())
    lacking = there[0]
    why = "is not started at boot" if not lacking.starts else lacking.lack
    return replace(_down(f"cloud-init writes for {lacking.name}, which {why}", lacking.evidence), service=lacking.name)


def _beside(found: System | None, names: Names) -> Rendered | None:
    """What a profile of the same system gives the interface besides what cloud-init writes: both are set up."""
    judged = [for_name(found, name) for name in names.names] if found is not None else []
    fixed = next((known for known in judged if known.fixed), None)
    return None if fixed is None else Rendered(replace(fixed, system="cloud-init"))


def _before(found: System | None, names: Names, written: str) -> Rendered | None:
    """What a file of networkd's gives the interface that comes before the one that cloud-init writes."""
    if found is None:
        return None
    first = [known for known in found.profiles if known.place.path.rpartition("/")[2] < written]
    return _beside(replace(found, profiles=tuple(first)), names)


def _down(sentence: str, evidence: tuple[Evidence, ...]) -> Rendered:
    return Rendered(Way("cloud-init", Outcome.DOWN, sentence, evidence))


def _runs(systems: dict[str, System], name: str) -> bool:
    return name in systems and systems[name].starts


def _evidence(guest: Guest) -> tuple[Evidence, ...]:
    return cloud_init.evidence(guest)[:1]


def own_system(guest: Guest) -> System | None:
    """The ``network:`` of cloud-init's own configuration, which wins over what the cloud describes; None without."""
    config = cloud_config.load(guest)
    network = config.get("network")
    if not isinstance(network, dict) or not ({"ethernets", "config"} & network.keys()):
        return None
    place = (*config.evidence("network"), Evidence(cloud_config.CONFIG))[0]
    found: list[Profile] = []
    if network.get("version") == 2:
        made = (profile(name, settings, place) for name, settings in ethernets(network).items())
        found = [known for known in made if known is not None]
    elif isinstance(network.get("config"), list):
        for item in (item for item in network["config"] if isinstance(item, dict) and item.get("type") == "physical"):
            subnets = item.get("subnets")
            kinds = [s.get("type") for s in subnets if isinstance(s, dict)] if isinstance(subnets, list) else []
            if not item.get("mac_address"):
                found.append(Profile(place, (str(item.get("name")),), bool({"dhcp", "dhcp4"} & {*map(str, kinds)})))
    if not netplan_profiles.installed(guest):  # how other renderers take a match is not certain
        found = [replace(known, widen=None) for known in found]
    return System("cloud-init's own network configuration", True, (place,), tuple(found))


def _available(guest: Guest, renderer: str) -> bool:
    family = guest.facts.family
    if renderer == "eni":
        # busybox has no ifquery, without which cloud-init takes ifupdown for absent.
        there = all(_program(guest, name) for name in ("ifquery", "ifup", "ifdown"))
        return family in ("debian", "alpine") and there and guest.exists(INTERFACES)
    if renderer == "sysconfig":
        if family == "suse":
            return guest.exists("/etc/sysconfig/network/config") or services.startup(guest, "wicked").installed
        return family == "redhat" and (
            guest.exists(_FUNCTIONS) or bool(guest.glob("/usr/lib*/NetworkManager/*/*ifcfg-rh.so"))
        )
    if renderer == "netplan":
        return _program(guest, "netplan")
    if renderer == "network-manager":
        # Newer versions ask whether it is enabled; where it is not, some version writes for it all the same.
        return guest.exists(CONFIG) or _program(guest, "nmcli")
    if renderer == "networkd":
        return services.startup(guest, "systemd-networkd").installed
    return False


def _program(guest: Guest, name: str) -> bool:
    return any(guest.exists(f"{folder}/{name}") for folder in ("/usr/sbin", "/sbin", "/usr/bin", "/bin"))


def _sources(guest: Guest) -> bool:
    """Whether ifupdown takes in what cloud-init writes; its name had an ending once, and has one in Ubuntu's."""
    old = guest.facts.distro != "debian" or guest.facts.version < (10, 0)
    return takes_in(guest, _WRITTEN) or (old and takes_in(guest, f"{_WRITTEN}.cfg"))


def _too_old(guest: Guest) -> bool:
    version = next((v for name, v in guest.packages.items() if name == "cloud-init"), "")
    if numbers := re.match(r"(?:\d+:)?(\d+)\.(\d+)(?:\.(\d+))?", version):
        return tuple(int(number or 0) for number in numbers.groups()) < _FIRST
    facts = guest.facts
    if guest.glob(_RENDERERS):
        return False
    old = _OLD.get(facts.distro) or _OLD_OF_FAMILY.get(facts.family)
    return old is not None and (0, 0) < facts.version < old
