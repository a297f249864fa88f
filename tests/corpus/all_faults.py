"""Every fault of the corpus."""

from __future__ import annotations

from corpus import (
    faults_access,
    faults_addresses,
    faults_agent,
    faults_boot,
    faults_cloud,
    faults_cloud_config,
    faults_combined,
    faults_disk,
    faults_firewall,
    faults_identity,
    faults_keys,
    faults_logins,
    faults_managers,
    faults_modes,
    faults_network,
    faults_profiles,
    faults_rules,
    faults_services,
    faults_sshd,
)
from corpus.faults import Fault

FAULTS: tuple[Fault, ...] = (
    *faults_addresses.FAULTS,
    *faults_boot.FAULTS,
    *faults_disk.FAULTS,
    *faults_logins.FAULTS,
    *faults_cloud.FAULTS,
    *faults_cloud_config.FAULTS,
    *faults_combined.FAULTS,
    *faults_identity.FAULTS,
    *faults_keys.FAULTS,
    *faults_managers.FAULTS,
    *faults_modes.FAULTS,
    *faults_network.FAULTS,
    *faults_profiles.FAULTS,
    *faults_services.FAULTS,
    *faults_firewall.FAULTS,
    *faults_rules.FAULTS,
    *faults_agent.FAULTS,
    *faults_access.FAULTS,
    *faults_sshd.FAULTS,
)
