"""The words of the Core Business Vocabulary 2.0 that events may use bare; any other word must be a URI."""

_STEPS = """
    accepting arriving assembling collecting commissioning consigning creating_class_instance cycle_counting
    decommissioning departing destroying disassembling dispensing encoding entering_exiting holding inspecting
    installing killing loading other packing picking receiving removing repackaging repairing replacing reserving
    retail_selling sampling sensor_reporting shipping staging_outbound stock_taking stocking storing transporting
    unloading unpacking void_shipping
"""
_DISPOSITIONS = """
    active available completeness_verified completeness_inferred conformant container_closed container_open damaged
    destroyed dispensed disposed encoded expired in_progress in_transit inactive mismatch_instance mismatch_class
    mismatch_quantity needs_replacement no_pedigree_match non_conformant non_sellable_other partially_dispensed recalled
    reserved retail_sold returned sellable_accessible sellable_not_accessible stolen unavailable unknown
"""
BIZ_STEPS, DISPOSITIONS = frozenset(_STEPS.split()), frozenset(_DISPOSITIONS.split())
_TRANSACTIONS = "bol cert desadv inv pedigree po poc prodorder recadv rma testprd testres upevt"
TRANSACTION_TYPES = frozenset(_TRANSACTIONS.split())
PARTY_TYPES = frozenset({"owning_party", "possessing_party", "location"})
ERROR_REASONS = frozenset({"did_not_occur", "incorrect_data"})

_LONG_FORMS = {
    "bizStep": ("urn:epcglobal:cbv:bizstep:", "https://ref.gs1.org/cbv/BizStep-"),
    "disposition": ("urn:epcglobal:cbv:disp:", "https://ref.gs1.org/cbv/Disp-"),
}


def bare_word(field: str, value: str) -> str:
    """Give the bare word for a URI of the vocabulary, and any other value as it is."""
    for prefix in _LONG_FORMS[field]:
        if value.startswith(prefix):
            return value.removeprefix(prefix)
    return value
