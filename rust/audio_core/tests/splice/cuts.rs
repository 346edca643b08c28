//! However bytes are cut on the way in and out, the same messages pass.

use super::stage::{delta, frame, said, sound, text, FarEnd, Stage};
use audio_core::splice::inbox::DeliveryKind;
use audio_core::splice::leg::Side;
use audio_core::wire::frame::Opcode;
use proptest::prelude::*;

/// What one far end may write.
#[derive(Clone, Debug)]
enum Said {
    Audio(usize),
    Relayed(u8),
    Held(u8),
    Ping(u8),
}

fn anything() -> impl Strategy<Value = Said> {
    prop_oneof![
        (0_usize..60).prop_map(Said::Audio),
        any::<u8>().prop_map(Said::Relayed),
        any::<u8>().prop_map(Said::Held),
        any::<u8>().prop_map(Said::Ping),
    ]
}

fn bytes_of(side: Side, said_by: &[Said]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for one in said_by {
        bytes.extend(match (one, side) {
            (Said::Audio(ms), Side::Client) => said(&sound(*ms)),
            (Said::Audio(ms), Side::Upstream) => delta("r", "i", &sound(*ms)),
            (Said::Relayed(n), _) => text(side, &format!(r#"{{"type":"relayed","n":{n}}}"#)),
            (Said::Held(n), _) => text(side, &format!(r#"{{"n":{n}}}"#)),
            (Said::Ping(n), _) => frame(side, Opcode::Ping, &[*n]),
        });
    }
    bytes
}

/// Answer each hold with its own bytes to the other side.
fn answer_all(stage: &mut Stage, from: Side) -> usize {
    let (leg, to) = match from {
        Side::Client => (stage.client.leg, Side::Upstream),
        Side::Upstream => (stage.upstream.leg, Side::Client),
    };
    let mut answered = 0;
    while let Some(delivery) = stage.run(|splice, _| splice.receive(leg)) {
        if delivery.kind == DeliveryKind::Hold {
            answered += 1;
            stage.run(|splice, now| {
                splice.send(to, delivery.raw, false, None, now);
                splice.release(leg, delivery.stamp, now).unwrap();
            });
        }
    }
    answered
}

/// All that the two far ends hear, the bytes cut by `steps` on every way.
fn played(client: &[u8], upstream: &[u8], steps: &[usize]) -> [Vec<String>; 2] {
    let mut stage = Stage::new(None);
    let mut steps = steps.iter().copied().cycle();
    let mut heard = [Vec::new(), Vec::new()];
    let mut left = [client, upstream];
    while left.iter().any(|bytes| !bytes.is_empty()) {
        for (side, from) in [(Side::Client, 0), (Side::Upstream, 1)] {
            let size = steps.next().unwrap_or(1).min(left[from].len());
            let (piece, rest) = left[from].split_at(size);
            left[from] = rest;
            if !piece.is_empty() {
                match side {
                    Side::Client => stage.client_sends(piece),
                    Side::Upstream => stage.upstream_sends(piece),
                }
            }
            answer_all(&mut stage, side);
        }
        let size = steps.next().unwrap_or(1);
        pull(&mut stage, size, &mut heard);
    }
    pull(&mut stage, usize::MAX, &mut heard);
    heard
}

fn pull(stage: &mut Stage, size: usize, heard: &mut [Vec<String>; 2]) {
    let ends: [&mut FarEnd; 2] = [&mut stage.client, &mut stage.upstream];
    for (end, heard) in ends.into_iter().zip(heard) {
        let bytes = stage.splice.pull(end.leg, stage.now, size);
        assert!(bytes.len() <= size);
        heard.extend(end.reads(bytes).iter().map(super::stage::words));
    }
}

/// Pongs overtake messages, so only the messages have one order.
fn messages(heard: &[String]) -> Vec<&String> {
    heard.iter().filter(|one| *one != "pong").collect()
}

proptest! {
    #[test]
    fn any_cut_gives_the_same(
        client in prop::collection::vec(anything(), 0..12),
        upstream in prop::collection::vec(anything(), 0..12),
        steps in prop::collection::vec(1_usize..400, 1..20),
    ) {
        let client = bytes_of(Side::Client, &client);
        let upstream = bytes_of(Side::Upstream, &upstream);
        let whole = played(&client, &upstream, &[usize::MAX]);
        let cut = played(&client, &upstream, &steps);
        for (whole, cut) in whole.iter().zip(&cut) {
            prop_assert_eq!(messages(whole), messages(cut));
        }
    }
}
