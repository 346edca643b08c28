//! What was counted, over the whole run and between two readings.

use crate::histogram::Histogram;
use crate::ledger::Arrival;
use std::fmt::Write;

/// What a measured time has seen.
#[derive(Default)]
pub struct Span {
    /// Chunks said by clients, and by upstreams.
    pub said: [u64; 2],
    /// Chunks that came to upstreams, and to clients.
    pub heard: [u64; 2],
    /// Words that came to clients.
    pub words: u64,
    /// How long chunks took to upstreams, and to clients, in microseconds.
    pub took: [Histogram; 2],
    /// How much later than planned they were said.
    pub late: Histogram,
    /// From the call to the first word of a relay that it is ready.
    pub ready: Histogram,
}

/// What was wrong since the beginning.
#[derive(Debug, Default)]
pub struct Wrongs {
    /// Numbers that did not come when they were due, and did not come later either.
    pub missing: u64,
    /// Came after later ones, or a second time.
    pub reordered: u64,
    /// Came otherwise than they were said.
    pub changed: u64,
    /// Chunks not said because the relay took no more.
    pub unsaid: u64,
    /// Sessions that the relay refused or ended.
    pub failed: u64,
    /// What the last of them was told.
    pub reason: String,
}

impl Wrongs {
    /// A number came, in whatever order.
    pub fn note(&mut self, arrival: Arrival) {
        match arrival {
            Arrival::Due => {}
            Arrival::After(missing) => self.missing += u64::from(missing),
            // Counted as missing when those behind it came.
            Arrival::OutOfOrder => {
                self.missing = self.missing.saturating_sub(1);
                self.reordered += 1;
            }
        }
    }
}

impl Span {
    /// All of it as JSON.
    pub fn report(&self, wrongs: &Wrongs, sessions: usize, seconds: f64, cpu_s: f64) -> String {
        let mut out = format!(
            r#"{{"sessions":{sessions},"seconds":{seconds:.6},"cpu_s":{cpu_s:.6},"said":{:?},"heard":{:?},"words":{}"#,
            self.said, self.heard, self.words
        );
        let latencies = [
            ("to_upstream_us", &self.took[0]),
            ("to_client_us", &self.took[1]),
            ("late_us", &self.late),
            ("ready_us", &self.ready),
        ];
        for (name, latency) in latencies {
            // Writing to memory cannot fail.
            let _ = write!(out, r#","{name}":{}"#, percentiles(latency));
        }
        let Wrongs {
            missing,
            reordered,
            changed,
            unsaid,
            failed,
            reason,
        } = wrongs;
        let reason: String = reason
            .chars()
            .filter(|c| !"\"\\".contains(*c) && !c.is_control())
            .collect();
        let _ = write!(
            out,
            r#","missing":{missing},"reordered":{reordered},"changed":{changed},"unsaid":{unsaid},"failed":{failed},"reason":"{reason}"}}"#
        );
        out
    }
}

/// Count, p50, p99, p99.9; null of nothing.
fn percentiles(latency: &Histogram) -> String {
    let told = [50.0, 99.0, 99.9].map(|rank| {
        let value = latency.percentile_us(rank);
        value.map_or("null".to_owned(), |value| value.to_string())
    });
    format!("[{},{}]", latency.count(), told.join(","))
}
