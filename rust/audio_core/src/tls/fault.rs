//! What went wrong on a TLS connection, in words for people.
//!
//! Sentences begin with the other end ("its certificate ..."), so that whoever tells
//! them puts its name in front. They hold nothing that either end keeps secret.

use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError, Error, PeerIncompatible, PeerMisbehaved};
use std::fmt::{self, Write};

/// What a caller may want to tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// Nobody whom we trust vouches for the other end.
    Untrusted,
    /// Its certificate cannot prove who it is for another reason.
    Certificate,
    /// All else: no TLS, no common ground, a broken rule, a cut stream.
    Protocol,
}

/// The end of a connection by TLS itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What kind it is.
    pub kind: FaultKind,
    words: String,
}

impl Fault {
    fn protocol(words: impl Into<String>) -> Self {
        Self {
            kind: FaultKind::Protocol,
            words: words.into(),
        }
    }

    /// The stream ended without a farewell.
    pub(super) fn cut(handshaking: bool) -> Self {
        Self::protocol(if handshaking {
            "it ended the connection during the TLS handshake"
        } else {
            "it ended the connection without TLS's farewell, so what it said may be cut off"
        })
    }

    /// A bug on our side; the panic itself has been reported where it arose.
    pub(super) fn ours() -> Self {
        Self::protocol("an internal error of TLS on our side")
    }

    /// `opening` is the first byte that the other end said.
    pub(super) fn of(error: &Error, opening: Option<u8>) -> Self {
        match error {
            Error::InvalidCertificate(cause) => Self::certificate(cause),
            Error::NoCertificatesPresented => Self {
                kind: FaultKind::Certificate,
                words: "it showed no certificate".into(),
            },
            Error::AlertReceived(alert) => Self::protocol(alert_words(*alert)),
            Error::InvalidMessage(_) => Self::protocol(match opening {
                // Every TLS connection begins with a record of the handshake (0x16).
                Some(b'A'..=b'Z') => "it speaks no TLS but, as it seems, plain HTTP",
                Some(first) if first != 0x16 => "it speaks no TLS",
                _ => "it broke the rules of TLS: a damaged message",
            }),
            Error::NoApplicationProtocol
            | Error::PeerMisbehaved(PeerMisbehaved::SelectedUnofferedApplicationProtocol) => {
                Self::protocol("it wants another protocol than HTTP/1.1, the only one offered")
            }
            Error::PeerIncompatible(cause) => Self::protocol(incompatible(cause)),
            Error::DecryptError => {
                Self::protocol("it broke the rules of TLS: a message was changed on its way")
            }
            Error::EncryptError => {
                Self::protocol("so much was said to it that the keys of TLS 1.2 are used up")
            }
            other => Self::protocol(format!("it broke the rules of TLS: {other}")),
        }
    }

    fn certificate(cause: &CertificateError) -> Self {
        let kind = match cause {
            CertificateError::UnknownIssuer => FaultKind::Untrusted,
            _ => FaultKind::Certificate,
        };
        Self {
            kind,
            words: certificate_words(cause),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

impl std::error::Error for Fault {}

fn certificate_words(cause: &CertificateError) -> String {
    match cause {
        CertificateError::UnknownIssuer => {
            "its certificate comes from an authority that is not trusted here".into()
        }
        CertificateError::ExpiredContext { not_after, .. } => {
            format!("its certificate expired on {}", Day(*not_after))
        }
        CertificateError::NotValidYetContext { not_before, time } => format!(
            "its certificate is not valid before {} (it is {} here)",
            Day(*not_before),
            Day(*time)
        ),
        CertificateError::NotValidForNameContext {
            expected,
            presented,
        } => format!(
            "its certificate is for {}, not for {}",
            names(presented),
            expected.to_str()
        ),
        CertificateError::InvalidPurposeContext { .. } => {
            "its certificate is not meant for servers".into()
        }
        CertificateError::BadEncoding => "its certificate is damaged".into(),
        CertificateError::BadSignature => {
            "its certificate is not signed by whom it names as its issuer".into()
        }
        CertificateError::UnsupportedSignatureAlgorithmContext { .. }
        | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            "its certificate is signed in a way that is not supported here".into()
        }
        other => format!("its certificate cannot be used ({other})"),
    }
}

/// `DnsName("a")` and the like, as `webpki` tells them, without the shell.
fn names(presented: &[String]) -> String {
    let mut told = String::new();
    for name in presented {
        let inner = name.split('"').nth(1).unwrap_or(name);
        let _ = write!(told, "{}{inner}", if told.is_empty() { "" } else { ", " });
    }
    if told.is_empty() {
        told.push_str("no host at all (it has no subjectAltName)");
    }
    told
}

fn alert_words(alert: AlertDescription) -> String {
    match alert {
        AlertDescription::UnknownCA
        | AlertDescription::BadCertificate
        | AlertDescription::CertificateUnknown
        | AlertDescription::CertificateExpired => {
            format!("it does not trust our certificate ({alert:?})")
        }
        AlertDescription::CertificateRequired => {
            "it wants a certificate from us, and we have none".into()
        }
        AlertDescription::NoApplicationProtocol => {
            "it wants another protocol than HTTP/1.1, the only one offered".into()
        }
        AlertDescription::ProtocolVersion => "it speaks neither TLS 1.2 nor TLS 1.3".into(),
        AlertDescription::UnrecognisedName => "it knows no host of that name".into(),
        other => format!("it gave up ({other:?})"),
    }
}

fn incompatible(cause: &PeerIncompatible) -> String {
    match cause {
        // The extension came with TLS 1.2.
        PeerIncompatible::SignatureAlgorithmsExtensionRequired
        | PeerIncompatible::Tls12NotOffered
        | PeerIncompatible::Tls12NotOfferedOrEnabled
        | PeerIncompatible::SupportedVersionsExtensionRequired
        | PeerIncompatible::ServerDoesNotSupportTls12Or13 => {
            "it speaks neither TLS 1.2 nor TLS 1.3".into()
        }
        other => format!("it has no way of TLS in common with us ({other:?})"),
    }
}

/// A day of the civil calendar, UTC.
struct Day(UnixTime);

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Days since 1 March of the year 0, in eras of 400 years, each of 146,097 days:
        // so the leap day is the last of its year.
        let days = self.0.as_secs() / 86_400 + 719_468;
        let (era, day) = (days / 146_097, days % 146_097);
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let of_year = day - (365 * year + year / 4 - year / 100);
        let month = (5 * of_year + 2) / 153;
        let of_month = of_year - (153 * month + 2) / 5 + 1;
        let (month, next) = if month < 10 {
            (month + 3, 0)
        } else {
            (month - 9, 1)
        };
        write!(f, "{:04}-{month:02}-{of_month:02}", era * 400 + year + next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn days_have_their_names() {
        for (seconds, name) in [
            (0, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (951_868_800, "2000-03-01"),
            (1_798_761_599, "2026-12-31"),
            (4_107_542_399, "2100-02-28"),
            (4_107_542_400, "2100-03-01"),
        ] {
            let day = Day(UnixTime::since_unix_epoch(Duration::from_secs(seconds)));
            assert_eq!(day.to_string(), name);
        }
    }
}
