//! The legs of a session and the lanes between them, without I/O, clock or dice.
//!
//! Bytes that arrived on a leg go in; finished frames for the other leg and
//! messages for Python come out. [`splice`] owns it all; what it does is told in
//! parts: [`sorting`] (what becomes of what arrived), [`flow`] (bytes and time),
//! [`post`] (messages and holds), [`answer`] (the lane to the client), [`said`]
//! (the lane to the upstream), [`health`]. [`contain`] keeps a panic inside.
//!
//! Nothing moves by itself: lanes and directions go on in `feed`, `release`, `turn`
//! and where legs come and go, never in `send`, `mark` or `drop_response`; so all
//! answers to a hold stand at one point of the order.

mod activity;
mod ahead;
pub mod answer;
mod barred;
pub mod chunk;
pub mod clock;
pub mod contain;
pub mod convert;
mod flow;
pub mod format;
mod health;
pub mod inbox;
mod input;
pub mod items;
pub mod kinds;
mod lane;
pub mod leg;
pub mod lent;
pub mod level;
mod load;
mod marks;
mod outbox;
mod packets;
pub mod payload;
mod pen;
mod post;
mod pulse;
pub mod queue;
mod reading;
pub mod refusal;
pub mod reports;
pub mod ring;
mod said;
mod segment;
mod sorting;
#[expect(
    clippy::module_inception,
    reason = "the file that the directory is about"
)]
pub mod splice;
mod template;
pub mod time;
mod voicing;
pub mod words;
pub mod wrap;
