"""The words under which other people's sheets name a body, its contact and its kind, in English, Dutch and Swedish."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from framework.ground.codelists import LANGUAGES
from framework.ground.quantity_words import norm
from framework.ground.terms import BODY_TYPES
from framework.ground.text import N_

LABELS = {
    "reference": N_("Reference"),
    "name": N_("Body"),
    "registration_no": N_("Registration number"),
    "country": N_("Country"),
    "body_type": N_("Kind of body"),
    "contact_name": N_("Contact"),
    "email": N_("Mail address"),
    "language": N_("Language"),
    "affiliated_via": N_("Affiliated via"),
    "class_name": N_("Class"),
}
"""The columns of a sheet of bodies, in the order in which we write them."""

_HEADERS = {
    "reference": "reference ref hefboomreference hefboomid referentie referens",
    "name": (
        "name body bodyname officialname fullname nameofbody nameofbuyer nameoforganisation organisation organization organisationname organizationname legalname buyer buyername member "
        "membername authority contractingauthority institution partner participant municipality "
        "naam organisatie naamorganisatie organisatienaam instelling bestuur deelnemer koper aanbesteder lid gemeente "
        "namn organisationsnamn officielltnamn officieelnaam officielenaam köpare medlem myndighet upphandlandemyndighet kommun"
    ),
    "registration_no": (
        "registrationnumber registrationno registration regno regnr companynumber companyno organisationnumber organizationnumber "
        "organisationno orgno orgnr orgnumber organisationsnummer orgnummer kvk kvknummer kvknr kbo kbonummer kbonr "
        "ondernemingsnummer registratienummer btw btwnummer vat vatnumber vatno momsnummer momsregistreringsnummer "
        "nationalid nationalregistration oin registreringsnummer identifier"
    ),
    "country": "country countrycode land landcode landskod pays nation",
    "body_type": (
        "bodytype kindofbody type kind typeofbody typeoforganisation organisationtype soort soortorganisatie soortinstelling "
        "typeorganisatie typ organisationstyp slag typavorganisation"
    ),
    "contact_name": (
        "contact contactname contactperson nameofcontact person liaison contactpersoon contactnaam naamcontact "
        "naamcontactpersoon kontakt kontaktperson kontaktnamn kontaktpersonnamn ansvarig"
    ),
    "email": (
        "email mail emailaddress mailaddress contactemail contactmail emailcontact contactemailaddress mailadres emailadres "
        "emailcontactpersoon mailcontactpersoon epost epostadress mejl mejladress mailadress kontaktepost kontaktmail"
    ),
    "language": "language lang preferredlanguage taal taalcode voorkeurstaal språk språkkod sprak",
    "affiliated_via": (
        "affiliatedvia via affiliation consortium network throughwhom aangeslotenvia aansluitingvia koepel netwerk samenwerkingsverband "
        "anslutenvia anslutengenom nätverk konsortium genom"
    ),
    "class_name": "class memberclass classofbuyers klasse klas groep klass grupp köparklass",
}
_BODY_TYPE_WORDS = {
    "state": "state stateauthority nationalauthority centralgovernment ministry ministerie departement agency rijk rijksoverheid statlig staten statligmyndighet myndighet federaal",
    "region": "region regio province provincie provins county countycouncil landsting gewest regional",
    "municipality": "municipality city town borough gemeente stad stadsbestuur gemeentebestuur kommun kommune stads",
    "university": "university college universiteit hogeschool hoger onderwijs universitet högskola lärosäte",
    "hospital": "hospital ziekenhuis sjukhus umc sykehus",
    "central_purchasing_body": "centralpurchasingbody cpb aankoopcentrale aankoopcentraal inköpscentral purchasingbody",
    "body_governed_by_public_law": "bodygovernedbypubliclaw publicbody publiekrechtelijkeinstelling publiekrechtelijk offentligträttsligtorgan offentligtstyrtorgan",
    "other": "other otherbody overig andere anders annan annat övrigt",
}
_LANGUAGE_WORDS = {
    "en": "en eng english engels engelska anglais",
    "nl": "nl nld dut dutch nederlands vlaams flemish nederländska néerlandais",
    "sv": "sv swe swedish zweeds svenska se",
}


def target_of(header: str, extra: Mapping[str, str] | None = None) -> str | None:
    """The column that a header names; None where we do not know it."""
    key = norm(header)
    return (extra or {}).get(key) or _headers().get(key)


def headers_of(field: str) -> list[str]:
    """The headers under which sheets name a column."""
    return _HEADERS[field].split()


def body_type_of(text: str, extra: Mapping[str, str] | None = None) -> str | None:
    """The kind of body that a word means."""
    key = norm(text)
    found = (extra or {}).get(key)
    return found if found in BODY_TYPES else _body_types().get(key)


def language_of(text: str) -> str | None:
    """The language of the product that a word means."""
    return _languages().get(norm(text))


@cache
def _headers() -> dict[str, str]:
    own = {norm(label): key for key, label in LABELS.items()} | {norm(key): key for key in LABELS}
    return _turned(_HEADERS) | own


@cache
def _body_types() -> dict[str, str]:
    own = {norm(label): key for key, label in BODY_TYPES.items()} | {norm(key): key for key in BODY_TYPES}
    return _turned(_BODY_TYPE_WORDS) | own


@cache
def _languages() -> dict[str, str]:
    own = {norm(name): key for key, name in LANGUAGES.items()}
    return _turned(_LANGUAGE_WORDS) | own


def _turned(words: Mapping[str, str]) -> dict[str, str]:
    return {norm(word): key for key, said in words.items() for word in said.split()}
