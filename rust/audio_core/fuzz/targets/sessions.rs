//! Sessions that nobody would have: peers that send anything, formats that change
//! under way, legs that come and go, a Python side that releases what it likes.
//!
//! Nothing may panic, and what we send is never against the protocol.

#![no_main]

use audio_core::dsp::format::{AudioFormat, Encoding};
use audio_core::dsp::rates::RATES_HZ;
use audio_core::splice::inbox::{Delivery, DeliveryKind};
use audio_core::splice::leg::{Attachment, Side};
use audio_core::splice::splice::Splice;
use audio_core::splice::time::TICKS_PER_MS;
use audio_core::wire::frame::Opcode;
use libfuzzer_sys::arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use stage::{attachment, delta, frame, said, sound, text, FarEnd, Stage, LIMITS};

#[path = "../../tests/splice/stage.rs"]
#[allow(dead_code, reason = "the tests need more of it")]
mod stage;

const RESPONSES: [&str; 3] = ["r0", "r1", "r2"];
const OPCODES: [Opcode; 6] = [
    Opcode::Continuation,
    Opcode::Text,
    Opcode::Binary,
    Opcode::Close,
    Opcode::Ping,
    Opcode::Pong,
];

/// A stage, and what Python has been given and not yet released.
struct Session {
    stage: Stage,
    open: Vec<(u64, Delivery)>,
}

fn side(bytes: &mut Unstructured) -> Result<Side> {
    Ok(*bytes.choose(&[Side::Client, Side::Upstream])?)
}

fn some(bytes: &mut Unstructured) -> Result<Vec<u8>> {
    let length = bytes.int_in_range(0..=60)?;
    Ok(bytes.bytes(length.min(bytes.len()))?.to_vec())
}

fn format(bytes: &mut Unstructured) -> Result<AudioFormat> {
    let (encoding, rate_hz) = (*bytes.choose(&Encoding::ALL)?, *bytes.choose(&RATES_HZ)?);
    let made = AudioFormat::new(encoding, rate_hz, bytes.int_in_range(1..=2)?);
    Ok(made.expect("an allowed format"))
}

fn any_attachment(side: Side, bytes: &mut Unstructured) -> Result<Attachment> {
    let (speaks, hears) = (format(bytes)?, format(bytes)?);
    let hears = bytes.ratio(7, 8)?.then_some(hears);
    Ok(Attachment {
        speaks: speaks.into(),
        hears: hears.map(Into::into),
        ..attachment(side)
    })
}

impl Session {
    fn end(&mut self, side: Side) -> &mut FarEnd {
        match side {
            Side::Client => &mut self.stage.client,
            Side::Upstream => &mut self.stage.upstream,
        }
    }

    fn sends(&mut self, side: Side, sent: &[u8]) {
        match side {
            Side::Client => self.stage.client_sends(sent),
            Side::Upstream => self.stage.upstream_sends(sent),
        }
    }

    fn hears(&mut self, side: Side) {
        match side {
            Side::Client => self.stage.client_hears(),
            Side::Upstream => self.stage.upstream_hears(),
        };
    }

    /// What a peer does.
    fn peer(&mut self, bytes: &mut Unstructured) -> Result<()> {
        let side = side(bytes)?;
        let sent = match bytes.int_in_range(0..=5)? {
            0 => some(bytes)?,
            1 => frame(side, *bytes.choose(&OPCODES)?, &some(bytes)?),
            2 => text(side, &String::from_utf8_lossy(&some(bytes)?)),
            3 => text(side, r#"{"type":"relayed"}"#),
            _ if side == Side::Client => said(&sound(bytes.int_in_range(0..=200)?)),
            _ => {
                let (response, ms) = (bytes.choose(&RESPONSES)?, bytes.int_in_range(0..=300)?);
                delta(response, "i", &sound(ms))
            }
        };
        // Sometimes the end of it comes later, or something else instead.
        let cut = bytes.int_in_range(0..=sent.len() * 4)?.min(sent.len());
        self.sends(side, &sent[..cut]);
        Ok(())
    }

    /// What Python does with deliveries.
    fn python(&mut self, bytes: &mut Unstructured) -> Result<()> {
        let leg = self.end(side(bytes)?).leg;
        if bytes.ratio(1, 2)? || self.open.is_empty() {
            let delivery = self.stage.run(|splice, _| splice.receive(leg));
            let held =
                delivery.filter(|one| matches!(one.kind, DeliveryKind::Hold | DeliveryKind::Mark));
            self.open.extend(held.map(|one| (leg, one)));
            return Ok(());
        }
        let at = bytes.choose_index(self.open.len())?;
        let (leg, held) = self.open.swap_remove(at);
        let again = bytes.ratio(1, 4)?;
        self.stage.run(|splice, now| {
            if again {
                // Refused where the hold is closed by now, and that is all right.
                let _ = splice.resubmit(leg, held.stamp, held.raw, now);
            }
            let _ = splice.release(leg, held.stamp, now);
        });
        Ok(())
    }

    /// What a session does on its own account.
    fn logic(&mut self, bytes: &mut Unstructured) -> Result<()> {
        let response = *bytes.choose(&RESPONSES)?;
        let ms = bytes.int_in_range(0..=2_000)?;
        let kind = bytes.int_in_range(0..=9)?;
        let (flag, gain) = (bytes.ratio(1, 2)?, bytes.int_in_range(0..=4)?);
        self.stage.run(|splice, now| match kind {
            0 => drop(splice.drop_response(response, now)),
            1 => splice.finish(response, now),
            2 => splice.exclude(response),
            // Marks are refused without lead.
            3 => drop(splice.mark(response, b"m".to_vec(), now)),
            4 if flag => splice.pause(now),
            4 => splice.resume(now),
            5 => drop(splice.playback("i", ms * TICKS_PER_MS, now)),
            6 => {
                let ratio = 0.5 + 1.5 * ms as f32 / 2_000.0;
                let ratio = if flag { 1.0 } else { ratio };
                let shaped = splice.shape(gain as f32, ratio, now);
                shaped.expect("within the limits");
            }
            7 => splice.send(Side::Client, b"t".to_vec(), flag, Some(response), now),
            8 => {
                let told = vec![b"t".to_vec(); usize::from(gain > 0)];
                let _ = splice.say_when_played(response, told, flag, now);
            }
            _ => drop((splice.counters("i", now), splice.playing(now))),
        });
        Ok(())
    }

    /// Legs come and go, or speak otherwise from here on.
    fn legs(&mut self, bytes: &mut Unstructured) -> Result<()> {
        let side = side(bytes)?;
        let old = self.end(side).leg;
        let attachment = any_attachment(side, bytes)?;
        let kind = bytes.int_in_range(0..=8)?;
        let code = 1_000 + bytes.int_in_range(0..=15)?;
        let leg = self.stage.run(|splice, now| {
            match kind {
                0 => splice.detach(side, now),
                1 => splice.forget(old),
                2 => splice.ping(old, now),
                3 => splice.feed(old, &[], now),
                // Refused if it is no code for the wire.
                4 => drop(splice.close(old, code, "", now)),
                5 => return attached(splice, side, attachment, now),
                6 => splice.lose(old),
                _ => drop(splice.attach(old, attachment, now)),
            }
            old
        });
        if leg != old {
            *self.end(side) = FarEnd::new(leg, side);
        }
        Ok(())
    }

    fn act(&mut self, bytes: &mut Unstructured) -> Result<()> {
        match bytes.int_in_range(0..=15)? {
            0..=5 => self.peer(bytes)?,
            6..=8 => self.python(bytes)?,
            9 | 10 => self.logic(bytes)?,
            11 => self.legs(bytes)?,
            12 | 13 => self.stage.wait(bytes.int_in_range(0..=700)?),
            _ => self.hears(side(bytes)?),
        }
        self.stage.run(|splice, _| splice.next_deadline());
        Ok(())
    }
}

/// A leg that takes the place of the old one.
fn attached(splice: &mut Splice, side: Side, attachment: Attachment, now: i64) -> u64 {
    let leg = splice.open_leg(side, LIMITS);
    let attached = splice.attach(leg, attachment, now);
    attached.expect("a leg that is there");
    leg
}

fuzz_target!(|data: &[u8]| {
    let mut bytes = Unstructured::new(data);
    let lead_ms = bytes.ratio(3, 4).unwrap_or(false).then_some(400);
    let mut session = Session {
        stage: Stage::new(lead_ms),
        open: Vec::new(),
    };
    while !bytes.is_empty() && session.act(&mut bytes).is_ok() {}
    session.hears(Side::Client);
    session.hears(Side::Upstream);
});
