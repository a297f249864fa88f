"""cloud-init's configuration and what it left behind: datasources, accounts, modules, broken files, state."""

from __future__ import annotations

from fake_guest import Link

from corpus.faults import Change, Fault, appended, both, edited, mode, without, wrote
from corpus.faults_cloud import CFG, EVERY, FEW, IDENTIFY, argument, late

_DATA = {"ssh-key": "fail", "user-data": "fail"}
_NAMED = {"ssh-key": "fail", "cloud-user": "fail"}
_IDENTIFIED = ("debian-12", "rocky-8", "tumbleweed")
_UNIDENTIFIED = ("debian-8", "centos-7", "alpine-*")
_SEED = "/var/lib/cloud/seed/nocloud"
_STATE = "/var/lib/cloud"


def _seed(folder: str = "nocloud") -> Change:
    """What subiquity and virt-install leave: a complete seed of NoCloud."""
    where = f"{_STATE}/seed/{folder}"
    return both(wrote(f"{where}/user-data", "#cloud-config\n{}\n"), wrote(f"{where}/meta-data", "instance-id: iid-1\n"))


DATASOURCES: tuple[Fault, ...] = (
    Fault("an installer's datasource None", EVERY, late(
        "datasource:\n  None:\n    metadata: {instance-id: 0ba1}\n    userdata_raw: ''\ndatasource_list: [None]\n"),
          _DATA),
    Fault("an empty list of datasources", FEW, late("datasource_list: []\n"), _DATA),
    Fault("Ec2 alone", FEW, late("datasource_list: [ Ec2 ]\n"), _DATA),
    Fault("NoCloud alone", FEW, late("datasource_list: [NoCloud]\n"), _DATA),
    Fault("NoCloud and none", ("debian-12", "alma-9", "leap-15"), late("datasource_list: [ NoCloud, None ]\n"), _DATA),
    Fault("a config drive alone", FEW, late("datasource_list: [ConfigDrive, None]\n"), _DATA),
    Fault("VMware's datasources", FEW, late("datasource_list: [ VMware, OVF, None ]  # vSphere\n"), _DATA),
    Fault("Azure's, over lines", _UNIDENTIFIED, late("datasource_list:\n  - Azure\n  - None\n"), _DATA),
    Fault("OpenStack alone", FEW, late("datasource_list: [ OpenStack ]\n"), {}),
    Fault("OpenStack and none", FEW, late("datasource_list: ['OpenStack', \"None\"]\n"), {}),
    Fault("OpenStack over lines", (*FEW, "ubuntu-24*", "sles-15"), late(
        "datasource_list:\n  - ConfigDrive\n  - OpenStack\n  - None\n"), {}),
    Fault("a list that begins on the next line", (*FEW, "arch"), late("datasource_list: [\n  OpenStack,\n  None ]\n"),
          {}),
    Fault("a list of which ds-identify reads the half", _IDENTIFIED, late(
        "datasource_list: [ NoCloud, ConfigDrive,\n  OpenStack, None ]\n"), _DATA),
    Fault("the same without ds-identify", _UNIDENTIFIED, late(
        "datasource_list: [ NoCloud, ConfigDrive,\n  OpenStack, None ]\n"), {}),
    Fault("names without brackets", _UNIDENTIFIED, late("datasource_list: OpenStack, None\n"), _DATA),
    Fault("names without brackets, which ds-identify takes", _IDENTIFIED, late("datasource_list: OpenStack, None\n"),
          {}),
    Fault("a line for ds-identify in a file of no YAML", ("debian-12", "rocky-8"), late(
        "a: b: c\ndatasource_list: [Ec2, None]\n"), _DATA, fixable=False),
    Fault("a list that is a comment", FEW, late("#datasource_list: [ Ec2 ]\n"), {}),
    Fault("a list in a file that is not read", FEW, wrote(f"{CFG}.d/99-installer.cfg.disabled",
          "datasource_list: [None]\n"),
          {}),
    Fault("a list that a later file puts right", FEW, both(
        wrote(f"{CFG}.d/98-x.cfg", "datasource_list: [None]\n"), late(
          "datasource_list: [ConfigDrive, OpenStack, None]\n")),
        {}),
    Fault("a list that comes too early", ("debian-12", "alpine-*"), wrote(f"{CFG}.d/00-x.cfg",
          "datasource_list: [None]\n"),
          {}),  # of Debian's and Alpine's own, which comes later
    Fault("ds-identify is told of another datasource", _IDENTIFIED, wrote(IDENTIFY, "datasource: Ec2\n"), _DATA),
    Fault("ds-identify is told of OpenStack", _IDENTIFIED, both(
        wrote(IDENTIFY, "datasource: OpenStack\n"), late("datasource_list: [None]\n")), {}),
    Fault("ds-identify's file where nothing reads it", ("debian-8", "centos-7", "alpine-*"),
          wrote(IDENTIFY, "datasource: Ec2\n"), {}),
    Fault("NoCloud by a kernel argument", ("debian-12", "centos-7", "centos-6", "sles-15", "alpine-*"),
          argument("ds=nocloud-net"), _DATA, fixable=False),
    Fault("NoCloud by a kernel argument, and not looked for", ("centos-7", "centos-6"), both(
        argument("ds=nocloud"), late("datasource_list: [ConfigDrive, OpenStack]\n")), {}),
    Fault("OpenStack by a kernel argument", ("debian-12", "rocky-8"), argument("ci.datasource=OpenStack"), {}),
    Fault("a seed of NoCloud", EVERY, _seed(), _DATA),
    Fault("a seed of nocloud-net", FEW, _seed("nocloud-net"), _DATA),
    Fault("half a seed", FEW, wrote(f"{_SEED}/user-data", "#cloud-config\n"), {}),
    Fault("a seed that is not looked for", FEW, both(_seed(), late("datasource_list: [ConfigDrive, OpenStack]\n")), {}),
    Fault("NoCloud's data in the configuration", FEW, late(
        "datasource:\n  NoCloud:\n    meta-data: |\n      instance-id: i-1\n    user-data: |\n      #cloud-config\n"),
          _DATA),
    Fault("metadata from elsewhere", FEW, late(
        "datasource:\n  OpenStack:\n    metadata_urls: [ 'http://10.1.1.1:8775' ]\n"),
        {"ssh-key": "unknown", "user-data": "unknown"}),
    Fault("metadata from where it is", FEW, late(
        "datasource:\n  OpenStack:\n    metadata_urls: [ 'http://169.254.169.254' ]\n    max_wait: -1\n"
        "    timeout: 10\n    retries: 5\n    apply_network_config: true\n"), {}),
)  # fmt: skip

_NO_DEFAULT = late("users:\n  - name: ops\n    sudo: ALL=(ALL) NOPASSWD:ALL\n    ssh_authorized_keys: []\n")
_MODULES = late("cloud_init_modules: [migrator, bootcmd, write-files, growpart, resizefs, ssh]\n")
ACCOUNTS: tuple[Fault, ...] = (
    Fault("users without default", EVERY, _NO_DEFAULT, _NAMED),
    Fault("no users", FEW, late("users: []\n"), _NAMED),
    Fault("users that are nothing", FEW, late("users:\n"), _NAMED, fixable=False),
    Fault("root as the one user", FEW, late("users: [root]\n"), _NAMED),
    Fault("root alone, who is let in", FEW, late("disable_root: false\nusers: []\n"), {}),
    Fault("root by the guide's own setting, kept out", FEW, late("user: root\n"), _NAMED),
    Fault("root by the guide's own setting, let in", FEW, late("user: root\ndisable_root: 0\n"), {}),
    Fault("the guide's own setting", FEW, late("user: admin\n"), {}),
    Fault("the guide's own setting over users without default", FEW, late("user: admin\nusers: [ops]\n"), {}),
    Fault("a user of several fields", FEW, late("user:\n  name: admin\n  lock_passwd: false\n"), {}),
    Fault("default among others", FEW, late("users:\n  - name: ops\n  - default\n"), {}),
    Fault("default in a mapping", FEW, late("users: {default: true, ops: {lock_passwd: true}}\n"), {}),
    Fault("default switched off in a mapping", FEW, late("users: {default: false, ops: {}}\n"), _NAMED, fixable=False),
    Fault("names in one line", FEW, late("users: ops,default\n"), {}),
    Fault("no name of a default user", FEW, edited(CFG, "    name: ", "    fullname: "), _NAMED, fixable=False),
    Fault("a shell that is not there", FEW, late("system_info: {default_user: {shell: /bin/zsh}}\n"), _NAMED,
          fixable=False),
    Fault("nologin for a shell", FEW, late("system_info: {default_user: {shell: /sbin/nologin}}\n"), _NAMED,
          fixable=False),
    Fault("a day past", FEW, late("system_info: {default_user: {expiredate: '2019-12-31'}}\n"), _NAMED, fixable=False),
    Fault("a day to come", FEW, late("system_info: {default_user: {expiredate: '2199-12-31'}}\n"), {}),
    Fault("a name that no useradd takes", ("debian-12", "centos-6", "rocky-8"), late("user: 'the admin'\n"), _NAMED,
          fixable=False),
    Fault("the name of a group that is there", ("debian-12", "ubuntu-24*"), late("user: staff\n"), _NAMED,
          fixable=False),
    Fault("no module ssh", ("centos-7", "sles-11", "alpine-*"), edited(CFG, "\n - ssh\n", "\n"), {"ssh-key": "fail"}),
    Fault("the module ssh once", FEW, edited(CFG, "\n - ssh\n", "\n - [ssh, always]\n"), {}),
    Fault("no module that makes accounts", FEW, _MODULES, _NAMED),
    Fault("keys are not taken", FEW, late("allow_public_ssh_keys: false\n"), {"ssh-key": "fail"}),
    Fault("keys in the image besides", FEW, late("ssh_authorized_keys: ['ssh-rsa AAAA x']\nssh_pwauth: true\n"), {}),
    Fault("--user, not the one there is", EVERY,
          late("x: 1\n"), {"cloud-user": "fail"}, settings={"user": "ops"}),
    Fault("--user, the name of a group", ("ubuntu-24*",), late("x: 1\n"), {"cloud-user": "fail"}, fixable=False,
          settings={"user": "admin"}),
    Fault("--user, the one there is", FEW, late("user: admin\n"), {}, settings={"user": "admin"}),
    Fault("--user root", FEW, late("x: 1\n"), {"cloud-user": "fail"}, settings={"user": "root"}),
)  # fmt: skip

SCRIPTS: tuple[Fault, ...] = (
    Fault("no module that runs scripts", EVERY, edited(CFG, "\n - scripts-user\n", "\n"), {"user-data": "fail"}),
    Fault("no modules of the last stage", FEW, late("cloud_final_modules: []\n"), {"user-data": "fail"}),
    Fault("the modules of the last stage are nothing", FEW, late("cloud_final_modules:\n"), {"user-data": "fail"},
          fixable=False),
    Fault("the module with an underscore", FEW, edited(CFG, "\n - scripts-user\n", "\n - cc_scripts_user\n"), {}),
    Fault("user data is discarded", FEW, late("allow_userdata: false\n"), {"user-data": "fail"}),
    Fault("vendor data is discarded", FEW, late("vendor_data: {enabled: false}\n"), {}),
)  # fmt: skip

_ALL_FAIL = {"root-resize": "fail", "cloud-user": "fail", **_DATA}
FILES: tuple[Fault, ...] = (
    Fault("a late file with a tab", FEW, late("users:\n\t- ops\n"), {}),
    Fault("a late file of no YAML", FEW, late("datasource: [1\nb: 2\n"), {}),
    Fault("a late file that is a list", FEW, late("- ops\n"), {}),
    Fault("an empty late file", FEW, late(""), {}),
    Fault("a late file of comments", FEW, late("# users: []\n"), {}),
    Fault("a Jinja template with nothing to fill in", FEW, late("## template: jinja\nhostname: x\n"), {}),
    Fault("no cloud.cfg", ("centos-7", "sles-15", "alpine-*"), without(CFG), _ALL_FAIL, fixable=False),
    Fault("a cloud.cfg of no YAML", ("centos-7", "sles-15", "alpine-*"), appended(CFG, "\tx: [\n"), _ALL_FAIL,
          fixable=False),
    Fault("no cloud.cfg, and no host keys", ("debian-8", "rocky-8"), without(CFG),
          _ALL_FAIL | {"ssh-server": "fail"}, fixable=False),
    Fault("a cloud.cfg that only root reads", FEW, mode(CFG, 0o600), {}),
)  # fmt: skip

_LEFT = {"cloud-init-state": "fail"}
_MARKED = both(wrote(f"{_STATE}/instances/i-1/obj.pkl", "x"), wrote(f"{_STATE}/instance", Link("instances/i-1")))
STATE: tuple[Fault, ...] = (
    Fault("the instance's link", EVERY, wrote(f"{_STATE}/instance", Link("/var/lib/cloud/instances/i-1")), _LEFT),
    Fault("an instance's folder", FEW, wrote(f"{_STATE}/instances/i-1/sem/config_ssh", ""), _LEFT),
    Fault("a semaphore", FEW, wrote(f"{_STATE}/sem/config_scripts_per_once.once", ""), _LEFT),
    Fault("what a boot before wrote", FEW, wrote(f"{_STATE}/data/previous-hostname", "a\n"), _LEFT),
    Fault("folders of a package", FEW, both(*(wrote(f"{_STATE}/{name}", None) for name in (
        "data", "handlers", "instances", "scripts/per-boot", "seed", "sem"))), {}),
    Fault("a script of the administrator's", FEW, wrote(f"{_STATE}/scripts/per-boot/10.sh", "#!/bin/sh\nexit 0\n",
          0o755), {}),
    Fault("logs of a boot", FEW, wrote("/var/log/cloud-init.log", "x\n"), {}),
    Fault("state that is trusted", FEW, both(_MARKED, late("manual_cache_clean: true\n")), {**_LEFT, **_DATA}),
    Fault("state that says to be trusted", FEW, both(_MARKED, wrote(f"{_STATE}/instances/i-1/manual-clean", "")),
          {**_LEFT, **_DATA}),
    Fault("state in another folder", FEW, both(
        late("system_info: {paths: {cloud_dir: /srv/cloud}}\n"), wrote("/srv/cloud/data/instance-id", "i-1\n")), _LEFT),
)  # fmt: skip

FAULTS: tuple[Fault, ...] = (*DATASOURCES, *ACCOUNTS, *SCRIPTS, *FILES, *STATE)
