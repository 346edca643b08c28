//! Certificates and keys as files hold them (PEM, RFC 7468).
//!
//! A refusal says what the bytes lack; it never quotes them.

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::fmt;

/// Why bytes cannot serve as a certificate, a key, or both together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unusable {
    /// No certificate in it.
    NoCertificate,
    /// Something that calls itself a certificate and is none.
    BadCertificate,
    /// No private key in it.
    NoKey,
    /// A key that only a password opens.
    LockedKey,
    /// A key of a kind that is not supported, or none at all behind its label.
    BadKey,
    /// Certificate and key of two different pairs.
    Mismatch,
    /// The system knows no authorities.
    NoAuthorities,
    /// Neither a host name nor an address.
    BadHost,
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoCertificate => "there is no certificate in it",
            Self::BadCertificate => "a certificate in it is damaged",
            Self::NoKey => "there is no private key in it",
            Self::LockedKey => "its key has a password",
            Self::BadKey => "its key is damaged, or of a kind that is not supported",
            Self::Mismatch => "the key does not belong to the certificate",
            Self::NoAuthorities => "the system has no certificate authorities",
            Self::BadHost => "neither a host name nor an address",
        })
    }
}

impl std::error::Error for Unusable {}

/// All certificates, in their order; at least one.
pub fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, Unusable> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match found {
        Err(_) => Err(Unusable::BadCertificate),
        Ok(none) if none.is_empty() => Err(Unusable::NoCertificate),
        Ok(certificates) => Ok(certificates),
    }
}

/// The first private key.
pub fn key(pem: &[u8]) -> Result<PrivateKeyDer<'static>, Unusable> {
    use rustls::pki_types::pem::Error;
    PrivateKeyDer::from_pem_slice(pem).map_err(|error| {
        // Labels of PKCS #8, and the header of older files (RFC 1421).
        if memchr::memmem::find(pem, b"ENCRYPTED").is_some() {
            Unusable::LockedKey
        } else if matches!(error, Error::NoItemsFound) {
            Unusable::NoKey
        } else {
            Unusable::BadKey
        }
    })
}
