"""The closed lists of the product with the label people read: one word in code, one sentence-case label on the page."""

from __future__ import annotations

from dataclasses import dataclass

from framework.ground.text import N_


@dataclass(frozen=True, slots=True)
class Category:
    """A kind of hardware: its label, the label of the tested class of goods, and its CPV 2008 code."""

    key: str
    label: str
    cpv: str


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit that quantities are counted in; `unece` is its code in UN/ECE Recommendation 20."""

    key: str
    label: str
    unece: str


CATEGORIES: dict[str, Category] = {
    "laptop": Category("laptop", N_("Laptop"), "30213100-6"),
    "desktop": Category("desktop", N_("Desktop computer"), "30213300-8"),
    "server": Category("server", N_("Server"), "48820000-2"),
    "monitor": Category("monitor", N_("Monitor"), "30231310-3"),
    "smartphone": Category("smartphone", N_("Smartphone"), "32250000-0"),
    "tablet": Category("tablet", N_("Tablet"), "30213200-7"),
    "keyboard": Category("keyboard", N_("Keyboard"), "30237460-1"),
    "mouse": Category("mouse", N_("Mouse"), "30237410-6"),
    "other": Category("other", N_("Other hardware"), "30200000-1"),
}

UNITS: dict[str, Unit] = {
    "piece": Unit("piece", N_("piece"), "H87"),
    "set": Unit("set", N_("set"), "SET"),
    "month": Unit("month", N_("month"), "MON"),
    "year": Unit("year", N_("year"), "ANN"),
}

COMPONENT_TYPES: dict[str, str] = {
    "final_assembly": N_("Final assembly"),
    "chassis": N_("Chassis"),
    "mainboard_pcba": N_("Mainboard"),
    "display_panel": N_("Display panel"),
    "battery": N_("Battery"),
    "storage": N_("Storage"),
    "memory": N_("Memory"),
    "processor": N_("Processor"),
    "power_supply": N_("Power supply"),
    "camera": N_("Camera"),
    "keyboard_module": N_("Keyboard module"),
    "cable_connector": N_("Cables and connectors"),
    "other": N_("Other component"),
}

MINERALS: dict[str, str] = {
    "tin": N_("Tin"),
    "tantalum": N_("Tantalum"),
    "tungsten": N_("Tungsten"),
    "gold": N_("Gold"),
    "cobalt": N_("Cobalt"),
    "mica": N_("Mica"),
    "other": N_("Other mineral"),
}

DECLARED_MINERALS: dict[str, str] = {
    "tantalum": N_("Tantalum"),
    "tin": N_("Tin"),
    "gold": N_("Gold"),
    "tungsten": N_("Tungsten"),
    "cobalt": N_("Cobalt"),
    "mica": N_("Mica"),
    "copper": N_("Copper"),
    "lithium": N_("Lithium"),
    "nickel": N_("Nickel"),
    "graphite": N_("Graphite"),
    "aluminium": N_("Aluminium"),
    "iridium": N_("Iridium"),
    "lime": N_("Lime"),
    "manganese": N_("Manganese"),
    "palladium": N_("Palladium"),
    "platinum": N_("Platinum"),
    "rare earths": N_("Rare earths"),
    "rhodium": N_("Rhodium"),
    "ruthenium": N_("Ruthenium"),
    "silver": N_("Silver"),
    "soda ash": N_("Soda ash"),
    "zinc": N_("Zinc"),
}
"""Every mineral that a declaration may be about, of which a round asks those of MINERALS."""

BODY_TYPES: dict[str, str] = {
    "state": N_("State authority"),
    "region": N_("Region or province"),
    "municipality": N_("Municipality"),
    "university": N_("University or college"),
    "hospital": N_("Hospital"),
    "central_purchasing_body": N_("Central purchasing body"),
    "body_governed_by_public_law": N_("Body governed by public law"),
    "other": N_("Other body"),
}

BODY_CLASSES: dict[str, str] = {
    "state": N_("State authorities"),
    "region": N_("Regions and provinces"),
    "municipality": N_("Municipalities"),
    "university": N_("Universities and colleges"),
    "hospital": N_("Hospitals"),
    "central_purchasing_body": N_("Central purchasing bodies"),
    "body_governed_by_public_law": N_("Bodies governed by public law"),
}
"""Classes of buyers as a notice may name them (L03): the plural of each body type; `other` identifies nobody."""

CERTAINTIES: dict[str, str] = {
    "budgeted": N_("Budgeted"),
    "planned": N_("Planned"),
    "indicative": N_("Indicative"),
}

BASELINE_SOURCES: dict[str, str] = {
    "erp": N_("Own order system"),
    "reseller_report": N_("Reseller's report"),
    "estimate": N_("Estimate"),
    "none": N_("No source"),
}

ELIGIBILITY_BASES: dict[str, str] = {
    "named_in_notice": N_("Named in the notice"),
    "class_in_notice": N_("Belongs to a class named in the notice"),
    "consortium_membership": N_("Member of a consortium named in the notice"),
    "cpb_client": N_("Client of the central purchasing body"),
    "open_framework_reopening": N_("Admitted when the open framework was re-opened"),
}

MANDATE_TYPES: dict[str, str] = {
    "cpb": N_("Central purchasing body"),
    "occasional_joint_full": N_("Occasional joint procurement, in full"),
    "occasional_joint_part": N_("Occasional joint procurement, in part"),
}

CALL_OFF_ROUTES: dict[str, str] = {
    "direct": N_("Direct award"),
    "desktop": N_("Desktop exercise"),
    "mini_competition": N_("Mini-competition"),
}

PRICE_MECHANISMS: dict[str, str] = {
    "fixed": N_("Fixed prices"),
    "indexed": N_("Prices that follow an index"),
    "catalogue_discount": N_("Discount on a price list"),
    "cost_plus": N_("Cost with a margin"),
    "mini_competition": N_("Prices of each mini-competition"),
}
"""How prices are formed under an agreement."""

ENDING_GROUNDS: dict[str, str] = {
    "award_withdrawn": N_("The award was withdrawn"),
    "round_cancelled": N_("The round was cancelled"),
    "supplier_declines": N_("The supplier does not sign"),
    "maximum_penalty_reached": N_("The highest penalty was reached"),
    "zero_tolerance": N_("A deviation for which there is no tolerance was made probable"),
    "other_in_terms": N_("Another ground of the terms"),
}
"""Why a draft is cancelled or an agreement terminated."""

PLACES: dict[str, str] = {
    "selection": N_("Selection"),
    "specification": N_("Technical specification"),
    "award": N_("Award"),
    "performance": N_("Contract performance"),
}

VARIATION_REASONS: dict[str, str] = {
    "price_clause": N_("Price clause"),
    "tax_change": N_("Change of tax"),
    "model_replaced": N_("Model replaced by an equal or better one"),
    "contractor_succeeded": N_("Contractor renamed or succeeded"),
    "correction": N_("Correction"),
    "other": N_("Other, with motive"),
}
"""Why agreed terms may change without a substantial amendment (L02)."""

ORGANISATION_KINDS: dict[str, str] = {
    "lead": N_("Lead"),
    "buyer": N_("Buyer"),
    "supplier": N_("Supplier"),
    "monitor": N_("Monitor"),
    "operator": N_("Operator"),
}

SUPPLIER_KINDS: dict[str, str] = {
    "reseller": N_("Reseller"),
    "brand": N_("Brand"),
    "agent": N_("Agent"),
    "distributor": N_("Distributor"),
}

FACILITY_TYPES: dict[str, str] = {
    "final_assembly": N_("Final assembly"),
    "component": N_("Component"),
    "sub_component": N_("Sub-component"),
    "smelter_refiner": N_("Smelter or refiner"),
    "mine": N_("Mine"),
    "warehouse_repair": N_("Warehouse or repair"),
}

CONFIDENTIALITY_LEVELS: dict[str, str] = {
    "public": N_("Public"),
    "consortium": N_("All members of the round"),
    "buyers_linked": N_("Members that buy the product"),
    "lead_and_monitor": N_("Lead and monitor only"),
}
"""From the widest to the narrowest circle."""

NOT_DISCLOSED_REASONS: dict[str, str] = {
    "unknown": N_("Unknown to the supplier"),
    "supplier_refused": N_("Refused by a sub-supplier"),
    "trade_secret": N_("Trade secret"),
    "multi_source_variable": N_("Several sources that vary"),
    "not_applicable": N_("Not applicable"),
}

AUDIT_SCHEMES: dict[str, str] = {
    "rba_vap": N_("RBA VAP audit"),
    "sa8000": N_("SA8000"),
    "smeta": N_("SMETA"),
    "iso_45001": N_("ISO 45001"),
    "iso_14001": N_("ISO 14001"),
    "iso_50001": N_("ISO 50001"),
    "brand_own": N_("Audit by the brand itself"),
    "ew_monitoring": N_("Electronics Watch monitoring"),
    "other": N_("Other scheme"),
}

PROCESS_REQUIREMENTS: dict[str, str] = {
    "policy": N_("Policy"),
    "publication_and_forwarding": N_("Publication and forwarding"),
    "responsibility": N_("Responsibility"),
    "risk_analysis": N_("Risk analysis"),
    "monitoring": N_("Monitoring"),
    "deviation_handling": N_("Handling of deviations"),
    "remedy": N_("Remedy"),
}
"""What a supplier says of its own due diligence, in the order of its sheet."""

SELF_SCORES: dict[str, str] = {
    "none": N_("Nothing in place"),
    "partial": N_("Partly in place"),
    "full": N_("Fully in place"),
}

EVIDENCE_LEVELS: dict[str, str] = {
    "E0": N_("E0, nothing or contradicted"),
    "E1": N_("E1, the supplier's own statement"),
    "E2": N_("E2, document or registry"),
    "E3": N_("E3, independent audit"),
    "E4": N_("E4, workers or a buyer's visit"),
}
"""How reliable a statement about the chain is; it says nothing about labour conditions."""

LABEL_SCHEMES: dict[str, str] = {
    "tco_certified": N_("TCO Certified"),
    "epeat": N_("EPEAT"),
    "blue_angel": N_("Blue Angel"),
    "eu_ecolabel": N_("EU Ecolabel"),
    "fairtrade_or_equiv": N_("Fairtrade or equivalent"),
    "equivalent": N_("Equivalent evidence"),
    "none": N_("No label"),
}


def unit_label(key: str) -> str:
    """The label of a unit (a template to translate); the key itself where it is not listed."""
    return UNITS[key].label if key in UNITS else key


def label_of(terms: dict[str, str], key: str) -> str:
    """The label of `key` in one of the lists above (a template to translate); the key itself where it is not listed."""
    return terms.get(key, key)
