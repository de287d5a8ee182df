"""The messages and parameters of LLRP as tables: name, type number, then the fields in their order on the wire.

Field types: `u8` … `u64` unsigned and `s8`, `s16` signed integers of so many bits, big-endian; `u96` an EPC of 96 bits;
`_3` reserved bits. Of variable size, behind a count of 16 bits: `u8v`, `u16v`, `u32v` integers, `u1v` bits, `utf8v`
text; `rest` takes all that is left. Whatever stands behind the fields are parameters.
Source: GS1 LLRP 1.1, sections 17.1 (messages) and 17.2, 17.3 (parameters); LLRP 1.0.1 is a subset of it.
"""

from __future__ import annotations

_MESSAGES = """
GET_READER_CAPABILITIES 1 RequestedData:u8
GET_READER_CONFIG 2 AntennaID:u16 RequestedData:u8 GPIPortNum:u16 GPOPortNum:u16
SET_READER_CONFIG 3 ResetToFactoryDefault:u1 _7
CLOSE_CONNECTION_RESPONSE 4
GET_READER_CAPABILITIES_RESPONSE 11
GET_READER_CONFIG_RESPONSE 12
SET_READER_CONFIG_RESPONSE 13
CLOSE_CONNECTION 14
ADD_ROSPEC 20
DELETE_ROSPEC 21 ROSpecID:u32
START_ROSPEC 22 ROSpecID:u32
STOP_ROSPEC 23 ROSpecID:u32
ENABLE_ROSPEC 24 ROSpecID:u32
DISABLE_ROSPEC 25 ROSpecID:u32
GET_ROSPECS 26
ADD_ROSPEC_RESPONSE 30
DELETE_ROSPEC_RESPONSE 31
START_ROSPEC_RESPONSE 32
STOP_ROSPEC_RESPONSE 33
ENABLE_ROSPEC_RESPONSE 34
DISABLE_ROSPEC_RESPONSE 35
GET_ROSPECS_RESPONSE 36
GET_REPORT 60
RO_ACCESS_REPORT 61
KEEPALIVE 62
READER_EVENT_NOTIFICATION 63
ENABLE_EVENTS_AND_REPORTS 64
KEEPALIVE_ACK 72
ERROR_MESSAGE 100
CUSTOM_MESSAGE 1023 VendorIdentifier:u32 MessageSubtype:u8 Data:rest
"""

_PARAMETERS = """
AntennaID 1 AntennaID:u16
FirstSeenTimestampUTC 2 Microseconds:u64
FirstSeenTimestampUptime 3 Microseconds:u64
LastSeenTimestampUTC 4 Microseconds:u64
LastSeenTimestampUptime 5 Microseconds:u64
PeakRSSI 6 PeakRSSI:s8
ChannelIndex 7 ChannelIndex:u16
TagSeenCount 8 TagCount:u16
ROSpecID 9 ROSpecID:u32
InventoryParameterSpecID 10 InventoryParameterSpecID:u16
C1G2_CRC 11 CRC:u16
C1G2_PC 12 PC_Bits:u16
EPC_96 13 EPC:u96
SpecIndex 14 SpecIndex:u16
ClientRequestOpSpecResult 15 OpSpecID:u16
AccessSpecID 16 AccessSpecID:u32
OpSpecID 17 OpSpecID:u16
C1G2SingulationDetails 18 NumCollisionSlots:u16 NumEmptySlots:u16
C1G2XPCW1 19 XPC_W1:u16
C1G2XPCW2 20 XPC_W2:u16
UTCTimestamp 128 Microseconds:u64
Uptime 129 Microseconds:u64
GeneralDeviceCapabilities 137 MaxNumberOfAntennaSupported:u16 CanSetAntennaProperties:u1 HasUTCClockCapability:u1 _14 \
DeviceManufacturerName:u32 ModelName:u32 ReaderFirmwareVersion:utf8v
ReceiveSensitivityTableEntry 139 Index:u16 ReceiveSensitivityValue:s16
PerAntennaAirProtocol 140 AntennaID:u16 ProtocolID:u8v
GPIOCapabilities 141 NumGPIs:u16 NumGPOs:u16
LLRPCapabilities 142 CanDoRFSurvey:u1 CanReportBufferFillWarning:u1 SupportsClientRequestOpSpec:u1 \
CanDoTagInventoryStateAwareSingulation:u1 SupportsEventAndReportHolding:u1 _3 MaxNumPriorityLevelsSupported:u8 \
ClientRequestOpSpecTimeout:u16 MaxNumROSpecs:u32 MaxNumSpecsPerROSpec:u32 \
MaxNumInventoryParameterSpecsPerAISpec:u32 MaxNumAccessSpecs:u32 MaxNumOpSpecsPerAccessSpec:u32
RegulatoryCapabilities 143 CountryCode:u16 CommunicationsStandard:u16
UHFBandCapabilities 144
TransmitPowerLevelTableEntry 145 Index:u16 TransmitPowerValue:s16
FrequencyInformation 146 Hopping:u1 _7
FrequencyHopTable 147 HopTableID:u8 _8 Frequency:u32v
FixedFrequencyTable 148 Frequency:u32v
PerAntennaReceiveSensitivityRange 149 AntennaID:u16 ReceiveSensitivityIndexMin:u16 ReceiveSensitivityIndexMax:u16
ROSpec 177 ROSpecID:u32 Priority:u8 CurrentState:u8
ROBoundarySpec 178
ROSpecStartTrigger 179 ROSpecStartTriggerType:u8
PeriodicTriggerValue 180 Offset:u32 Period:u32
GPITriggerValue 181 GPIPortNum:u16 GPIEvent:u1 _7 Timeout:u32
ROSpecStopTrigger 182 ROSpecStopTriggerType:u8 DurationTriggerValue:u32
AISpec 183 AntennaIDs:u16v
AISpecStopTrigger 184 AISpecStopTriggerType:u8 DurationTrigger:u32
TagObservationTrigger 185 TriggerType:u8 _8 NumberOfTags:u16 NumberOfAttempts:u16 T:u16 Timeout:u32
InventoryParameterSpec 186 InventoryParameterSpecID:u16 ProtocolID:u8
LLRPConfigurationStateValue 217 LLRPConfigurationStateValue:u32
Identification 218 IDType:u8 ReaderID:u8v
GPOWriteData 219 GPOPortNumber:u16 GPOData:u1 _7
KeepaliveSpec 220 KeepaliveTriggerType:u8 PeriodicTriggerValue:u32
AntennaProperties 221 AntennaConnected:u1 _7 AntennaID:u16 AntennaGain:s16
AntennaConfiguration 222 AntennaID:u16
RFReceiver 223 ReceiverSensitivity:u16
RFTransmitter 224 HopTableID:u16 ChannelIndex:u16 TransmitPower:u16
GPIPortCurrentState 225 GPIPortNum:u16 Config:u1 _7 State:u8
EventsAndReports 226 HoldEventsAndReportsUponReconnect:u1 _7
ROReportSpec 237 ROReportTrigger:u8 N:u16
TagReportContentSelector 238 EnableROSpecID:u1 EnableSpecIndex:u1 EnableInventoryParameterSpecID:u1 EnableAntennaID:u1 \
EnableChannelIndex:u1 EnablePeakRSSI:u1 EnableFirstSeenTimestamp:u1 EnableLastSeenTimestamp:u1 EnableTagSeenCount:u1 \
EnableAccessSpecID:u1 _6
AccessReportSpec 239 AccessReportTrigger:u8
TagReportData 240
EPCData 241 EPC:u1v
RFSurveyReportData 242
FrequencyRSSILevelEntry 243 Frequency:u32 Bandwidth:u32 AverageRSSI:s8 PeakRSSI:s8
ReaderEventNotificationSpec 244
EventNotificationState 245 EventType:u16 NotificationState:u1 _7
ReaderEventNotificationData 246
HoppingEvent 247 HopTableID:u16 NextChannelIndex:u16
GPIEvent 248 GPIPortNumber:u16 GPIEvent:u1 _7
ROSpecEvent 249 EventType:u8 ROSpecID:u32 PreemptingROSpecID:u32
ReportBufferLevelWarningEvent 250 ReportBufferPercentageFull:u8
ReportBufferOverflowErrorEvent 251
ReaderExceptionEvent 252 Message:utf8v
RFSurveyEvent 253 EventType:u8 ROSpecID:u32 SpecIndex:u16
AISpecEvent 254 EventType:u8 ROSpecID:u32 SpecIndex:u16
AntennaEvent 255 EventType:u8 AntennaID:u16
ConnectionAttemptEvent 256 Status:u16
ConnectionCloseEvent 257
LLRPStatus 287 StatusCode:u16 ErrorDescription:utf8v
FieldError 288 FieldNum:u16 ErrorCode:u16
ParameterError 289 ParameterType:u16 ErrorCode:u16
C1G2LLRPCapabilities 327 CanSupportBlockErase:u1 CanSupportBlockWrite:u1 _6 MaxNumSelectFiltersPerQuery:u16
C1G2UHFRFModeTable 328
C1G2UHFRFModeTableEntry 329 ModeIdentifier:u32 DRValue:u1 EPCHAGTCConformance:u1 _6 MValue:u8 \
ForwardLinkModulation:u8 SpectralMaskIndicator:u8 BDRValue:u32 PIEValue:u32 MinTariValue:u32 MaxTariValue:u32 \
StepTariValue:u32
C1G2InventoryCommand 330 TagInventoryStateAware:u1 _7
C1G2RFControl 335 ModeIndex:u16 Tari:u16
C1G2SingulationControl 336 Session:u2 _6 TagPopulation:u16 TagTransitTime:u32
C1G2EPCMemorySelector 348 EnableCRC:u1 EnablePCBits:u1 _6
C1G2ReadOpSpecResult 349 Result:u8 OpSpecID:u16 ReadData:u16v
C1G2WriteOpSpecResult 350 Result:u8 OpSpecID:u16 NumWordsWritten:u16
C1G2KillOpSpecResult 351 Result:u8 OpSpecID:u16
C1G2LockOpSpecResult 352 Result:u8 OpSpecID:u16
C1G2BlockEraseOpSpecResult 353 Result:u8 OpSpecID:u16
C1G2BlockWriteOpSpecResult 354 Result:u8 OpSpecID:u16 NumWordsWritten:u16
C1G2RecommissionOpSpecResult 360 Result:u8 OpSpecID:u16
C1G2BlockPermalockOpSpecResult 361 Result:u8 OpSpecID:u16
C1G2GetBlockPermalockStatusOpSpecResult 362 Result:u8 OpSpecID:u16 PermalockStatus:u16v
Custom 1023 VendorIdentifier:u32 ParameterSubtype:u32 Data:rest
"""

# LLRP 1.1, "LLRPStatus Parameter".
STATUS_CODES = {
    0: "M_Success",
    100: "M_ParameterError",
    101: "M_FieldError",
    102: "M_UnexpectedParameter",
    103: "M_MissingParameter",
    104: "M_DuplicateParameter",
    105: "M_OverflowParameter",
    106: "M_OverflowField",
    107: "M_UnknownParameter",
    108: "M_UnknownField",
    109: "M_UnsupportedMessage",
    110: "M_UnsupportedVersion",
    111: "M_UnsupportedParameter",
    200: "P_ParameterError",
    201: "P_FieldError",
    202: "P_UnexpectedParameter",
    203: "P_MissingParameter",
    204: "P_DuplicateParameter",
    205: "P_OverflowParameter",
    206: "P_OverflowField",
    207: "P_UnknownParameter",
    208: "P_UnknownField",
    209: "P_UnsupportedParameter",
    300: "A_Invalid",
    301: "A_OutOfRange",
    401: "R_DeviceError",
}

# LLRP 1.1, "ConnectionAttemptEvent Parameter".
CONNECTION_ATTEMPTS = {
    0: "success",
    1: "it has a connection that it opened itself",
    2: "another client is connected",
    3: "for a reason that it does not name",
    4: "another client tried to connect",
}


def _table(text: str) -> dict[str, tuple[int, tuple[str, ...]]]:
    rows = [line.split() for line in text.replace("\\\n", " ").splitlines() if line]
    return {name: (int(number), tuple(fields)) for name, number, *fields in rows}


MESSAGES = _table(_MESSAGES)
PARAMETERS = _table(_PARAMETERS)
"""Name to type number and fields, each `name:type` or `_bits`."""
