"""Deploys a `prefect.yaml` from a test, with the flows that it names."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import yaml
from prefect.flows import load_flow_from_entrypoint

from service.orchestration.deployments import deploy as deployments


async def deploy(file: Path | None = None) -> dict[str, UUID]:
    """Apply the file, or ours, and return the deployments' ids by name."""
    return (await deployments.deploy(load_flow_from_entrypoint, file)).ids


def entrypoints() -> dict[str, str]:
    """Where our deployments say that their flows are, by the deployments' names."""
    document = yaml.safe_load(deployments.prefect_file().read_text(encoding="utf-8"))
    return {wanted["name"]: wanted["entrypoint"] for wanted in document["deployments"]}
