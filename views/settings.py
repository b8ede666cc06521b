"""Settings of the installation, from the environment (`HEFBOOM_…`), with safe defaults."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, field_validator
from pydantic_settings import SettingsConfigDict

from framework.ground.scanner import Address, Scanner
from views.file_limits import FileLimits

ROOT = Path(__file__).resolve().parents[1]
IN_MEMORY, ROOM = Path("/dev/shm"), 1 << 30  # noqa: S108 - folders of our own are made in it, for us alone
"""Where Linux keeps files in memory, and how much must be free there for files to be read in it, in bytes."""
THIS_MACHINE = ("localhost", "127.0.0.1")


def _has_room(folder: Path) -> bool:
    try:
        return os.access(folder, os.W_OK) and shutil.disk_usage(folder).free >= ROOM
    except OSError:
        return False


class Settings(FileLimits):
    """Every setting with its default; the description is what `docs/settings.md` prints."""

    model_config = SettingsConfigDict(env_prefix="HEFBOOM_", extra="ignore")

    data_dir: Path = Field(
        ROOT / "var", description="Folder for the SQLite file, uploaded files, the queue and the secret."
    )
    master_key_file: Path | None = Field(
        None,
        description="File with the master key of sealed tenders, readable by the service alone: outside the database, the data folder "
        "and every backup of them, with a backup of its own. Blank = beside the data folder, under its name with .key; made at the first start. Losing it is losing what is sealed.",
    )
    reading_dir: Path | None = Field(
        None,
        description="Folder in which uploaded files lie open while they arrive and are read, best in memory; blank = in "
        "memory (/dev/shm) where at least 1 GiB is free there, else the folder reading in the data folder.",
    )
    deposit_dir: Path | None = Field(
        None,
        description="Folder in memory for keys that exist for a while only, where a round is sealed with shares of its openers: of a "
        "tender while its sender's session lives, of an opener until the window ends. Never on a disk or in a backup. Blank = in memory (/dev/shm) "
        "where uploaded files are read in memory too; without one no round can be sealed with shares.",
    )
    database_url: str = Field("", description="SQLAlchemy address of the database; blank = SQLite in the data folder.")
    secret_key: str = Field("", description="Secret that signs cookies; blank = made once and kept in the data folder.")
    signing_key_file: Path | None = Field(
        None,
        description="File of the key that signs receipts and heads of the record, made at the first start, for its owner "
        "alone (mode 0600): others who may read it could sign in its name, and the product does not start. It belongs in no "
        "backup of the data. Blank = signing_key.pem in the folder keys of the data folder.",
    )
    head_recipients: str = Field(
        "",
        description="Mail addresses outside the installation that get the signed head of the record each day, separated by "
        "commas; whoever holds a head can tell a record that was changed.",
    )
    head_folder: Path | None = Field(
        None,
        description="Folder on another machine, mounted here, into which each head of the record is written as a file; "
        "blank = none.",
    )
    log_ship_to: Path | None = Field(
        None,
        description="File, best on another machine, to whose end each entry of the record is written within a minute, one line "
        "of JSON each; it holds entries about sealed tenders too, as numbers. Blank = none.",
    )
    mail_url: str = Field(
        "", description="smtp://user:password@host:port; blank = mail goes to the console and the outbox."
    )
    mail_from: str = Field("Hefboom <no-reply@localhost>", description="Sender of mails.")
    help_contact: str = Field("", description="Name, mail and telephone of a human who helps, shown on every page.")
    base_url: str = Field(
        "http://127.0.0.1:5000", description="Address at which people reach the product; links in mails use it."
    )
    trusted_hosts: str = Field(
        "",
        description="Host names that are answered, separated by commas; blank = that of base_url (localhost and "
        "127.0.0.1 alike, where it is one of them).",
    )
    trusted_proxies: int = Field(0, description="How many proxies in front set X-Forwarded headers.")
    secure_cookies: bool | None = Field(
        None,
        description="Send cookies over TLS only, and tell browsers to use nothing else (HSTS); blank = where base_url "
        "starts with https.",
    )
    child_parallel: int = Field(
        0,
        description="How many files are read at once by a worker, at least 2; 0 = as many as the machine has processors.",
    )
    mail_when_longer_s: int = Field(
        60, description="A mail tells that a file is read where that took longer than so many seconds."
    )
    session_idle_minutes: int = Field(60, description="A session ends after this time without use.")
    session_max_hours: int = Field(12, description="A session ends after this time in any case.")
    login_limit: int = Field(10, description="Failed sign-ins per 5 minutes and address, and per user.")
    reset_limit: int = Field(5, description="Password resets per user and day.")
    api_calls_per_minute: int = Field(
        600, description="Calls to the interface per minute and token, in each process of the server."
    )
    api_uploads_per_hour: int = Field(120, description="Files sent through the interface per hour and person.")
    api_wrong_tokens: int = Field(
        100, description="Calls with a token that does not work, per 5 minutes and network address."
    )
    invitation_days: int = Field(14, description="How long an invitation link works.")
    idempotency_keep_days: int = Field(7, description="How long the outcome of a form that was sent is kept, in days.")
    outage_warning_minutes: int = Field(
        60,
        ge=0,
        le=1440,
        description="A lead is warned where an outage ended fewer than so many minutes before the tender deadline.",
    )
    denied_log_limit: int = Field(
        100,
        description="Refused attempts of one person and minute that are written one by one; more are summed in one.",
    )
    second_factor_roles: str = Field(
        "lead,chair,opener,operator", description="Roles that need a second factor, separated by commas."
    )
    virus_scanner: str = Field(
        "",
        description="Address of a ClamAV daemon (clamd), `tcp://host:3310` or `unix:///path/of/the/socket`: every file is scanned "
        "before anybody reads or downloads it, and waits while the daemon does not answer. Its StreamMaxLength must be "
        "at least large_upload_mb. Blank = files are not scanned.",
    )
    smelter_register: Path | None = Field(
        None,
        description="A csv file of known smelters, kept by the installation, with the columns id, name, country, mineral, "
        "listed_from and listed_until (blank while listed); blank = smelter ids are not looked up, which every file is told.",
    )
    usual_minerals: dict[str, list[str]] = Field(
        {},
        description="Minerals that products of a category usually contain, by category; a declaration that uses none of "
        'them is told so, for example {"laptop": ["tin", "gold"]}. Empty = off.',
    )
    sankey_links: int = Field(
        25, ge=4, le=25, description="Most links in a picture of flows; the rest stands as *other*."
    )
    match_memory_mb: int = Field(
        2500, description="Memory of `match-base` for comparing, in MB; what does not fit goes to match_spill_dir."
    )
    match_spill_dir: Path | None = Field(
        None, description="Folder for what does not fit in that memory; blank = the folder spill in the data folder."
    )
    demo: bool = Field(False, description="Marks the installation as a demonstration with invented data.")
    check_database: bool = Field(True, description="Refuse to start on a database that may lose what was acknowledged.")

    @field_validator("virus_scanner")
    @classmethod
    def _is_address(cls, given: str) -> str:
        """Another form than those there are stops the start: an installation must not believe itself protected."""
        if given.strip():
            Address.of(given.strip())
        return given.strip()

    def scanner(self) -> Scanner | None:
        """The virus scanner of the installation; None where it has none."""
        return Scanner(Address.of(self.virus_scanner)) if self.virus_scanner else None

    def url(self) -> str:
        """The database address, with the default filled in."""
        return self.database_url or f"sqlite:///{self.data_dir.absolute() / 'hefboom.sqlite'}"

    def workers(self) -> int:
        """How many jobs a worker does at once: at least two, so that a large file never keeps quick ones waiting."""
        return max(2, self.child_parallel or os.cpu_count() or 2)

    def reading_folder(self) -> Path:
        """Where children read uploaded tables: never in a folder that others look into."""
        if self.reading_dir is not None:
            return self.reading_dir
        if _has_room(IN_MEMORY):
            return IN_MEMORY / f"hefboom-reading-{os.getuid()}-{self._short_name()}"
        return self.data_dir / "reading"

    def deposit_folder(self) -> Path | None:
        """Where keys are kept in memory for a while; None where the machine has no such place."""
        if self.deposit_dir is not None:
            return self.deposit_dir
        if os.access(IN_MEMORY, os.W_OK) and self.reading_folder() != self.data_dir / "reading":
            return IN_MEMORY / f"hefboom-keys-{os.getuid()}-{self._short_name()}"
        return None

    def _short_name(self) -> str:
        """Tells the folders of two installations on one machine apart."""
        return hashlib.sha256(str(self.data_dir.absolute()).encode()).hexdigest()[:16]

    def master_key_path(self) -> Path:
        """Where the master key lies."""
        return self.master_key_file or self.data_dir.absolute().with_name(f"{self.data_dir.absolute().name}.key")

    def spill_folder(self) -> Path:
        """Where `match-base` puts what does not fit in its memory."""
        return self.match_spill_dir or self.data_dir / "spill"

    def secret(self) -> str:
        """The secret key; made once and kept beside the data where none is given."""
        if self.secret_key:
            return self.secret_key
        self.data_dir.mkdir(parents=True, exist_ok=True)
        path = self.data_dir / "secret_key"
        try:
            with path.open("x", encoding="ascii") as handle:
                path.chmod(0o600)
                handle.write(secrets.token_urlsafe(48))
        except FileExistsError:
            pass
        return path.read_text(encoding="ascii")

    def signing_key(self) -> Path:
        """Where the key lies that signs receipts and heads of the record."""
        return self.signing_key_file or self.data_dir / "keys" / "signing_key.pem"

    def head_addresses(self) -> list[str]:
        """Who gets the head of the record each day."""
        return [address.strip() for address in self.head_recipients.split(",") if address.strip()]

    def hosts(self) -> list[str]:
        """The host names that are answered; any other is refused."""
        named = [name.strip() for name in self.trusted_hosts.split(",") if name.strip()]
        own = urlsplit(self.base_url).hostname or "localhost"
        return named or (list(THIS_MACHINE) if own in THIS_MACHINE else [own])

    def over_tls(self) -> bool:
        """Whether people reach the product over TLS only."""
        return self.base_url.startswith("https://") if self.secure_cookies is None else self.secure_cookies

    def needs_second_factor(self) -> frozenset[str]:
        """Roles that need a second factor."""
        return frozenset(part.strip() for part in self.second_factor_roles.split(",") if part.strip())
