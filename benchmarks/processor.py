"""The processor time of a database server that a benchmark started: what the clock says depends on who else works."""

import os


def server_seconds() -> float:
    """Return the processor time of the PostgreSQL that this process started, ended backends' too."""
    import psutil

    total = 0.0
    for process in psutil.Process().children(recursive=True):
        try:
            if process.name() == "postgres":
                spent = process.cpu_times()
                own = spent.children_user + spent.children_system if process.ppid() == os.getpid() else 0.0
                total += spent.user + spent.system + own
        except psutil.NoSuchProcess:
            continue
    return total
