//! Values as bytes, and back.

use std::fmt;
use std::io::Write;

use postcard::ser_flavors::Flavor;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::wire::reader::Reader;
use crate::wire::writer::Writer;

/// Why a value did not become bytes, or bytes no value, in the words of the codec.
#[derive(Debug, Clone)]
pub(crate) struct CodecError(String);

impl CodecError {
    /// In the words of a value's part.
    pub(crate) fn new(why: String) -> Self {
        CodecError(why)
    }
}

impl fmt::Display for CodecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Writes `value` to `to`, and flushes nothing.
#[inline]
pub(crate) fn encode<T: Serialize>(value: &T, to: &mut dyn Write) -> Result<(), CodecError> {
    write(value, Stream(to))
}

/// Appends `value` to `bytes`: the fast way, for values that are sent often.
#[inline]
pub(crate) fn append<T: Serialize + ?Sized>(value: &T, bytes: &mut Vec<u8>) -> Result<(), CodecError> {
    write(value, Bytes(bytes))
}

#[inline]
fn write<T: Serialize + ?Sized, F: Flavor>(value: &T, output: F) -> Result<(), CodecError> {
    let mut codec = postcard::Serializer { output };
    let written = value.serialize(Writer(&mut codec));
    written.and_then(|()| codec.output.finalize().map(drop)).map_err(|error| CodecError(error.to_string()))
}

/// Where [`encode`] writes to. It does what the codec's own does, but flushes nothing, and is inlined: see `sys::near`.
struct Stream<'a>(&'a mut dyn Write);

impl Flavor for Stream<'_> {
    type Output = ();

    #[inline]
    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.try_extend(&[byte])
    }

    #[inline]
    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        self.0.write_all(bytes).map_err(|_| postcard::Error::SerializeBufferFull)
    }

    #[inline]
    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}

/// Where [`append`] writes to.
struct Bytes<'a>(&'a mut Vec<u8>);

impl Flavor for Bytes<'_> {
    type Output = ();

    #[inline]
    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.0.push(byte);
        Ok(())
    }

    #[inline]
    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}

/// Reads one value that takes up all of `bytes`.
pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CodecError> {
    let mut codec = postcard::Deserializer::from_bytes(bytes);
    let value = T::deserialize(Reader(&mut codec));
    match value.and_then(|value| Ok((value, codec.finalize()?))) {
        Ok((value, [])) => Ok(value),
        Ok((_, rest)) => Err(CodecError(format!("{} bytes too many", rest.len()))),
        Err(error) => Err(CodecError(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_decoded() {
        let value = (String::from("lucky"), vec![1u64, u64::MAX], Some(-1i8));
        let mut bytes = Vec::new();
        encode(&value, &mut bytes).expect("a vector takes any bytes");
        assert_eq!(decode::<(String, Vec<u64>, Option<i8>)>(&bytes).expect("just encoded"), value);
    }

    #[test]
    fn a_truncation_at_any_byte_is_an_error() {
        let mut bytes = Vec::new();
        encode(&(String::from("lucky"), 300u32), &mut bytes).expect("a vector takes any bytes");
        for length in 0..bytes.len() {
            assert!(decode::<(String, u32)>(&bytes[..length]).is_err(), "{length} bytes were accepted");
        }
    }

    #[test]
    fn bytes_left_over_are_an_error() {
        assert_eq!(decode::<()>(&[0]).expect_err("one byte too many").to_string(), "1 bytes too many");
    }
}
