"""`python -m service.worker`: the worker, under the name that people and deployments use."""

from service.stack.worker.worker import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
