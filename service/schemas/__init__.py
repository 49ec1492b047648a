"""Requests and responses of the API besides the documents of flows.knowledge, one module per noun."""

from service.schemas.events import History, HistoryEvent
from service.schemas.frames import MOST_EVENTS, JobFrame
from service.schemas.health import Health
from service.schemas.jobs import (
    BigJob,
    CancelJob,
    JobList,
    JobView,
    PlannedJob,
    StartBigJob,
    StartDeepJob,
    Started,
    StartJob,
    StartQuickJob,
    Stopping,
)
from service.schemas.knowledge import Edge, EntryList, EntryView, FrontierList, Graph, Kept, Node, Stats
from service.schemas.rounds import RoundList, RoundSummary, RoundView
from service.schemas.schedules import ScheduleList, ScheduleView
from service.schemas.session import SignIn
from service.schemas.values import GivenTopic, GivenWord, IsNumber, Moment, Request

__all__ = [
    "MOST_EVENTS",
    "BigJob",
    "CancelJob",
    "Edge",
    "EntryList",
    "EntryView",
    "FrontierList",
    "GivenTopic",
    "GivenWord",
    "Graph",
    "Health",
    "History",
    "HistoryEvent",
    "IsNumber",
    "JobFrame",
    "JobList",
    "JobView",
    "Kept",
    "Moment",
    "Node",
    "PlannedJob",
    "Request",
    "RoundList",
    "RoundSummary",
    "RoundView",
    "ScheduleList",
    "ScheduleView",
    "SignIn",
    "StartBigJob",
    "StartDeepJob",
    "StartJob",
    "StartQuickJob",
    "Started",
    "Stats",
    "Stopping",
]
