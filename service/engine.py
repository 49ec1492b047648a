"""`python -m service.engine`: the process of a flow run. Deployed job variables refer to it by this name."""

from service.stack.worker.engine import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
