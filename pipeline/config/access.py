"""Who may be read from: the schemes and hosts of a configuration's paths, and that none of them carries a secret."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

from babelmill.transforms.errors import ConfigError
from babelmill.transforms.files.storage import is_local
from babelmill.transforms.secrets import SECRET_IN_PATH, has_secret

__all__ = ["AccessSection"]


class AccessSection(BaseModel):
    """`schemes`: of remote paths that a run may read. `hosts`: their buckets or hosts; without one, any."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schemes: tuple[Annotated[str, Field(pattern=r"^[a-z][a-z0-9+.-]*$")], ...] = ("gs", "s3", "hdfs")
    hosts: tuple[Annotated[str, Field(pattern=r"^[\w.:-]+$")], ...] = ()

    def check(self, key: str, path: str) -> None:
        """Refuse a path that may not be read.

        Args:
            key: of the path, for the error.
            path: as it is configured.

        Raises:
            ConfigError: with the key, and without the path where that carries a secret.
        """
        if has_secret(path):
            raise ConfigError(key, SECRET_IN_PATH)
        if is_local(path):
            return
        scheme, _, rest = path.partition("://")
        if scheme not in self.schemes:
            raise ConfigError(
                key, f"{scheme}:// is not among access.schemes, {', '.join(self.schemes) or 'which is empty'}"
            )
        host = urlsplit(f"//{rest}").netloc
        if self.hosts and host not in self.hosts:
            raise ConfigError(key, f"{host} is not among access.hosts, {', '.join(self.hosts)}")
