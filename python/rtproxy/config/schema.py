"""Every key of the configuration: its type, its range, its default.

Owns the sections as frozen structs; the field names are the key names. Must not
know where values come from. `docs/configuration.md` says the same to people, and
a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from rtproxy.config.secret import Secret
from rtproxy.model.event import Json

Port = Annotated[int, Meta(ge=0, le=65_535)]
Seconds = Annotated[float, Meta(gt=0, le=86_400)]
Milliseconds = Annotated[int, Meta(ge=0, le=3_600_000)]
Count = Annotated[int, Meta(ge=1, le=1_000_000)]
Bytes = Annotated[int, Meta(ge=1_024, le=1_073_741_824)]
Text = Annotated[str, Meta(min_length=1)]
Rate = Literal[8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000]
Kind = Literal["openai", "azure", "compatible", "simulator"]
Language = Annotated[str, Meta(pattern="^[a-z]{2}$")]  # as ISO 639-1 names it
WireFormat = Literal["audio/pcm", "audio/pcmu", "audio/pcma"]  # as the Realtime API names them


class Section(Struct, frozen=True, kw_only=True):
    """A table of the file."""


class ServerConfig(Section, frozen=True, kw_only=True):
    """`[server]`: where clients come in."""

    host: Text = "127.0.0.1"
    port: Port = 8_000  # 0: any free one, told when it is bound
    ws_port: Port | None = None  # a second one, where `companion` is spoken at /
    allowed_origins: tuple[Text, ...] = ()  # web pages that may connect beside our own
    tls: Literal["off", "files", "self-signed"] | None = None  # None: "files" where certfile is set
    certfile: Text | None = None
    keyfile: Text | None = None
    driver: Literal["auto", "stream", "reactor"] = "auto"  # who moves the bytes of sessions

    @property
    def uses_tls(self) -> bool:
        """Whether clients speak https and wss."""
        return self.tls in {"files", "self-signed"}


class AuthConfig(Section, frozen=True, kw_only=True):
    """`[auth]`: who may come in."""

    keys: tuple[Secret, ...] = ()  # empty: nobody is asked
    secret: Secret | None = None  # what tokens are sealed with; None: one made at the start


class LimitsConfig(Section, frozen=True, kw_only=True):
    """`[limits]`: sizes and deadlines."""

    client_message_bytes: Bytes = 1_048_576
    openai_message_bytes: Bytes = 16_777_216  # from clients of the `openai` dialect
    upstream_message_bytes: Bytes = 16_777_216
    head_bytes: Annotated[int, Meta(ge=1_024, le=32_768)] = 16_384
    head_s: Seconds = 5.0
    auth_s: Seconds = 10.0  # for a client that is greeted, to say who it is
    tiny_fragments: Count = 4_096
    frame_stall_s: Seconds = 10.0
    message_s: Seconds = 60.0
    ping_every_s: Seconds = 15.0
    pong_within_s: Seconds = 10.0
    close_s: Seconds = 3.0
    lead_ms: Milliseconds = 400
    answer_ms: Milliseconds = 300_000
    burst_ms: Milliseconds = 120_000
    ring_ms: Milliseconds = 60_000
    send_buffer_bytes: Bytes = 131_072
    waiting_messages: Count = 1_000
    waiting_bytes: Bytes = 1_048_576
    send_s: Seconds = 10.0
    dial_s: Seconds = 10.0
    dial_backoff_s: Seconds = 1.0  # before the second dial; doubles
    first_event_s: Seconds = 10.0
    request_bytes: Bytes = 1_048_576  # the body of an HTTP request, or of the answer to one
    request_s: Seconds = 30.0  # of ours to the upstream
    inactive_s: Seconds = 600.0
    expiring_s: Seconds = 60.0
    user_sessions: Count = 3  # of a user that is known
    address_sessions: Count = 100  # loopback: as many as the server
    requests_per_minute: Count = 100  # of a user that is known; audio is none


class UpstreamSection(Section, frozen=True, kw_only=True):
    """`[upstream.NAME]`: where answers come from, as written."""

    kind: Kind | None = None  # None: NAME, if it is one
    url: Annotated[str, Meta(pattern="^wss?://[^/]")] | None = None
    endpoint: Annotated[str, Meta(pattern="^https?://[^/]")] | None = None  # of an Azure resource
    api_version: Text | None = None  # of Azure: its preview interface
    model: Text | None = None
    api_key: Secret | None = None
    api_key_env: Text | None = None
    auth: Literal["bearer", "api-key"] | None = None  # None: as is usual for the kind
    organization: Text | None = None
    project: Text | None = None
    headers: dict[str, Secret] = {}
    ca: Text | None = None


class SimulatorConfig(Section, frozen=True, kw_only=True):
    """`[simulator]`: how the upstream inside this process behaves."""

    voice: Literal["parrot", "script", "echo"] = "parrot"
    script: Text | None = None
    chunk_ms: Annotated[int, Meta(ge=5, le=2_000)] = 100
    speed: Annotated[float, Meta(gt=0, le=1_000)] = 4.0
    first_audio_delay_ms: Milliseconds = 200
    words_per_s: Annotated[float, Meta(gt=0, le=1_000)] | None = None  # None: as `speed` says
    seed: Annotated[int, Meta(ge=0)] | None = None
    force_input_format: WireFormat | None = None  # None: what the session asks for
    force_output_format: WireFormat | None = None


class DialectConfig(Section, frozen=True, kw_only=True):
    """`[dialect.NAME]`: who answers there, and what is changed of the persona; None keeps it.

    `session` has any fields of a session, as a persona file has them.
    """

    persona: Text | None = None
    voice: Text | None = None
    instructions: str | None = None
    transcription_model: Text | None = None
    tools: tuple[Any, ...] | None = None  # names of the proxy's own, and whole ones
    threshold: Annotated[float, Meta(ge=0, le=1)] | None = None
    prefix_padding_ms: Annotated[int, Meta(ge=0, le=5_000)] | None = None
    silence_ms: Annotated[int, Meta(ge=0, le=10_000)] | None = None
    session: dict[str, Any] = {}
    input_rate_hz: Rate = 24_000  # of clients that name none


class BroadcastConfig(DialectConfig, frozen=True, kw_only=True):
    """`[dialect.broadcast]`: the same of rooms, whose frontends send another rate."""

    input_rate_hz: Rate = 16_000


class DialectsConfig(Section, frozen=True, kw_only=True):
    """`[dialect]`: one table for each small dialect."""

    voice: DialectConfig = DialectConfig()
    companion: DialectConfig = DialectConfig()
    conversation: DialectConfig = DialectConfig()
    twilio: DialectConfig = DialectConfig()
    broadcast: BroadcastConfig = BroadcastConfig()

    def of(self, name: str) -> DialectConfig:
        """The table of a dialect; one that has none is as it is by default."""
        found: DialectConfig = getattr(self, name, DialectConfig())
        return found


class TwilioConfig(Section, frozen=True, kw_only=True):
    """`[twilio]`: telephone calls."""

    auth_token: Secret | None = None  # of the account: then whatever comes is to be signed
    public_url: Annotated[str, Meta(pattern="^https?://[^/?#]+(/[^?#]*)?$")] | None = None
    trust_forwarded: bool = False  # X-Forwarded-Proto and -Host, where public_url is not set
    dtmf: Literal["item", "ignore"] = "item"  # what becomes of keys that the caller presses


class PersonasConfig(Section, frozen=True, kw_only=True):
    """`[personas]`: the user's own persona files."""

    folder: Text | None = None  # None: "personas" beside the file, or where the proxy was started


class LookupConfig(Section, frozen=True, kw_only=True):
    """`[tools.lookup]`: the table that the tool `lookup` looks into."""

    file: Text | None = None  # CSV, TOML or JSON
    description: Text | None = None  # for the model: what is in it


class ToolsConfig(Section, frozen=True, kw_only=True):
    """`[tools]`: what the model may call in this process."""

    files: tuple[Text, ...] = ()  # Python files; every session is offered their tools
    use: tuple[Text, ...] = ()  # the built-in tools that every session is offered
    deadline_s: Seconds = 10.0
    output_bytes: Bytes = 65_536
    lookup: LookupConfig = LookupConfig()


class RoomsConfig(Section, frozen=True, kw_only=True):
    """`[rooms]`: one speaks, many read along, each in a language of their own."""

    translator: Literal["session", "translation"] = "session"
    transcription_model: Text = "gpt-4o-transcribe"
    translation_model: Text = "gpt-realtime-translate"  # of the translator "translation"
    languages: tuple[Language, ...] = ()  # that may be asked for; empty: any of ISO 639-1
    history: Annotated[int, Meta(ge=0, le=1_000)] = 20  # finished items for a late joiner
    linger_s: Annotated[float, Meta(ge=0, le=86_400)] = 30.0
    listeners: Count = 2_000  # in one room
    speakers: Count = 16  # in one room
    languages_at_once: Count = 8  # in one room
    rooms: Count = 100


class AudioConfig(Section, frozen=True, kw_only=True):
    """`[audio]`: how audio is converted."""

    simd: Literal["auto", "portable", "avx2", "avx512"] = "auto"  # auto: the machine's best


class LogConfig(Section, frozen=True, kw_only=True):
    """`[log]`: what is written to stderr."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "console", "json"] = "auto"  # auto: console on a terminal


class Sections(Section, frozen=True, kw_only=True):
    """The whole file, as written; `Config` is what follows from it."""

    server: ServerConfig = ServerConfig()
    auth: AuthConfig = AuthConfig()
    limits: LimitsConfig = LimitsConfig()
    upstream: dict[str, UpstreamSection] = {}
    simulator: SimulatorConfig = SimulatorConfig()
    dialect: DialectsConfig = DialectsConfig()
    twilio: TwilioConfig = TwilioConfig()
    personas: PersonasConfig = PersonasConfig()
    tools: ToolsConfig = ToolsConfig()
    rooms: RoomsConfig = RoomsConfig()
    audio: AudioConfig = AudioConfig()
    log: LogConfig = LogConfig()


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamConfig:
    """Where answers come from, with what follows from the section already drawn.

    Attributes:
        name: of the table, or "command-line" for a bare URL given there.
        kind: "openai", "azure", "compatible" or "simulator".
        url: ws:// or wss://; for Azure the resource's https://, where that is all that
            is known; "" for the simulator inside this process.
        model: what the sessions ask for; at Azure the name of a deployment.
        api_key: None where the upstream wants none.
        key_from: where the key was found, in words; "" without one.
        auth: the header that carries the key: "bearer" or "api-key".
        api_version: of Azure's preview interface; None for what follows it.
        headers: what goes with every request besides, by name.
        ca: a file of certificates to trust instead of the system's.
    """

    name: str
    kind: Kind
    url: str
    model: str
    api_key: Secret | None = None
    key_from: str = ""
    auth: Literal["bearer", "api-key"] = "bearer"
    api_version: str | None = None
    headers: tuple[tuple[str, Secret], ...] = ()
    ca: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A configuration that can be run.

    Attributes:
        server, auth, limits, simulator, dialect, twilio, tools, rooms, audio,
            log: the sections,
            complete.
        upstreams: at least one, in order of preference, keys resolved.
        notes: sentences for the person who starts it, about what was given and
            is not used.
        personas_folder: where the user's own persona files are, or would be.
        dialect_sessions: by dialect, the partial GA session that it changes personas by.
    """

    server: ServerConfig
    auth: AuthConfig
    limits: LimitsConfig
    simulator: SimulatorConfig
    dialect: DialectsConfig
    twilio: TwilioConfig
    tools: ToolsConfig
    rooms: RoomsConfig
    audio: AudioConfig
    log: LogConfig
    upstreams: tuple[UpstreamConfig, ...]
    notes: tuple[str, ...] = ()
    personas_folder: Path = Path("personas")
    dialect_sessions: Mapping[str, Json] = field(default_factory=dict)

    def secrets(self) -> Iterator[str]:
        """Every value that must never be written down."""
        held = [*self.auth.keys, self.auth.secret, self.twilio.auth_token]
        for upstream in self.upstreams:
            held += [upstream.api_key, *(value for _, value in upstream.headers)]
        return (secret.reveal() for secret in held if secret is not None)
