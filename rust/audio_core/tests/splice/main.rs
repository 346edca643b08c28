//! The splice from outside: bytes in, bytes out, in any cut and at any time.

mod containment;
mod conversions;
mod cuts;
mod input;
mod late_text;
mod play;
mod rules;
mod schedules;
mod stage;
mod talk;
