"""The guest's own programs judge what the fixes left: cloud-init's code, sshd, systemctl, GRUB's checker, systemd."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import debian_releases
import images
import pytest

from remediations.linux import cloud_init
from remediations.vocabulary import Settings, Status
from wizard.image import probe
from wizard.report import examine
from wizard.stage import Stage
from wizard.staging import carry_out

pytestmark = [pytest.mark.guestfs, pytest.mark.mirror]
SETTINGS = Settings(user="admin")
WHO = """
import sys
from cloudinit import stages
init = stages.Init(ds_deps=[])
init.read_cfg()
from cloudinit.distros import ug_util
users, _ = ug_util.normalize_users_groups(init.cfg, init.distro)
name, config = ug_util.extract_default(users)
print(name, config.get("lock_passwd"))
print(*init.cfg["datasource_list"])
print(*[m if isinstance(m, str) else m[0] for m in init.cfg["cloud_init_modules"] + init.cfg["cloud_final_modules"]])
"""


@pytest.fixture(scope="module", params=["bookworm", *debian_releases.SUITES])
def fixed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A broken image of each release with every fix staged, and its appliance up."""
    overlay = tmp_path_factory.mktemp("judges") / "disk.qcow2"
    image = images.broken() if request.param == "bookworm" else debian_releases.broken(request.param)
    images._run("qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", str(image), str(overlay))
    stage = Stage(probe(overlay), writable=True)
    try:
        stage.launch(lambda line: None)
        before = examine(stage.guest, SETTINGS)
        wanted = [a.requirement.id for a in before.assessments if a.fix is not None and a.fix.available]
        staged = carry_out(stage, before, wanted, SETTINGS)
        assert not staged.failed, staged.failed
        assert all(a.finding.status is not Status.FAIL for a in staged.after.assessments if a.requirement.id in wanted)
        yield stage
    finally:
        stage.drop()


def asked(stage: Stage, command: str) -> str:
    g: Any = stage._appliance.g
    return str(g.sh(f"({command}) 2>&1 || echo FAILED $?"))


def test_cloud_inits_own_code_names_the_user_and_the_datasources(fixed: Stage) -> None:
    program = WHO.replace("'", "'\\''")
    user, sources, modules = asked(fixed, f"python3 -c '{program}'").strip().split("\n")[-3:]
    assert user == "admin True"
    assert "OpenStack" in sources.split()
    assert {"growpart", "resizefs", "ssh", "scripts-user"} <= {name.replace("_", "-") for name in modules.split()}


def test_sshd_accepts_its_configuration_and_lets_keys_in(fixed: Stage) -> None:
    told = asked(fixed, "mkdir -p /run/sshd && sshd -T -C user=admin,host=x,addr=10.0.0.1")
    assert "FAILED" not in told, told
    told = told.lower()  # OpenSSH 10 writes its keywords in capitals
    assert "pubkeyauthentication yes" in told.split("\n")
    assert ".ssh/authorized_keys" in told


def test_systemctl_says_what_starts(fixed: Stage) -> None:
    # cloud-init's stages have other names from release to release; what ours says of them, systemctl has to confirm.
    wanted = dict.fromkeys(("ssh", *cloud_init.stages(fixed.guest)), "enabled") | {"nftables": "masked"}
    assert len(wanted) >= 6
    for unit, state in wanted.items():
        assert asked(fixed, f"systemctl --root=/ is-enabled {unit}.service").split("\n")[0] == state, unit


def test_grub_finds_its_menu_well_formed(fixed: Stage) -> None:
    assert asked(fixed, "grub-script-check /boot/grub/grub.cfg && echo well-formed").strip() == "well-formed"
    assert not asked(fixed, "sh -n /etc/default/grub").strip()


def test_systemd_finds_the_units_that_we_wrote_sound(fixed: Stage) -> None:
    written = [
        c.path for c in fixed.changes() if c.after is not None and c.after.content and "/systemd/system/" in c.path
    ]
    for path in written:
        unit = path.split(".d/")[0] if path.endswith(".conf") else path
        told = asked(fixed, f"SYSTEMD_OFFLINE=1 systemd-analyze verify --man=no {unit.rpartition('/')[2]}")
        assert path not in told, told


def test_a_second_run_plans_nothing(fixed: Stage) -> None:
    for assessment in examine(fixed.guest, SETTINGS).assessments:
        if assessment.finding.status is Status.PASS:
            plan = assessment.requirement.plan(fixed.guest, SETTINGS)
            assert not plan.steps, (assessment.requirement.id, Path(fixed.guest.facts.root))
