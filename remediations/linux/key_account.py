"""Who fetches the instance's key, cloud-init or a boot script, and which account gets it: one answer for all."""

from __future__ import annotations

from remediations.guest import Guest
from remediations.linux import accounts, cloud_account, cloud_config, cloud_edits, cloud_init, key_login, rc_local
from remediations.linux.accounts import Account
from remediations.linux.cloud_config import CloudConfig
from remediations.linux.fault import Fault
from remediations.vocabulary import Evidence, Settings


def by_cloud_init(guest: Guest, settings: Settings) -> bool:
    """Whether it is for cloud-init to fetch the key; else it is for the script in rc.local.

    Left to choose, a script that works is enough; else cloud-init is, where it is installed or can be.
    """
    if settings.key_fetch != "auto":
        return settings.key_fetch == "cloud-init"
    if rc_local.key_fetch(guest) and not root_faults(guest):
        return False
    return cloud_init.installed(guest) or settings.can_install


def key_account(guest: Guest, settings: Settings) -> Account | None:
    """The account that will get the key, as it will be; None where that is not known. Raises GuestError."""
    if by_cloud_init(guest, settings):
        return cloud_account.account(guest, cloud_config.load(guest)) if cloud_init.installed(guest) else None
    if settings.key_fetch == "rc.local" or rc_local.key_fetch(guest):
        return accounts.find(guest, "root")
    return accounts.find(guest, settings.user) if settings.user is not None else None


def root_faults(guest: Guest) -> list[Fault]:
    """What keeps root, who gets the script's key, from logging in with it. Raises GuestError."""
    root = accounts.find(guest, "root")
    if root is None:
        return [Fault("the guest has no root account", (Evidence("/etc/passwd"),), obstacle="Restore /etc/passwd")]
    found = key_login.faults(guest, root)
    found += root_block(cloud_config.load(guest)) if cloud_init.may_run(guest) else []
    if why := accounts.barred(guest, root):
        found.append(Fault(why, root.evidence, obstacle=accounts.advice("root")))
    return found


def root_block(config: CloudConfig) -> list[Fault]:
    """A cloud-init that gives root the key first, with a command that only says who to log in as."""
    if "ssh" not in config.modules("init") or not config.flag("disable_root", True):
        return []
    places = config.evidence("disable_root") or (Evidence(cloud_config.CONFIG, text="disable_root is unset"),)
    sentence = "cloud-init's disable_root keeps root out, whatever the boot script does"
    return [Fault(sentence, places, edits=(cloud_edits.setting(config, "disable_root", False),))]
