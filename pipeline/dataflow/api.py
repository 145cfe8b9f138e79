"""Google's services for `submit`: credentials, the jobs of a project, a bucket. Each call is short and tried once."""

import contextlib
import os
import re
from collections.abc import Iterator
from typing import Any

import google.auth
from apache_beam.options.pipeline_options import GoogleCloudOptions, PipelineOptions
from google.api_core.client_options import ClientOptions
from google.api_core.exceptions import GoogleAPICallError
from google.auth.credentials import AnonymousCredentials, Credentials
from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError, RefreshError
from google.auth.transport.requests import Request
from google.cloud import dataflow, storage

from babelmill.transforms.errors import ConfigError
from babelmill.transforms.text.visible import quote

__all__ = ["TIMEOUT_S", "Cloud", "one_line"]

TIMEOUT_S = 20.0
"""For one call; nothing that is asked here takes a second."""
_LOGIN = "gcloud auth application-default login, or set GOOGLE_APPLICATION_CREDENTIALS"


def one_line(error: BaseException) -> str:
    """Return what an error says, on one line."""
    text = error.message if isinstance(error, GoogleAPICallError) else str(error)
    return re.sub(r"\s+", " ", text or repr(error))[:300]


class Cloud:
    """Whom we are to Google, and what we ask of it.

    Args:
        options: of the job; `dataflow_endpoint` and `no_auth` are honoured as Beam honours them.

    Raises:
        ConfigError: if there are no credentials, or they are not accepted any more.
    """

    def __init__(self, options: PipelineOptions) -> None:
        self._view = options.view_as(GoogleCloudOptions)
        self.credentials = self._credentials()

    def _credentials(self) -> Credentials:
        if self._view.no_auth:
            return AnonymousCredentials()
        try:
            found, _ = google.auth.default(scopes=self._view.gcp_oauth_scopes)
            found.refresh(Request())
        except DefaultCredentialsError as error:
            raise ConfigError("credentials", f"there are none: {_LOGIN}") from error
        except RefreshError as error:
            raise ConfigError(
                "credentials", f"they have expired or are refused ({_reason(error)}): {_LOGIN}"
            ) from error
        except GoogleAuthError as error:
            raise ConfigError("credentials", f"they cannot be checked: {one_line(error)}") from error
        return found

    @contextlib.contextmanager
    def _asked(self, key: str, what: str) -> Iterator[None]:
        """Turn a refusal into the key that is to blame."""
        try:
            yield
        except GoogleAPICallError as error:
            raise ConfigError(key, f"{what}: {error.code or ''} {one_line(error)}".strip()) from error
        except (GoogleAuthError, OSError) as error:
            raise ConfigError(key, f"{what}: {one_line(error)}") from error

    def client(self, kind: Any) -> Any:
        """Return a Dataflow client of a kind, at the endpoint that the options name."""
        endpoint, transport = (self._view.dataflow_endpoint or "").strip().rstrip("/"), None
        if "localhost" in endpoint or "sandbox" in endpoint:
            transport = "rest"
        else:
            endpoint = re.sub("^https?://", "", endpoint)
        options = ClientOptions(api_endpoint=endpoint) if endpoint else None
        return kind(credentials=self.credentials, client_options=options, transport=transport)

    def check_project(self) -> None:
        """Ask for the project's jobs in the region.

        Raises:
            ConfigError: if the service refuses. That it knows no such list (404) is left to the submission.
        """
        project, region = self._view.project, self._view.region
        request = dataflow.ListJobsRequest(project_id=project, location=region, page_size=1)
        try:
            with self._asked("dataflow.project", f"no access to the jobs of {quote(project)} in {quote(region)}"):
                self.client(dataflow.JobsV1Beta3Client).list_jobs(request, timeout=TIMEOUT_S, retry=None)
        except ConfigError as error:
            if getattr(error.__cause__, "code", None) != 404:
                raise

    def bucket_region(self, path: str) -> str:
        """Return where the bucket of a gs:// path lies, such as `us-central1` or `us`.

        Raises:
            ConfigError: if there is no such bucket, or no access to it.
        """
        name = path.removeprefix("gs://").split("/", 1)[0]
        project = None if self._view.no_auth else self._view.project
        emulator = os.environ.get("STORAGE_EMULATOR_HOST")
        client = storage.Client(
            project or "none",
            self.credentials,
            client_options=ClientOptions(api_endpoint=emulator) if emulator else None,
        )
        with self._asked("", f"no bucket {quote(name)} that we may look at"):
            return str(client.get_bucket(name, timeout=TIMEOUT_S, retry=None).location).lower()

    def errors_of(self, job: str) -> list[str]:
        """Return the error messages of a job, oldest first; none where they cannot be had."""
        request = dataflow.ListJobMessagesRequest(
            project_id=self._view.project,
            location=self._view.region,
            job_id=job,
            minimum_importance=dataflow.JobMessageImportance.JOB_MESSAGE_ERROR,
        )
        with contextlib.suppress(GoogleAPICallError, OSError):
            found = self.client(dataflow.MessagesV1Beta3Client).list_job_messages(
                request, timeout=TIMEOUT_S, retry=None
            )
            return [message.message_text for message in found]
        return []

    def state_of(self, job: str, project: str | None = None, region: str | None = None) -> str:
        """Return the state of a job, of ours or of another project and region, such as `running`.

        Raises:
            ConfigError: if the service refuses to say.
        """
        request = dataflow.GetJobRequest(
            project_id=project or self._view.project, location=region or self._view.region, job_id=job
        )
        with self._asked("", f"no access to job {job}"):
            found = self.client(dataflow.JobsV1Beta3Client).get_job(request, timeout=TIMEOUT_S)
        return str(found.current_state.name).removeprefix("JOB_STATE_").lower()


def _reason(error: RefreshError) -> str:
    """Return Google's word for a refusal, such as `invalid_grant`; never the whole answer."""
    found = re.search(r"[a-z]+(_[a-z]+)+", str(error))
    return found.group() if found else "refused"
