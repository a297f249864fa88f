"""Programs other than cloud-init that fetch an instance's metadata, of which too little is known for a verdict."""

from __future__ import annotations

from remediations.guest import Guest
from remediations.linux.fault import Fault
from remediations.vocabulary import Evidence, Settings

_AGENTS = (
    ("/sbin/tiny-cloud", "tiny-cloud"),
    ("/usr/sbin/tiny-cloud", "tiny-cloud"),
    ("/usr/bin/afterburn", "afterburn"),
    ("/usr/bin/ignition", "Ignition"),
    ("/usr/lib/dracut/modules.d/30ignition", "Ignition"),
    ("/usr/bin/coreos-cloudinit", "coreos-cloudinit"),
)
_ADVICE = "Choose --key-fetch cloud-init or --key-fetch rc.local for one that is known"


def instead(guest: Guest, settings: Settings) -> list[Fault]:
    """Another agent where cloud-init would be, as a doubt; empty where the operator chose, or where there is none."""
    if settings.key_fetch != "auto":
        return []
    for path, name in _AGENTS:
        if guest.exists(path):
            place = Evidence(path, text=f"{name} is there in place of cloud-init")
            sentence = f"whether {name} does what cloud-init would is not known here"
            return [Fault(sentence, (place,), obstacle=_ADVICE, certain=False)]
    return []
