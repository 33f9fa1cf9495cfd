"""How much memory this process has taken."""

import sys


def peak() -> float:
    """Most that was resident so far [MB]; 0 where the system does not say (Windows)."""
    try:
        import resource
    except ImportError:
        return 0.0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024)
