//! What all connections of one kind have in common: made once, used for each.

use super::end::End;
use super::pem::{self, Unusable};
use super::session::Session;
use super::trust::Trust;
use rustls::client::UnbufferedClientConnection;
use rustls::crypto::{ring, CryptoProvider};
use rustls::pki_types::ServerName;
use rustls::server::UnbufferedServerConnection;
use rustls::sign::CertifiedKey;
use rustls::{
    ClientConfig, ConfigBuilder, ConfigSide, Error, ServerConfig, SupportedCipherSuite,
    WantsVerifier, WantsVersions,
};
use std::sync::Arc;

const ALPN: &[u8] = b"http/1.1";

/// Dials servers and verifies who they are; remembers their tickets (256 of them).
#[derive(Clone, Debug)]
pub struct Client(Arc<ClientConfig>);

impl Client {
    /// `authorities` is what to trust (PEM) instead of the system's.
    ///
    /// Reading the system's takes tens of milliseconds.
    pub fn new(authorities: Option<&[u8]>) -> Result<Self, Unusable> {
        let provider = provider();
        let trust = match authorities {
            None => Trust::of_the_system(provider.clone())?,
            Some(pem) => Trust::named(pem::certificates(pem)?, provider.clone())?,
        };
        let mut config = versions(ClientConfig::builder_with_provider(provider))
            .dangerous() // our verifier is the usual one with one exception; see `trust`
            .with_custom_certificate_verifier(Arc::new(trust))
            .with_no_client_auth();
        config.alpn_protocols = vec![ALPN.to_vec()];
        Ok(Self(Arc::new(config)))
    }

    /// A connection to `host`, a name or an address; its first words wait to be sent.
    pub fn open(&self, host: &str) -> Result<Session, Unusable> {
        let name = ServerName::try_from(host.to_owned()).map_err(|_| Unusable::BadHost)?;
        let connection =
            UnbufferedClientConnection::new(self.0.clone(), name).map_err(|_| Unusable::BadHost)?;
        Ok(Session::new(End::Client(connection)))
    }
}

/// Takes connections as the holder of a certificate; resumes by tickets that it alone can read.
#[derive(Clone, Debug)]
pub struct Server(Arc<ServerConfig>);

impl Server {
    /// `chain` and `key` are PEM; the chain begins with the server's own certificate.
    pub fn new(chain: &[u8], key: &[u8]) -> Result<Self, Unusable> {
        let provider = provider();
        let certified = certified(chain, key, &provider)?;
        let mut config = versions(ServerConfig::builder_with_provider(provider))
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(certified)));
        config.alpn_protocols = vec![ALPN.to_vec()];
        // Without a ticketer (it fails only where there is no randomness) resumption
        // works by memory, for the last 256 sessions.
        if let Ok(ticketer) = ring::Ticketer::new() {
            config.ticketer = ticketer;
        }
        Ok(Self(Arc::new(config)))
    }

    /// A connection that somebody opened; the other end speaks first.
    pub fn accept(&self) -> Result<Session, Error> {
        let connection = UnbufferedServerConnection::new(self.0.clone())?;
        Ok(Session::new(End::Server(connection)))
    }
}

/// Ring's, with AES-128 before AES-256: a third less work for a message, and no weaker
/// than the certificates. A client without AES in its processor asks for `ChaCha20`.
fn provider() -> Arc<CryptoProvider> {
    let mut provider = ring::default_provider();
    let is_other = |suite: &SupportedCipherSuite| {
        let name = suite.suite().as_str().unwrap_or_default();
        !name.contains("AES_128") && !name.contains("AES128")
    };
    provider.cipher_suites.sort_by_key(is_other);
    Arc::new(provider)
}

fn certified(
    chain: &[u8],
    key: &[u8],
    provider: &CryptoProvider,
) -> Result<CertifiedKey, Unusable> {
    let chain = pem::certificates(chain)?;
    CertifiedKey::from_der(chain, pem::key(key)?, provider).map_err(|error| match error {
        Error::InconsistentKeys(_) => Unusable::Mismatch,
        Error::InvalidCertificate(_) => Unusable::BadCertificate,
        _ => Unusable::BadKey,
    })
}

fn versions<S: ConfigSide>(
    builder: ConfigBuilder<S, WantsVersions>,
) -> ConfigBuilder<S, WantsVerifier> {
    builder
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .expect("ring has cipher suites for both versions")
}
