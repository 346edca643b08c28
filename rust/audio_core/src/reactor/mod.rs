//! The sockets of all sessions behind one descriptor.
//!
//! The second driver under the leg interface: whoever runs it waits for one
//! descriptor and calls one function, which reads, lets the splices work, and
//! writes, for every socket that is ready. Knows nothing of Python, of dialects or
//! of what messages mean.

pub mod wheel;
