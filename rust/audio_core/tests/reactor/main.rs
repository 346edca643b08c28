//! The reactor on sockets that are pretended: any cut of bytes, any order of
//! readiness, refusals and ends anywhere.

mod fairness;
mod fan_out;
mod net;
mod scene;
mod schedules;
mod secure;
#[path = "../splice/stage.rs"]
#[expect(
    dead_code,
    reason = "the words of the splice's tests; not all are needed here"
)]
mod stage;
