"""Where the RMI workbooks keep what they hold, typed by hand from the description of the formats, not from our layouts.

An error in `data/formats` therefore shows in the tests. Rows as `26-29`; letters of columns by field.
"""

from __future__ import annotations

from dataclasses import dataclass, field

METALS = ("tantalum", "tin", "gold", "tungsten")
YES_NO = (("Yes", "yes"), ("No", "no"))
ORIGIN = (("No", "no"), ("Unknown", "unknown"))
SHARES = (
    ("100%", "all"),
    ("Greater than 90%", "gt90"),
    ("Greater than 75%", "gt75"),
    ("Greater than 50%", "gt50"),
    ("50% or less", "le50"),
)
REQUIRED = (("Yes", "yes"), ("Yes, when more processors are validated", "partly"), ("No", "no"))
METHODS = (
    ("Yes (3rd party audit)", "yes_third_party"),
    ("Yes (documentation review only)", "yes_documents"),
    ("Yes (internal audit)", "yes_internal"),
    ("Yes (all methods apply)", "yes_all_methods"),
    ("No", "no"),
)
SURVEY_CMRT = (
    ("Yes, in conformance with IPC1755 (e.g., CMRT)", "yes_standard"),
    ("Yes, using other format (describe)", "yes_other"),
    ("No", "no"),
)
SURVEY_EMRT = (
    ("Yes, in conformance with IPC-1755 [e.g., EMRT]", "yes_standard"),
    ("Yes, using other format (describe)", "yes_other"),
)
FILING = (
    ("Yes, with the SEC", "yes_sec"),
    ("Yes, with the EU", "yes_eu"),
    ("Yes, with the SEC and the EU", "yes_both"),
    ("No", "no"),
)

S1 = (
    "B mineral, D name, E smelter_tier, F smelter_address_line, L on_validated_list, N next_steps, P mines, "
    "R mine_countries, T product_category, V product_detail, X comment; persons H J"
)
S2 = (
    "A smelter_id, B mineral, C lookup, D name, E country, F smelter_address_line, G smelter_city, H smelter_region, "
    "K next_steps, L mines, M mine_countries, N comment; persons I J"
)
S3 = (
    "B mineral, C lookup, D name, E country, F smelter_id, G smelter_address_line, H smelter_city, I smelter_region, "
    "L next_steps, M mines, N mine_countries, O comment; persons J K"
)
S4 = (
    "B mineral, C lookup, D name, E country, F smelter_id, G smelter_id_source, H smelter_address_line, "
    "I smelter_city, J smelter_region, M next_steps, N mines, O mine_countries, P recycled, Q comment; persons K L"
)
S5 = "A typed_id, " + S4
S6 = (
    "A mineral, B name, C country, D smelter_id, E smelter_id_source, F smelter_address_line, G smelter_city, "
    "H smelter_region, K next_steps, L mines, M mine_countries, N recycled, O comment; persons I J"
)
MINES = (
    "A mineral, B smelter, C name, D id, E id_source, F country, G address, H city, I region, L next_steps, M comment; "
    "persons J K"
)
PRODUCTS_3 = "B number, C name, D comment"
PRODUCTS_5 = "B number, C name, D requester_number, E requester_name, F comment"


@dataclass(frozen=True)
class Form:
    """One family of versions as published."""

    type: str
    versions: str
    head: str
    questions: str
    company: str
    smelters: str
    products: str
    minerals: tuple[str, ...] = METALS
    mineral_cells: str = ""
    answers: dict[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    scope: str = "A. Company"
    product_scope: str = "B. Product (or List of Products)"
    smelter_sheet: str = "Smelter List"
    has_mines: bool = False
    has_scope_sheet: bool = False


HEAD_6 = "company D8, scope D9, description D10, id D12, authority D13, address D14, date D22; persons D15-D21"
FORMS = (
    Form(
        "CMRT",
        "6.01 6.1 6.22 6.31 6.4 6.5",
        HEAD_6,
        "added 26-29, remains 32-35, covered_countries 38-41, cahra 44-47, all_recycled 50-53, "
        "suppliers_responded 56-59, smelters_identified 62-65, smelters_reported 68-71",
        "policy 75, policy_public 77, validated_required 79, due_diligence 81, survey 83, responses_reviewed 85, "
        "corrective_action 87, legal_filing 89",
        S5,
        PRODUCTS_3,
        answers={"survey": SURVEY_CMRT, "legal_filing": FILING},
    ),
    Form(
        "CMRT",
        "3.01",
        HEAD_6,
        "added 26-29, remains 32-35, covered_countries 38-41, all_recycled 44-47, suppliers_responded 50-53, "
        "smelters_identified 56-59, smelters_reported 62-65",
        "policy 69, policy_public 71, conflict_free_required 73, validated_required 75, due_diligence 77, survey 79, "
        "smelter_names_asked 81, responses_reviewed 83, corrective_action 85, legal_filing 87",
        S4,
        PRODUCTS_3,
        answers={
            "suppliers_responded": (
                ("Yes, 100%", "all"),
                ("No, but greater than 75%", "gt75"),
                ("No, but greater than 50%", "gt50"),
                ("No, but greater than 25%", "gt25"),
                ("No, but less than 25%", "lt25"),
            ),
            "smelters_reported": (*YES_NO, ("Unknown", "unknown")),
        },
    ),
    *(
        Form(
            "CMRT",
            versions,
            "company D8, scope D9, description D10, id D12, address D13, date D18; persons D14-D17",
            "added 22-25, covered_countries 28-31, all_recycled 34-37, suppliers_responded 40-43, "
            "smelters_identified 46-49, smelters_validated 52-55",
            "policy 59, policy_public 61, conflict_free_required 63, validated_required 65, due_diligence 67, "
            "survey 69, smelter_names_asked 71, responses_reviewed 73, corrective_action 75, legal_filing 77",
            smelters,
            PRODUCTS_3,
            answers={
                "covered_countries": (("No", "no"), ("Uncertain or Unknown", "unknown"), ("Yes", "yes")),
                "all_recycled": (("No", "no"), ("Uncertain or Unknown", "unknown")),
                "suppliers_responded": (
                    ("Yes", "all"),
                    ("No but > 75%", "gt75"),
                    ("No but > 50%", "gt50"),
                    (" No but > 25%", "gt25"),
                ),
                "smelters_identified": (("Yes all smelters have been provided", "yes"), ("No", "no")),
                "validated_required": (("Planned once lists become available", "planned"),),
                "conflict_free_required": (("Yes included in standard contract language", "yes"),),
                "responses_reviewed": METHODS[1:],
            },
            scope="A. Company Level",
            product_scope="D. Product Level",
        )
        for versions, smelters in (("2.02 2.03 2.03a", S3), ("2.00 2.01", S2))
    ),
    Form(
        "CMRT",
        "1.00",
        "company D7, id D8, address D9, day E17, month H17, year J17; persons D10-D16",
        "added 20-23, covered_countries 26-29, all_recycled 32-35, smelters_identified 38-41, smelters_validated 44-47",
        "policy 51, policy_public 53, conflict_free_required 55, validated_required 57, due_diligence 59, "
        "all_templates_received 61, survey 63, smelter_names_asked 65, responses_reviewed 67, corrective_action 69, "
        "legal_filing 71",
        S1,
        "",
        answers={"all_recycled": (("Uncertain or Unknown", "unknown"),), "responses_reviewed": METHODS},
        scope="",
        smelter_sheet="Smelter and Mine List",
    ),
    Form(
        "EMRT",
        "1.1 1.11 1.2 1.3",
        HEAD_6,
        "added 26-27, remains 32-33, cahra 38-39, all_recycled 44-44, suppliers_responded 50-51, "
        "smelters_identified 56-57, smelters_reported 62-63, validated_required 74-75",
        "policy 69, policy_public 71, due_diligence 77, survey 79, responses_reviewed 81, corrective_action 83",
        S5,
        PRODUCTS_3,
        minerals=("cobalt", "mica"),
        answers={
            "cahra": (("DRC only", "yes"), ("India and/or Madagascar only", "yes")),
            "validated_required": REQUIRED[1:],
            "survey": SURVEY_EMRT,
        },
    ),
    *(
        Form(
            "EMRT",
            version,
            "company D8, scope D9, description D10, id D16, authority D17, address D18, date D26; persons D19-D25",
            "added 30-39, remains 42-51, cahra 54-63, all_recycled 66-75, suppliers_responded 78-87, "
            "smelters_identified 90-99, smelters_reported 102-111, validated_required 120-129",
            "policy 115, policy_public 117, due_diligence 131, survey 133, responses_reviewed 135, "
            "corrective_action 137",
            S5,
            products,
            minerals=("cobalt", "copper", "graphite", "lithium", "mica", "nickel"),
            mineral_cells="D12 E12 G12 D13 E13 G13",
            answers={
                "validated_required": REQUIRED,
                "survey": SURVEY_EMRT,
                "suppliers_responded": (("Did not survey", "not_surveyed"), *SHARES),
            },
            has_mines=True,
        )
        for version, products in (("2.0", PRODUCTS_3), ("2.1", PRODUCTS_5))
    ),
    Form(
        "CRT",
        "2.2",
        HEAD_6,
        "added 26-26, cahra 32-32, all_recycled 38-38, suppliers_responded 44-44, smelters_identified 50-50, "
        "smelters_reported 56-56",
        "policy_public 63, policy_oecd 65, due_diligence 67, suppliers_dd 69, validated_required 71, "
        "suppliers_dd_oecd 73, survey 75, responses_reviewed 77, corrective_action 79",
        S5,
        PRODUCTS_3,
        minerals=("cobalt",),
        answers={"cahra": (("DRC or adjoining countries only", "yes"),), "survey": (("Yes, CRT", "yes_standard"),)},
    ),
    *(
        Form(
            "AMRT",
            version,
            f"company D8, scope D9, description D10, {head}",
            questions,
            "",
            smelters,
            products,
            minerals=("aluminium copper iridium lime manganese palladium platinum silver tin zinc".split()),
            mineral_cells="D12 E12 G12 H12 I12 D13 E13 G13 H13 I13",
            answers={"suppliers_responded": (("Unknown", "unknown"), ("Did not survey", "not_surveyed"), *SHARES)},
            has_mines=True,
            has_scope_sheet=version == "1.3",
        )
        for version, head, questions, smelters, products in (
            (
                "1.2",
                "id D14, authority D15, address D16, date D24; persons D17-D23",
                "added 28-37, suppliers_responded 40-49",
                S6,
                PRODUCTS_3,
            ),
            (
                "1.3",
                "id D17, authority D18, address D19, date D27; persons D20-D26",
                "added 31-40, suppliers_responded 43-52",
                S5,
                PRODUCTS_5,
            ),
        )
    ),
)
RELEASED = {
    "CMRT": "1.00 2011-07-18, 2.00 2012-08-29, 2.01 2012-12-21, 2.02 2013-03-29, 2.03 2013-07-12, 2.03a 2013-07-25, "
    "3.01 2014-05-30, 6.01 2020-05-19, 6.1 2021-04-28, 6.22 2022-05-11, 6.31 2023-05-26, 6.4 2024-04-26, "
    "6.5 2025-04-25",
    "EMRT": "1.1 2022-10-14, 1.11 2022-11-04, 1.2 2023-05-12, 1.3 2024-04-26, 2.0 2025-04-25, 2.1 2025-10-17",
    "AMRT": "1.2 2024-10-04, 1.3 2025-10-17",
    "CRT": "2.2 2020-10-28",
}
VERSIONS = [(form.type, version) for form in FORMS for version in form.versions.split()]


def form_of(kind: str, version: str) -> Form:
    """The form of a version."""
    return next(form for form in FORMS if form.type == kind and version in form.versions.split())


def pairs(text: str) -> dict[str, str]:
    """`company D8, scope D9; persons …` as a dict, the persons left out."""
    words = (part.split() for part in text.partition(";")[0].split(",") if part.strip())
    return {one[0]: one[1] for one in words}


def columns(text: str) -> dict[str, str]:
    """`A smelter_id, B mineral; persons …` as field → letter."""
    return {name: letter for letter, name in pairs(text).items()}


def persons(text: str) -> list[str]:
    """Cells or letters of persons: `D15-D17` as D15, D16, D17; `K L` as they are."""
    words = text.partition("persons ")[2]
    if "-" not in words:
        return words.split()
    first, last = (int(word[1:]) for word in words.split("-"))
    return [f"D{row}" for row in range(first, last + 1)]


def rows_of(text: str) -> range:
    """`26-29` as rows."""
    first, _dash, last = text.partition("-")
    return range(int(first), int(last or first) + 1)
