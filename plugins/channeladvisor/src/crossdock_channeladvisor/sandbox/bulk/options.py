"""What a scenario can ask of the bulk ways."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from crossdock_channeladvisor.sandbox.bulk.statuses import BulkStatus, ImportMethod


class BulkOptions(BaseModel):
    """The options of $batch, ProductExport, ProductUpload and FTP files; limits of 0 mean none.

    Batches: `batch_limit` (parts), `batch_over_limit` (the status of one with more), `batch_order` of the answers,
    `batch_406` (share of batches refused whole with 406) and `batch_500` (share of parts that fail before any work).

    Exports: `export_polls` (how often its status is asked before the file is there), `export_ends` (its last status),
    `export_file_needs_token`, `exports_per_minute` and `export_rows_per_day` of a profile.

    Uploads: `upload_polls`, `uploads_per_hour` of a profile, `upload_bytes` of one file, `upload_method` where the
    call names none, `templates` (code, then the account's column for each column of the file; a column that a template
    leaves out keeps its name).

    FTP: `ftp_folder` (where files arrive; None: no FTP), `ftp_user`, `ftp_password`, `ftp_port` of
    POST /_ftp/open (0: any), `ftp_method`, and `ftp_template` for a file in /Inventory/Transform whose name has no
    template code.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    batch_limit: int = Field(default=100, gt=0)
    batch_over_limit: Literal[400, 413] = 400
    batch_order: Literal["shuffled", "as_sent"] = "shuffled"
    batch_406: float = Field(default=0, ge=0, le=1)
    batch_500: float = Field(default=0, ge=0, le=1)

    export_polls: int = Field(default=2, ge=0)
    export_ends: BulkStatus = BulkStatus.COMPLETE
    export_file_needs_token: bool = True
    exports_per_minute: int = Field(default=10, ge=0)
    export_rows_per_day: int = Field(default=10_000_000, ge=0)

    upload_polls: int = Field(default=2, ge=0)
    uploads_per_hour: int = Field(default=60, ge=0)
    upload_bytes: int = Field(default=128 * 1024 * 1024, gt=0)
    upload_method: ImportMethod = ImportMethod.ALL
    templates: dict[str, dict[str, str]] = {"crossdock": {}}

    ftp_folder: Path | None = None
    ftp_user: str = "sandbox:inventory"
    ftp_port: int = 0
    ftp_password: str = "sandbox-ftp-password"  # noqa: S105 (opens nothing but this simulator)
    ftp_method: ImportMethod = ImportMethod.ALL
    ftp_template: str = "crossdock"
