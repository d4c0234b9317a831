//! The length before bytes, as the codec writes it, but always in eight bytes: then what follows is aligned.

/// How long it is.
pub(crate) const LENGTH: usize = 8;

/// The codec's variable-length integer, seven bits to a byte and a bit for "there is more", with zeroes at the end.
pub(crate) fn encode(length: usize) -> [u8; LENGTH] {
    std::array::from_fn(|at| {
        let more = if at + 1 < LENGTH { 0x80 } else { 0 };
        (length >> (7 * at) & 0x7f) as u8 | more
    })
}

/// Where the bytes begin in `message`, a length and as many bytes; `None` if that is not what it is.
pub(crate) fn start(message: &[u8]) -> Option<usize> {
    let mut length = 0;
    for (at, byte) in message.iter().take(10).enumerate() {
        length |= (u64::from(*byte) & 0x7f).checked_shl(7 * at as u32)?;
        if byte & 0x80 == 0 {
            return (length == (message.len() - at - 1) as u64).then_some(at + 1);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::codec;

    #[test]
    fn the_codec_reads_what_is_encoded() {
        for length in [0, 1, 127, 128, 100_000] {
            let message = [&encode(length)[..], &vec![7; length]].concat();
            assert_eq!(start(&message), Some(LENGTH));
            assert_eq!(codec::decode::<Vec<u8>>(&message).expect("it is a vector"), vec![7; length]);
        }
    }

    #[test]
    fn what_the_codec_has_written_is_read() {
        for length in [0, 1, 127, 128, 20_000] {
            let mut message = Vec::new();
            codec::append(&vec![7_u8; length], &mut message).expect("a vector takes any bytes");
            assert_eq!(start(&message), Some(message.len() - length));
        }
    }

    #[test]
    fn another_length_is_refused() {
        assert_eq!((start(&[]), start(&[0x80]), start(&[1]), start(&[1, 7, 7])), (None, None, None, None));
        assert_eq!(start(&[0xff; 20]), None);
    }
}
