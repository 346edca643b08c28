//! The opening handshake of RFC 6455, both halves, as far as a load needs it.

/// What follows the key before it is hashed (RFC 6455, 1.3).
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const KEY: &str = "bG9hZCBvbiBhIHJlbGF5IQ==";
const HEAD_MAX_BYTES: usize = 16 * 1024;

/// What has come of a head so far.
#[derive(Debug, PartialEq, Eq)]
pub enum Head<'a> {
    /// Its end is not there.
    Cut,
    /// Too long, or not what was expected; its first line.
    Refused(String),
    /// Whole: what it asks or answers, and how long it is.
    Whole(&'a str, usize),
}

/// A client's request for `path`; `headers` are whole lines.
pub fn request(path: &str, port: u16, headers: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n\
         Connection: Upgrade\r\nSec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n\
         {headers}\r\n"
    )
}

/// What came of a head at the beginning of `bytes`; `start` is how it must begin.
pub fn read<'a>(bytes: &'a [u8], start: &str) -> Head<'a> {
    let Some(end) = memchr::memmem::find(bytes, b"\r\n\r\n") else {
        return if bytes.len() > HEAD_MAX_BYTES {
            Head::Refused("a head without an end".to_owned())
        } else {
            Head::Cut
        };
    };
    match std::str::from_utf8(&bytes[..end]) {
        Ok(head) if head.starts_with(start) => Head::Whole(head, end + 4),
        Ok(head) => Head::Refused(head.lines().next().unwrap_or_default().to_owned()),
        Err(_) => Head::Refused("a head that is no text".to_owned()),
    }
}

/// The answer to an upgrade request; `None` where it has no key.
pub fn response(request: &str) -> Option<String> {
    let key = request.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        (name.eq_ignore_ascii_case("sec-websocket-key")).then_some(value.trim())
    })?;
    let accept = base64(&sha1(&[key.as_bytes(), GUID].concat()));
    Some(format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n\r\n"
    ))
}

fn base64(bytes: &[u8]) -> String {
    let mut text = Vec::new();
    audio_core::text::base64::encode(bytes, &mut text);
    String::from_utf8_lossy(&text).into_owned()
}

/// SHA-1 (RFC 3174) of a short text.
fn sha1(text: &[u8]) -> [u8; 20] {
    let mut message = text.to_vec();
    message.push(0x80);
    message.resize(message.len().next_multiple_of(64), 0);
    if message.len() - text.len() < 9 {
        message.resize(message.len() + 64, 0);
    }
    let length = message.len() - 8;
    message[length..].copy_from_slice(&(text.len() as u64 * 8).to_be_bytes());
    let mut state = [
        0x6745_2301,
        0xEFCD_AB89,
        0x98BA_DCFE,
        0x1032_5476,
        0xC3D2_E1F0,
    ];
    for block in message.chunks_exact(64) {
        digest(&mut state, block);
    }
    let mut out = [0; 20];
    for (bytes, word) in out.chunks_exact_mut(4).zip(state) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
    out
}

#[allow(clippy::many_single_char_names)] // the names of RFC 3174
fn digest(state: &mut [u32; 5], block: &[u8]) {
    let mut words = [0_u32; 80];
    for (word, bytes) in words.iter_mut().zip(block.chunks_exact(4)) {
        *word = bytes
            .iter()
            .fold(0, |sum, &byte| sum << 8 | u32::from(byte));
    }
    for t in 16..80 {
        words[t] = (words[t - 3] ^ words[t - 8] ^ words[t - 14] ^ words[t - 16]).rotate_left(1);
    }
    let [mut a, mut b, mut c, mut d, mut e] = *state;
    for (t, word) in words.into_iter().enumerate() {
        let (f, k) = match t / 20 {
            0 => (b & c | !b & d, 0x5A82_7999),
            1 => (b ^ c ^ d, 0x6ED9_EBA1),
            2 => (b & c | b & d | c & d, 0x8F1B_BCDC),
            _ => (b ^ c ^ d, 0xCA62_C1D6_u32),
        };
        let next = a
            .rotate_left(5)
            .wrapping_add(f)
            .wrapping_add(e)
            .wrapping_add(word)
            .wrapping_add(k);
        (e, d, c, b, a) = (d, c, b.rotate_left(30), a, next);
    }
    for (word, more) in state.iter_mut().zip([a, b, c, d, e]) {
        *word = word.wrapping_add(more);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_6455_is_answered_as_there() {
        let request = "GET /chat HTTP/1.1\r\nsec-websocket-KEY: dGhlIHNhbXBsZSBub25jZQ==";
        let answer = response(request).unwrap();
        assert!(answer.contains("Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"));
        assert_eq!(response("GET /chat HTTP/1.1"), None);
    }

    #[test]
    fn hashes_of_any_length_are_padded_right() {
        let hash = |text: &[u8]| {
            sha1(text)
                .iter()
                .fold(String::new(), |all, b| format!("{all}{b:02x}"))
        };
        assert_eq!(hash(b"abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
        let two_blocks = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
        assert_eq!(hash(two_blocks), "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
    }

    #[test]
    fn a_head_is_whole_cut_or_refused() {
        let head = b"HTTP/1.1 101 Switching Protocols\r\nA: b\r\n\r\nrest";
        assert!(matches!(read(head, "HTTP/1.1 101"), Head::Whole(_, 42)));
        assert_eq!(read(&head[..40], "HTTP/1.1 101"), Head::Cut);
        let refused = Head::Refused("HTTP/1.1 503 Busy".to_owned());
        assert_eq!(read(b"HTTP/1.1 503 Busy\r\n\r\n", "HTTP/1.1 101"), refused);
        assert!(matches!(
            read(&vec![b'x'; 20_000], "GET "),
            Head::Refused(_)
        ));
    }
}
