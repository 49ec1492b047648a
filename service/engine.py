"""`python -m service.engine`: a run's process, under the name that deployed runs carry in their job
variables.
"""

from service.stack.worker.engine import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
