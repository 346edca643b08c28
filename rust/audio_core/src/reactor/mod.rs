//! The sockets of all sessions behind one descriptor.
//!
//! The second driver under the leg interface: whoever runs it waits for one
//! descriptor and calls one function, which reads, lets the splices work, and
//! writes, for every socket that is ready. Knows nothing of Python, of dialects or
//! of what messages mean.
//!
//! [`table`] decides without system calls who of [`seat`] is served, [`fan_out`] tells many at once,
//! [`member`] is one leg's socket, [`io`]
//! what is asked of a socket, [`wire`] what its bytes
//! pass, [`wheel`] the clock's side, [`tempo`] whether more is near.

pub mod fan_out;
pub mod io;
pub mod member;
#[cfg(target_os = "linux")]
pub mod poll;
pub mod seat;
mod settle;
pub mod stats;
pub mod table;
pub mod tempo;
pub mod wheel;
pub mod wire;
