"""Google's machine types, as far as their names tell: `n2-standard-4` has 4 vCPUs and 4 GB of memory for each.

https://cloud.google.com/compute/docs/general-purpose-machines
"""

import re

__all__ = ["memory_gb", "vcpus"]

_GB_A_VCPU = {"standard": 4.0, "highmem": 8.0, "highcpu": 1.0}


def vcpus(machine: str) -> int:
    """Return a machine type's vCPUs; 1 where its name does not end with them.

    >>> vcpus("n2-standard-4"), vcpus("e2-medium")
    (4, 1)
    """
    found = re.search(r"-(\d+)$", machine)
    return int(found.group(1)) if found else 1


def memory_gb(machine: str) -> float:
    """Return a machine type's memory, 4 GB a vCPU where its name does not tell.

    >>> memory_gb("n2-highmem-8"), memory_gb("n2-standard-4")
    (64.0, 16.0)
    """
    kind = next((kind for kind in _GB_A_VCPU if f"-{kind}-" in machine), "standard")
    return vcpus(machine) * _GB_A_VCPU[kind]
