"""The words of the Core Business Vocabulary and the URIs that they stand for (CBV 2.0, section 7)."""

from __future__ import annotations

from dataclasses import dataclass

CBV = "https://ref.gs1.org/cbv/"
VOC = "https://gs1.org/voc/"
URN = "urn:epcglobal:cbv:"

# What the GS1 context itself declares; protected there, so no document may give them another meaning.
BUILT_IN_PREFIXES = {
    "epcis": "https://ref.gs1.org/epcis/",
    "cbv": CBV,
    "cbvmda": "urn:epcglobal:cbv:mda:",
    "gs1": VOC,
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "dcterms": "http://purl.org/dc/terms/",
}


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """One closed list of words: `web` + word is the full URI, `urn` + word its older name ("" where there is none)."""

    name: str
    web: str
    urn: str
    words: frozenset[str]

    def expand(self, text: str) -> str:
        """The full URI of a bare word; any other text as it is."""
        return self.web + text if text in self.words else text


def _vocabulary(name: str, web: str, urn: str, words: str) -> Vocabulary:
    return Vocabulary(name, web, urn, frozenset(words.split()))


BIZ_STEP = _vocabulary(
    "business step",
    CBV + "BizStep-",
    "urn:epcglobal:cbv:bizstep:",
    """accepting arriving assembling collecting commissioning consigning creating_class_instance cycle_counting
    decommissioning departing destroying disassembling dispensing encoding entering_exiting holding inspecting
    installing killing loading other packing picking receiving removing repackaging repairing replacing
    reserving retail_selling sampling sensor_reporting shipping staging_outbound stock_taking stocking storing
    transporting unloading unpacking void_shipping""",
)
DISPOSITION = _vocabulary(
    "disposition",
    CBV + "Disp-",
    "urn:epcglobal:cbv:disp:",
    """active available completeness_verified completeness_inferred conformant container_closed container_open damaged
    destroyed dispensed disposed encoded expired in_progress in_transit inactive mismatch_instance
    mismatch_class mismatch_quantity needs_replacement no_pedigree_match non_conformant non_sellable_other
    partially_dispensed recalled reserved retail_sold returned sellable_accessible sellable_not_accessible
    stolen unavailable unknown""",
)
BIZ_TRANSACTION_TYPE = _vocabulary(
    "business transaction type",
    CBV + "BTT-",
    "urn:epcglobal:cbv:btt:",
    "bol cert desadv inv pedigree po poc prodorder recadv rma testprd testres upevt",
)
SOURCE_DEST_TYPE = _vocabulary(
    "source or destination type",
    CBV + "SDT-",
    "urn:epcglobal:cbv:sdt:",
    "owning_party possessing_party location",
)
ERROR_REASON = _vocabulary("error reason", CBV + "ER-", "urn:epcglobal:cbv:er:", "did_not_occur incorrect_data")
COMPONENT = _vocabulary(
    "component",
    CBV + "Comp-",
    "",
    """x y z axial_distance azimuth height spherical_radius polar_angle elevation_angle easting northing latitude
    longitude altitude""",
)
EXCEPTION = _vocabulary("sensor exception", VOC, "", "ALARM_CONDITION ERROR_CONDITION")
MEASUREMENT = _vocabulary(
    "measurement type",
    VOC,
    "",
    """AbsoluteHumidity AbsorbedDose AbsorbedDoseRate Acceleration Radioactivity Altitude AmountOfSubstance
    AmountOfSubstancePerUnitVolume Angle AngularAcceleration AngularMomentum AngularVelocity Area Capacitance
    Conductance Conductivity Count Density Dimensionless DoseEquivalent DoseEquivalentRate DynamicViscosity
    ElectricCharge ElectricCurrent ElectricCurrentDensity ElectricFieldStrength Energy Exposure Force Frequency
    Illuminance Inductance Irradiance KinematicViscosity Length LinearMomentum Luminance LuminousFlux
    LuminousIntensity MagneticFlux MagneticFluxDensity MagneticVectorPotential Mass MassConcentration
    MassFlowRate MassPerAreaTime MemoryCapacity MolalityOfSolute MolarEnergy MolarMass MolarVolume Power
    Pressure RadiantFlux RadiantIntensity RelativeHumidity Resistance Resistivity SolidAngle SpecificVolume
    Speed SurfaceDensity SurfaceTension Temperature Time Torque Voltage Volume VolumeFlowRate VolumeFraction
    VolumetricFlux Wavenumber""",
)

# Those with names of CBV 1.x, for XML and for the event id.
_NAMED = (BIZ_STEP, DISPOSITION, BIZ_TRANSACTION_TYPE, SOURCE_DEST_TYPE, ERROR_REASON)
# Those that a document is checked against; the measurement types grow with each CBV release and are not.
CHECKED = (*_NAMED, COMPONENT, EXCEPTION)


def expanded(text: str) -> str:
    """A compact URI with one of the GS1 context's own CBV prefixes, written out; any other text as it is."""
    prefix, colon, local = text.partition(":")
    return BUILT_IN_PREFIXES[prefix] + local if colon and prefix in ("cbv", "gs1") else text


def bare(vocabulary: Vocabulary, text: str) -> str:
    """The bare word that JSON uses for a name of CBV, in whichever of its forms; any other text as it is."""
    full = expanded(text)
    for start in filter(None, (vocabulary.web, vocabulary.urn)):
        if full.startswith(start) and full[len(start) :] in vocabulary.words:
            return full[len(start) :]
    return text


def web_form(text: str) -> str:
    """The web URI of a CBV 1.x URN such as `urn:epcglobal:cbv:bizstep:shipping`; any other text as it is."""
    if text.startswith(URN):
        for vocabulary in _NAMED:
            if text.startswith(vocabulary.urn):
                return vocabulary.web + text[len(vocabulary.urn) :]
    return text
