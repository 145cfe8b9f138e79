"""A configuration's file into a checked configuration or a plan: everything that is wrong is reported at once.

What is wrong in one section does not keep the others from being looked at: their models, languages, files and steps.
"""

from babelmill.pipeline.config.document import Document
from babelmill.pipeline.config.loader import InvalidConfig, config_of
from babelmill.pipeline.config.model import Config
from babelmill.pipeline.job.lookup import find_input, find_tokenizer
from babelmill.pipeline.job.own_files import OwnFiles
from babelmill.pipeline.job.plan import Plan, make_plan
from babelmill.pipeline.job.stages import screening_errors
from babelmill.transforms.errors import Collected, ConfigErrors

__all__ = ["checked_config", "plan_document"]


def plan_document(document: Document) -> Plan:
    """Read a configuration and check everything that a run needs.

    Raises:
        ConfigError: for all that is wrong, each with its place.
    """
    with document.locating():
        return make_plan(checked_config(document))


def checked_config(document: Document) -> Config:
    """Validate a document; where it is wrong, look at what of the rest can be looked at.

    Raises:
        ConfigErrors: for all that is wrong, each with its place.
    """
    try:
        return config_of(document)
    except InvalidConfig as error:
        if error.partial is None:
            raise
        config, sections = error.partial
        more = Collected()
        more.errors += screening_errors(config, sections)
        if "tokens" not in sections:
            with more.check():
                find_tokenizer(config)
        if not sections & {"input", "output", "limits", "access"}:
            with more.check():
                find_input(config, OwnFiles(config.output), [])
        raise document.in_order(ConfigErrors([*error.errors, *more.errors])) from error
