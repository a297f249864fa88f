"""The boot log that does not reach the serial console: in one entry, after the next kernel, on another device."""

from __future__ import annotations

from dataclasses import replace

from fake_guest import FakeGuest, Link

from corpus.base import CONSOLE, ROOT
from corpus.boot import entry, flat_menu, grubenv, spec_menu
from corpus.faults import Change, Fault, appended, both, by_guest, edited, without, wrote
from corpus.redhat_texts import MACHINE

_GRUB = "/boot/grub/grub.cfg"
_GRUB2 = "/boot/grub2/grub.cfg"
_DEFAULTS = "/etc/default/grub"
_CLOUDIMG = "/etc/default/grub.d/50-cloudimg-settings.cfg"
_FAILS = {"console-log": "fail"}
_SILENT = {"console-log": "fail", "serial-getty": "fail"}
_UBUNTU = "console=tty1 console=ttyS0"
# Who cannot know the console cannot know either whether cloud-init is told to stay off.
_HIDDEN = dict.fromkeys(("console-log", "root-resize", "ssh-key", "user-data"), "unknown")
_DEBIANS = ("debian-8", "debian-12", "debian-sid")
_SUSE = ("sles-12", "leap-15", "tumbleweed")
_ALMA = "5.14.0-427.35.1.el9_4.x86_64"
_ROCKY = "4.18.0-553.16.1.el8_10.x86_64"
_CENTOS = "3.10.0-1160.119.1.el7.x86_64"
_SPEC = f"/boot/loader/entries/{MACHINE}-"
_RESCUE = entry("Rescue", f"0-rescue-{MACHINE}", f"root=UUID={ROOT} ro crashkernel=auto", "/boot")
_PART = "0c4a1b5e-7a0d-4c53-9a0c-5c1d7b2e9f10"
_INITRDLESS = f"""\
function initrdfail {{
    if [ -n "${{have_grubenv}}" ]; then if [ -n "${{partuuid}}" ]; then
      if [ -z "${{initrdfail}}" ]; then set initrdfail=1; save_env initrdfail; fi
    fi; fi
}}
menuentry 'Ubuntu' --class ubuntu --class os $menuentry_id_option 'gnulinux-simple-{ROOT}' {{
\trecordfail
\tgfxmode $linux_gfx_mode
\tif [ x$grub_platform = xxen ]; then insmod xzio; insmod lzopio; fi
\tif [ "${{initrdfail}}" = 1 ]; then
\t  linux\t/boot/vmlinuz-6.8.0-45-generic root=PARTUUID={_PART} ro  {_UBUNTU}
\t  initrd\t/boot/initrd.img-6.8.0-45-generic
\telse
\t  echo\t'GRUB_FORCE_PARTUUID set, attempting initrdless boot.'
\t  linux\t/boot/vmlinuz-6.8.0-45-generic root=PARTUUID={_PART} ro  {_UBUNTU} panic=-1
\tfi
\tinitrdfail
}}
"""
_OLD = f"title Old\n\troot (hd0,0)\n\tkernel /boot/vmlinuz-old ro root=UUID={ROOT}\n"


def _menus(old: str, new: str) -> Change:
    """Other words in what the boot loader shows, whatever it is."""
    return by_guest({
        "debian-*": edited(_GRUB, old, new),
        "ubuntu-*": edited(_GRUB, old, new),
        "arch*": lambda guest: (edited(_GRUB, old, new) if guest.exists(_GRUB) else both(*(
            edited(f"/boot/loader/entries/{name}.conf", old, new) for name in ("arch", "arch-fallback"))))(guest),
        "centos-6": edited("/boot/grub/grub.conf", old, new),
        "centos-7": edited(_GRUB2, old, new),
        "sles-11": edited("/boot/grub/menu.lst", old, new),
        "sles-*": edited(_GRUB2, old, new),
        "leap-*": edited(_GRUB2, old, new),
        "tumbleweed": edited(_GRUB2, old, new),
        "rocky-8": edited("/boot/grub2/grubenv", old, new.ljust(len(old))),
        "alma-9": edited(f"{_SPEC}{_ALMA}.conf", old, new),
        "alpine-*": edited("/boot/extlinux.conf", old, new),
    })  # fmt: skip


def _defaults(old: str, new: str) -> Change:
    """Other words in what the menu is generated from."""
    return by_guest({
        "sles-11": edited("/etc/sysconfig/bootloader", old, new),
        "alpine-*": edited("/etc/update-extlinux.conf", old, new),
        "ubuntu-14.04": edited(_DEFAULTS, old, new),
        "ubuntu-*": edited(_CLOUDIMG, old, new),
        "*": edited(_DEFAULTS, old, new),
    })  # fmt: skip


def _everywhere(old: str, new: str) -> Change:
    return both(_menus(old, new), _defaults(old, new))


def _on_esp(words: str, next_words: str = CONSOLE) -> Change:
    """Tumbleweed as installed today: entry files, kernel and initial RAM disk on the ESP (sdbootutil), no menu."""

    def change(guest: FakeGuest) -> FakeGuest:
        release = "6.11.3-1-default"
        folder = f"/opensuse-tumbleweed/{release}"
        moved = {
            f"/boot/efi{folder}/initrd-6272c616": guest.files[f"/boot/initrd-{release}"],
            f"/boot/efi{folder}/linux-dcebae96": b"MZ",
            f"/boot/efi/loader/entries/opensuse-tumbleweed-{release}-1.conf": (
                f"title openSUSE Tumbleweed\nversion 1@{release}\noptions root=UUID={ROOT} net.ifnames=0 {words}\n"
                f"linux {folder}/linux-dcebae96\ninitrd {folder}/initrd-6272c616\n"
            ).encode(),
            "/etc/kernel/cmdline": f"root=UUID={ROOT} net.ifnames=0 {next_words}\n".encode(),
        }
        left = without("/boot/*", _DEFAULTS)(guest)
        return replace(left, files={**left.files, **moved})

    return change


def _el8_on_esp(environment: bytes) -> Change:
    """EL 8 as installed on UEFI: the menu and grubenv on the ESP, and a link to the latter in /boot."""
    folder = "/boot/efi/EFI/rocky"
    words = f"root=UUID={ROOT} ro net.ifnames=0 {CONSOLE}"
    return both(without(_GRUB2), wrote(f"{folder}/grub.cfg", spec_menu(words)), wrote(f"{folder}/grubenv", environment),
                wrote("/boot/grub2/grubenv", Link("../efi/EFI/rocky/grubenv")))  # fmt: skip


FAULTS: tuple[Fault, ...] = (
    Fault("console: none at all", (*_DEBIANS, "centos-7", *_SUSE, "arch"), _everywhere(CONSOLE, "quiet"), _SILENT),
    Fault("console: none at all, a login by the job", ("ubuntu-14.04", "sles-11", "alpine-*"),
          _everywhere(CONSOLE, "quiet"), _FAILS),
    Fault("console: none at all on Ubuntu", ("ubuntu-2*",), _everywhere(_UBUNTU, "quiet splash"), _SILENT),
    Fault("console: none in GRUB 0.97 or systemd-boot", ("centos-6", "arch-systemd-boot"), _menus(CONSOLE, "quiet"),
          _SILENT),
    Fault("console: none in entry and command line", ("alma-9",),
          both(_everywhere(CONSOLE, "quiet"), edited("/etc/kernel/cmdline", CONSOLE, "quiet")), _SILENT),
    Fault("console: the screen alone", ("debian-12", "centos-7", "sles-15"), _everywhere(CONSOLE, "console=tty0"),
          _SILENT),
    Fault("console: the second serial line", ("debian-13", "centos-7"),
          _everywhere("ttyS0", "ttyS1"), _SILENT),
    Fault("console: early messages alone", ("debian-12", "alma-9"),
          both(_menus(CONSOLE, "earlyprintk=ttyS0,115200 earlycon=uart8250,io,0x3f8"),
               _defaults(CONSOLE, "earlyprintk=ttyS0,115200")), _SILENT),
    Fault("console: an argument that only ends so", ("debian-12",), _everywhere(CONSOLE,
          "netconsole=ttyS0 xconsole=ttyS0"),
          _SILENT),
    Fault("console: a path for a name", ("debian-12",), _everywhere(CONSOLE, "console=/dev/ttyS0"), _SILENT),
    Fault("console: handed to init, behind --", ("debian-12",), _everywhere(CONSOLE, f"quiet -- {CONSOLE}"), _SILENT,
          fixable=False),
    Fault("console: the menu not generated since", ("debian-10", "centos-7", "sles-15"),
          _menus(CONSOLE, ""), _SILENT),
    Fault("console: lost with the next menu", ("debian-8", "debian-13", "ubuntu-14.04", "ubuntu-24.04", "centos-7",
                                               "sles-12", "leap-15", "arch", "rocky-8", "alma-9"),
          by_guest({"ubuntu-24.04": _defaults(_UBUNTU, "quiet"), "*": _defaults(CONSOLE, "quiet")}), _FAILS),
    Fault("console: lost with the next kernel of SLES 11", ("sles-11",), _defaults(CONSOLE, "quiet"), _FAILS),
    Fault("console: lost with the next extlinux.conf", ("alpine-*",), _defaults(CONSOLE, "quiet"), _FAILS),
    Fault("console: commented out in the defaults", _DEBIANS,
          edited(_DEFAULTS, "GRUB_CMDLINE_LINUX=", "#GRUB_CMDLINE_LINUX="), _FAILS),
    Fault("console: behind a comment sign", ("debian-12", "sles-12"),
          edited(_DEFAULTS, f'GRUB_CMDLINE_LINUX="{CONSOLE}', f'GRUB_CMDLINE_LINUX="quiet" # "{CONSOLE}'), _FAILS),
    Fault("console: emptied by a later file", ("debian-12", "ubuntu-20.04"),
          wrote("/etc/default/grub.d/99-local.cfg", 'GRUB_CMDLINE_LINUX="quiet"\n'), _FAILS),
    Fault("console: in the normal entries' variable alone", ("debian-12", "ubuntu-24.04"),
          by_guest({"ubuntu-*": edited(_CLOUDIMG, "GRUB_CMDLINE_LINUX=", "GRUB_CMDLINE_LINUX_NORMAL="),
                    "*": edited(_DEFAULTS, f'GRUB_CMDLINE_LINUX="{CONSOLE}"',
                    f'GRUB_CMDLINE_LINUX_DEFAULT="{CONSOLE}"')}),
          _FAILS),
    Fault("console: Ubuntu's own, none in recovery entries", ("ubuntu-16.04", "ubuntu-24.04"),
          both(edited(_CLOUDIMG, f'LINUX="{_UBUNTU}"\nGRUB_CMDLINE_LINUX_DEFAULT=""', f'LINUX_DEFAULT="{_UBUNTU}"'),
               edited(_GRUB, f"dis_ucode_ldr {_UBUNTU}", "dis_ucode_ldr")), _FAILS),
    Fault("console: an older kernel lacks it", ("centos-7",),
          wrote(_GRUB2, flat_menu("CentOS", {f"/boot/vmlinuz-{_CENTOS}": f"/boot/initramfs-{_CENTOS}.img"},
          f"{CONSOLE} net.ifnames=0")
                + f"menuentry 'Old' {{\n\tlinux16 /boot/vmlinuz-{_CENTOS} root=UUID={ROOT} ro net.ifnames=0\n}}\n"),
                _SILENT),
    Fault("console: grub.conf's second title lacks it", ("centos-6",), appended("/boot/grub/grub.conf", _OLD), _SILENT),
    Fault("console: menu.lst's second title lacks it", ("sles-11",), appended("/boot/grub/menu.lst", _OLD), _FAILS),
    Fault("console: extlinux' second label lacks it", ("alpine-*",),
          appended("/boot/extlinux.conf", f"LABEL lts\n  LINUX vmlinuz-lts\n  APPEND root=UUID={ROOT} quiet\n"),
          _FAILS),
    Fault("console: the fallback entry lacks it", ("arch-systemd-boot",),
          edited("/boot/loader/entries/arch-fallback.conf", CONSOLE, "quiet"), _SILENT),
    Fault("console: the entry's options commented out", ("arch-systemd-boot",),
          edited("/boot/loader/entries/arch.conf", "options", "#options"), _SILENT),
    Fault("console: the rescue entry lacks it", ("alma-9",), wrote(f"{_SPEC}0-rescue.conf", _RESCUE), _SILENT),
    Fault("console: the rescue entry lacks it, and presets are applied", ("fedora-42",),
          wrote(f"{_SPEC}0-rescue.conf", _RESCUE), _SILENT, fixable=False),
    Fault("console: grubenv lacks it", ("rocky-8", "oracle-8"),
          wrote("/boot/grub2/grubenv", grubenv(kernelopts=f"root=UUID={ROOT} ro net.ifnames=0 ")), _SILENT),
    Fault("console: grubenv on the ESP lacks it", ("rocky-8",),
          _el8_on_esp(grubenv(kernelopts=f"root=UUID={ROOT} ro net.ifnames=0")), _SILENT),
    Fault("console: the menu's own variable alone has it", ("rocky-8",),
          wrote("/boot/grub2/grubenv", grubenv(kernelopts=f"root=UUID={ROOT} ro net.ifnames=0")), _SILENT),
    Fault("console: the next kernel's command line lacks it", ("alma-9", "rhel-10", "fedora-42"),
          wrote("/etc/kernel/cmdline", f"root=UUID={ROOT} ro\n"), _FAILS),
    Fault("console: a menu of its own on the ESP", ("centos-7",),
          wrote("/boot/efi/EFI/centos/grub.cfg", flat_menu(
              "CentOS", {f"/vmlinuz-{_CENTOS}": f"/initramfs-{_CENTOS}.img"}, "net.ifnames=0", "linuxefi")),
              _SILENT),
    Fault("console: a menu of its own on the ESP, beside EFI", ("arch",),
          wrote("/efi/grub/grub.cfg", f"menuentry 'Arch' {{\n\tlinux /vmlinuz-linux root=UUID={ROOT} rw\n}}\n"),
          _SILENT),
    Fault("console: an entry in custom.cfg", ("debian-12", "leap-15"),
          by_guest({name: wrote(path,
          f"menuentry 'Mine' {{\n\tlinux /boot/vmlinuz-mine root=UUID={ROOT} ro net.ifnames=0\n}}\n")
                    for name, path in (("debian-12", "/boot/grub/custom.cfg"), ("leap-15", "/boot/grub2/custom.cfg"))}),
          _SILENT),
    Fault("console: an entry of 40_custom", ("debian-12",),
          edited(_GRUB, "# menu entries you want to add after this comment.\n",
                 f"menuentry 'Mine' {{\n\tlinux /boot/vmlinuz-mine root=UUID={ROOT} ro quiet\n}}\n"), _SILENT,
          fixable=False),
    Fault("console: a PC's on arm64", ("debian-13-arm64",), _everywhere("ttyAMA0", "ttyS0"), _SILENT),
    Fault("console: a PC's on POWER, which has a login on hvc0 by itself", ("leap-15-ppc64le",),
          _everywhere("hvc0", "ttyS0"), _FAILS),
    Fault("console: a mainframe's entry lacks it", ("rhel-9-s390x",),
          edited(f"{_SPEC}5.14.0-427.35.1.el9_4.s390x.conf", " console=ttysclp0", ""), _FAILS, fixable=False),
    Fault("console: zipl was not run since", ("rhel-9-s390x",), wrote("/boot/bootmap", b"zIPL" + bytes(4096)),
          {"console-log": "unknown"}),
    Fault("console: another one asked for", ("debian-12", "centos-7"), wrote("/etc/motd", "\n"), _SILENT,
          settings={"console": "ttyS1"}),
    Fault("console: no defaults", ("debian-12", "sles-15"), without(_DEFAULTS), _FAILS),
    Fault("console: defaults that are a program", ("leap-15",),
          appended(_DEFAULTS, "if grep -q virt /proc/cpuinfo; then GRUB_CMDLINE_LINUX=quiet; fi\n"), _HIDDEN),
    Fault("console: a unified kernel image beside", ("fedora-42",), wrote("/boot/efi/EFI/Linux/x.efi", b"MZ"), _HIDDEN),
    Fault("console: entries on the ESP lack it", ("tumbleweed",), _on_esp("quiet"), _SILENT),
    Fault("console: the next entry on the ESP lacks it", ("tumbleweed",), _on_esp(CONSOLE, "quiet"), _FAILS),
    # What does no harm.
    Fault("console: EL 8's menu and grubenv on the ESP", ("rocky-8",),
          _el8_on_esp(grubenv(kernelopts=f"root=UUID={ROOT} ro net.ifnames=0 {CONSOLE}")), {}),
    Fault("console: entries on the ESP", ("tumbleweed",), _on_esp(CONSOLE), {}),
    Fault("console: no defaults beside entry files", ("alma-9", "fedora-42"), without(_DEFAULTS), {}),
    Fault("console: Ubuntu boots without a RAM disk first", ("ubuntu-24.04",),
          both(wrote("/etc/default/grub.d/40-force-partuuid.cfg",
          f"# Force boot with PARTUUID\nGRUB_FORCE_PARTUUID={_PART}\n"),
               appended(_GRUB, _INITRDLESS)), {}),
    Fault("console: Debian names the root's partition", ("debian-12", "debian-sid"),
          both(wrote("/etc/default/grub.d/10_cloud.cfg",
          "GRUB_DISABLE_LINUX_UUID=true\nGRUB_DISABLE_LINUX_PARTUUID=false\n"),
               edited(_GRUB, f"root=UUID={ROOT}", f"root=PARTUUID={_PART}"),
               edited("/etc/fstab", f"UUID={ROOT}", f"PARTUUID={_PART}")), {}),
    Fault("console: the screen last", ("debian-12", "centos-7", "alma-9", "leap-15"),
          by_guest({"alma-9": both(_menus(CONSOLE, "console=ttyS0 console=tty0"),
                                   edited("/etc/kernel/cmdline", CONSOLE, "console=ttyS0 console=tty0")),
                    "*": _everywhere(CONSOLE, "console=ttyS0,115200 console=tty0")}), {}),
    Fault("console: the screen last on EL 6", ("centos-6",), _menus(CONSOLE, "console=ttyS0 console=tty0"),
          {"serial-getty": "fail"}),
    Fault("console: the serial line by its port", ("debian-12",),
          _everywhere(CONSOLE, "console=tty0 console=uart8250,io,0x3f8,115200n8"), {}),
    Fault("console: normal entries alone, no others made", (*_SUSE, "debian-12"),
          by_guest({"debian-12": both(edited(_DEFAULTS, "GRUB_CMDLINE_LINUX=",
          "GRUB_DISABLE_RECOVERY=true\nGRUB_CMDLINE_LINUX_DEFAULT=")),
                    "*": edited(_DEFAULTS, "GRUB_CMDLINE_LINUX=",
                    'GRUB_DISABLE_RECOVERY="true"\nGRUB_CMDLINE_LINUX_DEFAULT=')}),
          {}),
    Fault("console: files that no one reads", ("ubuntu-24.04", "debian-12", "centos-7"),
          both(wrote("/etc/default/grub.d/50-cloudimg-settings.cfg.ucf-dist", 'GRUB_CMDLINE_LINUX=""\n'),
               wrote("/etc/default/grub.ucf-dist", 'GRUB_CMDLINE_LINUX="quiet"\n'),
               wrote("/boot/grub.cfg.rpmsave", "menuentry 'x' {\n linux /boot/vmlinuz-1 ro\n}\n")), {}),
    Fault("console: kdump adds its word", ("debian-12", "ubuntu-24.04"),
          wrote("/etc/default/grub.d/kdump-tools.cfg",
                'GRUB_CMDLINE_LINUX_DEFAULT="$GRUB_CMDLINE_LINUX_DEFAULT crashkernel=512M-:192M"\n'), {}),
    Fault("console: memtest and the firmware in the menu", ("debian-12", "leap-15"),
          by_guest({name: appended(path, "menuentry 'Memory test' {\n\tlinux16\t/boot/memtest86+x64.bin\n}\n"
                                   "menuentry 'UEFI Firmware Settings' {\n\tfwsetup\n}\n#\tlinux /boot/vmlinuz ro\n")
                    for name, path in (("debian-12", _GRUB), ("leap-15", _GRUB2))}), {}),
    Fault("console: no command line for the next kernel", ("alma-9", "fedora-42"), without("/etc/kernel/cmdline"), {}),
    Fault("console: grubenv leaves it to the menu", ("rocky-8",), wrote("/boot/grub2/grubenv", grubenv()), {}),
    Fault("console: an entry that is switched off by its name", ("arch-systemd-boot", "alma-9"),
          wrote("/boot/loader/entries/old.conf.bak", f"title Old\nlinux /vmlinuz-old\noptions root=UUID={ROOT}\n"), {}),
    Fault("console: a menu for PV-GRUB, on KVM", ("ubuntu-14.04", "ubuntu-16.04"),
          wrote("/boot/grub/menu.lst", f"title Ubuntu\nroot (hd0)\nkernel /boot/vmlinuz root=UUID={ROOT} ro\n"), {}),
)  # fmt: skip
