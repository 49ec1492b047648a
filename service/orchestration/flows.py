"""Which of Prefect's flows are ours, and of which mode."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from prefect.client.schemas.filters import FlowFilter, FlowFilterName
from prefect.client.schemas.sorting import FlowSort

from flows.knowledge import Mode
from service.orchestration.client import PrefectApi

PAGE = 200
MODES: tuple[Mode, ...] = ("big", "quick", "deep")


def flow_name(mode: Mode) -> str:
    """The name of a mode's flow."""
    return f"{mode}-learning"


def our_flows(modes: Sequence[Mode] = MODES) -> FlowFilter:
    """Those of these modes, as a filter."""
    return FlowFilter(name=FlowFilterName(any_=[flow_name(mode) for mode in modes]))


class OurFlows:
    """The ids of our flows, remembered once they are known."""

    def __init__(self, api: PrefectApi) -> None:
        self._api = api
        self._modes: dict[UUID, Mode] = {}

    def note(self, flow_id: UUID, mode: Mode) -> None:
        """Remember a flow."""
        self._modes[flow_id] = mode

    async def modes(self, flow_ids: Collection[UUID]) -> Mapping[UUID, Mode]:
        """The modes of our flows by id; ids of other flows are absent."""
        if not set(flow_ids) <= self._modes.keys():
            found = await self._api.ask(
                lambda client: client.read_flows(flow_filter=our_flows(), limit=PAGE, sort=FlowSort.NAME_ASC)
            )
            names = {flow_name(mode): mode for mode in MODES}
            self._modes |= {flow.id: names[flow.name] for flow in found if flow.name in names}
        return self._modes
