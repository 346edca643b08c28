//! What the load is told to do, line by line, and what it answers.
//!
//! One order at a time; each is answered by one line of JSON when it is done.
//!
//! ```text
//! relay PORT DIALECT PATH   whom to call from now on; port 0: our own upstream
//! open COUNT HZ             call, or send away, until there are so many sessions
//! speak on|off
//! measure SECONDS
//! drain SECONDS             be silent until all has come, at most so long
//! setups SECONDS AT_ONCE    call, be ready, hang up, and again
//! ```

use crate::dialect::Dialect;
use crate::ends::Relay;
use crate::load::Load;
use crate::speech::Speech;
use crate::tally::Span;
use rustix::time::{clock_gettime, ClockId};

const SECOND_NS: f64 = 1e9;
/// How long a relay may take to be ready.
const READY_NS: u64 = 20_000_000_000;

/// What is being done.
enum Doing {
    Nothing,
    Opening {
        count: usize,
        gap_ns: u64,
        next_ns: u64,
        until_ns: u64,
    },
    Measuring {
        since_ns: u64,
        until_ns: u64,
        cpu_s: f64,
    },
    Draining {
        until_ns: u64,
    },
    SettingUp {
        since_ns: u64,
        until_ns: u64,
        at_once: usize,
    },
}

/// Takes orders.
pub struct Orders {
    relay: Relay,
    doing: Doing,
}

impl Default for Orders {
    fn default() -> Self {
        let (port, dialect, path) = (0, Dialect::Openai, "/".to_owned());
        Self {
            relay: Relay {
                port,
                dialect,
                path,
            },
            doing: Doing::Nothing,
        }
    }
}

impl Orders {
    /// Begin with an order; what is wrong with it, otherwise.
    pub fn take(&mut self, line: &str, load: &mut Load) -> Result<Option<String>, String> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let now_ns = load.now_ns();
        let after = |seconds: &str| Ok::<_, String>(now_ns + ns(number(seconds)?));
        self.doing = match words[..] {
            ["relay", port, dialect, path] => {
                self.relay = relay(port, dialect, path, load)?;
                load.world.speech = Speech::of(self.relay.dialect.encoding());
                return Ok(Some("{}".to_owned()));
            }
            ["speak", how] => {
                load.speaking = how == "on";
                return Ok(Some("{}".to_owned()));
            }
            ["open", count, hz] => {
                let count = number(count)? as usize;
                load.dismiss_to(count);
                let gap_ns = ns(1.0 / number(hz)?);
                Doing::Opening {
                    count,
                    gap_ns,
                    next_ns: now_ns,
                    until_ns: now_ns + gap_ns * count as u64 + READY_NS,
                }
            }
            ["measure", seconds] => {
                load.world.span = Span::default();
                Doing::Measuring {
                    since_ns: now_ns,
                    until_ns: after(seconds)?,
                    cpu_s: cpu_s(),
                }
            }
            ["drain", seconds] => {
                load.speaking = false;
                Doing::Draining {
                    until_ns: after(seconds)?,
                }
            }
            ["setups", seconds, at_once] => {
                load.world.span = Span::default();
                load.setups = Some(0);
                Doing::SettingUp {
                    since_ns: now_ns,
                    until_ns: after(seconds)?,
                    at_once: number(at_once)? as usize,
                }
            }
            _ => return Err(format!("no such order: {line}")),
        };
        Ok(None)
    }

    /// Go on with it; the answer when it is done.
    pub fn go_on(&mut self, load: &mut Load) -> std::io::Result<Option<String>> {
        let now_ns = load.now_ns();
        let done = match self.doing {
            Doing::Nothing => None,
            Doing::Opening { .. } => self.open_more(load, now_ns)?,
            Doing::Measuring {
                since_ns,
                until_ns,
                cpu_s: before_s,
            } => (now_ns >= until_ns).then(|| {
                let used_s = cpu_s() - before_s;
                report(load, load.counts().1, now_ns - since_ns, used_s)
            }),
            Doing::Draining { until_ns } => {
                let lost = load.outstanding();
                (lost == 0 || now_ns > until_ns).then(|| format!(r#"{{"lost":{lost}}}"#))
            }
            Doing::SettingUp {
                since_ns,
                until_ns,
                at_once,
            } => {
                if now_ns < until_ns {
                    while load.counts().0 < at_once {
                        load.call(&self.relay)?;
                    }
                    return Ok(None);
                }
                let count = load.setups.take().unwrap_or_default();
                load.dismiss_to(0);
                Some(report(load, count as usize, now_ns - since_ns, 0.0))
            }
        };
        if done.is_some() {
            self.doing = Doing::Nothing;
        }
        Ok(done)
    }

    /// Call those whose time has come; the answer when all are ready, or will not be.
    fn open_more(&mut self, load: &mut Load, now_ns: u64) -> std::io::Result<Option<String>> {
        let Doing::Opening {
            count,
            gap_ns,
            next_ns,
            until_ns,
        } = &mut self.doing
        else {
            return Ok(None);
        };
        let (mut called, ready) = load.counts();
        let failed = load.world.wrongs.failed > 0;
        if ready == *count || now_ns > *until_ns || failed {
            return Ok(Some(report(load, ready, 0, 0.0)));
        }
        while called < *count && *next_ns <= now_ns {
            load.call(&self.relay)?;
            called += 1;
            *next_ns += *gap_ns;
        }
        Ok(None)
    }
}

fn report(load: &Load, sessions: usize, took_ns: u64, cpu_s: f64) -> String {
    let seconds = took_ns as f64 / SECOND_NS;
    let world = &load.world;
    world.span.report(&world.wrongs, sessions, seconds, cpu_s)
}

fn relay(port: &str, dialect: &str, path: &str, load: &Load) -> Result<Relay, String> {
    let Some(dialect) = Dialect::named(dialect) else {
        return Err(format!("no such dialect: {dialect}"));
    };
    let port = match number(port)? as u16 {
        0 => load.upstream_port().map_err(|error| error.to_string())?,
        port => port,
    };
    Ok(Relay {
        port,
        dialect,
        path: path.to_owned(),
    })
}

fn number(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(number) if (0.0..=1e6).contains(&number) => Ok(number),
        _ => Err(format!("no number from 0 to 1,000,000: {text}")),
    }
}

fn ns(seconds: f64) -> u64 {
    (seconds.min(1e6) * SECOND_NS) as u64
}

fn cpu_s() -> f64 {
    let used = clock_gettime(ClockId::ProcessCPUTime);
    used.tv_sec as f64 + used.tv_nsec as f64 / SECOND_NS
}
