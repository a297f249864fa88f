"""ifupdown's interfaces files as profiles: what a boot brings up, and by DHCP or not (interfaces(5))."""

from __future__ import annotations

from dataclasses import dataclass, replace

from remediations.guest import FileKind, Guest
from remediations.linux import ifcfg
from remediations.linux.dhcp_clients import has_client
from remediations.linux.ifupdown import INTERFACES, files
from remediations.linux.network_profiles import Profile, System, system
from remediations.linux.ties import logical_lines, read_config
from remediations.vocabulary import Evidence

_STANZAS = (
    "iface",
    "mapping",
    "auto",
    "source",
    "source-directory",
    "rename",
    "template",
    "no-auto-down",
    "no-scripts",
)
_DEFAULTS = "/etc/default/networking"
_HELPER = "/etc/network/cloud-ifupdown-helper"
_HELPER_RULES = ("/etc/udev/rules.d/75-cloud-ifupdown.rules", "/usr/lib/udev/rules.d/75-cloud-ifupdown.rules")
_HELPER_SOURCE = "/run/network/interfaces.d"


@dataclass(frozen=True)
class Stanza:
    """One ``iface``: its interface, family and method, and where it stands."""

    name: str
    family: str
    method: str
    place: Evidence


def ifupdown(guest: Guest) -> System | None:
    """ifupdown as its service, ``networking``, runs it; Alpine's too."""
    found = system(guest, "ifupdown", "networking") if guest.facts.family in ("debian", "alpine") else None
    if found is None:
        return None
    profiles = tuple(Profile(s.place, (s.name,), s.method == "dhcp") for s in started(guest))
    lack = "" if has_client(guest) else "has no DHCP client"
    if guest.facts.family == "debian" and _told(guest, "CONFIGURE_INTERFACES") == "no":
        lack = f"is told to configure nothing (CONFIGURE_INTERFACES=no in {_DEFAULTS})"
    return replace(found, profiles=profiles, default=_helper(guest), lack=lack)


def _told(guest: Guest, name: str) -> str:
    return ifcfg.settings(read_config(guest, _DEFAULTS) or b"").get(name, "")


def started(guest: Guest) -> list[Stanza]:
    """The IPv4 stanzas that a boot brings up, the loopback's left out."""
    patterns: list[str] = []
    stanzas: list[Stanza] = []
    for path in files(guest, idle=False):
        for line in logical_lines(read_config(guest, path) or b""):
            words = line.text.split()
            if words[:1] == ["auto"] or words[:1] == ["allow-hotplug"] or words[:1] == ["allow-auto"]:
                patterns += words[1:]
            elif words[:1] == ["iface"] and len(words) >= 2:
                family, method = words[2] if len(words) > 2 else "inet", words[3] if len(words) > 3 else ""
                stanzas.append(Stanza(words[1], family, method, Evidence(path, line.number, line.text.strip())))
            elif words[:2] == ["use", "dhcp"] and stanzas and not stanzas[-1].method:  # ifupdown-ng's own way
                stanzas[-1] = replace(stanzas[-1], method="dhcp")
    kept = []
    for stanza in stanzas:
        if stanza.family == "inet" and stanza.name != "lo" and stanza.method != "loopback":
            named = stanza.name in patterns
            # ``auto /en*=name`` brings up what matches, as the logical interface of that name.
            globs = [p[1:].partition("=") for p in patterns if p.startswith("/")]
            taken = [glob for glob, _, logical in globs if logical == stanza.name]
            kept += [stanza] if named else [replace(stanza, name=glob.strip("/")) for glob in taken]
    return kept


def without_interface(content: bytes, name: str) -> bytes:
    """The file without an interface: its stanzas gone, its name out of the lists of what to bring up."""
    kept: list[bytes] = []
    inside = False
    for line in logical_lines(content):
        words = line.text.split()
        head = words[0] if words else ""
        if head in _STANZAS or head.startswith("allow-"):
            inside = head in ("iface", "mapping") and words[1:2] == [name]
        if inside and words and not head.startswith("#"):
            continue
        if (head == "auto" or head.startswith("allow-")) and name in words[1:]:
            rest = [word for word in words[1:] if word != name]
            if not rest:
                continue
            ending = line.raw[len(line.raw.rstrip(b"\r\n")) :]
            kept.append(" ".join((head, *rest)).encode("utf-8", "surrogateescape") + ending)
            continue
        kept.append(line.raw)
    return b"".join(kept)


def with_dhcp(content: bytes, name: str) -> bytes:
    """The file with an interface that a boot brings up by DHCP, at the end."""
    joint = b"\n" if content and not content.endswith(b"\n") else b""
    gap = b"\n" if content else b""
    return content + joint + gap + f"auto {name}\niface {name} inet dhcp\n".encode()


def _helper(guest: Guest) -> Evidence | None:
    """Debian's cloud images: a udev rule writes a stanza with DHCP for every card that comes."""
    rules = next((path for path in _HELPER_RULES if read_config(guest, path)), None)
    found = guest.stat(_HELPER)
    if rules is None or found is None or found.kind is not FileKind.FILE or not found.mode & 0o111:
        return None
    content = read_config(guest, INTERFACES) or b""
    sourced = any(
        line.text.split()[:1] in (["source"], ["source-directory"]) and _HELPER_SOURCE in line.text
        for line in logical_lines(content)
    )
    return Evidence(rules, text="every card gets a stanza with DHCP") if sourced else None
