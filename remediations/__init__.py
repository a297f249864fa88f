"""What the OpenStack image guide asks of a Linux guest: one module a requirement, in the guide's order."""

from __future__ import annotations

from remediations import (
    cloud_init_state,
    cloud_user,
    console_log,
    firewall,
    fstab,
    guest_agent,
    mac_address,
    machine_id,
    network,
    network_names,
    random_seed,
    root_password,
    root_resize,
    serial_getty,
    ssh_host_keys,
    ssh_key,
    ssh_server,
    user_data,
    virtio_drivers,
    xen_kernel,
)
from remediations.vocabulary import Requirement

REQUIREMENTS: tuple[Requirement, ...] = (
    root_resize.REQUIREMENT,
    mac_address.REQUIREMENT,
    ssh_server.REQUIREMENT,
    firewall.REQUIREMENT,
    ssh_key.REQUIREMENT,
    cloud_user.REQUIREMENT,
    user_data.REQUIREMENT,
    console_log.REQUIREMENT,
    xen_kernel.REQUIREMENT,
    network.REQUIREMENT,
    network_names.REQUIREMENT,
    machine_id.REQUIREMENT,
    ssh_host_keys.REQUIREMENT,
    cloud_init_state.REQUIREMENT,
    guest_agent.REQUIREMENT,
    virtio_drivers.REQUIREMENT,
    root_password.REQUIREMENT,
    fstab.REQUIREMENT,
    random_seed.REQUIREMENT,
    serial_getty.REQUIREMENT,
)
