"""The contract of every store, in one suite: each of its tests runs on memory, SQLite and Firestore's
emulator.
"""

# ruff: noqa: F403  its parts are its tests
from contract_bookkeeping import *
from contract_claims import *
from contract_contents import *
from contract_defined import *
from contract_jobs import *
from contract_learning import *
from contract_mending import *
from contract_reading import *
from contract_rivals import *
from contract_rows import *
