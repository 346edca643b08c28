//! What the reactor asks of a socket; tests put another in its place.

/// How much of a read or a write was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// So many bytes, at least one.
    Bytes(usize),
    /// Nothing now: readiness will be told.
    Nothing,
    /// The peer will send nothing more.
    Ended,
    /// The connection is gone.
    Lost,
}

/// What a socket says it is ready for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ready {
    /// There is something to read, be it the end.
    pub read: bool,
    /// It takes bytes.
    pub write: bool,
    /// Its end has come: it lies behind whatever is there to read.
    pub ended: bool,
}

/// A connected socket that never waits.
pub trait Io {
    /// Read once into `buffer`, which is not empty.
    fn read(&mut self, buffer: &mut [u8]) -> Done;
    /// Write once from `bytes`, which are not empty.
    fn write(&mut self, bytes: &[u8]) -> Done;
    /// Whether it has something to read that no readiness will tell of.
    fn has_more(&self) -> bool {
        false
    }
    /// It will be read: fetch what that needs.
    fn look_ahead(&self) {}
    /// Tell the peer that nothing more will come; false where that cannot be said yet,
    /// and is to be tried again when it can be written.
    fn end_writing(&mut self) -> bool;
    /// From here on closing is by force: what is not sent is lost.
    fn reset_on_close(&mut self);
}

#[cfg(target_os = "linux")]
mod socket {
    use super::{Done, Io};
    use rustix::io::Errno;
    use rustix::net::{recv, send, shutdown, sockopt, RecvFlags, SendFlags, Shutdown};
    use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
    use std::time::Duration;

    /// A socket of the kernel's; dropping it closes it.
    #[derive(Debug)]
    pub struct Socket(OwnedFd);

    impl From<OwnedFd> for Socket {
        fn from(descriptor: OwnedFd) -> Self {
            Self(descriptor)
        }
    }

    impl AsFd for Socket {
        fn as_fd(&self) -> BorrowedFd<'_> {
            self.0.as_fd()
        }
    }

    /// Waits not, whatever mode the descriptor is in; a peer that is gone is no signal.
    const SEND: SendFlags = SendFlags::DONTWAIT.union(SendFlags::NOSIGNAL);

    impl Io for Socket {
        fn read(&mut self, buffer: &mut [u8]) -> Done {
            loop {
                return match recv(&self.0, &mut *buffer, RecvFlags::DONTWAIT) {
                    Ok((0, _)) => Done::Ended,
                    Ok((count, _)) => Done::Bytes(count),
                    Err(Errno::INTR) => continue,
                    Err(Errno::AGAIN) => Done::Nothing,
                    Err(_) => Done::Lost,
                };
            }
        }

        fn write(&mut self, bytes: &[u8]) -> Done {
            loop {
                return match send(&self.0, bytes, SEND) {
                    Ok(count) => Done::Bytes(count),
                    Err(Errno::INTR) => continue,
                    Err(Errno::AGAIN) => Done::Nothing,
                    Err(_) => Done::Lost,
                };
            }
        }

        // A failure of these two means that the connection is gone, which the next
        // read or write tells.

        fn end_writing(&mut self) -> bool {
            let _ = shutdown(&self.0, Shutdown::Write);
            true
        }

        fn reset_on_close(&mut self) {
            let _ = sockopt::set_socket_linger(&self.0, Some(Duration::ZERO));
        }
    }
}

#[cfg(target_os = "linux")]
pub use socket::Socket;
