"""Files, on this machine and in object stores: found, read within limits, written whole or not at all, removed."""
