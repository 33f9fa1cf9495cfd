"""How much memory this process has taken."""

import sys
from pathlib import Path

STATUS = Path("/proc/self/status")


def peak() -> float:
    """Most that was resident so far [MB]; 0 where the system does not say (Windows).

    Linux's `getrusage` would give a process the peak of the one that started it, if that was higher; its own stands in /proc.
    """
    if STATUS.exists():
        return next(int(line.split()[1]) for line in STATUS.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM:")) / 1024
    try:
        import resource
    except ImportError:
        return 0.0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024)
