//! Both ends of a load on a relay, in one thread: clients that call it, and the
//! upstream that it calls.
//!
//! Both ends see one clock, so the two ways through the relay are measured apart, and
//! what is lost, reordered or changed is found. Orders come on standard input (see
//! `orders`); the first line of the output tells where the upstream listens. It ends
//! with its input. Loopback only.

// Elsewhere `main` only says so, and leaves the parts that need no epoll unused.
#![cfg_attr(not(target_os = "linux"), allow(unused))]

mod dialect;
#[cfg(target_os = "linux")]
mod ends;
mod handshake;
mod histogram;
mod ledger;
#[cfg(target_os = "linux")]
mod link;
#[cfg(target_os = "linux")]
mod load;
#[cfg(target_os = "linux")]
mod orders;
mod phases;
mod script;
mod speech;
#[cfg(target_os = "linux")]
mod stream;
mod tally;

#[cfg(target_os = "linux")]
fn main() -> std::io::Result<()> {
    let world = ends::World {
        speech: speech::Speech::of(speech::Encoding::Pcm16),
        span: tally::Span::default(),
        wrongs: tally::Wrongs::default(),
    };
    let mut load = load::Load::new(world, tls()?)?;
    println!(r#"{{"port":{}}}"#, load.upstream_port()?);
    run(&mut load)
}

/// The certificate of our upstream, where two files are named: its chain and its key.
#[cfg(target_os = "linux")]
fn tls() -> std::io::Result<Option<audio_core::tls::context::Server>> {
    let names: Vec<String> = std::env::args().skip(1).collect();
    let [chain, key] = &names[..] else {
        return Ok(None);
    };
    let (chain, key) = (std::fs::read(chain)?, std::fs::read(key)?);
    match audio_core::tls::context::Server::new(&chain, &key) {
        Ok(server) => Ok(Some(server)),
        Err(unusable) => Err(std::io::Error::other(format!("{unusable:?}"))),
    }
}

#[cfg(target_os = "linux")]
fn run(load: &mut load::Load) -> std::io::Result<()> {
    use rustix::event::epoll::{self, Event};
    use rustix::io::Errno;
    use std::io::Read;
    use std::mem::MaybeUninit;

    let mut orders = orders::Orders::default();
    let mut stdin = std::io::stdin();
    load.watch_commands(&stdin)?;
    let (mut typed, mut bytes) = (Vec::new(), [0; 4096]);
    loop {
        let mut events = [MaybeUninit::<Event>::uninit(); 1024];
        let timeout = rustix::event::Timespec {
            tv_sec: 0,
            tv_nsec: load.idle_ns().min(999_999_999).cast_signed(),
        };
        let (events, _) = match epoll::wait(&load.epoll, &mut events, Some(&timeout)) {
            Err(Errno::INTR) => continue, // whoever was stopped goes on
            told => told?,
        };
        for event in &*events {
            let (flags, data) = (event.flags, event.data.u64());
            if data != load::COMMANDS {
                load.serve(data, flags)?;
                continue;
            }
            let count = stdin.read(&mut bytes)?;
            if count == 0 {
                return Ok(());
            }
            typed.extend_from_slice(&bytes[..count]);
        }
        while let Some(end) = typed.iter().position(|&byte| byte == b'\n') {
            let line: Vec<u8> = typed.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            match orders.take(&line, load) {
                Ok(Some(answer)) => println!("{answer}"),
                Ok(None) => {}
                Err(words) => return Err(std::io::Error::other(words)),
            }
        }
        load.speak();
        if let Some(answer) = orders.go_on(load)? {
            println!("{answer}");
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("relay_load stands on epoll and runs on Linux only.");
    std::process::exit(1);
}
