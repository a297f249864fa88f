"""Every fault of the corpus."""

from __future__ import annotations

from corpus import faults_boot, faults_cloud, faults_identity, faults_network, faults_services
from corpus.faults import Fault

FAULTS: tuple[Fault, ...] = (
    *faults_boot.FAULTS,
    *faults_cloud.FAULTS,
    *faults_identity.FAULTS,
    *faults_network.FAULTS,
    *faults_services.FAULTS,
)
