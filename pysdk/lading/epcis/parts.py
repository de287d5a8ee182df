"""The parts of EPCIS 2.0 events and documents as frozen models (EPCIS 2.0, section 7.3; JSON binding, section 10).

Fields carry the standard's own names. Properties of other namespaces are kept in `model_extra`; which objects may have
any is said by `CLOSED`.
"""
# ruff: noqa: N815 - the standard's own names

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from lading.epcis.fields import (
    AttributeValue,
    BizTransactionType,
    Component,
    Dispositions,
    ErrorReason,
    HexBinary,
    MeasurementType,
    Number,
    SensorException,
    SourceDestType,
    Time,
    Uom,
    Uri,
    broken,
)


class Model(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True, strict=True)


class QuantityElement(Model):
    """An amount of a class; without `quantity` and `uom` it says that there is some."""

    epcClass: Uri
    quantity: Number | None = None
    uom: Uom | None = None


class Place(Model):
    """A read point or business location."""

    id: Uri


class BizTransaction(Model):
    bizTransaction: Uri
    type: BizTransactionType | None = None


class Source(Model):
    source: Uri
    type: SourceDestType


class Destination(Model):
    destination: Uri
    type: SourceDestType


class PersistentDisposition(Model):
    """Dispositions that stay until they are unset (section 7.3.5.5)."""

    set: Dispositions | None = None
    unset: Dispositions | None = None

    @model_validator(mode="after")
    def _says_something(self) -> PersistentDisposition:
        if self.set is None and self.unset is None:
            raise broken("empty", "a persistentDisposition sets or unsets something")
        return self


class SensorMetadata(Model):
    time: Time | None = None
    startTime: Time | None = None
    endTime: Time | None = None
    deviceID: Uri | None = None
    deviceMetadata: Uri | None = None
    rawData: Uri | None = None
    dataProcessingMethod: Uri | None = None
    bizRules: Uri | None = None


class SensorReport(Model):
    """One observation, or an exception that a sensor reports."""

    type: MeasurementType | None = None
    exception: SensorException | None = None
    deviceID: Uri | None = None
    deviceMetadata: Uri | None = None
    rawData: Uri | None = None
    dataProcessingMethod: Uri | None = None
    bizRules: Uri | None = None
    time: Time | None = None
    microorganism: Uri | None = None
    chemicalSubstance: Uri | None = None
    value: Number | None = None
    component: Component | None = None
    stringValue: str | None = None
    booleanValue: bool | None = None
    hexBinaryValue: HexBinary | None = None
    uriValue: Uri | None = None
    minValue: Number | None = None
    maxValue: Number | None = None
    meanValue: Number | None = None
    sDev: Number | None = None
    percRank: Number | None = None
    percValue: Number | None = None
    uom: str | None = None
    coordinateReferenceSystem: Uri | None = None

    @model_validator(mode="after")
    def _reports_something(self) -> SensorReport:
        if self.type is None and self.exception is None:
            raise broken("report", "a sensorReport needs a type, or an exception that it reports")
        return self


class SensorElement(Model):
    sensorReport: Annotated[list[SensorReport], Field(min_length=1)]
    sensorMetadata: SensorMetadata | None = None


class ErrorDeclaration(Model):
    declarationTime: Time
    reason: ErrorReason | None = None
    correctiveEventIDs: list[Uri] | None = None


class Ilmd(Model):
    """Instance and lot master data: properties of other namespaces only."""


class Attribute(Model):
    """One property of a master data element; what it holds is its vocabulary's business."""

    id: Uri
    attribute: AttributeValue = None


class VocabularyElement(Model):
    id: Uri
    attributes: list[Attribute] | None = None
    children: list[Uri] | None = None


class MasterDataVocabulary(Model):
    type: Uri
    vocabularyElementList: list[VocabularyElement] | None = None


class MasterData(Model):
    vocabularyList: list[MasterDataVocabulary] | None = None


class Header(Model):
    epcisMasterData: MasterData | None = None


CLOSED = frozenset((QuantityElement, BizTransaction, Source, Destination, PersistentDisposition))
"""These take no extensions."""
