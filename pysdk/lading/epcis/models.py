"""EPCIS 2.0 JSON documents as frozen models (EPCIS 2.0, section 7; JSON binding, section 10).

Fields carry the standard's own names. Properties of other namespaces are kept in `model_extra`, and
`model_dump(by_alias=True, exclude_unset=True)` gives back what was read.
"""
# ruff: noqa: N815 - the standard's own names

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from lading.epcis.fields import Action, BizStep, Disposition, Offset, Time, UniqueUris, Uri, Uris, Version, broken
from lading.epcis.parts import (
    BizTransaction,
    Destination,
    ErrorDeclaration,
    Header,
    Ilmd,
    MasterDataVocabulary,
    Model,
    PersistentDisposition,
    Place,
    QuantityElement,
    SensorElement,
    Source,
)


class _Event(Model):
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
    epcList: UniqueUris | None = None
    quantityList: list[QuantityElement] | None = None
    ilmd: Ilmd | None = None

    @model_validator(mode="after")
    def _has_objects(self) -> ObjectEvent:
        of_a_place = self.sensorElementList and (self.readPoint or self.epcList is not None)
        if not (self.epcList or self.quantityList or of_a_place):
            raise broken("what", "an epcList or a quantityList is needed, or a sensorElementList with a readPoint")
        if self.ilmd is not None and self.action != "ADD":
            raise broken("ilmd", f"an ObjectEvent of action {self.action} has no ilmd; only ADD has")
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
    def _has_transactions_and_objects(self) -> TransactionEvent:
        if not self.bizTransactionList:
            raise broken("what", "a TransactionEvent needs a bizTransactionList")
        parent_alone = self.epcList is not None and self.parentID is not None
        if not (self.epcList or self.quantityList or parent_alone or self.action == "DELETE"):
            raise broken("what", "an epcList or a quantityList is needed, unless all are deleted")
        return self


class TransformationEvent(_Event):
    """Inputs became outputs (section 7.4.5). It has no action."""

    type: Literal["TransformationEvent"]
    transformationID: Uri | None = None
    inputEPCList: UniqueUris | None = None
    inputQuantityList: list[QuantityElement] | None = None
    outputEPCList: UniqueUris | None = None
    outputQuantityList: list[QuantityElement] | None = None
    ilmd: Ilmd | None = None

    @model_validator(mode="after")
    def _has_inputs_and_outputs(self) -> TransformationEvent:
        inputs = bool(self.inputEPCList or self.inputQuantityList)
        outputs = bool(self.outputEPCList or self.outputQuantityList)
        if not (inputs or outputs) or (self.transformationID is None and not (inputs and outputs)):
            raise broken("what", "inputs and outputs are needed; one of them is enough beside a transformationID")
        return self


class ExtendedEvent(_Event):
    """An event of a type of somebody's own, named by a URI; it may hold what the standard's events hold."""

    type: Uri
    action: Action | None = None
    parentID: Uri | None = None
    transformationID: Uri | None = None
    epcList: list[Uri] | None = None
    childEPCs: list[Uri] | None = None
    inputEPCList: list[Uri] | None = None
    outputEPCList: list[Uri] | None = None
    quantityList: list[QuantityElement] | None = None
    childQuantityList: list[QuantityElement] | None = None
    inputQuantityList: list[QuantityElement] | None = None
    outputQuantityList: list[QuantityElement] | None = None
    ilmd: Ilmd | None = None


def _event_tag(event: object) -> object:
    kind = event.get("type") if isinstance(event, Mapping) else getattr(event, "type", None)
    return "ExtendedEvent" if isinstance(kind, str) and ":" in kind else kind if isinstance(kind, str) else None


Event = Annotated[
    Annotated[ObjectEvent, Tag("ObjectEvent")]
    | Annotated[AggregationEvent, Tag("AggregationEvent")]
    | Annotated[AssociationEvent, Tag("AssociationEvent")]
    | Annotated[TransactionEvent, Tag("TransactionEvent")]
    | Annotated[TransformationEvent, Tag("TransformationEvent")]
    | Annotated[ExtendedEvent, Tag("ExtendedEvent")],
    Discriminator(_event_tag),
]


class EventList(Model):
    eventList: list[Event]


class ResultsBody(EventList):
    vocabularyList: list[MasterDataVocabulary] | None = None


class QueryResults(Model):
    queryName: str
    resultsBody: ResultsBody
    subscriptionID: str | None = None


class QueryBody(Model):
    queryResults: QueryResults


class _Document(Model):
    context: object = Field(alias="@context")
    id: Uri | None = None
    sender: str | None = None
    receiver: str | None = None
    instanceIdentifier: str | None = None
    epcisHeader: Header | None = None


class EPCISDocument(_Document):
    """Events to be captured."""

    type: Literal["EPCISDocument"]
    schemaVersion: Version
    creationDate: Time
    epcisBody: EventList

    @property
    def events(self) -> list[Event]:
        """The events in document order."""
        return self.epcisBody.eventList


class EPCISQueryDocument(_Document):
    """The answer to a query."""

    type: Literal["EPCISQueryDocument"]
    schemaVersion: Version | None = None
    creationDate: Time | None = None
    epcisBody: QueryBody

    @property
    def events(self) -> list[Event]:
        """The events in document order."""
        return self.epcisBody.queryResults.resultsBody.eventList
