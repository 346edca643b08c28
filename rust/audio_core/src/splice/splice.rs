//! The splice: the legs of one session, its two lanes, and who is attached.

use super::format::LegAudio;
use super::inbox::Stamps;
use super::input::Input;
use super::lane::Lane;
use super::leg::{Attachment, Leg, LegId, LegLimits, Side};
use super::lent::Lent;
use super::level::Meter;
use super::pen::MaskKeys;
use super::queue::{Load, Queue};
use super::refusal::Refusal;
use super::time::{whole_ms, Ticks};
use super::wrap::Wrap;
use crate::dsp::format::AudioFormat;
use std::sync::Arc;

/// A close code: the peer may try again later.
pub(super) const TRY_LATER: u16 = 1013;

/// What a session asks of its splice.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Masking keys are a stream of it.
    pub seed: [u8; 32],
    /// How far ahead of its time audio may leave; `None`: it does not wait.
    pub lead_ms: Option<u64>,
    /// Audio for the client at which the upstream is no longer read.
    pub answer_ms: u64,
    /// How far ahead of real time a client's audio may run.
    pub burst_ms: u64,
    /// Input that is kept for a replay.
    pub ring_ms: u64,
    /// Events that may wait for a peer that does not read.
    pub waiting: Load,
}

/// What is kept for a client that is not there.
#[derive(Debug, Default)]
pub(super) struct Absence {
    pub queue: Queue,
    /// More has come than may be kept: who comes next is told so.
    pub overflowed: bool,
}

/// The legs of one session and the lanes between them.
#[derive(Debug)]
pub struct Splice {
    pub(super) now: Ticks,
    pub(super) legs: Vec<Leg>,
    last_leg: LegId,
    pub(super) client: Option<LegId>,
    pub(super) upstream: Option<LegId>,
    /// The client that is attached, or was last.
    pub(super) last_client: Option<LegId>,
    /// How audio for the client was wrapped last.
    pub(super) client_wrap: Option<Arc<Wrap>>,
    pub(super) absence: Absence,
    pub(super) lane: Lane,
    pub(super) input: Input,
    pub(super) meters: [Meter; 2],
    pub(super) stamps: Stamps,
    /// Holds that Python has received from legs that are forgotten.
    pub(super) orphans: Vec<(LegId, u64)>,
    pub(super) waiting: Load,
    pub(super) keys: MaskKeys,
    /// Memory for a step; boxed, so that to lend another is to exchange a pointer.
    pub(super) lent: Box<Lent>,
}

impl Splice {
    /// A splice without legs.
    pub fn new(settings: Settings) -> Self {
        let lane = Lane::new(settings.lead_ms.map(whole_ms), whole_ms(settings.answer_ms));
        let burst = whole_ms(settings.burst_ms);
        Self {
            // Before any clock, and far enough from overflow.
            now: Ticks::MIN / 4,
            legs: Vec::new(),
            last_leg: 0,
            client: None,
            upstream: None,
            last_client: None,
            client_wrap: None,
            absence: Absence::default(),
            lane,
            input: Input::new(burst, whole_ms(settings.ring_ms)),
            meters: [Meter::default(), Meter::default()],
            stamps: Stamps::default(),
            orphans: Vec::new(),
            waiting: settings.waiting,
            keys: MaskKeys::new(settings.seed),
            lent: Box::default(),
        }
    }

    /// The session is over: keep nothing of it but an empty splice.
    pub fn clear(&mut self) {
        *self = Self::new(Settings {
            seed: [0; 32],
            lead_ms: None,
            answer_ms: 0,
            burst_ms: 0,
            ring_ms: 0,
            waiting: self.waiting,
        });
    }

    /// Add a leg on which the handshake is done.
    pub fn open_leg(&mut self, side: Side, limits: LegLimits) -> LegId {
        self.last_leg += 1;
        let leg = Leg::new(self.last_leg, side, limits, self.now);
        self.legs.push(leg);
        self.last_leg
    }

    /// Make the leg its side's; one that is attached is detached first.
    pub fn attach(&mut self, id: LegId, attachment: Attachment, now: Ticks) -> Result<(), Refusal> {
        self.pass_time(now);
        let at = self.find(id).ok_or(Refusal::UnknownLeg(id))?;
        let side = self.legs[at].side;
        self.agree_on_format(at, &attachment);
        if side == Side::Client {
            self.client_wrap = Some(Arc::clone(&attachment.wrap));
        }
        self.legs[at].attach(attachment);
        if self.attached(side) != Some(id) {
            self.detach(side, now);
            match side {
                Side::Client => self.welcome(id, at),
                Side::Upstream => self.upstream = Some(id),
            }
        }
        self.settle();
        Ok(())
    }

    /// What waits for the leg, or its side, becomes what it hears from here on.
    fn agree_on_format(&mut self, at: usize, attachment: &Attachment) {
        let hears = attachment.hears.filter(|_| !attachment.wrap.passes_on());
        let is_news = match self.legs[at].side {
            Side::Client => self.agree_with_client(at, attachment.speaks, hears),
            Side::Upstream => {
                self.agree_with_upstream(attachment.hears.map(LegAudio::samples));
                true
            }
        };
        if let Some(hears) = hears.filter(|_| is_news) {
            self.legs[at].outbox.queue.recast(hears);
        }
    }

    /// True if it is news what the client hears.
    fn agree_with_client(&mut self, at: usize, speaks: LegAudio, hears: Option<LegAudio>) -> bool {
        let known = self.legs[at].attachment.as_ref();
        if known.is_some_and(|known| known.speaks != speaks) {
            self.end_input(self.now);
        }
        let LaneParts { lane, out, now, .. } = self.lane_parts();
        let is_news = lane.set_target(hears, now, out);
        if let Some(hears) = hears.filter(|_| is_news) {
            self.absence.queue.recast(hears);
        }
        is_news
    }

    fn agree_with_upstream(&mut self, hears: Option<AudioFormat>) {
        let Some(hears) = hears else { return };
        if hears != self.input.target() {
            self.end_passing();
            self.input.set_target(hears);
        }
    }

    /// A client is there: what waited for one is its.
    fn welcome(&mut self, id: LegId, at: usize) {
        self.client = Some(id);
        self.last_client = Some(id);
        let leg = &mut self.legs[at];
        if std::mem::take(&mut self.absence.overflowed) {
            leg.violate(
                TRY_LATER,
                "too much has happened while no client was there".into(),
            );
        } else if !leg.is_gone() && !leg.is_closed_by_us() {
            leg.outbox
                .queue
                .append(std::mem::take(&mut self.absence.queue));
        }
    }

    /// Leave the side without a leg; the leg lives on.
    pub fn detach(&mut self, side: Side, now: Ticks) {
        self.pass_time(now);
        match side {
            Side::Client => {
                self.end_input(now);
                self.client = None;
            }
            Side::Upstream => {
                self.end_passing();
                self.upstream = None;
                self.lane.end_coming();
                self.lane.barred.lift_all();
            }
        }
        self.settle();
    }

    /// Free what the leg held; a hold of it that Python has may still be released.
    pub fn forget(&mut self, id: LegId) {
        let Some(at) = self.find(id) else { return };
        let side = self.legs[at].side;
        if self.attached(side) == Some(id) {
            self.detach(side, self.now);
        }
        let mut leg = self.legs.remove(at);
        leg.outbox.queue.clear(&mut self.lane.items);
        let hold = leg.inbox.open_hold();
        self.orphans.extend(hold.map(|hold| (id, hold)));
        self.last_client.take_if(|last| *last == id);
    }

    /// Time does not go back.
    pub(super) fn pass_time(&mut self, now: Ticks) {
        self.now = self.now.max(now);
    }

    /// Where the leg is, if it is known.
    pub(super) fn find(&self, id: LegId) -> Option<usize> {
        self.legs.iter().position(|leg| leg.id == id)
    }

    /// The leg that the side has.
    pub(super) const fn attached(&self, side: Side) -> Option<LegId> {
        match side {
            Side::Client => self.client,
            Side::Upstream => self.upstream,
        }
    }

    /// Where the leg is that the side has.
    pub(super) fn attached_at(&self, side: Side) -> Option<usize> {
        self.attached(side).and_then(|id| self.find(id))
    }

    /// The attached upstream, while it can be sent to.
    pub(super) fn open_upstream(&mut self) -> Option<&mut Leg> {
        let at = self.attached_at(Side::Upstream)?;
        Some(&mut self.legs[at]).filter(|leg| !leg.is_gone() && !leg.is_closed_by_us())
    }

    /// The attached upstream, while it can be sent audio to.
    pub(super) fn hearing_upstream(&mut self) -> Option<&mut Leg> {
        let hears = |leg: &&mut Leg| {
            let attachment = leg.attachment.as_ref();
            attachment.is_some_and(|attachment| attachment.hears.is_some())
        };
        self.open_upstream().filter(hears)
    }

    /// The parts that work on the lane to the client needs at once.
    pub(super) fn lane_parts(&mut self) -> LaneParts<'_> {
        let id = self.client;
        let leg = self.legs.iter_mut().find(|leg| Some(leg.id) == id);
        let out = match leg {
            Some(leg) if leg.is_closed_by_us() => None,
            Some(leg) if !leg.is_gone() => Some(&mut leg.outbox.queue),
            _ => Some(&mut self.absence.queue),
        };
        LaneParts {
            lane: &mut self.lane,
            stamps: &mut self.stamps,
            out,
            now: self.now,
        }
    }
}

/// The lane to the client, and where it leads now.
pub(super) struct LaneParts<'a> {
    pub lane: &'a mut Lane,
    pub stamps: &'a mut Stamps,
    /// The client's queue, what is kept while it is absent, or nowhere once we
    /// have closed it.
    pub out: Option<&'a mut Queue>,
    pub now: Ticks,
}
