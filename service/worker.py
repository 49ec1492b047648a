"""`python -m service.worker`: the worker, under the name by which people and deployments start it."""

from service.stack.worker.worker import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
