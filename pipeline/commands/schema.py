"""`babelmill schema`."""

from babelmill.pipeline.commands.console import exit_codes

__all__ = ["schema"]


def schema() -> None:
    """Print the JSON schema of a configuration, for editors that complete and check YAML.

    In the configuration's first line: # yaml-language-server: $schema=babelmill.schema.json
    """
    with exit_codes():
        import orjson

        from babelmill.pipeline.config.model import Config
        from babelmill.pipeline.config.schema import config_schema

        print(orjson.dumps(config_schema(Config), option=orjson.OPT_INDENT_2).decode())
