"""What each kind of mail is called where the outbox lists it; one per template."""

from __future__ import annotations

from framework.ground.text import N_

MAIL_LABELS: dict[str, str] = {
    "clarification_answered": N_("Answer about a tender"),
    "clarification_asked": N_("Question about a tender"),
    "confirmation_needed": N_("A second person is needed"),
    "deadline_moved": N_("Later tender deadline"),
    "demand_approve": N_("Demand to approve"),
    "demand_lapsed": N_("Demand that lapsed"),
    "demand_open": N_("Demand is open"),
    "demand_reminder": N_("Reminder of demand"),
    "demand_returned": N_("Demand sent back"),
    "file_quarantined": N_("File in quarantine"),
    "invitation": N_("Invitation of a person"),
    "log_head": N_("Head of the record"),
    "password_reset": N_("New password"),
    "person_added": N_("Person added"),
    "request_asked": N_("Request upstream"),
    "request_library": N_("Link to earlier answers"),
    "request_news": N_("News of requests"),
    "request_reminder": N_("Reminder of a request"),
    "request_told": N_("What became of a request"),
    "request_withdrawn": N_("Request withdrawn"),
    "round_cancelled": N_("Round cancelled"),
    "set_up_reopened": N_("Set-up reopened"),
    "sign_on_confirmed": N_("Sign-on confirmed"),
    "sign_on_invited": N_("Invitation to sign on"),
    "sign_on_left": N_("Sign-on left"),
    "sign_on_mandate": N_("Mandate handed in"),
    "sign_on_refused": N_("Sign-on refused"),
    "sign_on_returned": N_("Mandate returned"),
    "submission_counted": N_("Submission counted"),
    "submission_discarded": N_("Submission discarded"),
    "submission_late": N_("Submission too late"),
    "submission_not_counted": N_("Submission not counted"),
    "submission_read": N_("Submission read"),
    "submission_received": N_("Submission received"),
    "submission_withdrawn": N_("Submission withdrawn"),
    "supplier_invited": N_("Invitation to tender"),
}
