"""Token ids of many texts, flat."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["Ids"]


class Ids(NamedTuple):
    """The ids of some texts; those of text i are `flat[offsets[i]:offsets[i + 1]]`."""

    flat: npt.NDArray[np.uint32]
    offsets: npt.NDArray[np.int64]
    """int64[texts + 1]"""

    def row(self, i: int) -> npt.NDArray[np.uint32]:
        """Return the ids of text i."""
        return self.flat[self.offsets[i] : self.offsets[i + 1]]
