"""sshd's host keys: in the image, or made at boot.

Debian and Ubuntu make none at boot by themselves, but for a service that Debian has since 13 and a first boot alone
runs. Red Hat has ``sshd-keygen`` (a service, since 8 a target of one service a key, which cloud-init's drop-in switches
off where cloud-init makes them), SUSE ``sshd-gen-keys-start``, Arch ``sshdgenkeys.service``; the init scripts of Red
Hat 6, SLES 11 and Alpine make them themselves.
"""

from __future__ import annotations

import posixpath
import re

from remediations.guest import Guest, GuestError
from remediations.linux import (
    boot_scripts,
    boot_units,
    cloud_config,
    cloud_init,
    presets,
    services,
    ssh_service,
    sshd_config,
    systemd,
    sysv,
)
from remediations.linux.boot_units import StartedUnit
from remediations.linux.cloud_config import CloudConfig
from remediations.linux.fault import Edit, Fault, with_steps
from remediations.linux.init_system import Init, detect
from remediations.linux.text import decode, encode, numbered, split_lines
from remediations.vocabulary import Evidence, MakeDirectory, PlanError, Step, WriteFile

KEYGEN = "/usr/bin/ssh-keygen"
_TYPES = ("rsa", "ecdsa", "ed25519")
_LONGEST = 1000
_DEFAULTS = frozenset(f"/etc/ssh/ssh_host_{kind}_key" for kind in _TYPES)
_MAKES = re.compile(
    r"ssh-keygen\s+(-\S+\s+)*-A\b|dpkg-reconfigure\s+(-\S+\s+)*openssh-server\b"
    r"|\S*/sshd-keygen(?P<one>\s+\S+)?\s*$|\S*/sshd-gen-keys-start\b"
)
_SUSE_MAKER = "SSHD_AUTO_KEYGEN"
# By these settings an administrator keeps the distribution's own makers off: the value that does it, its opposite.
_SWITCHES = {
    "/etc/sysconfig/sshd": {"AUTOCREATE_SERVER_KEYS": ("no", "YES")},
    "/etc/sysconfig/ssh": {_SUSE_MAKER: ("no", "yes")},
    "/etc/conf.d/sshd": {"sshd_disable_keygen": ("yes", "no"), "SSHD_DISABLE_KEYGEN": ("yes", "no")},
}
_CLOUD_INIT = "cloud-init.target"
_DELETED = re.compile(r"/etc/ssh/ssh_host_[^/]*key[^/]*")
_NO_KINDS: frozenset[str] = frozenset()


def present(guest: Guest) -> tuple[Evidence, ...]:
    """The host keys in the image that sshd is configured to use. Raises GuestError."""
    found = [(path, guest.stat(path)) for path in _paths(guest)]
    return tuple(Evidence(path) for path, stat in found if stat is not None and stat.size)


def maker(guest: Guest) -> tuple[Evidence, ...]:
    """What makes host keys at boot: cloud-init's ssh module, a service, or rc.local; empty where nothing does.

    All of them make the keys of the usual names alone.
    """
    wanted = _DEFAULTS & {*_paths(guest)}
    if not wanted:
        return ()
    cloud = _cloud_module(guest, wanted)
    try:
        cloud_on = cloud_init.installed(guest) and cloud_init.is_on(guest)
    except GuestError:
        # Not known, but where the distribution makes the keys without cloud-init, there are some either way.
        if cloud and (own := _own(guest, wanted, cloud_on=False)):
            return (*own, *cloud)
        raise
    # Red Hat's units leave the keys to a cloud-init that is switched on, whether it gets as far as that or not.
    return cloud if cloud_on and cloud else _own(guest, wanted, cloud_on or cloud_init.switched_on(guest))


def kept(guest: Guest) -> tuple[Evidence, ...]:
    """The keys of :func:`present` that are still there when sshd starts: without those that cloud-init deletes."""
    found = present(guest)
    gone = [place for place in found if _DELETED.fullmatch(place.path)]
    # What cloud-init deletes and makes anew is there either way, whether it runs or not.
    if not gone or _cloud_module(guest, _DEFAULTS & {*_paths(guest)}) or not deleted(guest):
        return found
    return tuple(place for place in found if place not in gone)


def deleted(guest: Guest) -> tuple[Evidence, ...]:
    """What makes cloud-init delete the keys of the usual names on a new instance; empty where nothing does."""
    if not cloud_init.installed(guest) or not cloud_init.is_on(guest):
        return ()
    config = cloud_config.load(guest)
    if not config.flag("ssh_deletekeys", True) or "ssh" not in config.modules("init"):
        return ()
    return config.evidence("ssh_deletekeys") or tuple(
        Evidence(place.path, place.line, f"{place.text} ssh, which deletes host keys")
        for place in config.evidence("cloud_init_modules")
    )


def fault(guest: Guest) -> Fault:
    """No host key that stays and nothing that makes one: sshd will not start."""
    state = "cloud-init deletes the host keys" if present(guest) else "there are no host keys"
    sentence = f"{state} and nothing makes them at boot, so sshd cannot start"
    text = "deleted by cloud-init" if present(guest) else "absent"
    places = tuple(Evidence(path, text=text) for path in _paths(guest))
    if not _DEFAULTS & {*_paths(guest)}:
        advice = f"Make {places[0].path} with ssh-keygen, or remove the HostKey lines"
        return Fault(sentence, places, obstacle=advice)
    switch = _switch(guest)
    if switch and (_script(guest) or switch[0].name == _SUSE_MAKER):
        return Fault(sentence, (switch[0].evidence, *places), edits=(_turned(switch[0], switch[1]),))
    return with_steps(sentence, places, lambda: _steps(guest))


def _paths(guest: Guest) -> list[str]:
    """The host keys that sshd looks for."""
    given = sshd_config.ask(sshd_config.load(guest), "hostkey", None).holds
    named = [argument for line in given for argument in line.arguments]
    return named or [f"/etc/ssh/ssh_host_{kind}_key" for kind in _TYPES]


def _steps(guest: Guest) -> tuple[Step, ...]:
    name = ssh_service.name(guest)
    socket = systemd.find_unit(guest, f"{name}.socket")
    one = f"{name}@.service"
    # A socket that accepts the connections itself starts an instance for each, and not the service.
    if not services.startup(guest, name).starts and ssh_service.socket(guest).starts and socket.path is not None:
        name = one if ssh_service.instance(guest) else name
    service = name if name == one else f"{name}.service"
    unit = systemd.find_unit(guest, service) if detect(guest) is Init.SYSTEMD else systemd.Unit(service, None)
    if unit.path is None:
        raise PlanError("Run ssh-keygen -A in the guest, or install cloud-init: no systemd unit starts sshd here")
    if not guest.exists(KEYGEN):
        raise PlanError(f"{KEYGEN} is missing; reinstall the ssh client's package")
    drop_in = f"{systemd.ETC}/{service}.d/50-host-keys.conf"
    if guest.exists(drop_in):
        raise PlanError(f"{drop_in} stands there already")
    # The unit checks its configuration first (sshd -t), which fails without keys: they have to be made before that.
    checks = [value for _, key, value in systemd.unit_settings(guest.read(unit.path)) if key == "ExecStartPre"]
    lines = ["# Makes the host keys that are missing.", "[Service]", "ExecStartPre=", f"ExecStartPre={KEYGEN} -A"]
    lines += [f"ExecStartPre={value}" for value in checks if value]
    content = "".join(f"{line}\n" for line in lines).encode()
    return (MakeDirectory(posixpath.dirname(drop_in)), WriteFile(drop_in, content))


def _cloud_module(guest: Guest, wanted: frozenset[str]) -> tuple[Evidence, ...]:
    """The line by which cloud-init, where it runs, makes keys that are wanted; empty where it makes none of them."""
    if not cloud_init.installed(guest):
        return ()
    config = cloud_config.load(guest)
    made = {f"/etc/ssh/ssh_host_{kind}_key" for kind in _cloud_kinds(config)}
    return config.evidence("cloud_init_modules") if wanted & made and "ssh" in config.modules("init") else ()


def _cloud_kinds(config: CloudConfig) -> frozenset[str]:
    """The types of key that cloud-init puts in place: those it is given, or else those it is to generate."""
    if config.has("ssh_keys"):
        given = config.get("ssh_keys")
        return frozenset(str(name).removesuffix("_private") for name in given) if isinstance(given, dict) else _NO_KINDS
    if not config.has("ssh_genkeytypes"):
        return frozenset(_TYPES)
    # An empty ssh_genkeytypes, as Red Hat 7 has it, leaves the keys to the distribution.
    kinds = config.get("ssh_genkeytypes")
    listed = kinds if isinstance(kinds, list) else [kinds]
    return frozenset(str(kind) for kind in listed if kind is not None)


def _own(guest: Guest, wanted: frozenset[str], cloud_on: bool) -> tuple[Evidence, ...]:
    """What makes the keys besides cloud-init: a unit, the init script, or a boot script."""
    if detect(guest) is Init.SYSTEMD:
        found = _unit(guest, wanted, cloud_on)
    else:
        found = () if _switch(guest) else _script(guest)
    return found or tuple(c.evidence for c in boot_scripts.commands(guest) if _MAKES.search(c.text[:_LONGEST]))[:1]


def _unit(guest: Guest, wanted: frozenset[str], cloud_on: bool) -> tuple[Evidence, ...]:
    """A line of a unit that runs a key maker: of sshd's own, of one that it asks for, or of one that a boot starts."""
    own = f"{ssh_service.name(guest)}.service"
    for unit in boot_units.started_units(guest, also=(own,)):
        for command in unit.commands:
            matched = _MAKES.search(command.text[:_LONGEST])
            if matched is None or not _counts(guest, unit, matched, wanted, cloud_on):
                continue
            place = Evidence(unit.path, text=unit.name) if command.evidence.path != unit.path else None
            return (command.evidence, place) if place else (command.evidence,)
    return ()


def _counts(guest: Guest, unit: StartedUnit, made: re.Match[str], wanted: frozenset[str], cloud_on: bool) -> bool:
    """Whether a unit that runs a key maker does so on an instance, and for a key that is wanted."""
    text = made[0]
    kind = (made["one"] or "").strip().replace("%i", unit.name.partition("@")[2].rpartition(".")[0])
    if kind and f"/etc/ssh/ssh_host_{kind}_key" not in wanted:
        return False
    if not kind and ("sshd-keygen" in text or "sshd-gen-keys-start" in text) and _switch(guest):
        return False
    # SUSE's older script leaves keys alone that the configuration names.
    script = text.split()[0]
    named = bool(sshd_config.ask(sshd_config.load(guest), "hostkey", None).holds)
    if named and script.endswith("sshd-gen-keys-start") and guest.exists(script) and b"HostKey" in guest.read(script):
        return False
    # Debian's own service, since 13, works on a first boot alone.
    first = [value.lower() for key, value in _conditions(guest, unit.path) if key == "ConditionFirstBoot"]
    if {*first} & {"yes", "true", "1", "on"} and presets.first_boot(guest) is None:
        return False
    return all(
        _CLOUD_INIT in value and value.startswith("!") and not cloud_on
        for path in systemd.drop_ins(guest, unit.name)
        for _, value in _conditions(guest, path)
    )


def _conditions(guest: Guest, path: str) -> list[tuple[str, str]]:
    settings = systemd.unit_settings(guest.read(path))
    return [(k, v) for section, k, v in settings if section == "Unit" and k.startswith(("Condition", "Assert")) and v]


def _script(guest: Guest) -> tuple[Evidence, ...]:
    """The line by which the init script that starts sshd makes keys itself."""
    name = ssh_service.name(guest)
    path = sysv.script(guest, name)
    if path is None or not services.startup(guest, name).installed:
        return ()
    lines = ((number, line) for number, line in numbered(guest.read(path)) if not line.lstrip().startswith("#"))
    return tuple(Evidence(path, number, line) for number, line in lines if "ssh-keygen" in line)[:1]


def _switch(guest: Guest) -> tuple[ssh_service.Setting, str] | None:
    """The setting that keeps the distribution's own key maker off, with the value that would let it work."""
    for path, known in _SWITCHES.items():
        for setting in {setting.name: setting for setting in ssh_service.read(guest, path)}.values():
            off, on = known.get(setting.name, ("", ""))
            if off and setting.value.lower() == off:
                return setting, on
    return None


def _turned(setting: ssh_service.Setting, value: str) -> Edit:
    number = setting.evidence.line or 0

    def change(content: bytes) -> bytes:
        lines = split_lines(content)
        text = decode(lines[number - 1]) if 0 < number <= len(lines) else ""
        found = re.match(
            rf"(.*?\b{re.escape(setting.name)}=[\"']?){re.escape(setting.value)}(?!\w)(.*)", text, re.DOTALL
        )
        if found is None:
            raise PlanError(f"line {number} of {setting.evidence.path} is not a plain {setting.name} line")
        lines[number - 1] = encode(f"{found[1]}{value}{found[2]}")
        return b"".join(lines)

    return Edit(setting.evidence.path, change)
