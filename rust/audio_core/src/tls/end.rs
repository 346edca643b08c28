//! A client's or a server's end of a connection, over buffers that are the caller's.
//!
//! rustls keeps no bytes here (`rustls::unbuffered`): records are opened where they
//! lie, and sealed into what will be sent. What it asks for step by step is done in one
//! go: until it wants more bytes, or has nothing against being written to.

use rustls::client::{ClientConnectionData, UnbufferedClientConnection};
use rustls::server::{ServerConnectionData, UnbufferedServerConnection};
use rustls::unbuffered::{
    ConnectionState, EncodeError, EncodeTlsData, EncryptError, ReadTraffic, UnbufferedStatus,
    WriteTraffic,
};
use rustls::{CommonState, Error};
use std::fmt;

/// The longest plaintext of a record (RFC 8446, 5.1).
const FRAGMENT_BYTES: usize = 1 << 14;
/// Room for what a record has besides: a header, a type or a nonce, a tag.
const RECORD_BYTES: usize = 32;
/// Room for an alert and its record.
const ALERT_BYTES: usize = 64;

/// One end.
pub enum End {
    /// Who dialled.
    Client(UnbufferedClientConnection),
    /// Who was called.
    Server(UnbufferedServerConnection),
}

/// What is to be said.
#[derive(Clone, Copy, Debug)]
pub enum Word<'a> {
    /// Nothing: only what comes is of interest.
    Nothing,
    /// This, which is not empty.
    Data(&'a [u8]),
    /// That nothing more will come (`close_notify`).
    Farewell,
}

/// How far it came.
#[derive(Clone, Copy, Debug, Default)]
pub struct Step {
    /// So many bytes of what came are not needed any more.
    pub used: usize,
    /// The word was said; it is not as long as the handshake lasts.
    pub said: bool,
    /// The peer has said now that nothing more will come.
    pub closed_by_peer: bool,
}

impl End {
    /// Take what came, whole records and the beginning of one, and tell `opened` what
    /// they say; append to `outgoing` what is to be sent, the word last.
    ///
    /// Where what came is wrong, what was right before it has been told, and what the
    /// peer is to know of it appended.
    pub fn step(
        &mut self,
        incoming: &mut [u8],
        word: Word<'_>,
        opened: &mut dyn FnMut(&[u8]),
        outgoing: &mut Vec<u8>,
    ) -> Result<Step, Error> {
        match self {
            Self::Client(records) => step(records, incoming, word, opened, outgoing),
            Self::Server(records) => step(records, incoming, word, opened, outgoing),
        }
    }

    /// What both kinds have in common.
    pub fn state(&self) -> &CommonState {
        match self {
            Self::Client(records) => records,
            Self::Server(records) => records,
        }
    }
}

impl fmt::Debug for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Client(_) => "Client",
            Self::Server(_) => "Server",
        })
    }
}

/// What rustls has in both kinds, and does not name.
trait Records {
    type Data;

    fn process<'c, 'i>(
        &'c mut self,
        incoming: &'i mut [u8],
    ) -> UnbufferedStatus<'c, 'i, Self::Data>;
}

impl Records for UnbufferedClientConnection {
    type Data = ClientConnectionData;

    fn process<'c, 'i>(
        &'c mut self,
        incoming: &'i mut [u8],
    ) -> UnbufferedStatus<'c, 'i, Self::Data> {
        self.process_tls_records(incoming)
    }
}

impl Records for UnbufferedServerConnection {
    type Data = ServerConnectionData;

    fn process<'c, 'i>(
        &'c mut self,
        incoming: &'i mut [u8],
    ) -> UnbufferedStatus<'c, 'i, Self::Data> {
        self.process_tls_records(incoming)
    }
}

fn step<R: Records>(
    records: &mut R,
    incoming: &mut [u8],
    word: Word<'_>,
    opened: &mut dyn FnMut(&[u8]),
    outgoing: &mut Vec<u8>,
) -> Result<Step, Error> {
    let mut step = Step::default();
    loop {
        let UnbufferedStatus { discard, state } = records.process(&mut incoming[step.used..]);
        step.used += discard;
        match state {
            Ok(ConnectionState::ReadTraffic(traffic)) => step.used += read(traffic, opened)?,
            Ok(ConnectionState::EncodeTlsData(data)) => encode(data, outgoing),
            // It is in `outgoing`, which whoever holds it sends.
            Ok(ConnectionState::TransmitTlsData(data)) => data.done(),
            Ok(ConnectionState::PeerClosed) => step.closed_by_peer = true,
            Ok(ConnectionState::WriteTraffic(traffic)) => {
                let waits_inside = !say(traffic, word, outgoing)?;
                if step.said || !waits_inside {
                    step.said = true;
                    return Ok(step);
                }
                step.said = true;
            }
            // More bytes are needed, or none are any more. Early data is not offered.
            Ok(_) => return Ok(step),
            Err(error) => {
                alert(records, &mut incoming[step.used..], outgoing);
                return Err(error);
            }
        }
    }
}

/// Append what the peer is to know of what is wrong.
fn alert<R: Records>(records: &mut R, incoming: &mut [u8], outgoing: &mut Vec<u8>) {
    while let Ok(ConnectionState::EncodeTlsData(data)) = records.process(incoming).state {
        encode(data, outgoing);
    }
}

/// Hand on what records say; how much more is not needed any more.
fn read<D>(
    mut traffic: ReadTraffic<'_, '_, D>,
    opened: &mut dyn FnMut(&[u8]),
) -> Result<usize, Error> {
    let mut discard = 0;
    while let Some(record) = traffic.next_record() {
        let record = record?;
        opened(record.payload);
        discard += record.discard;
    }
    Ok(discard)
}

/// Append a message of TLS's own.
fn encode<D>(mut data: EncodeTlsData<'_, D>, outgoing: &mut Vec<u8>) {
    let begin = outgoing.len();
    // Asked with no room it says how much it needs; it has been asked once only.
    if let Err(EncodeError::InsufficientSize(needed)) = data.encode(&mut []) {
        outgoing.resize(begin + needed.required_size, 0);
        let _ = data.encode(&mut outgoing[begin..]);
    }
}

/// Append the word; false where it waits inside, to be encoded.
fn say<D>(
    mut traffic: WriteTraffic<'_, D>,
    word: Word<'_>,
    outgoing: &mut Vec<u8>,
) -> Result<bool, Error> {
    let begin = outgoing.len();
    let mut room = match word {
        Word::Nothing => return Ok(true),
        Word::Data(data) => data.len() + RECORD_BYTES * data.len().div_ceil(FRAGMENT_BYTES),
        Word::Farewell => ALERT_BYTES,
    };
    loop {
        outgoing.resize(begin + room, 0);
        let written = match word {
            Word::Data(data) => traffic.encrypt(data, &mut outgoing[begin..]),
            _ => traffic.queue_close_notify(&mut outgoing[begin..]),
        };
        outgoing.truncate(begin + *written.as_ref().unwrap_or(&0));
        match (written, word) {
            (Ok(_), _) => return Ok(true),
            (Err(EncryptError::EncryptExhausted), _) => return Err(Error::EncryptError),
            // An alert is made once; what there is no room for stays inside.
            (Err(_), Word::Farewell) => return Ok(false),
            (Err(EncryptError::InsufficientSize(needed)), _) => room = needed.required_size,
        }
    }
}
