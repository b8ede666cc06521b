"""The one table of who may do what, and which records an actor may know of; pages and tests are made from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, not_, or_, select
from sqlalchemy.orm import Session

from framework.ground.actors import SUPPLIER_SEES_FROM, Actor, roles_in, tasks_of
from framework.ground.errors import NotAllowed, NotFound, WrongPhase
from framework.ground.labels import STATE_LABELS
from framework.ground.sides import CONSULTED, NOT_SIGNED_ON, OPEN_TO_SUPPLIERS, buys
from framework.ground.text import N_
from models.disclosure import Submission, SupplierInvitation
from models.people import Appointment
from models.rounds import Round
from models.signons import SignOn

ROUND_STATES = tuple(state for entity, state in STATE_LABELS if entity == "round")
BEFORE_PUBLICATION = frozenset({"set_up", "sign_on", "demand", "demand_locked"})
SEALED = frozenset({"published", "receipt_closed"})
OPENED = frozenset({"opened", "judging", "award", "standstill", "challenged", "in_force", "closed", "archived"})
ANY = frozenset(ROUND_STATES)
ASKING = SEALED | (OPENED - {"closed", "archived"})
"""States in which a supplier may ask upstream: from publication on, before and after the opening, until the end."""
GOING_ON = ANY - {"closed", "archived", "cancelled"}
BRIEFING = frozenset({"demand", "demand_locked", "ready"}) | ASKING
"""States in which a brief may be made: once there can be demand, until the end."""
UNDER_AGREEMENT = frozenset({"in_force", "closed", "archived"})
"""States in which contractors disclose, or disclosed, under agreements."""
JUDGING = frozenset({"judging"})
FROM_DEMAND = ANY - {"set_up", "sign_on"}
NO_PRICES = frozenset({"evaluator", "chair", "opener", "monitor"})
"""Roles that keep their person from prices, whatever else it is in the round and for whomever it acts."""
AWARDED = OPENED - {"opened", "judging"}
JUDGED = OPENED - {"opened"}
"""States in which what evaluators found may be looked at: while they judge, and afterwards."""

PUBLIC = "public"
SIGNED_IN = "signed_in"
PERSONAS = (
    PUBLIC,
    "consulted",
    "supplier",
    "brand",
    "member",
    "evaluator",
    "chair",
    "opener",
    "lead",
    "monitor",
    "operator",
)


class Permission(StrEnum):
    """`resource:action`; every route declares one."""

    PUBLIC = "public:view"
    ACCOUNT = "account:use"
    ORGANISATION_VIEW = "organisation:view"
    ORGANISATION_MANAGE = "organisation:manage"
    USER_INVITE = "user:invite"
    ROLE_WITHDRAW = "role:withdraw"
    OUTBOX_VIEW = "outbox:view"
    HEALTH_VIEW = "health:view"
    AUDIT_VIEW = "audit:view"
    AUDIT_VIEW_ALL = "audit:view_all"
    ROUND_CREATE = "round:create"
    ROUND_VIEW = "round:view"
    ROUND_EDIT = "round:edit"
    ROUND_MOVE = "round:move"
    ROUND_PUBLISH = "round:publish"
    DEADLINE_MOVE = "deadline:move"
    DEADLINE_EXTEND = "deadline:extend"
    QUESTION_ASK = "question:ask"
    QUESTION_VIEW_OWN = "question:view_own"
    QUESTION_VIEW = "question:view"
    QUESTION_ANSWER = "question:answer"
    CALENDAR_USE = "calendar:use"
    MEMBER_INVITE = "sign_on:invite"
    SIGN_ON_VIEW = "sign_on:view"
    SIGN_ON_ANSWER = "sign_on:answer"
    SIGN_ON_CONFIRM = "sign_on:confirm"
    SIGN_ON_APPLY = "sign_on:apply"
    DEPARTMENT_MANAGE = "department:manage"
    DEMAND_VIEW = "demand:view"
    DEMAND_BOARD = "demand:board"
    DEMAND_PROPOSE = "demand:propose"
    DEMAND_EDIT = "demand:edit"
    DEMAND_APPROVE = "demand:approve"
    DEMAND_ACCEPT = "demand:accept"
    POOL_VIEW = "pool:view"
    PRICES_VIEW = "prices:view"
    PRICES_ARRANGE = "prices:arrange"
    PRICES_GIVE = "prices:give"
    PRICES_VIEW_OWN = "prices:view_own"
    COSTS_VIEW = "costs:view"
    COSTS_PROPOSE = "costs:propose"
    COSTS_ANSWER = "costs:answer"
    BRIEF_VIEW = "brief:view"
    BRIEF_MAKE = "brief:make"
    BRIEF_BRAND = "brief:brand"
    BRIEF_BRAND_VIEW = "brief:brand_view"
    BRIEF_WITHDRAW = "brief:withdraw"
    BRIEF_CONSENT = "brief:consent"
    SUPPLIER_INVITE = "supplier:invite"
    SUBMISSION_STAGE = "submission:stage"
    SUBMISSION_VIEW_OWN = "submission:view_own"
    SUBMISSION_COUNT = "submission:count"
    SUBMISSION_VIEW_OPENED = "submission:view_opened"
    COLUMNS_SHARE = "columns:share"
    TENDERS_OPEN = "tenders:open"
    OPENING_VIEW = "opening:view"
    OPENER_KEY_CHOOSE = "opener_key:choose"
    OPENER_KEY_SHOW = "opener_key:show"
    COMPARISON_VIEW = "comparison:view"
    SITES_ANSWER = "sites:answer"
    SITES_MATCH = "sites:match"
    CONTRADICTIONS_VIEW = "contradictions:view"
    CONTRADICTIONS_JUDGED = "contradictions:judged"
    CONTRADICTIONS_DECIDE = "contradictions:decide"
    NOT_APPLICABLE_VIEW = "not_applicable:view"
    NOT_APPLICABLE_DECIDE = "not_applicable:decide"
    FACTORY_LISTS_VIEW = "factory_lists:view"
    FACTORY_LISTS_DECIDE = "factory_lists:decide"
    CLARIFICATION_ASK = "clarification:ask"
    CLARIFICATION_ANSWER = "clarification:answer"
    REQUEST_ASK = "request:ask"
    REQUEST_ASK_AS_LEAD = "request:ask_as_lead"
    REQUEST_VIEW_OWN = "request:view_own"
    REQUEST_ANSWER = "request:answer"
    REQUEST_VIEW = "request:view"
    ASSESSMENT_MAKE = "assessment:make"
    VERDICT_VIEW = "verdict:view"
    VERDICT_MODERATE = "verdict:moderate"
    CONFLICT_STATE = "conflict:state"
    JUDGES_NAME = "judges:name"
    SELECTION_DECIDE = "selection:decide"
    JUDGING_VIEW = "judging:view"
    JUDGING_SHARE = "judging:share"
    JUDGING_START = "judging:start"
    JUDGING_CLOSE = "judging:close"
    JUDGING_REOPEN = "judging:reopen"
    RANKING_VIEW = "ranking:view"
    REMARK_MAKE = "remark:make"
    AWARD_VIEW = "award:view"
    AWARD_DECIDE = "award:decide"
    AWARD_ANSWER = "award:answer"
    AWARD_LETTER = "award:letter"
    REGISTRATION_VIEW = "registration:view"
    REGISTRATION_OWN = "registration:own"
    AGREEMENT_VIEW = "agreement:view"
    AGREEMENT_DRAFT = "agreement:draft"
    AGREEMENT_SIGN = "agreement:sign"
    AGREEMENT_END = "agreement:end"
    UPDATE_VIEW_OWN = "update:view_own"
    UPDATE_SEND = "update:send"
    UPDATE_VIEW = "update:view"
    UPDATE_ASK = "update:ask"
    UPDATE_REVIEW = "update:review"


@dataclass(frozen=True, slots=True)
class Rule:
    """Who holds a permission, in which states of the round, and what it is in words.

    `roles` are roles in the round where the permission concerns one, else roles held in
    the acting organisation. `states` is empty where no round is concerned. Whoever holds one of the roles `never`
    does not hold the permission, whatever else it holds.
    """

    permission: Permission
    roles: frozenset[str]
    states: frozenset[str]
    words: str
    never: frozenset[str] = frozenset()


def _rule(
    permission: Permission,
    roles: str,
    words: str,
    states: frozenset[str] = frozenset(),
    never: frozenset[str] = frozenset(),
) -> Rule:
    return Rule(permission, frozenset(roles.split()), states, words, never)


TABLE: dict[Permission, Rule] = {
    rule.permission: rule
    for rule in (
        _rule(Permission.PUBLIC, PUBLIC, N_("see the public pages")),
        _rule(Permission.ACCOUNT, SIGNED_IN, N_("use the own account")),
        _rule(Permission.ORGANISATION_VIEW, SIGNED_IN, N_("see the own organisation and its people")),
        _rule(Permission.ORGANISATION_MANAGE, "operator", N_("add and change organisations")),
        _rule(Permission.USER_INVITE, "operator admin lead", N_("invite a person to an organisation")),
        _rule(Permission.ROLE_WITHDRAW, "operator admin", N_("withdraw a role")),
        _rule(Permission.OUTBOX_VIEW, "operator", N_("see the mail that leaves")),
        _rule(Permission.HEALTH_VIEW, "operator", N_("see the state of the installation")),
        _rule(Permission.AUDIT_VIEW, "lead", N_("read the record of a round"), ANY),
        _rule(Permission.AUDIT_VIEW_ALL, "operator", N_("read the record of the installation")),
        _rule(Permission.ROUND_CREATE, "lead", N_("create a round")),
        _rule(
            Permission.ROUND_VIEW,
            "lead member supplier evaluator chair opener monitor operator",
            N_("see a round"),
            ANY,
        ),
        _rule(Permission.ROUND_EDIT, "lead", N_("edit the terms of a round"), BEFORE_PUBLICATION),
        _rule(Permission.ROUND_MOVE, "lead", N_("move a round to its next phase"), ANY),
        _rule(
            Permission.ROUND_PUBLISH, "lead", N_("approve and publish a round"), frozenset({"demand_locked", "ready"})
        ),
        _rule(Permission.DEADLINE_MOVE, "lead", N_("move the tender deadline"), frozenset({"published"})),
        _rule(Permission.DEADLINE_EXTEND, "lead", N_("extend the deadline for all after an outage"), SEALED),
        _rule(Permission.QUESTION_ASK, "supplier", N_("ask a question about a tender"), frozenset({"published"})),
        _rule(
            Permission.QUESTION_VIEW_OWN, "supplier", N_("see the own questions and the answers to all questions"), ANY
        ),
        _rule(Permission.QUESTION_VIEW, "lead", N_("see the questions of suppliers and who asked them"), ANY),
        _rule(Permission.QUESTION_ANSWER, "lead", N_("answer questions to all suppliers"), frozenset({"published"})),
        _rule(
            Permission.CALENDAR_USE,
            "lead member supplier evaluator chair opener monitor",
            N_("have the dates of a round in the own calendar"),
            ANY,
        ),
        _rule(Permission.MEMBER_INVITE, "lead", N_("invite buyers to a round"), ANY),
        _rule(Permission.SIGN_ON_VIEW, "lead member", N_("see sign-ons"), ANY),
        _rule(Permission.SIGN_ON_ANSWER, "member", N_("answer an invitation and hand in a mandate"), ANY),
        _rule(Permission.SIGN_ON_CONFIRM, "lead", N_("confirm or refuse sign-ons"), ANY),
        _rule(Permission.SIGN_ON_APPLY, "member", N_("apply to a round that takes applications")),
        _rule(Permission.DEPARTMENT_MANAGE, "member", N_("keep the departments of the own organisation")),
        _rule(Permission.DEMAND_VIEW, "lead member", N_("see declared demand"), ANY),
        _rule(Permission.DEMAND_BOARD, "lead", N_("take the demand of all members away as a table"), ANY),
        _rule(
            Permission.DEMAND_PROPOSE,
            "lead",
            N_("propose figures to members from one list of them all"),
            frozenset({"demand", "demand_locked"}),
        ),
        _rule(Permission.DEMAND_EDIT, "member", N_("declare demand"), frozenset({"demand"})),
        _rule(Permission.DEMAND_APPROVE, "member", N_("approve demand as the second person"), frozenset({"demand"})),
        _rule(Permission.DEMAND_ACCEPT, "lead", N_("accept or return demand"), frozenset({"demand", "demand_locked"})),
        _rule(Permission.POOL_VIEW, "lead member", N_("see the pool"), ANY),
        _rule(
            Permission.PRICES_VIEW,
            "lead member",
            N_("see what indicative prices mean, unless one judges, chairs, opens or monitors"),
            FROM_DEMAND,
            NO_PRICES,
        ),
        _rule(
            Permission.PRICES_ARRANGE,
            "lead",
            N_("ask for indicative prices, say who sees them, and enter rates of currencies"),
            CONSULTED | {"published"},
            NO_PRICES,
        ),
        _rule(Permission.PRICES_GIVE, "consulted", N_("give an indicative price list and withdraw it"), CONSULTED),
        _rule(Permission.PRICES_VIEW_OWN, "consulted supplier", N_("see the own indicative price lists"), ANY),
        _rule(Permission.COSTS_VIEW, "lead member", N_("see the joint costs and who bears them"), ANY),
        _rule(Permission.COSTS_PROPOSE, "lead", N_("propose how joint costs are shared"), GOING_ON),
        _rule(Permission.COSTS_ANSWER, "member", N_("agree or object to a share of joint costs"), GOING_ON),
        _rule(
            Permission.BRIEF_VIEW,
            "lead member supplier",
            N_("read the leverage briefs that were published to one"),
            ANY,
        ),
        _rule(
            Permission.BRIEF_MAKE, "lead", N_("publish leverage briefs and enter what they are set against"), BRIEFING
        ),
        _rule(
            Permission.BRIEF_BRAND,
            "lead",
            N_("make leverage briefs for the brands on offer"),
            OPENED - {"closed", "archived"},
        ),
        _rule(
            Permission.BRIEF_BRAND_VIEW,
            "lead",
            N_("read the leverage briefs that were made for brands"),
            OPENED | {"cancelled"},
        ),
        _rule(Permission.BRIEF_WITHDRAW, "lead", N_("withdraw leverage briefs"), FROM_DEMAND),
        _rule(
            Permission.BRIEF_CONSENT,
            "member",
            N_("agree that briefs name the own organisation before publication"),
            BEFORE_PUBLICATION | {"ready"},
        ),
        _rule(Permission.SUPPLIER_INVITE, "lead", N_("invite suppliers"), BEFORE_PUBLICATION | {"ready", "published"}),
        _rule(Permission.SUBMISSION_STAGE, "supplier", N_("upload a disclosure"), SEALED),
        _rule(Permission.SUBMISSION_VIEW_OWN, "supplier", N_("see the own submissions"), ANY),
        _rule(Permission.SUBMISSION_COUNT, "supplier", N_("count or withdraw the own submission"), SEALED),
        _rule(
            Permission.SUBMISSION_VIEW_OPENED,
            "lead member evaluator chair monitor",
            N_("read opened submissions"),
            OPENED,
        ),
        _rule(Permission.COLUMNS_SHARE, "lead", N_("share how the columns of an opened list are read"), OPENED),
        _rule(Permission.TENDERS_OPEN, "opener", N_("open the tenders"), SEALED),
        _rule(Permission.OPENING_VIEW, "lead opener member", N_("see the opening and its record"), SEALED | OPENED),
        _rule(
            Permission.OPENER_KEY_CHOOSE,
            "opener",
            N_("choose the own passphrase as opener"),
            BEFORE_PUBLICATION | {"ready"},
        ),
        _rule(
            Permission.OPENER_KEY_SHOW,
            "opener",
            N_("see the own recovery sheet"),
            BEFORE_PUBLICATION | {"ready"} | SEALED,
        ),
        _rule(Permission.COMPARISON_VIEW, "lead member evaluator chair monitor", N_("compare suppliers"), OPENED),
        _rule(Permission.CONTRADICTIONS_VIEW, "lead chair", N_("see the contradictions of a round"), OPENED),
        _rule(
            Permission.CONTRADICTIONS_JUDGED,
            "evaluator",
            N_("see the accepted contradictions of the suppliers one judges, and what these answered"),
            OPENED - {"opened"},
        ),
        _rule(Permission.CONTRADICTIONS_DECIDE, "lead", N_("accept or dismiss contradictions"), OPENED),
        _rule(Permission.NOT_APPLICABLE_VIEW, "lead chair", N_("see what is said not to apply to models"), OPENED),
        _rule(
            Permission.NOT_APPLICABLE_DECIDE,
            "lead",
            N_("accept that something does not apply to models"),
            frozenset({"opened", "judging"}),
        ),
        _rule(Permission.FACTORY_LISTS_VIEW, "lead chair", N_("see the factory lists of labels"), OPENED),
        _rule(
            Permission.FACTORY_LISTS_DECIDE,
            "lead",
            N_("load factory lists of labels and say which sites they name"),
            frozenset({"opened", "judging"}),
        ),
        _rule(
            Permission.CLARIFICATION_ASK,
            "lead chair",
            N_("ask suppliers about their own rows and close the questions"),
            frozenset({"opened", "judging"}),
        ),
        _rule(Permission.CLARIFICATION_ANSWER, "supplier", N_("see and answer questions about the own tender"), OPENED),
        _rule(
            Permission.SITES_ANSWER,
            "lead evaluator chair monitor",
            N_("answer which descriptions are one site"),
            OPENED,
        ),
        _rule(Permission.SITES_MATCH, "lead", N_("merge, split and name sites"), OPENED),
        _rule(Permission.REQUEST_ASK, "supplier", N_("ask brands and makers for rows that are open"), ASKING),
        _rule(
            Permission.REQUEST_ASK_AS_LEAD,
            "lead",
            N_("ask brands and makers itself about rows of opened tenders"),
            ASKING - SEALED,
        ),
        _rule(Permission.REQUEST_VIEW_OWN, "supplier", N_("see what was asked upstream and what came back"), ANY),
        _rule(Permission.REQUEST_ANSWER, PUBLIC, N_("answer a request by its mailed link")),
        _rule(Permission.REQUEST_VIEW, "lead", N_("see which requests upstream are silent"), OPENED),
        _rule(Permission.ASSESSMENT_MAKE, "evaluator", N_("judge the items that are assigned to one"), JUDGING),
        _rule(
            Permission.VERDICT_VIEW,
            "lead chair evaluator",
            N_("see what evaluators found, once the own assessments are final"),
            JUDGED,
        ),
        _rule(Permission.VERDICT_MODERATE, "chair", N_("lead the discussion and write down what it found"), JUDGING),
        _rule(
            Permission.CONFLICT_STATE,
            "lead evaluator chair opener operator",
            N_("say where a conflict of interest is, before anything is shown"),
            OPENED - {"closed", "archived"},
        ),
        _rule(
            Permission.JUDGES_NAME,
            "lead",
            N_("name evaluators and chairs, and lift a conflict that was stated by mistake"),
            SEALED | {"opened", "judging"},
        ),
        _rule(Permission.SELECTION_DECIDE, "lead", N_("admit or exclude bidders"), frozenset({"opened"})),
        _rule(Permission.JUDGING_VIEW, "lead chair", N_("see how the judging is shared out"), OPENED),
        _rule(
            Permission.JUDGING_SHARE,
            "lead chair",
            N_("share the items out over the evaluators"),
            frozenset({"opened", "judging"}),
        ),
        _rule(Permission.JUDGING_START, "lead", N_("start the judging"), frozenset({"opened"})),
        _rule(Permission.JUDGING_CLOSE, "chair", N_("close the judging"), JUDGING),
        _rule(
            Permission.JUDGING_REOPEN,
            "lead chair",
            N_("open the judging again: one chair and one lead, before letters leave"),
            frozenset({"award"}),
        ),
        _rule(
            Permission.RANKING_VIEW,
            "lead chair evaluator",
            N_("see points and ranking of the tenders"),
            AWARDED,
        ),
        _rule(
            Permission.REMARK_MAKE,
            "evaluator chair",
            N_("write remarks to the other evaluators in the discussion"),
            JUDGING,
        ),
        _rule(Permission.AWARD_VIEW, "lead member", N_("read the award decision"), AWARDED),
        _rule(
            Permission.AWARD_DECIDE,
            "lead",
            N_("write the award decision with its reasons and letters, announce it, withdraw it, record challenges"),
            AWARDED,
        ),
        _rule(
            Permission.AWARD_ANSWER,
            "member",
            N_("answer the award decision for the own organisation"),
            frozenset({"award"}),
        ),
        _rule(Permission.AWARD_LETTER, "supplier", N_("read the own letters about the award"), JUDGED | {"cancelled"}),
        _rule(
            Permission.REGISTRATION_VIEW, "lead", N_("see which members may call off, and let them"), UNDER_AGREEMENT
        ),
        _rule(Permission.REGISTRATION_OWN, "member", N_("register for call-offs"), UNDER_AGREEMENT),
        _rule(
            Permission.AGREEMENT_VIEW,
            "lead member supplier",
            N_("read the agreements; once the letters have left, a supplier its own"),
            AWARDED | {"cancelled"},
        ),
        _rule(
            Permission.AGREEMENT_DRAFT,
            "lead",
            N_("draft agreements, change and cancel the drafts"),
            (AWARDED - {"closed", "archived"}) | {"cancelled"},
        ),
        _rule(
            Permission.AGREEMENT_SIGN,
            "lead supplier",
            N_("sign an agreement: one person of each side, after the standstill"),
            frozenset({"standstill", "in_force"}),
        ),
        _rule(
            Permission.AGREEMENT_END,
            "lead",
            N_("terminate an agreement: two persons"),
            frozenset({"standstill", "challenged", "in_force"}),
        ),
        _rule(
            Permission.UPDATE_VIEW_OWN,
            "supplier",
            N_("see what the own agreements ask to disclose, and what was sent"),
            UNDER_AGREEMENT,
        ),
        _rule(
            Permission.UPDATE_SEND,
            "supplier",
            N_("send disclosures under the own agreements"),
            UNDER_AGREEMENT - {"archived"},
        ),
        _rule(
            Permission.UPDATE_VIEW,
            "lead member evaluator chair monitor",
            N_("read what contractors disclose under agreements"),
            UNDER_AGREEMENT,
        ),
        _rule(
            Permission.UPDATE_ASK,
            "lead",
            N_("ask contractors for a disclosure and take that back"),
            UNDER_AGREEMENT - {"archived"},
        ),
        _rule(
            Permission.UPDATE_REVIEW,
            "lead chair",
            N_("review what contractors disclose under agreements"),
            UNDER_AGREEMENT - {"archived"},
        ),
    )
}


SHOWS_TENDERS = frozenset(
    {
        Permission.SUBMISSION_VIEW_OPENED,
        Permission.COLUMNS_SHARE,
        Permission.BRIEF_BRAND,
        Permission.BRIEF_BRAND_VIEW,
        Permission.COMPARISON_VIEW,
        Permission.SITES_ANSWER,
        Permission.SITES_MATCH,
        Permission.CONTRADICTIONS_VIEW,
        Permission.CONTRADICTIONS_JUDGED,
        Permission.CONTRADICTIONS_DECIDE,
        Permission.NOT_APPLICABLE_VIEW,
        Permission.NOT_APPLICABLE_DECIDE,
        Permission.FACTORY_LISTS_VIEW,
        Permission.FACTORY_LISTS_DECIDE,
        Permission.CLARIFICATION_ASK,
        Permission.REQUEST_ASK_AS_LEAD,
        Permission.REQUEST_VIEW,
        Permission.SELECTION_DECIDE,
        Permission.JUDGING_VIEW,
        Permission.JUDGING_SHARE,
        Permission.JUDGING_START,
        Permission.JUDGING_CLOSE,
        Permission.JUDGING_REOPEN,
        Permission.RANKING_VIEW,
        Permission.REMARK_MAKE,
        Permission.ASSESSMENT_MAKE,
        Permission.VERDICT_VIEW,
        Permission.VERDICT_MODERATE,
        Permission.AWARD_VIEW,
        Permission.AWARD_DECIDE,
        Permission.AWARD_ANSWER,
        Permission.UPDATE_VIEW,
        Permission.UPDATE_ASK,
        Permission.UPDATE_REVIEW,
    }
)
"""What shows something of opened tenders: whoever judges, chairs, opens or leads says first where a conflict is."""


def may(
    session: Session,
    actor: Actor,
    permission: Permission,
    round_: Round | None = None,
    *,
    roles: frozenset[str] | None = None,
    tasks: Callable[[], frozenset[str]] | None = None,
) -> bool:
    """Whether `actor` holds `permission`, in `round_` where one is concerned. The default is no.

    A role that the rule bars keeps from it also where the person has it for another organisation. `roles` are the actor's
    roles in the round where they were just asked for, `tasks` what `tasks_of` says of any.
    """
    rule = TABLE[permission]
    if PUBLIC in rule.roles:
        return True
    if SIGNED_IN in rule.roles:
        return actor.user_id is not None
    if round_ is None:
        return bool(actor.roles & rule.roles)
    if rule.states and round_.state not in rule.states:
        return False
    held = roles_in(session, actor, round_) if roles is None else roles
    if not held & rule.roles or held & rule.never:
        return False
    return not rule.never or not rule.never & (
        tasks() if tasks is not None else tasks_of(session, actor, round_).anywhere
    )


def require(session: Session, actor: Actor, permission: Permission, round_: Round | None = None) -> None:
    """Raise NotFound where the round may not be known, WrongPhase where it is too early or too late, else NotAllowed."""
    if may(session, actor, permission, round_):
        return
    if round_ is not None and not may(session, actor, Permission.ROUND_VIEW, round_):
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    rule = TABLE[permission]
    if round_ is not None and rule.states and round_.state not in rule.states and _would(session, actor, rule, round_):
        raise WrongPhase("wrong-phase", N_("This is not possible in the present phase of the round."))
    if _would(session, actor, rule, round_) and rule.never:
        raise NotAllowed(
            "keeps-from-prices",
            N_(
                "Who judges, chairs, opens or monitors in a round sees no prices of it. Ask a colleague without such a task."
            ),
        )
    raise NotAllowed("role-missing", N_("Only %(who)s may do this."), who=", ".join(sorted(rule.roles)))


def _would(session: Session, actor: Actor, rule: Rule, round_: Round | None) -> bool:
    return bool(roles_in(session, actor, round_) & rule.roles)


def visible_rounds(actor: Actor) -> Select[Round]:
    """The rounds an actor may know of: the same rule as `roles_in`, as a query for lists."""
    query = select(Round)
    if "operator" in actor.roles or "monitor" in actor.roles:
        return query
    return query.where(or_(*_ways_in(actor)))


def _ways_in(actor: Actor) -> list[ColumnElement[bool]]:
    organisation = actor.organisation_id
    ways: list[ColumnElement[bool]] = [
        Round.id.in_(
            select(Appointment.round_id).where(
                Appointment.user_id == actor.user_id,
                Appointment.organisation_id == organisation,
                Appointment.withdrawn_at.is_(None),
            )
        )
    ]
    if "lead" in actor.roles:
        ways.append(Round.organisation_id == organisation)
    if "member" in actor.roles:
        signed = select(SignOn.round_id).where(
            SignOn.organisation_id == organisation, SignOn.state.not_in(NOT_SIGNED_ON)
        )
        ways.append(Round.id.in_(signed))
    if "supplier" in actor.roles:
        invited = select(SupplierInvitation.round_id).where(SupplierInvitation.organisation_id == organisation)
        sent = select(Submission.round_id).where(Submission.supplier_id == organisation)
        past = SUPPLIER_SEES_FROM | {"cancelled"}
        took_part = Round.state.in_(past) & or_(Round.id.in_(invited), Round.id.in_(sent))
        ways.append(or_(Round.state.in_(OPEN_TO_SUPPLIERS), took_part) & not_(buys(actor.user_id)))
    return ways
