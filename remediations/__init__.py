"""What the OpenStack image guide asks of a Linux guest: one module a requirement, in the guide's order."""

from __future__ import annotations

from remediations import (
    cloud_user,
    console_log,
    firewall,
    mac_address,
    root_resize,
    ssh_key,
    ssh_server,
    user_data,
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
)
