"""Why an attempt was refused, in words for the record: one sentence for the codes that a reader need not tell apart."""

from __future__ import annotations

from framework.ground.text import N_

_REASONS: dict[str, str] = {
    N_("only others may do this"): (
        "role-missing not-allowed not-a-buyer not-an-opener role-withdrawn by-invitation-only lead-not-a-buyer "
        "own-account not-proposer last-operator not-a-member scope-missing factor-missing not-your-remark not-the-asker not-the-one-asked names-kept keeps-from-prices volumes-not-shared "
        "not-asked-by-system brand-by-link"
    ),
    N_("the evaluators had not all judged, or what was given did not fit what they found"): (
        "own-not-final nothing-to-finish not-ready not-judging others-seen others-seen-before not-all-final too-few-final too-far-apart "
        "not-far-apart"
    ),
    N_("a tie, or an own assessment, stood in the way"): "conflict-of-interest own-item not-your-assessment",
    N_("there is no such thing, or it is not theirs to see"): "not-found no-head not-signed",
    N_("the round was in another phase, or it was too early or too late"): (
        "wrong-phase move-not-listed move-refused receipt-closed receipt-open receipt-over list-closed list-still-open "
        "sign-on-over not-joining judging-started not-open-yet not-yet not-in-force not-demand not-a-draft round-not-locked lots-fixed "
        "after-deadline deadline-ahead deadline-passed deadline-past deadline-too-near demand-deadline "
        "demand-deadline-past late not-open-to-mending counted-and-sealed link-open link-over window-over reopening-off no-outage columns-sealed "
        "link-ended link-revoked link-replaced due-date-ahead request-over not-opened questions-over outage-over key-away prices-too-late "
        "prices-not-asked standstill-runs letter-not-left challenge-runs agreements-run agreement-fixed no-award "
        "agreement-not-running duty-settled not-in-review due-date-past"
    ),
    N_("somebody had changed it meanwhile"): (
        "stale draft-gone demand-stale demand-sheet-stale demand-submitted newer-countable newer-counted newer-unread no-newer-version "
        "version-waits bytes-changed seal-broken master-key-wrong shares-do-not-fit opener-key-damaged opener-key-newer terms-changed mended-meanwhile tied-meanwhile being-read not-being-read not-stopped closing-terms prices-stale "
        "later-decision later-elsewhere draft-stale costs-not-standing figures-stale department-stale decision-changed text-differs"
    ),
    N_("it had been done already"): (
        "already-answered already-on-list already-opened account-exists account-closed invited-already "
        "told-already organisation-double member-confirmed contact-made question-settled site-merged decision-undone "
        "contradiction-settled contradiction-decided already-closed question-sent name-known name-gone "
        "listing-settled factory-list-withdrawn nothing-waits decided-already verdict-given assigned-already member-twice conflict-lifted remark-struck "
        "reminded-already too-many-hops too-many-asked answered-already costs-settled no-market-figure challenge-ended agreement-signed agreement-exists registered-already too-many-changes"
    ),
    N_(
        "a second person must do this"
    ): "same-person second-person-needed chair-and-lead-needed both-sides-needed proposal-waits nothing-proposed persons-missing",
    N_("somebody with ties to the other side may not do this"): (
        "both-sides conflicted own-conflict statement-missing operator-and-supplier role-unfit tied tied-to-a-bidder not-on-frozen-list other-address"
    ),
    N_("something that is needed first was missing"): (
        "mandate-missing motive-missing notice-missing ground-missing set-up-incomplete lots-incomplete "
        "nothing-to-repeat nothing-to-tell "
        "no-clause-commitment no-data-agreement no-sign-on nobody-interested not-registered fee-unpaid "
        "class-not-named class-proof-missing mandate-type-differs signed-too-late basis-does-not-fit "
        "declarations-wait plausibility-unseen blocked not-read guard-missing factor-stale columns-not-said nothing-offered "
        "site-not-asked split-empty verdict-unknown date-missing same-position nobody-chosen target-missing name-missing "
        "no-version nobody-asked not-answered never-reminded nothing-accepted "
        "nothing-answered nothing-proven proof-missing nothing-pending nothing-chosen answer-missing nothing-changed "
        "no-opener-key no-share no-shares no-place-in-memory passphrase-missing closing-verdicts closing-talks closing-unsettled plan-too-long closing-questions points-not-given "
        "not-able no-conflict chains-missing not-named nobody-missing has-items not-admitted not-shared enough-evaluators "
        "costs-empty costs-day-past costs-undivided figures-undecided no-ranking no-decision award-decided award-ranked award-reasoned award-answered "
        "award-letters award-standstill challenge-missing outcome-missing award-missing nothing-signed evidence-missing evidence-too-long not-confirmed nobody-ready registration-not-asked "
        "nothing-returned no-chair gaps-left nothing-open reason-not-given file-not-refused blocked-file signature-void"
    ),
    N_("the table was longer than a workbook can hold"): "table-too-long",
    N_("a version had more sites than are compared"): "too-many-sites",
    N_("the form did not come from a page of this session"): "csrf-token",
    N_("the mail address or the password was not right"): "sign-in-failed",
    N_("neither the passphrase nor the recovery code was right"): "passphrase-wrong",
    N_("there had been too many tries"): "too-many-tries",
    N_("the token was unknown, over or revoked"): "token-wrong",
    N_("there were too many tokens already"): "too-many-tokens",
    N_("too many of their questions waited already"): "too-many-questions",
    N_("the text held names of whoever asked"): "names-in-text",
    N_("a registry says otherwise"): "ids-contradict ids-differ",
    N_("the outcome of the challenge asks for another step, or another challenge still runs"): (
        "outcome-does-not-fit challenge-runs challenge-not-suspensive letter-electronic"
    ),
    N_("what was sent could not be taken"): "invalid-input motive-too-long file-refused file-infected file-not-scanned",
}
REFUSALS: dict[str, str] = {code: reason for reason, codes in _REASONS.items() for code in codes.split()}
OTHERWISE = N_("a rule did not allow it")


def refusal_label(code: str) -> str:
    """Why an attempt with this code was refused (a template to translate)."""
    return REFUSALS.get(code, OTHERWISE)
