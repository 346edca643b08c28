//! The face of the splice: argument checks, units, errors.

use super::enums::Side;
use super::reports::{Counters, Level, Message};
use super::shapes::{Kinds, Wrap};
use super::units::{duration, leg_audio, moment, NamedFormat, PCM16_24K};
use super::{bytes_of, refused};
use crate::reactor::seat::Shared;
use crate::splice::contain::Contained;
use crate::splice::leg::{Attachment, LegLimits};
use crate::splice::queue::Load;
use crate::splice::splice::{self, Settings};
use crate::splice::time;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::sync::{Arc, Mutex};

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Splice>()
}

#[pyclass(module = "rtproxy._audio_core")]
pub struct Splice(pub(super) Shared);

#[pymethods]
impl Splice {
    #[new]
    #[pyo3(
        signature = (
            *,
            seed,
            lead_ms = Some(400),
            answer_ms = 300_000,
            burst_ms = 120_000,
            ring_ms = 60_000,
            waiting_messages = 1_000,
            waiting_bytes = 1_048_576,
        ),
        text_signature = "(*, seed, lead_ms=400, answer_ms=300000, burst_ms=120000, \
            ring_ms=60000, waiting_messages=1000, waiting_bytes=1048576)"
    )]
    fn new(
        seed: &[u8],
        lead_ms: Option<u64>,
        answer_ms: u64,
        burst_ms: u64,
        ring_ms: u64,
        waiting_messages: usize,
        waiting_bytes: usize,
    ) -> PyResult<Self> {
        let seed = <[u8; 32]>::try_from(seed)
            .map_err(|_| PyValueError::new_err("seed must be 32 bytes"))?;
        Ok(Self(Arc::new(Mutex::new(Contained::new(Settings {
            seed,
            lead_ms,
            answer_ms,
            burst_ms,
            ring_ms,
            waiting: Load {
                messages: waiting_messages,
                bytes: waiting_bytes,
            },
        })))))
    }

    #[pyo3(signature = (
        side,
        *,
        max_message_bytes,
        stall_ms = 10_000,
        message_ms = 60_000,
        max_tiny_fragments = 4_096,
    ))]
    fn open_leg(
        &self,
        side: Side,
        max_message_bytes: usize,
        stall_ms: u64,
        message_ms: u64,
        max_tiny_fragments: u32,
    ) -> PyResult<u64> {
        let limits = LegLimits {
            max_message_bytes,
            max_tiny_fragments,
            stall_ms,
            message_ms,
        };
        self.run(|splice| splice.open_leg(side.0, limits))
    }

    #[pyo3(
        signature = (leg, *, kinds, wrap, now, speaks = PCM16_24K, hears = Some(PCM16_24K)),
        text_signature = "($self, leg, *, kinds, wrap, now, speaks=('pcm16', 24000, 1), \
            hears=('pcm16', 24000, 1))"
    )]
    fn attach(
        &self,
        leg: u64,
        kinds: &Kinds,
        wrap: &Wrap,
        now: f64,
        speaks: NamedFormat<'_>,
        hears: Option<NamedFormat<'_>>,
    ) -> PyResult<()> {
        let now = moment(now)?;
        let attachment = Attachment {
            kinds: Arc::clone(&kinds.0),
            wrap: Arc::clone(&wrap.0),
            speaks: leg_audio(speaks)?,
            hears: hears.map(leg_audio).transpose()?,
        };
        self.run(|splice| splice.attach(leg, attachment, now))?
            .map_err(refused)
    }

    fn detach(&self, side: Side, now: f64) -> PyResult<()> {
        self.at(now, |splice, now| splice.detach(side.0, now))
    }

    fn forget(&self, leg: u64) -> PyResult<()> {
        self.run(|splice| splice.forget(leg))
    }

    fn clear(&self) -> PyResult<()> {
        self.run(splice::Splice::clear)
    }

    fn feed(&self, leg: u64, data: &Bound<'_, PyAny>, now: f64) -> PyResult<()> {
        let now = moment(now)?;
        if let Ok(bytes) = data.cast::<PyBytes>() {
            return self.run(|splice| splice.feed(leg, bytes.as_bytes(), now));
        }
        let bytes = bytes_of(data)?;
        self.run(|splice| splice.feed(leg, &bytes, now))
    }

    #[pyo3(signature = (leg, now, max_bytes = 65_536))]
    fn pull<'py>(
        &self,
        py: Python<'py>,
        leg: u64,
        now: f64,
        max_bytes: usize,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let now = moment(now)?;
        Ok(PyBytes::new(py, self.contained().pull(leg, now, max_bytes)))
    }

    fn wants_read(&self, leg: u64, now: f64) -> PyResult<bool> {
        self.at(now, |splice, now| splice.wants_read(leg, now))
    }

    fn finished(&self, leg: u64) -> PyResult<bool> {
        self.run(|splice| splice.finished(leg))
    }

    fn turn(&self, now: f64) -> PyResult<()> {
        self.at(now, splice::Splice::turn)
    }

    fn next_deadline(&self) -> PyResult<Option<f64>> {
        self.run(|splice| splice.next_deadline().map(time::to_s))
    }

    fn receive(&self, py: Python<'_>, leg: u64) -> PyResult<Option<Message>> {
        let delivery = self.run(|splice| splice.receive(leg))?;
        delivery
            .map(|delivery| Message::of(py, delivery))
            .transpose()
    }

    fn release(&self, leg: u64, hold: u64, now: f64) -> PyResult<()> {
        self.at(now, |splice, now| splice.release(leg, hold, now))?
            .map_err(refused)
    }

    fn resubmit(&self, leg: u64, hold: u64, payload: &[u8], now: f64) -> PyResult<bool> {
        self.at(now, |splice, now| {
            splice.resubmit(leg, hold, payload.to_vec(), now)
        })?
        .map_err(refused)
    }

    #[pyo3(signature = (side, payload, now, *, binary = false, response_id = None))]
    fn send(
        &self,
        side: Side,
        payload: &[u8],
        now: f64,
        binary: bool,
        response_id: Option<&str>,
    ) -> PyResult<()> {
        self.at(now, |splice, now| {
            splice.send(side.0, payload.to_vec(), binary, response_id, now);
        })
    }

    #[pyo3(signature = (leg, payload, now, *, binary = false))]
    fn send_leg(&self, leg: u64, payload: Vec<u8>, now: f64, binary: bool) -> PyResult<()> {
        self.at(now, |splice, now| {
            splice.send_leg(leg, payload, binary, now);
        })
    }

    fn mark(&self, response_id: &str, token: Vec<u8>, now: f64) -> PyResult<()> {
        let marked = self.at(now, |splice, now| splice.mark(response_id, token, now))?;
        marked.map_err(refused)
    }

    #[pyo3(signature = (response_id, payloads, now, *, starts = false))]
    fn say_when_played(
        &self,
        response_id: &str,
        payloads: Vec<Vec<u8>>,
        now: f64,
        starts: bool,
    ) -> PyResult<()> {
        self.at(now, |it, now| {
            it.say_when_played(response_id, payloads, starts, now)
        })?
        .map_err(refused)
    }

    fn drop(&self, response_id: &str, now: f64) -> PyResult<Vec<(String, u64, f64, f64)>> {
        let cut = self.at(now, |splice, now| splice.drop_response(response_id, now))?;
        let told = cut.into_iter().map(|part| {
            let (heard_ms, received_ms) = (time::to_ms(part.heard), time::to_ms(part.received));
            (part.item_id, part.content_index, heard_ms, received_ms)
        });
        Ok(told.collect())
    }

    fn finish(&self, response_id: &str, now: f64) -> PyResult<()> {
        self.at(now, |splice, now| splice.finish(response_id, now))
    }

    fn pause(&self, now: f64) -> PyResult<()> {
        self.at(now, splice::Splice::pause)
    }

    fn resume(&self, now: f64) -> PyResult<()> {
        self.at(now, splice::Splice::resume)
    }

    fn playback(&self, item_id: &str, played_ms: f64, now: f64) -> PyResult<bool> {
        let (played, now) = (duration(played_ms)?, moment(now)?);
        self.run(|splice| splice.playback(item_id, played, now))
    }

    fn playing(&self, now: f64) -> PyResult<Option<(String, String, u64, f64)>> {
        let part = self.at(now, splice::Splice::playing)?;
        Ok(part.map(|part| {
            let heard_ms = time::to_ms(part.heard);
            (part.response_id, part.item_id, part.content_index, heard_ms)
        }))
    }

    fn shape(&self, gain: f32, pitch: f32, now: f64) -> PyResult<()> {
        self.at(now, |splice, now| splice.shape(gain, pitch, now))?
            .map_err(refused)
    }

    fn exclude(&self, response_id: &str) -> PyResult<()> {
        self.run(|splice| splice.exclude(response_id))
    }

    fn counters(&self, item_id: &str, now: f64) -> PyResult<Option<Counters>> {
        let counted = self.at(now, |splice, now| splice.counters(item_id, now))?;
        Ok(counted.map(Counters::from))
    }

    fn end_input(&self, now: f64) -> PyResult<f64> {
        self.at(now, splice::Splice::end_input).map(time::to_ms)
    }

    fn discard_input(&self) -> PyResult<()> {
        self.run(splice::Splice::discard_input)
    }

    fn input_ms(&self) -> PyResult<f64> {
        self.run(|splice| time::to_ms(splice.input_total()))
    }

    fn ring_span(&self) -> PyResult<(f64, f64)> {
        self.run(|splice| splice.ring_span_ms())
    }

    fn ring_read<'py>(
        &self,
        py: Python<'py>,
        from_ms: f64,
        to_ms: f64,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let (from, to) = (duration(from_ms)?, duration(to_ms)?);
        let audio = self.run(|splice| splice.ring_read(from, to))?;
        Ok(PyBytes::new(py, &audio))
    }

    fn forget_input(&self, before_ms: f64) -> PyResult<()> {
        let before = duration(before_ms)?;
        self.run(|splice| splice.forget_input(before))
    }

    fn replay(&self, from_ms: f64, now: f64) -> PyResult<f64> {
        let (from, now) = (duration(from_ms)?, moment(now)?);
        self.run(|splice| time::to_ms(splice.replay(from, now)))
    }

    fn input_offset_ms(&self) -> PyResult<f64> {
        self.run(|splice| time::to_ms(splice.input_offset()))
    }

    fn level(&self, side: Side) -> PyResult<Level> {
        self.run(|splice| splice.level(side.0).into())
    }

    fn ping(&self, leg: u64, now: f64) -> PyResult<()> {
        self.at(now, |splice, now| splice.ping(leg, now))
    }

    fn keep_alive(&self, leg: u64, every_ms: u64, within_ms: u64, now: f64) -> PyResult<()> {
        self.at(now, |splice, now| {
            splice.keep_alive(leg, every_ms, within_ms, now);
        })
    }

    fn is_silent(&self, leg: u64) -> PyResult<bool> {
        self.run(|splice| splice.is_silent(leg))
    }

    fn pong_wait_s(&self, leg: u64, now: f64) -> PyResult<Option<f64>> {
        let wait = self.at(now, |splice, now| splice.pong_wait(leg, now))?;
        Ok(wait.map(|wait| wait as f64 / time::TICKS_PER_S as f64))
    }

    fn waiting(&self, leg: u64) -> PyResult<(usize, usize)> {
        let load = self.run(|splice| splice.waiting(leg))?;
        Ok((load.messages, load.bytes))
    }

    fn close(&self, leg: u64, code: u16, reason: &str, now: f64) -> PyResult<()> {
        self.at(now, |splice, now| splice.close(leg, code, reason, now))?
            .map_err(refused)
    }

    fn panic_for_test(&self, leg: u64) -> PyResult<()> {
        self.run(|splice| splice.panic_for_test(leg))
    }
}
