"""EPCIS 2.0 JSON documents as frozen models (EPCIS 2.0, section 7; JSON binding, section 10).

Fields carry the standard's own names. Properties of other namespaces are kept in `model_extra`, and
`model_dump(by_alias=True, exclude_unset=True)` gives back what was read.
"""
# ruff: noqa: N815 - the standard's own names

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from lading.epcis.fields import (
    Action,
    BizStep,
    BizTransactionType,
    Disposition,
    ErrorReason,
    HexBinary,
    Number,
    Offset,
    SourceDestType,
    Text,
    Time,
    Uri,
    Uris,
    Version,
    broken,
)


class _Model(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True, strict=True)


class QuantityElement(_Model):
    """An amount of a class; without `quantity` and `uom` it says that there is some."""

    epcClass: Uri
    quantity: Number | None = None
    uom: Text | None = None


class Place(_Model):
    """A read point or business location."""

    id: Uri


class BizTransaction(_Model):
    bizTransaction: Uri
    type: BizTransactionType | None = None


class Source(_Model):
    source: Uri
    type: SourceDestType


class Destination(_Model):
    destination: Uri
    type: SourceDestType


class PersistentDisposition(_Model):
    set: list[Disposition] | None = None
    unset: list[Disposition] | None = None


class SensorMetadata(_Model):
    time: Time | None = None
    startTime: Time | None = None
    endTime: Time | None = None
    deviceID: Uri | None = None
    deviceMetadata: Uri | None = None
    rawData: Uri | None = None
    dataProcessingMethod: Uri | None = None
    bizRules: Uri | None = None


class SensorReport(_Model):
    """One observation; the measurement types grow with each CBV release, so `type` is any word or URI."""

    type: Text | None = None
    exception: Text | None = None
    deviceID: Uri | None = None
    deviceMetadata: Uri | None = None
    rawData: Uri | None = None
    dataProcessingMethod: Uri | None = None
    bizRules: Uri | None = None
    time: Time | None = None
    microorganism: Uri | None = None
    chemicalSubstance: Uri | None = None
    value: Number | None = None
    component: Text | None = None
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
    uom: Text | None = None
    coordinateReferenceSystem: Uri | None = None


class SensorElement(_Model):
    sensorReport: Annotated[list[SensorReport], Field(min_length=1)]
    sensorMetadata: SensorMetadata | None = None


class ErrorDeclaration(_Model):
    declarationTime: Time
    reason: ErrorReason | None = None
    correctiveEventIDs: list[Uri] | None = None


class Ilmd(_Model):
    """Instance and lot master data: properties of other namespaces only."""


class _Event(_Model):
    eventTime: Time
    eventTimeZoneOffset: Offset
    recordTime: Time | None = None
    eventID: Uri | None = None
    certificationInfo: Uris | None = None
    errorDeclaration: ErrorDeclaration | None = None
    bizStep: BizStep | None = None
    disposition: Disposition | None = None
    persistentDisposition: PersistentDisposition | None = None
    readPoint: Place | None = None
    bizLocation: Place | None = None
    bizTransactionList: list[BizTransaction] | None = None
    sourceList: list[Source] | None = None
    destinationList: list[Destination] | None = None
    sensorElementList: list[SensorElement] | None = None


class ObjectEvent(_Event):
    """Something happened to objects (EPCIS 2.0, section 7.4.2)."""

    type: Literal["ObjectEvent"]
    action: Action
    epcList: list[Uri] | None = None
    quantityList: list[QuantityElement] | None = None
    ilmd: Ilmd | None = None

    @model_validator(mode="after")
    def _has_objects(self) -> ObjectEvent:
        if not (self.epcList or self.quantityList or self.sensorElementList):
            raise broken("what", "an ObjectEvent needs an epcList, a quantityList or, for sensors, a sensorElementList")
        return self


class _Family(_Event):
    action: Action
    parentID: Uri | None = None
    childEPCs: list[Uri] | None = None
    childQuantityList: list[QuantityElement] | None = None

    @model_validator(mode="after")
    def _has_members(self) -> _Family:
        if self.action != "DELETE" and not (self.childEPCs or self.childQuantityList):
            raise broken("what", "children are needed, in childEPCs or childQuantityList, unless all are deleted")
        return self


class AggregationEvent(_Family):
    """Objects were put into, or taken out of, a parent (section 7.4.3)."""

    type: Literal["AggregationEvent"]

    @model_validator(mode="after")
    def _has_parent(self) -> AggregationEvent:
        if self.action != "OBSERVE" and self.parentID is None:
            raise broken("what", "an AggregationEvent that adds or deletes needs a parentID")
        return self


class AssociationEvent(_Family):
    """Objects were tied to, or released from, a parent (section 7.4.6)."""

    type: Literal["AssociationEvent"]

    @model_validator(mode="after")
    def _has_parent(self) -> AssociationEvent:
        if self.parentID is None:
            raise broken("what", "an AssociationEvent needs a parentID")
        return self


class TransactionEvent(_Event):
    """Objects were tied to business transactions (section 7.4.4)."""

    type: Literal["TransactionEvent"]
    action: Action
    parentID: Uri | None = None
    epcList: list[Uri] | None = None
    quantityList: list[QuantityElement] | None = None

    @model_validator(mode="after")
    def _has_transactions(self) -> TransactionEvent:
        if not self.bizTransactionList:
            raise broken("what", "a TransactionEvent needs a bizTransactionList")
        return self


class TransformationEvent(_Event):
    """Inputs became outputs (section 7.4.5). It has no action."""

    type: Literal["TransformationEvent"]
    transformationID: Uri | None = None
    inputEPCList: list[Uri] | None = None
    inputQuantityList: list[QuantityElement] | None = None
    outputEPCList: list[Uri] | None = None
    outputQuantityList: list[QuantityElement] | None = None
    ilmd: Ilmd | None = None

    @model_validator(mode="after")
    def _has_inputs_and_outputs(self) -> TransformationEvent:
        inputs = bool(self.inputEPCList or self.inputQuantityList)
        outputs = bool(self.outputEPCList or self.outputQuantityList)
        if not (inputs or outputs) or (self.transformationID is None and not (inputs and outputs)):
            raise broken("what", "inputs and outputs are needed; one of them is enough beside a transformationID")
        return self


Event = Annotated[
    ObjectEvent | AggregationEvent | AssociationEvent | TransactionEvent | TransformationEvent,
    Field(discriminator="type"),
]


class EventList(_Model):
    eventList: list[Event]


class QueryResults(_Model):
    queryName: Text
    resultsBody: EventList
    subscriptionID: Text | None = None


class QueryBody(_Model):
    queryResults: QueryResults


class _Document(_Model):
    context: object = Field(alias="@context")
    schemaVersion: Version
    creationDate: Time
    id: Uri | None = None
    sender: Text | None = None
    receiver: Text | None = None
    instanceIdentifier: Text | None = None
    epcisHeader: dict[str, object] | None = None


class EPCISDocument(_Document):
    """Events to be captured."""

    type: Literal["EPCISDocument"]
    epcisBody: EventList

    @property
    def events(self) -> list[Event]:
        """The events in document order."""
        return self.epcisBody.eventList


class EPCISQueryDocument(_Document):
    """The answer to a query."""

    type: Literal["EPCISQueryDocument"]
    epcisBody: QueryBody

    @property
    def events(self) -> list[Event]:
        """The events in document order."""
        return self.epcisBody.queryResults.resultsBody.eventList
