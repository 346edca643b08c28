//! The face of the reactor: descriptors, keys, tokens, and nothing else.

use super::enums::Side;
use super::splice::Splice;
use super::tls::{Held, TlsSession};
use super::units::moment;
use crate::reactor::fan_out::Announcement;
use crate::reactor::io::Socket;
use crate::reactor::member::Patience;
use crate::reactor::poll;
use crate::reactor::seat::{MemberKey, News, SessionKey, What};
use crate::reactor::tempo::Tempo;
use crate::reactor::wire::Wire;
use crate::splice::queue::Load;
use crate::splice::time::{from_s, to_s, whole_ms, Ticks};
use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;
use rustix::io::Errno;
use slotmap::{Key, KeyData, SecondaryMap};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::time::{Duration, Instant};

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Reactor>()?;
    module.add_class::<ReactorStats>()
}

/// A token and whether its leg's socket is gone.
type Told = (Py<PyAny>, bool);

#[pyclass(module = "rtproxy._audio_core")]
struct Reactor {
    inner: poll::Reactor,
    tokens: SecondaryMap<MemberKey, Py<PyAny>>,
    turn: Duration,
    born: Instant,
    tempo: Tempo,
}

#[pymethods]
impl Reactor {
    #[new]
    #[pyo3(
        signature = (*, now, socket_bytes = 65_536, turn_ms = 2),
        text_signature = "(*, now, socket_bytes=65536, turn_ms=2)"
    )]
    fn new(now: f64, socket_bytes: usize, turn_ms: u64) -> PyResult<Self> {
        Ok(Self {
            inner: poll::Reactor::new(socket_bytes, moment(now)?).map_err(os_error)?,
            tokens: SecondaryMap::new(),
            turn: Duration::from_millis(turn_ms),
            born: Instant::now(),
            tempo: Tempo::default(),
        })
    }

    fn fileno(&self) -> RawFd {
        self.inner.as_fd().as_raw_fd()
    }

    fn open_session(&mut self, splice: &Splice) -> u64 {
        self.inner
            .table
            .open_session(splice.share())
            .data()
            .as_ffi()
    }

    fn close_session(&mut self, session: u64) {
        for member in self.inner.table.close_session(session_key(session)) {
            self.tokens.remove(member);
        }
    }

    #[pyo3(signature = (session, leg, side, fd, token, *, send_ms, close_ms, tls = None))]
    #[expect(clippy::too_many_arguments, reason = "named in Python")]
    fn add(
        &mut self,
        session: u64,
        leg: u64,
        side: Side,
        fd: RawFd,
        token: Py<PyAny>,
        send_ms: u64,
        close_ms: u64,
        tls: Option<PyRefMut<'_, TlsSession>>,
    ) -> PyResult<u64> {
        if fd < 0 {
            return Err(PyValueError::new_err(format!("{fd} is no descriptor")));
        }
        // SAFETY: the caller has given the descriptor up (`socket.detach()`), so it
        // is open, and nobody else closes it.
        let socket = Socket::from(unsafe { OwnedFd::from_raw_fd(fd) });
        let wire = match tls {
            None => Wire::plain(socket),
            Some(mut tls) => {
                let Held {
                    session,
                    ciphertext,
                    ..
                } = tls.hand_over()?;
                Wire::secure(socket, session, ciphertext)
            }
        };
        let patience = Patience {
            send: whole_ms(send_ms),
            close: whole_ms(close_ms),
        };
        let key = session_key(session);
        let added = self.inner.add(key, wire, leg, side.0, patience);
        let Some(member) = added.map_err(os_error)? else {
            return Err(PyValueError::new_err("the session is closed"));
        };
        self.tokens.insert(member, token);
        Ok(member.data().as_ffi())
    }

    fn watch(&self, fd: RawFd) -> PyResult<()> {
        self.inner.watch(borrowed(fd)?).map_err(os_error)
    }

    fn unwatch(&self, fd: RawFd) -> PyResult<()> {
        self.inner.unwatch(borrowed(fd)?).map_err(os_error)
    }

    #[pyo3(signature = (now, *, linger_ms = 0))]
    fn turn(&mut self, py: Python<'_>, now: f64, linger_ms: u64) -> PyResult<(Vec<Told>, bool)> {
        let (from, began, bound) = (moment(now)?, Instant::now(), self.turn);
        let waited = self.inner.table.stats.waited;
        let mut first = true;
        let mut more = self.inner.turn(|| {
            let spent = began.elapsed();
            let go_on = std::mem::take(&mut first) || spent < bound;
            go_on.then(|| from + ticks(spent))
        });
        let linger = Duration::from_millis(linger_ms);
        if !more && self.tempo.is_worth(linger) && !self.inner.table.has_news() {
            let inner = &mut self.inner;
            let clock = move || {
                let spent = began.elapsed();
                (from + ticks(spent), linger.saturating_sub(spent))
            };
            more = py.detach(|| inner.linger(clock));
        }
        let stats = &mut self.inner.table.stats;
        stats.note_turn(began.elapsed(), waited);
        self.tempo.note(self.born.elapsed(), stats.reads);
        Ok((self.told(py), more))
    }

    fn settle(&mut self, py: Python<'_>, session: u64, now: f64) -> PyResult<Vec<Told>> {
        let now = moment(now)?;
        self.inner.table.touch(session_key(session));
        self.inner.settle(now);
        Ok(self.told(py))
    }

    #[pyo3(signature = (members, payload, now, *, within = None))]
    fn tell_all(
        &mut self,
        py: Python<'_>,
        members: Vec<u64>,
        payload: &[u8],
        now: f64,
        within: Option<(usize, usize)>,
    ) -> PyResult<(Vec<usize>, Vec<Told>)> {
        let (from, began) = (moment(now)?, Instant::now());
        let members: Vec<_> = members.into_iter().map(member_key).collect();
        let said = Announcement::new(payload);
        let within = within.map(|(messages, bytes)| Load { messages, bytes });
        let inner = &mut self.inner;
        let clock = || from + ticks(began.elapsed());
        let passed_over = py.detach(|| inner.tell_all(&members, &said, within, clock));
        Ok((passed_over, self.told(py)))
    }

    fn waiting(&mut self, member: u64) -> (usize, usize) {
        let load = self.inner.table.waiting(member_key(member));
        (load.messages, load.bytes)
    }

    fn end_within(&mut self, member: u64, now: f64) -> PyResult<()> {
        let now = moment(now)?;
        self.inner.table.end_within(member_key(member), now);
        Ok(())
    }

    fn abort(&mut self, member: u64, now: f64) -> PyResult<()> {
        let now = moment(now)?;
        self.inner.table.abort(member_key(member), now);
        Ok(())
    }

    #[getter]
    fn stats(&self) -> ReactorStats {
        ReactorStats(self.inner.table.stats)
    }
}

impl Reactor {
    fn told(&mut self, py: Python<'_>) -> Vec<Told> {
        let Self { inner, tokens, .. } = self;
        let news = inner.take_news().filter_map(|News { member, what }| {
            if what == What::Left {
                tokens.remove(member);
                return None;
            }
            let token = tokens.get(member)?.clone_ref(py);
            Some((token, what == What::Gone))
        });
        news.collect()
    }
}

/// What the reactor has done since the start.
#[pyclass(module = "rtproxy._audio_core", frozen)]
struct ReactorStats(crate::reactor::stats::Stats);

#[pymethods]
impl ReactorStats {
    /// Seconds of work in turns.
    #[getter]
    fn busy_s(&self) -> f64 {
        self.0.busy.as_secs_f64()
    }

    /// Seconds that turns have waited for more.
    #[getter]
    fn waited_s(&self) -> f64 {
        to_s(self.0.waited)
    }

    /// Seconds of the longest turn.
    #[getter]
    fn longest_s(&self) -> f64 {
        self.0.longest.as_secs_f64()
    }

    #[getter]
    const fn turns(&self) -> u64 {
        self.0.turns
    }

    #[getter]
    const fn rounds(&self) -> u64 {
        self.0.rounds
    }

    #[getter]
    const fn events(&self) -> u64 {
        self.0.events
    }

    #[getter]
    const fn reads(&self) -> u64 {
        self.0.reads
    }

    #[getter]
    const fn read_bytes(&self) -> u64 {
        self.0.read_bytes
    }

    #[getter]
    const fn writes(&self) -> u64 {
        self.0.writes
    }

    #[getter]
    const fn written_bytes(&self) -> u64 {
        self.0.written_bytes
    }
}

fn borrowed<'fd>(fd: RawFd) -> PyResult<BorrowedFd<'fd>> {
    if fd < 0 {
        return Err(PyValueError::new_err(format!("{fd} is no descriptor")));
    }
    // SAFETY: for one call of the kernel's, which says itself whether it is open.
    Ok(unsafe { BorrowedFd::borrow_raw(fd) })
}

fn session_key(name: u64) -> SessionKey {
    SessionKey::from(KeyData::from_ffi(name))
}

fn member_key(name: u64) -> MemberKey {
    MemberKey::from(KeyData::from_ffi(name))
}

fn ticks(duration: Duration) -> Ticks {
    from_s(duration.as_secs_f64())
}

fn os_error(error: Errno) -> PyErr {
    PyOSError::new_err((error.raw_os_error(), error.to_string()))
}
