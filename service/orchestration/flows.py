"""Our flows in Prefect, by mode."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from prefect.client.schemas.filters import FlowFilter, FlowFilterName
from prefect.client.schemas.sorting import FlowSort

from flows.knowledge import MODES, Mode
from service.orchestration.client import PrefectApi

PAGE = 200
"""Prefect returns at most this many rows of a list."""


def flow_name(mode: Mode) -> str:
    """The name of a mode's flow."""
    return f"{mode}-learning"


def our_flows(modes: Sequence[Mode] = MODES) -> FlowFilter:
    """A filter for the flows of these modes."""
    return FlowFilter(name=FlowFilterName(any_=[flow_name(mode) for mode in modes]))


class OurFlows:
    """The ids of our flows, cached."""

    def __init__(self, api: PrefectApi) -> None:
        self._api = api
        self._modes: dict[UUID, Mode] = {}

    def note(self, flow_id: UUID, mode: Mode) -> None:
        """Remember a flow."""
        self._modes[flow_id] = mode

    async def modes(self, flow_ids: Collection[UUID]) -> Mapping[UUID, Mode]:
        """The modes of our flows by id, without other flows."""
        if not set(flow_ids) <= self._modes.keys():
            found = await self._api.ask(
                lambda client: client.read_flows(flow_filter=our_flows(), limit=PAGE, sort=FlowSort.NAME_ASC)
            )
            names = {flow_name(mode): mode for mode in MODES}
            self._modes |= {flow.id: names[flow.name] for flow in found if flow.name in names}
        return self._modes
