"""What shipping systems tell of parcels, and the files that labels are printed from."""

from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlmodel import Field

from crossdock.store.columns import MOSTLY_EMPTY, Row, bytes_column, id_column, index_where, moment_column, table_of


class ParcelRow(Row, table=True):
    """One label as a shipping provider tells it; `document` is the canonical one.

    `pipeline` is the one that heard of it first. `shipment_id` is the shipment that it was used for; `carrier_before`
    and `service_before` are what the warehouse had said of that one. `voided_at` is when we heard that the label was
    taken back.
    """

    __tablename__ = "parcel"
    __table_args__ = (
        UniqueConstraint("connection", "external_id", name="parcel_external_id"),
        Index("parcel_reference", "reference", "connection"),
        Index("parcel_number", "tracking_number"),
        index_where("parcel_shipment", "shipment_id", where="shipment_id IS NOT NULL"),
        index_where("parcel_bought", "connection", "seen_at", where="key <> ''"),
        index_where("parcel_unused", "seen_at", where="shipment_id IS NULL"),
    )

    id: int | None = id_column()
    connection: str
    external_id: str
    pipeline: str
    reference: str
    box: str
    tracking_number: str
    carrier: str
    service_level: str
    key: str
    voided_at: int | None = moment_column(nullable=True)
    shipped_at: int | None = moment_column(nullable=True)
    seen_at: int = moment_column()
    shipment_id: int | None = Field(sa_type=BigInteger, nullable=True)
    carrier_before: str = Field(sa_column_kwargs=MOSTLY_EMPTY)
    service_before: str = Field(sa_column_kwargs=MOSTLY_EMPTY)
    document: bytes = bytes_column()


class LabelFileRow(Row, table=True):
    """What the label of a parcel is printed from, compressed; it is removed after `keep_until`."""

    __tablename__ = "label_file"
    __table_args__ = (Index("label_file_keep_until", "keep_until"),)

    parcel_id: int = Field(sa_type=BigInteger, primary_key=True)
    format: str = Field(primary_key=True)
    saved_at: int = moment_column()
    keep_until: int = moment_column()
    content: bytes = bytes_column()


parcel = table_of(ParcelRow)
label_file = table_of(LabelFileRow)
